"""Every scheme opens its transport, on real QEMUs where there is one; nothing is written first."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError
from qmonsh.target import parse_target
from qmonsh.transport.base import Transport
from qmonsh.transport.open import open_transport
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM
from tests.transport.probe import descriptors, listen

IAC = b"\xff"


def first_line(transport: Transport, *, ends: bytes = b"\r\n") -> bytes:
    data = b""
    while ends not in data:
        more = transport.read()
        assert more, f"the stream ended after {data!r}"
        data += more
    return data


def greeting_of(text: str) -> bytes:
    """Return what a monitor says first; opening it leaves nothing open behind."""
    before, threads = descriptors(), threading.active_count()
    transport = open_transport(parse_target(text))
    assert transport.address == parse_target(text).address
    data = first_line(transport)
    transport.close()
    assert (descriptors(), threading.active_count()) == (before, threads)
    return data


# -- real QEMUs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("monitor", ["qmp-unix", "hmp-unix", "qmp-tcp", "hmp-tcp", "qmp-tcp6", "pretty-unix"])
def test_real_monitor_greets(vm: Callable[..., VM], monitor: str) -> None:
    try:
        machine = vm(monitor=monitor)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    start = b"QEMU " if monitor.startswith("hmp") else b"{"
    assert greeting_of(machine.target).startswith(start)


@pytest.mark.parametrize("spelling", ["unix:{},server=on,wait=off", "unix:{},server,nowait", "{}", "unix:{}"])
def test_real_monitor_by_any_spelling(vm: Callable[..., VM], spelling: str) -> None:
    machine = vm()
    assert greeting_of(spelling.format(machine.path)).startswith(b'{"QMP"')


@pytest.mark.parametrize("tight", ["on", "off"])
def test_real_monitor_on_an_abstract_name(vm: Callable[..., VM], tight: str) -> None:
    name = f"qmonsh-open-{os.getpid()}"
    vm(
        "-chardev",
        f"socket,id=a,path={name},abstract=on,tight={tight},server=on,wait=off",
        "-mon",
        "a,mode=control",
    )
    for spelling in (f"abstract:{name}", f"@{name}", f"abstract:{name},tight={tight}"):
        assert greeting_of(spelling).startswith(b'{"QMP"')


@pytest.mark.parametrize("flag", ["-qmp", "-monitor"])
def test_real_monitor_with_telnet_options(vm: Callable[..., VM], flag: str, tmp_path: Path) -> None:
    vm(flag, f"unix:{tmp_path}/t.sock,server=on,wait=off,telnet=on")
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(str(tmp_path / "t.sock"))
        assert plain.recv(1) == IAC
    # Whether it is said to be telnet or found out.
    for spelling in (f"unix:{tmp_path}/t.sock,telnet=on", f"unix:{tmp_path}/t.sock"):
        assert IAC not in greeting_of(spelling)


@pytest.mark.parametrize("flag", ["-qmp", "-monitor"])
def test_real_monitor_as_a_child(qemu: str, flag: str) -> None:
    data = greeting_of(f"exec:{qemu} -M none -nodefaults -display none {flag} stdio")
    assert data.startswith(b"QEMU " if flag == "-monitor" else b'{"QMP"')


def test_real_monitor_on_an_inherited_socket(vm: Callable[..., VM]) -> None:
    with vm().monitors[0].connect() as connected:
        connected.settimeout(None)
        transport = open_transport(parse_target(f"fd:{connected.detach()}"))
        assert first_line(transport).startswith(b'{"QMP"')
        transport.close()


def test_real_monitor_by_a_relative_path(vm: Callable[..., VM], monkeypatch: pytest.MonkeyPatch) -> None:
    machine = vm()
    monkeypatch.chdir(os.path.dirname(machine.path))
    name = os.path.basename(machine.path)
    for spelling in (name, f"./{name}", f"unix:{name}"):
        assert greeting_of(spelling).startswith(b'{"QMP"')


# -- without QEMU -----------------------------------------------------------------------------------


def test_word_that_is_a_file_here_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with listen("qmp-sock") as listener:
        transport = open_transport(parse_target("qmp-sock"))
        listener.accept()[0].close()
        transport.close()
    with pytest.raises(ConnectError) as caught:
        open_transport(parse_target("qmp-sock"))
    assert caught.value.cause == "refused"


def test_word_that_is_no_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConnectError) as caught:
        open_transport(parse_target("no-such-vm"))
    assert caught.value.cause == "unsupported"


def test_home_directory_is_found_without_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with listen(tmp_path / "vm.sock") as listener:
        transport = open_transport(parse_target("unix:~/vm.sock"))
        listener.accept()[0].close()
        transport.close()


@pytest.mark.parametrize("text", ["pid:1"])
def test_scheme_of_a_later_version_is_said(text: str) -> None:
    with pytest.raises(ConnectError) as caught:
        open_transport(parse_target(text))
    assert caught.value.cause == "unsupported"


@pytest.mark.parametrize("family", ["unix", "tcp", "abstract", "fd", "exec"])
@pytest.mark.parametrize("telnet", [False, True])
def test_nothing_is_written_before_the_greeting(family: str, telnet: bool, tmp_path: Path) -> None:
    name = f"qmonsh-quiet-{os.getpid()}"
    log = tmp_path / "log"
    with listen(tmp_path / "s") as unix, listen(b"\0" + name.encode()) as abstract:
        with socket.create_server(("127.0.0.1", 0)) as tcp:
            ours, theirs = socket.socketpair()
            greet = "\\377\\373\\001hello" if telnet else "hello"
            spelling, listener = {
                "unix": (f"unix:{tmp_path}/s", unix),
                "abstract": (f"abstract:{name}", abstract),
                "tcp": (f"127.0.0.1:{tcp.getsockname()[1]}", tcp),
                "fd": (f"fd:{ours.fileno()}", None),
                "exec": (f"exec:sh -c \"printf '{greet}'; cat > {log}\"", None),
            }[family]
            transport = open_transport(parse_target(spelling))
            if family == "fd":
                ours.detach()
            else:
                ours.close()
            peer = listener.accept()[0] if listener is not None else theirs
            if family != "exec":
                peer.sendall(b"\xff\xfb\x01hello" if telnet else b"hello")
            assert transport.read() == b"hello"
            transport.close()
            if family == "exec":
                assert log.read_bytes() == b""
            else:
                assert peer.recv(99) == b""
            peer.close()
            theirs.close()
