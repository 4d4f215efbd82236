"""Safe by construction: no secret is repeated, files are the user's own, nothing of others is touched."""

from __future__ import annotations

import ast
import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qmonsh.cli import main
from qmonsh.shell.history import ShellHistory
from qmonsh.transcript import Transcript
from tests.conftest import CHECKOUT
from tests.peer import GREETING, ScriptedPeer, close, expect_end, greet, send, serve
from tests.shell.kit import FakeMonitor, fake_shell

# -- secrets ---------------------------------------------------------------------------------------------

SECRET = "hunter2geheim"
#: Lines with a secret in them: right, refused by us, refused by the monitor, not finished.
SECRET_LINES = [
    f"set_password vnc {SECRET}",
    f"set_password vnc {SECRET} keep extra",
    f"set_password nosuch {SECRET}",
    f"set_pasword vnc {SECRET}",
    f"SET_PASSWORD vnc {SECRET}",
    f'set_password vnc "{SECRET}',
    f"set_password protocol=vnc password={SECRET} x=y",
    f"qmp set_password protocol=vnc password='{SECRET}",
    f"hmp set_password vnc {SECRET}",
    f"change vnc password {SECRET}",
    f"object_add secret,id=s,data={SECRET}",
    f"object_add secret,id=s,data={SECRET},nosuch=1",
    f"object-add qom-type=secret id=s data={SECRET} nosuch=1",
    f"blockdev-add driver=http url=http://u:{SECRET}@h/x node-name=n badkey=1",
    f"drive_add 0 if=none,file=http://u:{SECRET}@h/x,",
    f"device_add x,password={SECRET}",
    f"transaction( set_password password={SECRET} )",
    json.dumps({"execute": "set_password", "arguments": {"protocol": "vnc", "password": SECRET}}),
    json.dumps({"execute": "set_password", "arguments": {"password": SECRET}}) + "}",
    json.dumps({"execute": "set_password", "arguments": {"password": SECRET}})[:-2],
]
KNOWN = ["query-commands", "set_password", "object-add", "human-monitor-command", "blockdev-add"]


def repeating(command: dict[str, Any]) -> Any:
    """Answer as a monitor that repeats in its refusal what it was told."""
    name = command["execute"]
    if name == "query-commands":
        return [{"name": one} for one in KNOWN]
    if name == "query-qmp-schema":
        return []
    if name == "human-monitor-command":
        line = command["arguments"]["command-line"]
        return "" if line.startswith("help") else f"Error: cannot do '{line}'\r\n"
    return ValueError(f"no {name} with {json.dumps(command['arguments'])}")


@pytest.mark.parametrize("flags", [[], ["--json"], ["-v", "--debug", "--events"]], ids=str)
@pytest.mark.parametrize("line", SECRET_LINES, ids=range(len(SECRET_LINES)))
def test_no_secret_is_repeated_by_scripts(
    line: str, flags: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "record"
    with FakeMonitor({name: repeating for name in (*KNOWN, "query-qmp-schema")}) as monitor:
        with pytest.raises(SystemExit):
            main([monitor.target, "-y", "--record", str(record), *flags, "-c", line])
    out, err = capfd.readouterr()
    assert SECRET not in out + err + record.read_text()


def test_no_secret_is_repeated_by_many(capfd: pytest.CaptureFixture[str]) -> None:
    answers = {name: repeating for name in (*KNOWN, "query-qmp-schema")}
    for line in SECRET_LINES[:8]:
        with FakeMonitor(answers) as one, FakeMonitor(answers) as other, pytest.raises(SystemExit):
            main(["each", "-y", "-v", one.target, other.target, "--", line])
    out, err = capfd.readouterr()
    assert SECRET not in out + err


def test_no_secret_is_repeated_by_the_shell() -> None:
    answers = {name: repeating for name in (*KNOWN, "query-qmp-schema")}
    with fake_shell(answers, verbose=True, debug=True, yes=True) as (monitor, kit):
        kit.do(*SECRET_LINES)
        line = SECRET_LINES[0]
        monitor.stuck.add("set_password")
        kit.do_and(
            line,
            lambda: monitor.names().count("set_password") > 1 and kit.shell.waiting.is_waiting,
            kit.shell.waiting.interrupt,
        )
        kit.do(".jobs")
        monitor.release()
        kit.until("late answer")
        monitor.hang_up()
        kit.until("not connected")
        kit.do(line)
        assert SECRET not in kit.text and "***" in kit.text


# -- files -----------------------------------------------------------------------------------------------


def mode_of(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture
def lax() -> Iterator[None]:
    """Have new files be everybody's, unless the program says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_files_are_the_users_own(tmp_path: Path, lax: None, capfd: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "state" / "qmonsh" / "history"
    ShellHistory(str(history), vm="v").append_string("info status")
    record = tmp_path / "record"
    Transcript(str(record), print).close()
    assert mode_of(history) == 0o600 and mode_of(history.parent) == 0o700 and mode_of(record) == 0o600
    with FakeMonitor() as monitor, fake_shell() as (_, kit):
        events = tmp_path / "events"
        kit.do(f".events to {events}")
        assert mode_of(events) == 0o600
        kit.do(".events to")
        assert monitor.target


def test_history_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("")
    path.chmod(0o666)
    ShellHistory(str(path)).append_string("info status")
    assert mode_of(path) == 0o600


def test_temporary_folders_are_new_and_private() -> None:
    """Whoever makes a temporary file takes a new private folder: no name in a shared one can be guessed."""
    wanted = {"mkdtemp", "TemporaryDirectory", "gettempdir"}
    for path in (CHECKOUT / "qmonsh").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert node.value.id != "tempfile" or node.attr in wanted, f"{path}:{node.lineno}"


def test_configuration_comes_from_home_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.toml", "qmonsh.toml", ".qmonsh.toml", ".qmonsh", "pyproject.toml"):
        (tmp_path / name).write_text("this is = not TOML [")
    (tmp_path / "qmonsh").mkdir()
    (tmp_path / "qmonsh" / "config.toml").write_text("[")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    # Relative XDG paths are to be ignored.
    monkeypatch.setenv("XDG_CONFIG_HOME", ".")
    with FakeMonitor() as monitor, pytest.raises(SystemExit) as ended:
        main([monitor.target, "info status"])
    assert ended.value.code == 0, capfd.readouterr().err


# -- the program's text ------------------------------------------------------------------------------------

FORBIDDEN = {"eval", "exec", "compile", "__import__"}
#: Calls that take a command; none may hand it to a shell but those that say why.
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pickle.loads"}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    for path in sorted((CHECKOUT / "qmonsh").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(CHECKOUT)}:{node.lineno}", ast.unparse(node.func), node


def test_nothing_is_evaluated_or_given_to_a_shell() -> None:
    for place, name, call in calls():
        assert name not in FORBIDDEN and name not in SHELLS, place
        words = {keyword.arg: keyword.value for keyword in call.keywords}
        assert "shell" not in words, place
        if name in ("subprocess.run", "subprocess.Popen"):
            first = call.args[0]
            assert not isinstance(first, ast.Constant | ast.JoinedStr | ast.BinOp), (
                f"{place}: a list is expected"
            )


def test_children_are_started_in_known_places_only() -> None:
    """A new place that starts a program is to be looked at, and added here."""
    known = {
        "demo", "launch", "printer", "shell/editor", "shell/pager", "help/qemu_manual", "transport/child",
        "transport/ssh_link", "run", "transport/ssh_master", "fleet/ssh_forward", "transport/libvirt_list",
    }  # fmt: skip
    found = {
        place.partition(".py")[0].removeprefix("qmonsh/")
        for place, name, _ in calls()
        if name.startswith("subprocess.")
        and name.rpartition(".")[2] in ("run", "Popen", "call", "check_output")
    }
    assert found <= known


def test_nothing_is_removed_but_our_own() -> None:
    removing = ("os.unlink", "os.remove", "os.rmdir", "shutil.rmtree", "os.rename", "os.replace")
    found = {place.partition(":")[0] for place, name, _ in calls() if name in removing}
    # Each of them removes what it has made itself, in a folder that it has made itself.
    own = {"demo", "run", "launch", "transport/ssh_link", "monitor/schema_cache"}
    assert found <= {f"qmonsh/{name}.py" for name in own}


def test_ssh_is_told_where_to_go_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What ``ps`` shows of our ssh: neither the user's line nor a host that reads as an option."""
    told = tmp_path / "told"
    fake = tmp_path / "ssh"
    fake.write_text(f"""#!/bin/sh\nprintf '%s\\n' "$@" >>'{told}'\nexit 255\n""")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(SystemExit) as ended:
        main(["ssh://user@-oProxyCommand=touch/tmp/x;y.sock", f"set_password vnc {SECRET}"])
    words = told.read_text().split("\n") if told.exists() else []
    assert ended.value.code in (2, 3) and SECRET not in "".join(words)
    for number, word in enumerate(words):
        assert not word.startswith("-oProxy") or words[number - 1] == "--"
    told.unlink(missing_ok=True)
    with pytest.raises(SystemExit):
        main(["ssh://user@host/tmp/x.sock", f"set_password vnc {SECRET}"])
    words = told.read_text().split("\n")
    assert SECRET not in "".join(words) and words[words.index("--") + 1] == "host"


# -- sockets of others -----------------------------------------------------------------------------------


def test_nothing_is_written_before_the_greeting() -> None:
    """A peer that never greets hears nothing, whatever is asked for and however it is reached."""
    for words in (["info status"], ["--dialect", "qmp", "info status"], ["--complete", "q"]):
        with ScriptedPeer([expect_end()]) as peer, pytest.raises(SystemExit):
            main([peer.target, "--connect-timeout", "0.2", *words])
        assert peer.commands == []


def test_candidates_and_lists_connect_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """``ls``, names for Tab and a missing target look at /proc: a probing connect would disturb a client."""
    path = tmp_path / "vm.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        # A process whose command line is a QEMU's that listens there.
        words = ["qemu-system-x86_64", "-name", "tst", "-qmp", f"unix:{path},server=on,wait=off"]
        fake = subprocess.Popen([sys.executable, "-c", "input()", *words], stdin=subprocess.PIPE)
        try:
            for words in (["ls"], ["ls", "--json"], ["--complete-target", ""], ["nosuch", "info status"]):
                with pytest.raises(SystemExit):
                    main(words)
            listener.settimeout(0)
            with pytest.raises(BlockingIOError):
                listener.accept()
        finally:
            fake.communicate()
    assert path.exists()


def test_refused_negotiation_and_end_leave_the_socket(tmp_path: Path) -> None:
    for script in ([close()], [send(GREETING), close()], [*greet(), serve({})]):
        with ScriptedPeer(script) as peer, pytest.raises(SystemExit):
            main([peer.target, "--connect-timeout", "0.5", "stop"])
        assert threading.active_count() < 20
