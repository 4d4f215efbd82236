"""A hostile VM at the prompt: name, bottom line, menus, help, events, pager and pipes obey nobody but us.

What prompt_toolkit writes is full of escape sequences of its own. Hostile ones all carry the number 7731 or
stand between sevens, so that they can be told from these in the raw stream.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.shell.kit import ANSWERS, FakeMonitor, Typist, fake_shell, typed_at
from tests.test_hostile import CODES, assert_harmless

#: What terminals obey, with a number that we never send.
SEQUENCES = (
    "\x1b[7731m", "\x1b]0;7731\x07", "\x1b[7731J", "\x1b[7731n", "\x1b[?7731h", "\x1b]52;c;7731\x07",
    "\x1b]8;;7731\x1b\\", "\x1bP7731\x1b\\", "\x1b_7731\x1b\\", "\x9b7731m", "\x9d0;7731\x9c", "\x1b[7731;1H",
)  # fmt: skip
EVIL = "".join(f"7{code}7" for code in CODES) + "".join(SEQUENCES)
#: Names short enough to stand in a prompt, a bottom line or a menu uncut; together all of EVIL.
NAMES = ["7" + "7".join(CODES[at : at + 5]) + "7" for at in range(0, len(CODES), 5)] + list(SEQUENCES)
#: What prompt_toolkit sends to move, erase and colour.
OURS = re.compile(r"\x1b\[\??(?![0-9;]*7731)[0-9;]*[A-Za-z]")
#: Characters that it moves with; between sevens they are hostile.
MOVING = "\r\b"


def assert_obeys_us_only(raw: str) -> None:
    """Fail when a sequence or a character that the monitor supplied has reached the terminal."""
    rest = OURS.sub("", raw)
    assert not [code for code in CODES if f"7{code}7" in raw]
    for character in MOVING:
        rest = rest.replace(character, "")
    assert_harmless(rest)


def entity(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "meta-type": kind, **more}


def schema() -> list[dict[str, Any]]:
    """Return a schema with a command whose arguments and values are hostile."""
    names = [f"n{name}" for name in NAMES]
    return [
        entity("str", "builtin", **{"json-type": "string"}),
        entity("bad", "enum", values=names, members=[{"name": name} for name in names]),
        entity("0", "object", members=[{"name": name, "type": "bad"} for name in ("kind", *names)]),
        entity("empty", "object", members=[]),
        entity("query-evil", "command", **{"arg-type": "0", "ret-type": "empty"}),
        *(entity(f"query-{name}", "command", **{"arg-type": "0", "ret-type": "empty"}) for name in NAMES),
    ]


def blocks() -> list[dict[str, Any]]:
    return [
        {"device": f"d{name}", "locked": False, "removable": True, "type": name, "qdev": f"q{name}"}
        for name in NAMES
    ]


HELP = "\r\n".join(f"evil{n} {name.strip()} -- does {name}" for n, name in enumerate(NAMES)) + "\r\n"
HOSTILE: dict[str, Any] = {
    "query-commands": [
        *ANSWERS["query-commands"], {"name": "query-evil"}, {"name": "query-block"}, {"name": "eject"},
        {"name": "query-all"}, {"name": "refuse"}, *({"name": f"query-{name}"} for name in NAMES),
    ],
    "query-qmp-schema": schema(),
    "query-block": blocks(),
    "query-all": {EVIL: [EVIL, {EVIL: EVIL}]},
    "query-evil": {},
    "refuse": ValueError(EVIL),
    "query-jobs": [{"id": name, "type": name, "status": "running", "current-progress": 1, "total-progress": 2}
                   for name in NAMES[:8]],
    "query-migrate": {"status": "active", "ram": {"transferred": 1, "total": 2, "remaining": 1}},
    "human-monitor-command": lambda command: {
        "help": HELP, "help info": HELP.replace("evil", "info evil"),
        "device_add help": "".join(f'name "x{name}", bus {name}, desc "{name}"\r\n' for name in NAMES),
    }.get(command["arguments"]["command-line"], EVIL),
}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def hostile_prompt(script: Callable[[FakeMonitor, Typist], Any], **settings: Any) -> str:
    """Have a user at the prompt of a shell on the hostile monitor; returns all that was written."""
    with fake_shell(HOSTILE, **settings) as (monitor, kit):
        typist = typed_at(kit, lambda user: script(monitor, user))
        raw = typist.stream.getvalue()
    assert_obeys_us_only(raw)
    return raw


def test_prompt_and_bottom_line() -> None:
    """Name and run state in the prompt; version, accelerator, jobs and the last event in the bottom line."""

    async def script(monitor: FakeMonitor, user: Typist) -> None:
        state = user.shell.monitor.state
        for shown, name in enumerate(NAMES, 1):
            monitor.event(f"E{name}", {f"k{name}": name})
            # The event is shown above the prompt, and the bottom line is drawn with it.
            await user.until(lambda shown=shown: user.shell.monitor.events.total >= shown)
            state.name = state.run_state = state.version = state.accelerator = name
            state.migration = {"status": name}
            state.jobs = [{"id": name, "type": name, "status": name}]
            user.shell.monitor.changed()
            user.keys("x")
            await user.until(lambda shown=shown: len(user.typed) == shown)
        user.keys("\x03")
        await user.until(lambda: user.typed == "")

    hostile_prompt(script)


MENUS = [
    "",
    "q",
    "info ",
    "eject ",
    "query-evil ",
    "query-evil kind=",
    "device_add ",
    "help evil",
    "hmp evil",
]


@pytest.mark.parametrize("line", MENUS)
def test_menus(line: str) -> None:
    async def script(monitor: FakeMonitor, user: Typist) -> None:
        buffer = user.prompt.session.default_buffer
        user.shell.monitor.learn()
        settled = user.shell.monitor.errands.settle
        assert await asyncio.to_thread(settled, 20)
        user.keys(line or "\t")
        # It opens while typing, and grows when the answers have come.
        await user.until(
            lambda: buffer.complete_state is not None and len(buffer.complete_state.completions) > 20
        )
        for _ in NAMES:  # through the menu, each candidate put on the line and drawn
            before = buffer.text
            user.keys("\x0e")  # Ctrl-N
            await user.until(lambda before=before: buffer.text != before)
            user.prompt.session.app._redraw()
        user.keys("\x03")
        await user.until(lambda: user.typed == "")

    hostile_prompt(script)


LINES = [
    "query-all", "query-block", "info block", "refuse", "hmp info x", "info registers", "query-all | cat",
    ".jobs", "help", "help evil3", "help query-evil", "help info", ".events last 20", ".help .jobs", "nosuch",
    ".explain query-all", ".output json", "query-all", "refuse", ".output raw", "query-all",
]  # fmt: skip


@pytest.mark.parametrize("settings", [{}, {"verbose": True, "debug": True}, {"pager": True}], ids=str)
def test_answers(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with fake_shell(HOSTILE, **settings) as (monitor, kit):
        if "pager" in settings:
            kit.shell.pager = "cat"
        monitor.event(EVIL, {EVIL: EVIL})
        kit.until(lambda: kit.shell.monitor.events.total == 1)
        raw = kit.do(*LINES, f".set {EVIL}", f".{EVIL}", f"info {EVIL}", f".connect /dev/null/{EVIL}")
        assert_obeys_us_only(kit.text)
    assert r"\x1b[7731m" in raw
    out, err = capfd.readouterr()  # what went through pager and pipe
    assert_harmless(out)
    assert_harmless(err)
    assert r"\x1b[7731m" in out


def test_late_answers_and_the_end_of_the_connection() -> None:
    with fake_shell(HOSTILE) as (monitor, kit):
        monitor.stuck.add("query-all")
        kit.do_and(
            "query-all",
            lambda: "query-all" in monitor.names() and kit.shell.waiting.is_waiting,
            kit.shell.waiting.interrupt,
        )
        monitor.release()
        kit.until("late answer")
        monitor.event("SHUTDOWN", {"guest": True, "reason": EVIL})
        kit.until(lambda: kit.shell.monitor.state.ended == EVIL)
        monitor.hang_up()
        kit.until("not connected")
        assert_obeys_us_only(kit.text)


def test_progress_and_questions() -> None:
    async def script(monitor: FakeMonitor, user: Typist) -> None:
        user.shell.monitor.state.name = EVIL
        user.keys("system_reset\r")
        await user.until("[y/N]")
        user.keys("\r")
        await user.until("nothing was sent")

    hostile_prompt(script)


def test_what_is_typed_or_recalled_is_shown_harmlessly() -> None:
    """A name that Tab or a paste put on the line may hold what terminals do not show."""

    async def script(monitor: FakeMonitor, user: Typist) -> None:
        buffer = user.prompt.session.default_buffer
        for name in NAMES:
            buffer.text = f"eject {name}x"
            user.prompt.session.app._redraw()
        buffer.text = ""

    hostile_prompt(script)


def test_the_oracle_notices() -> None:
    for name in NAMES:
        with pytest.raises(AssertionError):
            assert_obeys_us_only(f"\x1b[1mvm0 {name}> \x1b[0m")
    assert_obeys_us_only("\x1b[1mvm0> \x1b[0m\x1b[?25l\r\x1b[6C\x1b[K7 7\b")
