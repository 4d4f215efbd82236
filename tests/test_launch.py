"""Starting QEMU as a child: found or not, up or dead, and ended for certain. Small scripts play QEMU."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from qmonsh import launch
from qmonsh.errors import ConnectError, UsageError
from qmonsh.launch import QemuChild, find_qemu, find_tool, listen_tcp, listen_unix

#: Plays a QEMU that is up: answers on the chardev "up" and goes on until it is ended.
GOOD = """#!{python}
import re, socket, sys, signal
line = " ".join(sys.argv)
sock = socket.socket(fileno=int(re.search("id=up,fd=([0-9]+)", line)[1]))
print("arguments", *sys.argv[1:], flush=True)
{extra}
sock.send(b'{{"QMP": 1}}\\r\\n')
sock.recv(100)
sock.send(b'{{"return": 1}}\\r\\n')
while True: signal.pause()
"""


def program(path: Path, source: str) -> str:
    path.write_text(source)
    path.chmod(0o755)
    return str(path)


def good(path: Path, extra: str = "") -> str:
    return program(path, GOOD.format(python=sys.executable, extra=extra))


@pytest.fixture
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QMONSH_QEMU", raising=False)


def test_qemu_is_found_by_name_then_variable_then_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_choice: None
) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    named = good(tmp_path / "a" / "mine")
    chosen = good(tmp_path / "b" / "chosen")
    usual = good(tmp_path / "c" / "qemu-kvm")
    monkeypatch.setattr(launch, "NAMES", ("qemu-of-nobody", "qemu-kvm"))
    monkeypatch.setenv("PATH", str(tmp_path / "c"))
    assert find_qemu() == usual
    monkeypatch.setenv("QMONSH_QEMU", chosen)
    assert find_qemu() == chosen
    assert find_qemu(named) == named


def test_missing_qemu_tells_how_to_get_one(monkeypatch: pytest.MonkeyPatch, no_choice: None) -> None:
    monkeypatch.setattr(launch, "NAMES", ("qemu-of-nobody",))
    with pytest.raises(UsageError, match="apt install qemu-system-x86") as caught:
        find_qemu()
    assert caught.value.status == 2


def test_named_qemu_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMONSH_QEMU", "/no/such/qemu")
    with pytest.raises(UsageError, match="/no/such/qemu"):
        find_qemu()


def test_tool_beside_qemu_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "path").mkdir()
    in_path = program(tmp_path / "path" / "qemu-img", "")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    qemu = str(tmp_path / "qemu")
    assert find_tool("qemu-img", qemu=qemu) == in_path
    beside = program(tmp_path / "qemu-img", "")
    assert find_tool("qemu-img", qemu=qemu) == beside
    assert find_tool("qemu-nothing", qemu=qemu) == ""


def test_listeners_listen_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with listen_unix(path), socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
    with listen_tcp() as listener, socket.create_connection(listener.getsockname()):
        pass


def test_listener_that_cannot_be_bound_is_closed(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        listen_unix(str(tmp_path / "no" / "folder"))


def test_child_gets_its_listeners_and_ends(tmp_path: Path) -> None:
    path = str(tmp_path / "vm.sock")
    with listen_unix(path) as listener:
        command = [good(tmp_path / "q"), "-S"]
        with QemuChild(command, folder=str(tmp_path), listeners=[("m", listener)]) as child:
            assert listener.fileno() == -1  # the child's alone now
            assert os.getsid(child.pid) == child.pid  # out of reach of the terminal's Ctrl-C
            words = child.last_words()
    assert words.startswith("arguments -S -chardev socket,id=m,fd=")
    assert words.endswith(" -qmp chardev:up")
    assert child.process.returncode == -signal.SIGTERM
    child.end()


def test_child_deaf_to_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "END_GRACE", 0.1)
    qemu = good(tmp_path / "q", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    with QemuChild([qemu], folder=str(tmp_path)) as child:
        pass
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("print('qemu: no such thing', file=sys.stderr); sys.exit(1)", "it ended at once: .*no such thing"),
        ("sys.stdout = open('/dev/null', 'w'); open(sys.argv[1], 'w').close(); sys.exit(7)", "exit status 7"),
        ("sock.recv(100); sock.send(b'{}\\n'); sys.exit(1)", "it ended at once"),
    ],
    ids=["with-words", "without-words", "after-greeting"],
)
def test_child_that_dies_early_is_explained(tmp_path: Path, extra: str, words: str) -> None:
    log = str(tmp_path / "qemu.log")
    with pytest.raises(ConnectError, match=words) as caught:
        QemuChild([good(tmp_path / "q", extra), log], folder=str(tmp_path))
    assert caught.value.cause == "child-exited"


def test_child_that_never_comes_up_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "UP_DEADLINE", 0.3)
    with pytest.raises(ConnectError, match="not up within 0.3 s"):
        QemuChild([good(tmp_path / "q", "signal.pause()")], folder=str(tmp_path))


def test_program_that_cannot_run_is_said(tmp_path: Path) -> None:
    path = tmp_path / "q"
    path.write_text("")
    path.chmod(stat.S_IRUSR)
    with pytest.raises(ConnectError, match="cannot be started"):
        QemuChild([str(path)], folder=str(tmp_path))
