"""The keys that differ from prompt_toolkit's own, and the user's ([keys] of the configuration).

Knows key names and named commands. Must not know what a line means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_mode,
    has_selection,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name

from qmonsh.errors import UsageError
from qmonsh.shell.completer import press_tab

if TYPE_CHECKING:
    from qmonsh.shell.completer import ShellCompleter
    from qmonsh.shell.shell import Shell


def make_keys(shell: Shell, completer: ShellCompleter) -> KeyBindings:
    """Return the keys of the prompt; raises UsageError when the user's cannot be bound."""
    keys = KeyBindings()

    @keys.add("enter", filter=completion_is_selected)
    def accept_completion(event: KeyPressEvent) -> None:
        """Take the selected candidate; the next Enter sends the line."""
        event.current_buffer.complete_state = None

    @keys.add("tab")
    def complete_word(event: KeyPressEvent) -> None:
        """Complete as far as it is clear, then walk the menu."""
        press_tab(event.current_buffer, completer)

    @keys.add("c-x", "c-e", filter=emacs_mode & ~has_selection)
    @keys.add("v", filter=vi_navigation_mode)
    def edit_line(event: KeyPressEvent) -> None:
        """Open the line in the user's editor; what comes back is not run by itself."""
        event.app.create_background_task(edit_buffer(event.current_buffer, shell))

    @keys.add("f3")
    def show_meaning(event: KeyPressEvent) -> None:
        """Say what QMP the line becomes; the line stays."""
        event.app.create_background_task(shell.preview(event.current_buffer.text))

    @keys.add(".", filter=Condition(lambda: is_kept(shell)) & ~vi_navigation_mode)
    def begin_own_word(event: KeyPressEvent) -> None:
        """Begin a command of the shell in place of the kept line: without a connection only those work."""
        event.current_buffer.document = Document()
        event.current_buffer.insert_text(".")

    recall = Recall()

    @keys.add("escape", "p")
    @keys.add("up", filter=~completion_is_selected & on_first_row)
    def previous_alike(event: KeyPressEvent) -> None:
        """Go back to the line before that begins like what was typed."""
        recall.go(event.current_buffer, -1)

    @keys.add("escape", "n")
    @keys.add("down", filter=~completion_is_selected & Condition(recall.is_going) & on_last_row)
    def next_alike(event: KeyPressEvent) -> None:
        """Go on to the next line that begins like what was typed."""
        recall.go(event.current_buffer, 1)

    for key, action in shell.settings.keys.items():
        _bind(keys, key, str(action))
    return keys


def is_kept(shell: Shell) -> bool:
    """Return whether the prompt shows, as it was, a line that waits for a connection."""
    shown = get_app().current_buffer.document
    return shell.monitor.is_lost and shown == Document(shell.kept_line) and bool(shown.text)


async def edit_buffer(buffer: Buffer, shell: Shell) -> None:
    """Put the text into the user's editor and back; it stays as it is when the editor fails."""
    text = buffer.text
    try:
        changed = await run_in_terminal(lambda: shell.editor.edit(text), in_executor=True)
    except UsageError as error:
        if shell.status is None:  # else the shell itself has ended the editor
            shell.speech.fail(error)
        return
    buffer.document = Document(changed, len(changed))


class Recall:
    """Walks through the lines of the history that begin like what was typed when the walk began."""

    def __init__(self) -> None:
        self._begin = ""
        self._shown: str | None = None

    def is_going(self) -> bool:
        """Return whether the line on the prompt is one that was found."""
        return get_app().current_buffer.text == self._shown

    def go(self, buffer: Buffer, step: int) -> None:
        """Show the next such line, older (-1) or newer (1)."""
        if buffer.text != self._shown:
            self._begin = buffer.document.text_before_cursor
        buffer.cancel_completion()
        lines = buffer._working_lines
        index = buffer.working_index + step
        while 0 <= index < len(lines):
            is_last = index == len(lines) - 1
            if is_last or (lines[index].startswith(self._begin) and lines[index] != buffer.text):
                buffer.working_index = index
                buffer.cursor_position = len(buffer.text)
                self._shown = buffer.text
                return
            index += step


@Condition
def on_first_row() -> bool:
    """Whether the cursor is in the first line of what is typed."""
    return get_app().current_buffer.document.cursor_position_row == 0


@Condition
def on_last_row() -> bool:
    """Whether the cursor is in the last line of what is typed."""
    return get_app().current_buffer.document.on_last_line


def named_commands() -> list[str]:
    """Return the names that a key can be bound to."""
    from prompt_toolkit.key_binding.bindings.named_commands import _readline_commands

    return sorted(_readline_commands)


def _bind(keys: KeyBindings, key: str, action: str) -> None:
    """Bind a key to a named command, or to a line that is entered (``line:info status``)."""
    handler: Callable[[KeyPressEvent], object]
    if action.startswith("line:"):
        line = action.removeprefix("line:").strip()

        def handler(event: KeyPressEvent) -> None:
            event.current_buffer.document = Document(line, len(line))
            event.current_buffer.validate_and_handle()
    else:
        try:
            handler = get_by_name(action).call
        except KeyError:
            raise UsageError(
                f"[keys]: '{action}' is neither a named command nor line:LINE",
                advice=f"named commands are {', '.join(named_commands())}",
            ) from None
    try:
        keys.add(*key.split())(handler)
    except (ValueError, AssertionError):
        raise UsageError(
            f"[keys]: there is no key '{key}'", advice="keys are written like c-t, f3, escape x"
        ) from None
