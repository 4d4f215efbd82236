"""What is typed while a command runs: the next lines, and those that are answered meanwhile.

``TypedAhead`` tells the lines in keys that nobody has edited, ``Keyboard`` reads them while the shell waits
and gives the prompt what is left, ``answers_only`` keeps it from questions. Knows prompt_toolkit's keys.
Must not know what a line means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.keys import Keys

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPress

    from qmonsh.shell.terminal import Terminal

#: Of a line that is being typed so many keys are shown (of a long paste).
_SEEN = 200
_ENTER = (Keys.ControlM, Keys.ControlJ)
#: What a key makes of the text of a line. With any other (arrows, Tab, Ctrl-R) only the prompt knows.
_EDITS: Mapping[str, Callable[[str], str]] = {
    Keys.ControlH: lambda text: text[:-1],
    Keys.ControlU: lambda text: "",
    Keys.ControlW: lambda text: text.rstrip().rpartition(" ")[0] + (" " if " " in text.strip() else ""),
}
_ANSWERS = ("yes", "no")


class TypedAhead:
    """Keys in the order in which they were typed; ``wanted(line, before)`` tells which lines to take out.

    ``before`` are the lines that were entered before it and are still to come.
    """

    def __init__(self, wanted: Callable[[str, Sequence[str]], bool]) -> None:
        self._wanted = wanted
        self._entered: list[KeyPress] = []
        self._before: list[str] = []
        self._last: list[KeyPress] = []

    def take(self, keys: Iterable[KeyPress]) -> list[str]:
        """Add keys; returns the lines that were entered with them and are wanted, which are kept no more."""
        found = []
        for key in keys:
            if key.key == Keys.CPRResponse:  # the terminal's answer to a prompt that is gone
                continue
            self._last.append(key)
            if key.key not in _ENTER:
                continue
            line, self._last = self._last, []
            text = text_of(line[:-1])
            if text is not None and self._wanted(text, self._before):
                found.append(text)
            else:
                self._entered += line
                self._before.append(text or "")
        return found

    def hand_over(self) -> list[KeyPress]:
        """Return all keys that are left, and keep them no more."""
        keys = [*self._entered, *self._last]
        self._entered, self._before, self._last = [], [], []
        return keys

    def __str__(self) -> str:
        """What is to come, in a few words: how many lines, and the one that is being typed."""
        count, seen = len(self._before), self._last[-_SEEN:]
        lines = f"{count} {'line' if count == 1 else 'lines'} to come" if count else ""
        text = text_of(seen)
        typed = f"> {'...' if text is None else text}" if seen else ""
        return "  ".join(part for part in (lines, typed) if part)


def text_of(keys: Iterable[KeyPress]) -> str | None:
    """Return the line that keys write, None when only a prompt could tell."""
    text = ""
    for key in keys:
        if len(key.key) == 1 and key.key.isprintable():
            text += key.key
        elif key.key in _EDITS:
            text = _EDITS[key.key](text)
        else:
            return None
    return text


@contextmanager
def answers_only(input: Input) -> Iterator[None]:
    """Leave a question only what can be its answer of what was typed before it was put: one line at most.

    The rest is the next prompt's, as it was typed; Ctrl-C at the question forgets it.
    """
    typed = get_typeahead(input)
    end = next((number for number, key in enumerate(typed, 1) if key.key in _ENTER), len(typed))
    text = text_of(key for key in typed[:end] if key.key not in _ENTER)
    if text is None or not any(word.startswith(text.strip().lower()) for word in _ANSWERS):
        end = 0
    store_typeahead(input, typed[:end])
    rest = typed[end:]
    try:
        yield
    except KeyboardInterrupt:
        rest = []
        raise
    finally:
        store_typeahead(input, [*rest, *get_typeahead(input)])


class Keyboard:
    """Reads the keys of ``input`` between ``begin`` and ``end``, which the event loop calls.

    ``answer(line)`` is called with each wanted line; what is typed is shown beside the terminal's status.
    """

    def __init__(
        self,
        input: Input,
        terminal: Terminal,
        *,
        wanted: Callable[[str, Sequence[str]], bool],
        answer: Callable[[str], None],
        shown: Callable[[str], str],
    ) -> None:
        self._input = input
        self._terminal = terminal
        self._ahead = TypedAhead(wanted)
        self._answer = answer
        self._shown = shown
        self._reading: AbstractContextManager[None] | None = None

    def begin(self) -> None:
        """Read what is typed from now on, beginning with what no prompt has taken yet; may be repeated.

        Does nothing while a prompt is up or another program has the terminal.
        """
        if self._reading is not None or self._terminal.is_prompting or self._terminal.is_lent:
            return
        reading = self._input.attach(self._read)
        try:
            reading.__enter__()
        except EOFError:  # no terminal, nor anything else that can be waited for
            return
        self._reading = reading
        self._take(get_typeahead(self._input))

    def end(self) -> None:
        """Leave what is typed from now on to the prompt, with what is left of before."""
        if self._reading is None:
            return
        self._reading.__exit__(None, None, None)
        self._reading = None
        store_typeahead(self._input, [*self._ahead.hand_over(), *self._input.flush_keys()])
        self._terminal.typing("")

    def drop(self) -> None:
        """Forget what was typed (Ctrl-C; the kernel forgets what it has, too)."""
        self._ahead.hand_over()
        self._terminal.typing("")

    def _read(self) -> None:
        self._take(self._input.read_keys())
        if self._input.closed:
            self.end()

    def _take(self, keys: Iterable[KeyPress]) -> None:
        for line in self._ahead.take(keys):
            self._answer(line)
        self._terminal.typing(self._shown(str(self._ahead)))
