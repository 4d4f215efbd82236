"""Monitors that mean harm, or are broken: what they do is theirs, the others answer as if alone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qmonsh.fleet import incoming
from tests.fleet.test_each import KNOWN, STATUS, Run
from tests.peer import Conversation, Step, close, event, expect, expect_end, greet, refuse, reply, send, wait
from tests.peer import signal as tell

ASKED = [*KNOWN, expect("query-status")]
Script = Callable[[threading.Event], list[Step]]


def again(data: bytes, over: threading.Event | None = None) -> Step:
    """Send the same bytes again and again until the other end leaves, or it is over."""

    def step(conversation: Conversation) -> None:
        with contextlib.suppress(OSError):
            while over is None or not over.is_set():
                conversation.send(data)

    return step


EVENTS = b'{"event": "RTC_CHANGE", "data": {"offset": 1}, "timestamp": {"seconds": 1, "microseconds": 2}}\r\n'
GREETINGS = json.dumps({"QMP": {}}).encode() + b"\n"
#: What each does until it is over, that is until the others have their answers; and what becomes of it.
HOSTILE: dict[str, tuple[Script, str]] = {
    "a reply without end": (lambda _: [*ASKED, send('{"return": ["'), again(b"a" * 65536)], "ProtocolError"),
    "a greeting without end": (lambda _: [send('{"QMP": {"'), again(b"a" * 65536)], "ConnectError"),
    "an array without depth": (lambda _: [*ASKED, again(b"[" * 4096)], "ProtocolError"),
    "garbage": (lambda _: [*ASKED, again(bytes(range(256)))], "ProtocolError"),
    "a greeting of garbage": (lambda _: [again(bytes(range(128, 256)))], "ConnectError"),
    "the end in the middle": (lambda _: [*ASKED, send('{"return": {"st'), close()], "ConnectionLostError"),
    "a flood of events": (lambda over: [*ASKED, again(EVENTS * 500, over)], "ConnectionLostError"),
    "a flood of greetings": (lambda over: [*ASKED, again(GREETINGS * 500, over)], "ConnectionLostError"),
    "silence": (lambda over: [*ASKED, wait(over), close()], "ConnectionLostError"),
    "another's reply": (
        lambda over: [*ASKED, send({"return": {}, "id": "x"}), wait(over), close()],
        "ConnectionLostError",
    ),
}
#: No deadline ends any of these.
WORDS = ("--json", "--connect-timeout", "1000", "--", "query-status")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound messages more closely: what is tested is that there is a bound."""
    monkeypatch.setattr(incoming, "MOST_BYTES", 1 << 20)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_others_answer(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    script, failure = HOSTILE[name]
    over = threading.Event()
    run = Run(capfd, *WORDS, on=[script(over), [*STATUS, tell(over)]])
    said = {line["target"]: line for line in map(json.loads, run.out.splitlines())}
    assert said["p0"]["error"]["class"] == failure, said["p0"]
    assert said["p1"]["return"]["status"] == "running"
    assert run.status == 3


DEEP: Any = [[[[[[]]]]]]
LIMITS: list[tuple[str, int, Any, str]] = [
    ("max_reply", 2, {"a": "x" * (3 << 20)}, f"longer than the limit of {2 << 20} bytes (max_reply)"),
    ("max_depth", 6, DEEP, "nested deeper than 6 levels (max_depth)"),
]


@pytest.mark.parametrize(("setting", "limit", "value", "said"), LIMITS)
def test_limits_are_those_of_the_configuration(
    setting: str, limit: int, value: Any, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    words = ("--config", str(config), "--", '{"execute": "query-status"}')
    script = [*greet(), expect("query-status"), reply(value)]
    for allowed, status in ((limit, 3), (2 * limit, 0)):
        config.write_text(f"{setting} = {allowed}\n")
        run = Run(capfd, *words, on=[script, script])
        assert run.status == status and (said in run.err) == (status == 3)


def test_all_of_them_together(capfd: pytest.CaptureFixture[str]) -> None:
    over = threading.Event()
    run = Run(capfd, *WORDS, on=[*(script(over) for script, _ in HOSTILE.values()), [*STATUS, tell(over)]])
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert len(lines) == len(HOSTILE) + 1 and run.status == 3
    [answer] = [line for line in lines if "return" in line]
    assert answer["target"] == f"p{len(HOSTILE)}"


EVIL = "\x1b]0;title\x07\x1b[2J\u202eevil\r\n"


@pytest.mark.parametrize("form", ["text", "json", "table", "failure", "event", "trace"])
def test_nothing_of_it_reaches_the_terminal(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    answer = [expect("query-status"), event(EVIL, {EVIL: EVIL}), reply({EVIL: EVIL, "status": EVIL})]
    script = [*KNOWN, expect("query-status"), refuse(EVIL, EVIL)] if form == "failure" else [*KNOWN, *answer]
    options = {"json": ["--json"], "table": ["--table"], "event": ["--events"], "trace": ["-v"]}.get(form, [])
    run = Run(capfd, "--color", "never", *options, "--", "query-status", on=[[*script, expect_end()]])
    printed = run.out + run.err
    assert "title" in printed
    for character in "\x1b\x07\u202e\r":
        assert character not in printed
