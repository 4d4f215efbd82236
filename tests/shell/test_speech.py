"""What the shell says fits the terminal and is harmless."""

from __future__ import annotations

import pytest

from qmonsh.errors import CommandError
from qmonsh.settings import Settings, Terminal
from qmonsh.shell.speech import Speech
from qmonsh.shell.terminal import Terminal as ShellTerminal
from tests.shell.kit import Recorder


def speech(**settings: object) -> tuple[Speech, Recorder]:
    terminal, output = ShellTerminal(), Recorder(columns=40)
    terminal.attach(output)
    settings.setdefault("color", "never")
    made = Settings(terminal=Terminal(True, True, True, "xterm"), **settings)  # type: ignore[arg-type]
    return Speech(terminal, made), output


def test_remark_is_wrapped_at_words() -> None:
    speaker, output = speech()
    speaker.say("word " * 30)
    lines = output.text.splitlines()
    assert len(lines) > 3 and all(len(line) <= 40 and not line.endswith("wor") for line in lines)


@pytest.mark.parametrize("method", ["say", "warn"])
def test_foreign_text_is_harmless(method: str) -> None:
    speaker, output = speech()
    getattr(speaker, method)("\x1b[2J\x07name")
    assert "\x1b" not in output.text and "\x07" not in output.text


def test_failure_has_its_traceback_only_when_debugging() -> None:
    speaker, output = speech()
    speaker.fail(CommandError("GenericError", "no"))
    assert "Error: no" in output.text and "CommandError" not in output.text
    speaker, output = speech(debug=True)
    speaker.fail(CommandError("GenericError", "no"))
    assert "qmonsh.errors.CommandError" in output.text


def test_defect_is_confessed() -> None:
    speaker, output = speech()
    speaker.confess(KeyError("x"))
    assert "internal error: KeyError" in output.text


def test_colours_follow_the_settings() -> None:
    assert speech(color="always")[0].form.colour and not speech(color="never")[0].form.colour
    assert speech()[0].form.width == 40 and speech(color="auto")[0].form.colour
