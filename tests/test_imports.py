"""The import diet: start-up is most of a one-shot's time, so what it loads is counted.

Each case runs a fresh interpreter and looks at its sys.modules on the way out.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import qmonsh
from tests.peer import ScriptedPeer, expect, greet, reply, serve
from tests.shell.kit import FakeMonitor
from tests.shell.terminal_session import TerminalSession

CHECKOUT = Path(__file__).resolve().parent.parent

#: What the shell and wide views need, and a one-shot must not pay for.
SHELL_ONLY = {"prompt_toolkit", "pygments", "asyncio", "rich"}
#: What would cost a one-shot milliseconds without doing anything for it.
HEAVY = {"multiprocessing", "concurrent", "tempfile", "shutil", "logging", "http", "ssl", "urllib", "tomllib"}
#: What a one-shot without mistakes does without: each takes longer than the whole conversation with QEMU.
SPARED = {"click", "dataclasses", "inspect"}

SPY = """
import json, os, sys
def report():
    with open(os.environ["SPY_REPORT"], "w") as file:
        json.dump(sorted(sys.modules), file)
import atexit
atexit.register(report)
sys.argv[0] = "qmonsh"
from qmonsh.cli import main
main()
"""

#: What the first prompt does without: it is loaded behind it, or when there is something to show.
BEHIND_THE_PROMPT = (
    "qmonsh.complete.engine",
    "qmonsh.help",
    "qmonsh.language.reader",
    "qmonsh.language.rules",
    "qmonsh.qapi",
    "qmonsh.render.error",
    "qmonsh.render.event",
    "qmonsh.render.json_text",
    "qmonsh.render.text",
    "qmonsh.render.views",
    "qmonsh.shell.builtins_",
    "qmonsh.shell.colour",
    "qmonsh.shell.endings",
    "qmonsh.shell.signature",
    "qmonsh.shell.wrong_word",
)
#: Modules of ours that the first prompt needs, and room for a few more: each takes a third of a millisecond.
MOST_BEFORE_THE_PROMPT = 80
#: Has nothing loaded behind the prompt, so that what is loaded at the end was loaded before it.
WITHOUT_LEARNING = """
from qmonsh.shell.monitor import Monitor
Monitor.learn = lambda self: None
"""


def loaded(tmp_path: Path, *words: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """Run qmonsh with these words and return the names of the modules it ended with."""
    report = tmp_path / "modules.json"
    environment = {**os.environ, "SPY_REPORT": str(report), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", SPY, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    return set(json.loads(report.read_text())), done


def top_level(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def baseline(given: str = "click, ") -> set[str]:
    """Return what this interpreter and click load by themselves (a .pth file may load anything)."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {given}json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_version_imports_no_layer(tmp_path: Path) -> None:
    modules, done = loaded(tmp_path, "--version")
    assert done.stdout == f"qmonsh {qmonsh.__version__}\n"
    assert not top_level(modules - baseline()) & (SHELL_ONLY | HEAVY | {"socket", "subprocess", "threading"})
    layers = {name for name in modules if name.startswith("qmonsh.")}
    own = ("cli", "command", "errors", "options", "settings", "streams")
    assert layers <= {f"qmonsh.{name}" for name in own}


def test_package_itself_imports_no_layer() -> None:
    program = "import sys, qmonsh; print([name for name in sys.modules if name.startswith('qmonsh.')])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
    )
    assert done.stdout == "[]\n"


def test_python_api_is_there_on_first_use() -> None:
    from qmonsh.monitor.connection import Connection, connect

    assert (qmonsh.connect, qmonsh.Connection) == (connect, Connection)
    with pytest.raises(AttributeError, match="nosuch"):
        qmonsh.nosuch  # noqa: B018


ANSWERS = {
    "query-commands": [{"name": "query-status"}, {"name": "human-monitor-command"}],
    "query-status": {"status": "running", "running": True, "singlestep": False},
    "human-monitor-command": "kvm support: running\r\n",
}


@pytest.mark.parametrize(
    "words",
    [["info", "status"], ["--json", "query-status"], ["-c", "info status", "-c", "info kvm", "-o", "raw"]],
    ids=["text", "json", "raw"],
)
def test_one_shot_does_not_load_the_shell(tmp_path: Path, words: list[str]) -> None:
    with ScriptedPeer([*greet(), serve(ANSWERS)]) as peer:
        modules, done = loaded(tmp_path, peer.target, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "running" in done.stdout
    assert not top_level(modules) & SHELL_ONLY
    assert not top_level(modules - baseline()) & HEAVY
    assert not top_level(modules - baseline("")) & SPARED
    assert not [name for name in modules if name.startswith("qmonsh.shell")]
    # The list of questions that may be asked guards the one-shot's own, too; completing is no part of it.
    completing = {name for name in modules if name.startswith("qmonsh.complete.")}
    assert completing <= {"qmonsh.complete.question"}


def test_only_tls_loads_ssl(tmp_path: Path) -> None:
    """A failed handshake is enough: nobody listens on that port any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    modules, done = loaded(tmp_path, f"tls://127.0.0.1:{port}", "info", "status")
    assert done.returncode == 3 and "ssl" in modules
    assert not top_level(modules) & SHELL_ONLY


def test_one_shot_asks_for_no_more_than_it_needs(tmp_path: Path) -> None:
    """``info status`` may cost one query-commands, and never the schema (DESIGN section 8)."""
    with ScriptedPeer([*greet(), serve(ANSWERS)]) as peer:
        _, done = loaded(tmp_path, peer.target, "info", "status")
    assert done.returncode == 0
    names = [command["execute"] for command in peer.commands]
    assert names in (
        ["qmp_capabilities", "query-commands", "query-status"],
        ["qmp_capabilities", "query-status"],
    )


def test_raw_json_asks_for_nothing(tmp_path: Path) -> None:
    script = [*greet(), expect("query-status"), reply(ANSWERS["query-status"])]
    with ScriptedPeer(script) as peer:
        _, done = loaded(tmp_path, peer.target, '{"execute": "query-status"}')
    assert done.returncode == 0, done.stderr


def test_first_prompt_does_not_wait_for_what_it_does_not_show(tmp_path: Path) -> None:
    report = tmp_path / "modules.json"
    words = [sys.executable, "-c", WITHOUT_LEARNING + SPY]
    environment = {"SPY_REPORT": str(report), "XDG_STATE_HOME": str(tmp_path)}
    with (
        FakeMonitor() as monitor,
        TerminalSession([*words, monitor.target], environment=environment) as terminal,
    ):
        terminal.until("running>")
        terminal.keys("\x04")
        assert terminal.end() == 0
    ours = [name for name in json.loads(report.read_text()) if name.startswith("qmonsh.")]
    assert "qmonsh.shell.prompt" in ours
    assert not [name for name in ours if name.startswith(BEHIND_THE_PROMPT)]
    assert len(ours) <= MOST_BEFORE_THE_PROMPT, ours
