"""Dangerous lines are asked about once, or refused, before any monitor gets them."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from qmonsh.errors import RefusedError
from qmonsh.fleet.consent import OF_THE_SHELL, Consent
from qmonsh.language.danger import REASONS
from qmonsh.language.plan import Plan, Way
from qmonsh.settings import Settings, Terminal
from tests.fleet.test_each import read_until
from tests.peer import ScriptedPeer, Step, close, expect, expect_end, greet, reply

CHECKOUT = Path(__file__).resolve().parents[2]
RESET = Plan("system_reset", "system_reset", Way.TWIN, danger=REASONS["system_reset"])
STOP = Plan("stop", "stop", Way.TWIN)
TERMINAL = Terminal(True, True, True, "xterm")
NO_INPUT = Terminal(False, True, True, "xterm")
COMMANDS = [{"name": name} for name in ("query-commands", "quit", "stop")]


def consent(plan: Plan, *answers: str, times: int = 3, **settings: object) -> tuple[list[object], list[str]]:
    """Return what ``times`` monitors that ask at once are told, and the questions that were put."""
    questions: list[str] = []
    left = list(answers)

    async def ask(question: str) -> str:
        questions.append(question)
        await asyncio.sleep(0)
        return left.pop(0)

    async def names() -> str:
        return "web[1-3]"

    async def main() -> list[object]:
        one = Consent(Settings(**settings), names=names, ask=ask)
        return await asyncio.gather(*(one.require(plan) for _ in range(times)), return_exceptions=True)

    return asyncio.run(main()), questions


def test_it_is_asked_once_with_the_names() -> None:
    told, questions = consent(RESET, "y\n", terminal=TERMINAL)
    assert told == [True] * 3
    assert questions == [
        f"system_reset: {REASONS['system_reset']}\nGo on with system_reset on web[1-3]? [y/N]: "
    ]


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "yep\n", "y es\n"])
def test_all_but_yes_is_no_for_all(answer: str) -> None:
    told, questions = consent(RESET, answer, terminal=TERMINAL)
    assert len(questions) == 1
    assert [str(error) for error in told] == ["system_reset was not sent: you said no"] * 3
    assert all(isinstance(error, RefusedError) and error.status == 2 for error in told)


def test_a_script_is_not_asked() -> None:
    assert consent(RESET, terminal=NO_INPUT) == ([False] * 3, [])


@pytest.mark.parametrize(
    ("plan", "settings"), [(RESET, {"yes": True}), (STOP, {}), (STOP, {"confirm": ["cont"]})]
)
def test_nothing_is_asked(plan: Plan, settings: dict[str, object]) -> None:
    assert consent(plan, terminal=TERMINAL, **settings) == ([False] * 3, [])


def test_the_configuration_says_what_else_to_ask_about() -> None:
    told, questions = consent(STOP, "YES\n", terminal=TERMINAL, confirm=["stop"])
    assert told == [True] * 3 and "your configuration" in questions[0]


def test_the_reason_for_quit_speaks_of_no_shell() -> None:
    assert REASONS["quit"].endswith(OF_THE_SHELL)
    plan = Plan("quit", "quit", Way.TWIN, danger=REASONS["quit"])
    _, questions = consent(plan, "n", terminal=TERMINAL)
    assert "shell" not in questions[0]


# -- the whole of it, in a terminal -------------------------------------------------------------------

KNOWN = [*greet(), expect("query-commands"), reply(COMMANDS)]


def on_terminal(answer: bytes, *scripts: list[Step]) -> tuple[int, str, list[list[str]]]:
    """Run ``each ... -- quit`` in a terminal; returns status, screen, and the commands each peer got."""
    peers = [ScriptedPeer(script) for script in scripts]
    ours, theirs = pty.openpty()
    with all_of(peers):
        words = [sys.executable, "-m", "qmonsh", "each", *(peer.path for peer in peers), "--", "quit"]
        environment = {**os.environ, "TERM": "dumb"}
        code = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(theirs), *words],
            pass_fds=[theirs], cwd=CHECKOUT, env=environment,
        )  # fmt: skip
        os.close(theirs)
        try:
            screen = read_until(ours, b"[y/N]: ")
            os.write(ours, answer)
            screen += read_until(ours, b"")
            status = child.wait(60)
        finally:
            child.kill()
            child.wait()
            os.close(ours)
    text = screen.decode().replace("\r\n", "\n")
    for number, peer in enumerate(peers):
        text = text.replace(peer.path, f"p{number}")
    return status, text, [[command["execute"] for command in peer.commands] for peer in peers]


def all_of(peers: list[ScriptedPeer]) -> ExitStack:
    stack = ExitStack()
    for peer in peers:
        stack.enter_context(peer)
    return stack


def test_yes_on_the_terminal_sends_it_to_all() -> None:
    script = [*KNOWN, expect("quit"), reply(), close()]
    status, screen, sent = on_terminal(b"y\n", script, script)
    assert status == 0 and screen.count("[y/N]") == 1 and "p0,p1 (2 monitors)?" in screen
    assert [names[-1] for names in sent] == ["quit", "quit"]


@pytest.mark.parametrize(
    ("answer", "status", "monitors"), [(b"n\n", 2, 2), (b"\x04", 2, 2), (b"\x03", 130, 1)]
)
def test_no_end_of_input_and_interrupt_send_nothing(answer: bytes, status: int, monitors: int) -> None:
    # The question comes with the first monitor; a second may be interrupted in the middle of its greeting.
    script = [*KNOWN, expect_end()]
    ended, screen, sent = on_terminal(answer, *[script] * monitors)
    assert ended == status, screen
    assert all("quit" not in names for names in sent)


def test_question_is_folded_between_words_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmonsh.streams.columns", lambda: 30)
    _, (question,) = consent(RESET, "y\n", terminal=TERMINAL)
    assert question.endswith("[y/N]: ") and all(len(line) <= 31 for line in question.split("\n"))
    assert "Go on with system_reset on" in question.split("\n")
