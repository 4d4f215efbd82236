"""prompt_toolkit's menu, filled by complete/: candidates from what is known, the rest is asked behind it.

Knows how candidates become a menu and what Tab does. Must not know what can be completed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app_or_none
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from qmonsh.render.escape import one_line

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Candidate
    from qmonsh.complete.candidate import Completion as Found
    from qmonsh.complete.question import Question
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
        #: Where Tab was pressed before all was known: it is done when the answers come.
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

    def must_wait(self, document: Document, found: Found, answered: Collection[Question]) -> bool:
        """Return whether Tab has to wait for answers; it is done again when they have come.

        ``answered`` has just been asked. What is known but may be old is waited for once, what is not
        known until the monitor answers or its time is over.
        """
        facts = self._shell.monitor.live_facts
        if facts is None or self._shell.monitor.state.lost is not None:
            return False
        is_again = self.pressed_at == document
        still = [one for one in found.wanted if one not in answered]
        if is_again:
            still = [one for one in still if facts.get(one) is None]
        self.pressed_at = document if still else None
        return bool(still)

    def is_unknown(self, found: Found) -> bool:
        """Return whether something that was asked has no answer yet."""
        facts = self._shell.monitor.facts
        return any(facts.get(one) is None for one in found.wanted)

    def _ask(self, document: Document, found: Found) -> None:
        shell, facts = self._shell, self._shell.monitor.live_facts
        if facts is None:
            return

        def ask() -> None:
            is_new = facts.ensure(found.wanted, deadline=PATIENCE)
            if is_new:
                self._offered(document)  # what a large answer comes to is worked out here, not at a key
                shell.monitor.changed()
            shell.call_later(0, lambda: self._renew(document, found.wanted, is_new))

        shell.monitor.errands.send("completion", ask)

    def _renew(self, document: Document, answered: Collection[Question], is_new: bool) -> None:
        """Do the Tab that waited, or fill the menu anew, when the user still stands there."""
        app = get_app_or_none()
        if app is None or not app.is_running or app.current_buffer.document != document:
            return
        buffer = app.current_buffer
        state = buffer.complete_state
        if state is not None and state.complete_index is not None:
            return
        if is_new:
            buffer.cancel_completion()  # a menu that is open would stay as it is
        if self.pressed_at == document:
            press_tab(buffer, self, answered)
        elif is_new:
            buffer.start_completion(select_first=False)


def press_tab(buffer: Buffer, completer: ShellCompleter, answered: Collection[Question] = ()) -> None:
    """Do what Tab does: the only candidate is put in, else what all share, else the menu is walked.

    Nothing is put in before what was asked is known: the only candidate may not be the only one then.
    """
    state = buffer.complete_state
    if state is not None and state.complete_index is not None:
        buffer.complete_next()
        return
    document = buffer.document
    found = completer.find(document)
    if completer.must_wait(document, found, answered) or not found.candidates:
        return
    text = _certain(document, found)
    if completer.is_unknown(found):  # the monitor does not answer: there is the menu of what is known
        if state is None:
            buffer.start_completion(select_first=False)
    elif text:
        _replace(buffer, found.start, text)
        if len(found.candidates) > 1:
            buffer.start_completion(select_first=False)
    elif state is not None and _is_current(state, found):
        buffer.complete_next()
    else:
        buffer.cancel_completion()
        buffer.start_completion(select_first=False)


def _is_current(state: CompletionState, found: Found) -> bool:
    """Return whether an open menu has what is offered now."""
    shown = [one.text for one in state.completions[:MOST]]
    return shown == [_text(one) for one in found.candidates[:MOST]]


def _certain(document: Document, found: Found) -> str:
    """Return what stands there whichever candidate is meant, "" when that is no more than was typed."""
    if len(found.candidates) == 1:
        only = found.candidates[0]
        following = document.text[document.cursor_position : document.cursor_position + 1]
        return only.text + ("" if only.suffix == " " and following == " " else only.suffix)
    shared, typed = _shared(found.candidates), document.text[found.start : document.cursor_position]
    return shared if len(shared) > len(typed) and shared.startswith(typed) else ""


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


def _text(candidate: Candidate) -> str:
    return candidate.text + (candidate.suffix if candidate.suffix in _JOINED else "")


def _row(candidate: Candidate, start: int) -> Completion:
    meta = one_line(candidate.meta)
    if candidate.flag and candidate.flag not in meta:
        meta = f"{candidate.flag}: {meta}"
    shown = meta if len(meta) <= _META else meta[: _META - 3] + "..."
    display = one_line(candidate.display or candidate.text)
    return Completion(_text(candidate), start_position=start, display=display, display_meta=shown)
