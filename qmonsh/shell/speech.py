"""What the shell says: remarks, failures, the shape of text on this terminal.

Knows the terminal's width and colours. Must not know what happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qmonsh.render.escape import one_line, printable
from qmonsh.render.form import Form
from qmonsh.render.layout import wrap

if TYPE_CHECKING:
    from qmonsh.errors import QmonshError
    from qmonsh.settings import Settings
    from qmonsh.shell.terminal import Terminal


class Speech:
    """Speaks to the user of one terminal; every method may be called from any thread."""

    def __init__(self, terminal: Terminal, settings: Settings) -> None:
        self.colour = settings.colour_for(settings.terminal.stdout)
        self._terminal = terminal
        self._settings = settings

    @property
    def form(self) -> Form:
        """Return the shape of text for the terminal as it is now."""
        return Form(width=self._terminal.size[1], colour=self.colour)

    def emit(self, text: str) -> None:
        """Write text that is sanitised and coloured already."""
        self._terminal.emit(text)

    def say(self, text: str) -> None:
        """Write a remark of the shell, foreign text in it made visible."""
        self.emit("\n".join(wrap(printable(f"qmonsh: {text}"), self.form.width)) + "\n")

    def warn(self, text: str) -> None:
        """Write what comes before a question, on as many lines as it needs."""
        self.emit("\n".join(wrap(one_line(text), self.form.width)) + "\n")

    def fail(self, error: QmonshError) -> None:
        """Write what failed and why."""
        from qmonsh.render.error import render_error

        self.emit(render_error(error, self.form))
        self._trace(error)

    def confess(self, error: Exception) -> None:
        """Write that we made a mistake."""
        self.say(f"internal error: {error!r} (with --debug it says where)")
        self._trace(error)

    def _trace(self, error: Exception) -> None:
        if self._settings.debug:
            from qmonsh.render.error import render_traceback

            self.emit(render_traceback(error))


def quoted(line: str) -> str:
    """Return a line of the user's as it may be repeated: harmless, on one line, secrets masked."""
    from qmonsh.language.secrets import mask

    return one_line(mask(line.strip()))
