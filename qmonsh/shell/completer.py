"""prompt_toolkit's menu, filled by complete/: candidates from what is known, the rest is asked behind it.

Knows how candidates become a menu and what Tab does. Must not know what can be completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app_or_none
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from qmonsh.render.escape import one_line

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Candidate
    from qmonsh.complete.candidate import Completion as Found
    from qmonsh.shell.shell import Shell

#: Suffixes that belong to the word; a blank is put in only when the word is the only candidate.
_JOINED = ("=", "/", ".", ":")
#: Candidates in the menu: so many take prompt_toolkit 20 ms, and nobody walks through more.
MOST = 2000
#: Seconds that questions behind the menu may take together.
PATIENCE = 2.0
#: A line longer than this is not completed while it is typed (characters).
LONGEST = 20_000
_META = 60


class ShellCompleter(Completer):
    """Completes for a shell; never waits for the monitor."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        #: Where Tab was pressed before anything was known: it is done when the answer comes.
        self.pressed_at: Document | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the menu for the text before the cursor."""
        if len(document.text) > LONGEST:
            return
        found = self.find(document)
        for number, one in enumerate(found.candidates):
            if number == MOST:
                break
            yield _row(one, found.start - document.cursor_position)
        if len(found.candidates) > MOST:
            rest = len(found.candidates) - MOST
            yield Completion("", display="...", display_meta=f"and {rest} more; type a letter")

    def find(self, document: Document) -> Found:
        """Return what the engine offers, and have asked what it wants to know."""
        found = self._offered(document)
        if found.wanted and self._shell.monitor.state.lost is None:
            self._ask(document, found)
        return found

    def _offered(self, document: Document) -> Found:
        # Imported when the first key is typed: the prompt must not wait for it.
        from qmonsh.complete.engine import complete
        from qmonsh.shell.registry import builtins

        shell = self._shell
        return complete(
            document.text,
            document.cursor_position,
            shell.monitor.facts,
            builtins=builtins(),
            aliases=shell.settings.aliases,
        )

    def _ask(self, document: Document, found: Found) -> None:
        shell, facts = self._shell, self._shell.monitor.live_facts
        if facts is None:
            return

        def ask() -> None:
            if facts.ensure(found.wanted, deadline=PATIENCE):
                self._offered(document)  # what a large answer comes to is worked out here, not at a key
                shell.monitor.changed()
                shell.call_later(0, lambda: self._renew(document))

        shell.monitor.errands.send("completion", ask)

    def _renew(self, document: Document) -> None:
        """Fill the menu anew when the user still stands where the question was put."""
        app = get_app_or_none()
        if app is None or not app.is_running or app.current_buffer.document != document:
            return
        buffer = app.current_buffer
        state = buffer.complete_state
        if state is not None and state.complete_index is not None:
            return
        if self.pressed_at == document:
            self.pressed_at = None
            press_tab(buffer, self)
        else:
            buffer.cancel_completion()  # a menu that is open would stay as it is
            buffer.start_completion(select_first=False)


def press_tab(buffer: Buffer, completer: ShellCompleter) -> None:
    """Do what Tab does: the only candidate is put in, else what all share, else the menu is walked."""
    state = buffer.complete_state
    if state is not None and state.complete_index is not None:
        buffer.complete_next()
        return
    document = buffer.document
    found = completer.find(document)
    typed = document.text[found.start : document.cursor_position]
    if not found.candidates:
        completer.pressed_at = document
        return
    if len(found.candidates) == 1:
        only = found.candidates[0]
        following = document.text[document.cursor_position : document.cursor_position + 1]
        suffix = "" if only.suffix == " " and following == " " else only.suffix
        _replace(buffer, found.start, only.text + suffix)
        return
    shared = _shared(found.candidates)
    if len(shared) > len(typed) and shared.startswith(typed):
        _replace(buffer, found.start, shared)
        buffer.start_completion(select_first=False)
    elif state is not None:
        buffer.complete_next()
    else:
        buffer.start_completion(select_first=False)


def _replace(buffer: Buffer, start: int, text: str) -> None:
    buffer.cancel_completion()
    buffer.delete_before_cursor(buffer.cursor_position - start)
    buffer.insert_text(text, fire_event=True)


def _shared(candidates: tuple[Candidate, ...]) -> str:
    """Return what all candidates begin with."""
    if not candidates:
        return ""
    first, last = min(one.text for one in candidates), max(one.text for one in candidates)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]


def _row(candidate: Candidate, start: int) -> Completion:
    joined = candidate.suffix if candidate.suffix in _JOINED else ""
    meta = one_line(candidate.meta)
    if candidate.flag and candidate.flag not in meta:
        meta = f"{candidate.flag}: {meta}"
    shown = meta if len(meta) <= _META else meta[: _META - 3] + "..."
    display = one_line(candidate.display or candidate.text)
    return Completion(candidate.text + joined, start_position=start, display=display, display_meta=shown)
