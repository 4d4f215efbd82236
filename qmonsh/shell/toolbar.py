"""The line below the prompt: how the command being typed is called (signature.py), else facts about the VM.

Knows what is worth a line. Must not ask the monitor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples

from qmonsh.render.escape import one_line
from qmonsh.shell.fragments import cut

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

#: A longer line is not looked into while it is typed (characters).
_LONGEST = 2000


def toolbar(shell: Shell) -> StyleAndTextTuples:
    """Return the bottom line for what is being typed now."""
    if not shell.settings.toolbar:
        return []
    document = get_app().current_buffer.document
    text = document.text_before_cursor
    width = shell.terminal.size[1]
    parts: StyleAndTextTuples = []
    if 0 < len(text) < _LONGEST:
        from qmonsh.shell.signature import signature  # the prompt must not wait for it

        parts = signature(text, document.text_after_cursor, shell)
    return cut(parts or machine(shell), width)


def machine(shell: Shell) -> StyleAndTextTuples:
    """Return facts about the VM: version, accelerator, work in progress, the last event."""
    state = shell.monitor.state
    if state.lost is not None:
        return [
            ("class:prompt.lost", "not connected"),
            ("class:toolbar.dim", "  .reconnect, or Ctrl-D to leave"),
        ]
    facts = [f"QEMU {one_line(state.version)}" if state.version else "", one_line(state.accelerator)]
    facts += ["HMP text only"] if shell.monitor.speaks_text else []
    facts += [get_app().vi_state.input_mode.value] if shell.settings.vi else []
    facts += ["read-only"] if shell.settings.read_only else []
    facts += [f"output {shell.settings.output}"] if shell.settings.output != "text" else []
    found: StyleAndTextTuples = [("class:toolbar", "  ".join(fact for fact in facts if fact))]
    work = state.work()
    if work:
        found += [("", "  "), ("class:toolbar.work", work)]
    waiting = shell.monitor.follower.words()
    if waiting:
        found += [("", "  "), ("class:toolbar.work", f"waiting for {waiting}")]
    if state.last_event is not None:
        from qmonsh.render.event import render_event

        found += [("", "  "), ("class:toolbar.dim", f"last event {render_event(state.last_event)}")]
    return found
