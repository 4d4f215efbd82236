"""One pass over the arguments of an HMP line by the command's rule.

Knows HMP's grammar: which argument comes when, flags in their place, and where in the line one is wrong. Must
not know how a value is spelled (argument_value.py), QMP, nor that flags may be moved (arguments.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qmonsh.errors import LineError
from qmonsh.language.argument_value import READINGS, ValueProblem
from qmonsh.language.blank import BLANKS, skip_blanks
from qmonsh.language.call import Arguments, Value
from qmonsh.language.expression import NumberProblem, read_size
from qmonsh.language.reader import read_word
from qmonsh.language.rule import KINDS, Argument, Rule

#: A word of flags: ``-f``, ``-nf``.
FLAGS = re.compile(r"-([A-Za-z]+)")
#: Readings of plain numbers: a letter right behind one is a suffix that HMP has not there.
_PLAIN_NUMBERS = ("expr", "mib")


class ArgumentError(LineError):
    """An argument is wrong; ``is_surplus`` says that the rule knows no such ``flag`` or further word.

    (A newer monitor may know it: its own help decides.)
    """

    is_surplus = False
    flag = ""


class ArgumentReader:
    """One pass over the arguments of one line."""

    def __init__(
        self, rule: Rule, line: str, *, original: str = "", flags: list[tuple[int, int]] | None = None
    ) -> None:
        self._rule = rule
        self._line = line
        self._original = original or line
        self._values: dict[str, Value] = {}
        self._as_typed = not flags
        self._position = 0
        for start, end in flags or ():
            for offset in range(start + 1, end):
                self._note_moved(self._flag_called(self._original[offset]), offset)

    def read(self, position: int) -> Arguments:
        """Read everything; raises ArgumentError, LineError."""
        self._position = position
        for run in _runs(self._rule.arguments):
            if run[0].flag:
                self._read_flags(run)
            else:
                self._read_positional(run[0])
        start = skip_blanks(self._line, self._position)
        if start < len(self._line):
            raise self._surplus(start)
        return Arguments(self._values, self._as_typed)

    # -- flags ---------------------------------------------------------------------------------

    def _read_flags(self, run: list[Argument]) -> None:
        """Read the flags that may stand here; HMP wants them in order and apart, people do not."""
        by_letter = {argument.flag: argument for argument in run}
        order = [argument.flag for argument in run]
        last = -1
        while (found := self._flags_here(by_letter)) is not None:
            letters, start = found[1], found.start()
            for offset, letter in enumerate(letters, 1):
                argument = by_letter.get(letter)
                if argument is None:
                    raise self._unknown_flag(start + offset, letter)
                self._as_typed &= offset == 1 and order.index(letter) > last
                last = order.index(letter)
                self._position = start + offset + 1
                if argument.kind:
                    self._read_flag_value(argument)
                    break
                self._note_flag(argument, start + offset)

    def _flags_here(self, by_letter: Mapping[str, Argument]) -> re.Match[str] | None:
        """Return the flags at the next word; None when it is none of this place's."""
        start = skip_blanks(self._line, self._position)
        found = FLAGS.match(self._line, start)
        if found is None or found[1][0] in by_letter:
            return found
        later = any(argument.flag == found[1][0] for argument in self._rule.arguments)
        if later:
            return None
        raise self._unknown_flag(start + 1, found[1][0])

    def _read_flag_value(self, argument: Argument) -> None:
        word = read_word(self._line, self._position)
        if word is None:
            raise self._error(f"-{argument.flag} wants {argument.name}", self._position, self._position)
        self._values[argument.name] = Value(word.text, word.text, word.start, word.end)
        self._position = word.end

    def _note_flag(self, argument: Argument, start: int) -> None:
        """Note a flag without value whose letter stands at ``start``."""
        first = start - 1 if self._original[start - 1] == "-" else start
        self._values[argument.name] = Value(True, "", first, start + 1)

    def _note_moved(self, argument: Argument, start: int) -> None:
        if not argument.kind:
            self._note_flag(argument, start)
            return
        word = read_word(self._original, start + 1)
        if word is None:
            raise self._error(f"-{argument.flag} wants {argument.name}", start + 1, start + 2)
        self._values[argument.name] = Value(word.text, word.text, word.start, word.end)

    def _flag_called(self, letter: str) -> Argument:
        return next(argument for argument in self._rule.arguments if argument.flag == letter)

    def _unknown_flag(self, position: int, letter: str) -> ArgumentError:
        known = [f"-{argument.flag}" for argument in self._rule.arguments if argument.flag]
        start = position - 1 if self._line[position - 1] == "-" else position
        error = self._error(f"there is no option -{letter}", start, position + 1, expected=known)
        error.is_surplus, error.flag = True, letter
        return error

    # -- words ---------------------------------------------------------------------------------

    def _read_positional(self, argument: Argument) -> None:
        start = skip_blanks(self._line, self._position)
        if start >= len(self._line):
            if argument.optional:
                return
            end = len(self._original.rstrip(BLANKS))
            raise self._error(f"{argument.name} is missing", end, end + 1)
        try:
            value, end = READINGS[argument.reading](self._line, start)
        except NumberProblem as problem:
            raise self._number_error(argument, problem, start) from None
        except ValueProblem as problem:
            raise self._error(
                problem.problem,
                problem.start,
                problem.end,
                expected=problem.expected,
                nearest=problem.nearest,
            ) from None
        if end == start and argument.optional:
            return
        raw = self._line[start:end].rstrip(BLANKS)
        if argument.reading in _PLAIN_NUMBERS and end == start + len(raw) and self._line[end:][:1].isalnum():
            raise self._suffix_error(argument, start)
        text = value if isinstance(value, str) else raw
        self._values[argument.name] = Value(value, text, start, start + len(raw))
        self._position = end

    # -- errors --------------------------------------------------------------------------------

    def _number_error(self, argument: Argument, problem: NumberProblem, start: int) -> ArgumentError:
        """Return the error; a path that was taken for a division gets its own advice."""
        position = min(problem.position, len(self._line))
        end = position
        while end < len(self._line) and self._line[end] not in BLANKS:
            end += 1
        path = re.compile(r"\s(/[^\s]+)").search(self._line, start)
        if path is not None and path.start(1) <= position <= path.end(1):
            return self._error(
                f"{argument.name} is an expression: '{path[1]}' reads as a division",
                path.start(1),
                path.end(1),
                mended=f'{self._line[: path.start(1)]}"{path[1]}"{self._line[path.end(1) :]}',
            )
        return self._error(f"{argument.name}: {problem.problem}", position, max(end, position + 1))

    def _suffix_error(self, argument: Argument, start: int) -> ArgumentError:
        """Return the error for a number that goes on as no number does: ``balloon 1G``."""
        end = start
        while end < len(self._line) and self._line[end] not in BLANKS:
            end += 1
        word = self._line[start:end]
        try:
            size, stop = read_size(self._line, start)
        except NumberProblem:
            size, stop = 0, start
        if argument.reading == "mib":
            size, rest = divmod(size, 1 << 20)
            size = 0 if rest else size
        return self._error(
            f"{argument.name}: '{word}' is not a number{': it takes no suffix' if stop == end else ''}",
            start,
            end,
            expected=(KINDS[argument.kind][1],),
            nearest=str(size) if size and stop == end else "",
        )

    def _surplus(self, start: int) -> ArgumentError:
        takes = "takes no arguments" if not self._rule.arguments else "takes no more arguments"
        error = self._error(
            f"{self._rule.name} {takes}",
            start,
            len(self._original.rstrip(BLANKS)),
            mended=self._joined(start),
        )
        error.is_surplus = True
        return error

    def _joined(self, start: int) -> str:
        """Return the line with commas between the words of an option list, if these are its options."""
        words = self._line[start:].split()
        is_list = any(one.kind.endswith("-options") for one in self._rule.arguments)
        if not is_list or not all(re.match(r"[\w.-]+=", word) for word in words):
            return ""
        return ",".join([self._line[:start].rstrip(BLANKS + ","), *words])

    def _error(
        self,
        problem: str,
        start: int,
        end: int,
        *,
        expected: tuple[str, ...] | list[str] = (),
        nearest: str = "",
        mended: str = "",
    ) -> ArgumentError:
        return ArgumentError(
            problem,
            line=self._original,
            start=start,
            end=end,
            expected=expected,
            nearest=nearest,
            synopsis=self._rule.synopsis,
            mended=mended,
        )


def _runs(arguments: tuple[Argument, ...]) -> Iterator[list[Argument]]:
    """Yield the arguments one by one, but flags that stand together in one list."""
    run: list[Argument] = []
    for argument in arguments:
        if argument.flag:
            run.append(argument)
            continue
        if run:
            yield run
            run = []
        yield [argument]
    if run:
        yield run
