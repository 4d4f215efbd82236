"""The arguments of an HMP line, read as the monitor reads them by the command's rule.

Where the monitor is narrower than people expect (flags only in their declared place and order, and never
combined), the reading is wider, and ``Arguments.as_typed`` is false: then the line is passed on in HMP's own
spelling. One pass over a line is argument_reader.py's. Must not know QMP.
"""

from __future__ import annotations

from qmonsh.errors import LineError
from qmonsh.language.argument_reader import FLAGS, ArgumentError, ArgumentReader
from qmonsh.language.call import Arguments
from qmonsh.language.reader import read_word
from qmonsh.language.rule import Rule


def read_arguments(rule: Rule, line: str, position: int) -> Arguments:
    """Return the arguments that follow a command's name; raises LineError.

    First as HMP reads them; when that fails, with the flags wherever they stand. A flag that HMP would take
    for a word is refused.
    """
    try:
        found = ArgumentReader(rule, line).read(position)
    except ArgumentError as error:
        wider = _read_wider(rule, line, position)
        if wider is None:
            raise error from None
        return wider
    _check_words(rule, line, position, found)
    return found


def _read_wider(rule: Rule, line: str, position: int) -> Arguments | None:
    """Return the arguments with the flags wherever they stand, None when that does not help."""
    moved = _move_flags(rule, line, position)
    if moved is None:
        return None
    blanked, flags = moved
    try:
        return ArgumentReader(rule, blanked, original=line, flags=flags).read(position)
    except LineError:
        return None


def _check_words(rule: Rule, line: str, position: int, found: Arguments) -> None:
    """Refuse a word that is one of the command's flags: ``change -f cd0 FILE`` changes a device "-f"."""
    letters = {argument.flag for argument in rule.arguments if argument.flag}
    for argument in rule.arguments if letters else ():
        place = found.values.get(argument.name)
        if argument.flag or argument.reading == "rest" or place is None:
            continue
        word = FLAGS.fullmatch(line, place.start, place.end)
        if word is not None and set(word[1]) <= letters:
            wider = _read_wider(rule, line, position)
            raise ArgumentError(
                f"{argument.name} is expected here, not the option {word[0]}",
                line=line,
                start=place.start,
                end=place.end,
                synopsis=rule.synopsis,
                mended="" if wider is None else spelled(rule, line[:position].strip(), line, wider),
            )


def spelled(rule: Rule, name: str, line: str, arguments: Arguments) -> str:
    """Return the line as HMP's own grammar wants it: each flag apart, in the declared order."""
    words = [name]
    for argument in rule.arguments:
        found = arguments.values.get(argument.name)
        if found is None:
            continue
        if argument.flag:
            words.append(f"-{argument.flag}")
            if not argument.kind:
                continue
        words.append(line[found.start : found.end])
    return " ".join(words)


def _move_flags(rule: Rule, line: str, position: int) -> tuple[str, list[tuple[int, int]]] | None:
    """Return the line with its flag words blanked, and their places; None when there are none to move."""
    with_value = {argument.flag: bool(argument.kind) for argument in rule.arguments if argument.flag}
    places = []
    blanked = list(line)
    while with_value and (word := _next_word(line, position)) is not None:
        start, position = word
        found = FLAGS.fullmatch(line, start, position)
        if found is None or not set(found[1]) <= with_value.keys():
            continue
        places.append((start, position))
        if with_value[found[1][-1]] and (value := _next_word(line, position)) is not None:
            position = value[1]
        blanked[start:position] = " " * (position - start)
    return ("".join(blanked), places) if places else None


def _next_word(line: str, position: int) -> tuple[int, int] | None:
    word = read_word(line, position)
    return None if word is None else (word.start, word.end)
