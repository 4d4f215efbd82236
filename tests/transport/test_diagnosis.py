"""What a silent, strange, held or unreachable monitor is said to be."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError
from qmonsh.target import SCHEMES, Target, parse_target, unix_target
from qmonsh.transport import diagnosis, processes
from qmonsh.transport.open import open_transport
from qmonsh.transport.processes import Process
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM
from tests.transport.probe import listen, until
from tests.transport.test_holder import connect, connected_elsewhere


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return unix_target(str(tmp_path / "vm.sock"))


# -- busy -------------------------------------------------------------------------------------------


def test_free_monitor_is_not_busy(target: Target) -> None:
    with listen(target.path):
        assert diagnosis.busy(target) is None
    assert diagnosis.busy(target) is None


@pytest.mark.parametrize("text", ["stdio", "fd:3", "exec:cat", "vm.example.org:4444"])
def test_busy_is_not_known_of_what_no_table_shows(text: str) -> None:
    assert diagnosis.busy(parse_target(text)) is None


def test_busy_monitor_names_who_is_connected(target: Target) -> None:
    with listen(target.path) as listener, connected_elsewhere(target.path) as pid, listener.accept()[0]:
        error = diagnosis.busy(target)
    assert error is not None
    assert (error.cause, error.address) == ("busy", target.address)
    assert error.reason.startswith(f"pid {pid} ({sys.executable} -uc import socket")
    assert "one at a time" in error.reason


def test_busy_monitor_whose_holder_cannot_be_seen(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "owners_of", lambda inodes: {})
    with listen(target.path) as listener, connect(target.path), listener.accept()[0]:
        error = diagnosis.busy(target)
        assert error is not None and error.reason.startswith("another program")
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        error = diagnosis.busy(target)
        assert error is not None and "root could see which" in error.reason


# -- silent -----------------------------------------------------------------------------------------


def test_silent_behind_another_is_busy(target: Target) -> None:
    with listen(target.path) as listener, connected_elsewhere(target.path) as pid, listener.accept()[0]:
        with connect(target.path):
            error = diagnosis.silent(target, 5)
    assert (error.cause, f"pid {pid} " in error.reason) == ("busy", True)


def test_silent_although_accepted(target: Target) -> None:
    with listen(target.path) as listener, connect(target.path), listener.accept()[0]:
        error = diagnosis.silent(target, 2.5)
    assert error.cause == "silent"
    assert "no greeting came within 2.5 s" in error.reason
    assert f"pid {os.getpid()}" in error.reason
    assert "--dialect agent" in error.advice


def test_silent_and_not_accepted(target: Target) -> None:
    with listen(target.path), connect(target.path):
        error = diagnosis.silent(target, 5)
    assert (error.cause, "not accepted" in error.reason) == ("silent", True)


@pytest.mark.parametrize("name", ["qga.sock", "org.qemu.guest_agent.0", "guest-agent.sock"])
def test_silent_agent_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    target = unix_target(str(tmp_path / name))
    with listen(target.path) as listener, connect(target.path), listener.accept()[0]:
        assert diagnosis.silent(target, 5).advice == (
            "this looks like a guest agent, which never greets: use --dialect agent"
        )


@pytest.mark.parametrize("text", ["exec:cat", "stdio", "fd:3", "vm.example.org:4444", "tls://h:1", "@nobody"])
def test_silent_without_tables_says_what_to_look_at(text: str) -> None:
    error = diagnosis.silent(parse_target(text), 5)
    assert (error.cause, "5 s" in error.reason, bool(error.advice)) == ("silent", True, True)


def test_silent_lists_what_else_the_process_listens_on(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"{target.path}2"
    claimed = Process(os.getpid(), "qemu", ("qemu", "-qmp", f"unix:{other},server"), "S")
    monkeypatch.setattr(processes, "process", lambda pid: claimed)
    with listen(target.path) as listener, listen(other), connect(target.path), listener.accept()[0]:
        assert diagnosis.silent(target, 5).advice.endswith(f"that process also listens on unix:{other}")


def test_busy_because_of_a_qmonsh_says_what_that_one_can_do(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Process(os.getpid(), "python3", ("python3", "/usr/bin/qmonsh", "vm.qmp"), "S")
    monkeypatch.setattr(processes, "process", lambda pid: shell)
    with listen(target.path) as listener, connected_elsewhere(target.path), listener.accept()[0]:
        error = diagnosis.busy(target)
    assert error is not None and ".monitor add PATH" in error.advice


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("tls-creds=t", "that port of its speaks TLS: tls://127.0.0.1:{port}"),
        ("websocket=on", "that port of its is a websocket"),
    ],
)
def test_silent_port_is_told_by_the_command_line(
    option: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        chardev = f"socket,id=m,host=127.0.0.1,port={port},server=on,{option}"
        claimed = Process(os.getpid(), "qemu", ("qemu", "-chardev", chardev, "-mon", "chardev=m"), "S")
        monkeypatch.setattr(processes, "process", lambda pid: claimed)
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0]:
            error = diagnosis.silent(parse_target(f"127.0.0.1:{port}"), 5)
    assert error.advice.startswith(said.format(port=port))


# -- strangers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "an HTTP server"),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "an SSH server"),
        (b"RFB 003.008\n", "a VNC display"),
        (b"REDQ\2\0\0\0", "a SPICE display"),
        (b"NBDMAGICIHAVEOPT\0\3", "an NBD export"),
        (b"\x15\x03\x01\x00\x02\x02F", "a TLS port"),
        (b"\x16\x03\x03", "a TLS port"),
        (b"220 mail ESMTP\r\n", "a mail or FTP server"),
        (b"* OK IMAP4rev1", "an IMAP server"),
        (b"-ERR unknown command", "a Redis server"),
        (b"\r\nSeaBIOS (version 1.16.2)", "a serial port of a VM"),
        (b'{"jsonrpc": "2.0"}', "something that speaks JSON but not QMP"),
        (b"login: ", "something that is no monitor"),
        (b"", "something that is no monitor"),
        (b"\xff\xfe\x00", "something that is no monitor"),
    ],
)
def test_wrong_greeting_is_recognised(first: bytes, name: str) -> None:
    error = diagnosis.not_a_monitor("tcp:h:1", first)
    assert (error.cause, error.address) == ("not-a-monitor", "tcp:h:1")
    assert error.reason.startswith(f"{name} answers there")
    assert error.advice


def test_long_wrong_greeting_is_shown_shortly() -> None:
    assert len(diagnosis.not_a_monitor("x", b"y" * 10_000_000).reason) < 200


def test_closed_before_the_greeting(target: Target) -> None:
    assert diagnosis.closed(target).cause == "closed"
    error = diagnosis.closed(parse_target("exec:x"), "the command ended with status 1; it said: no")
    assert (error.cause, error.reason.endswith("it said: no")) == ("child-exited", True)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("pid:4194305", "no process 4194305"),
        ("pid:1", "that process"),
        ("no-such-vm", "HOST:PORT"),
    ],
)
def test_scheme_without_a_transport_says_what_works(text: str, advice: str) -> None:
    target = parse_target(text)
    error = diagnosis.unsupported(target)
    assert (error.cause, error.address) == ("unsupported", target.address)
    assert advice in error.advice


def test_process_as_an_address_lists_its_sockets(target: Target) -> None:
    with listen(target.path):
        assert target.address in diagnosis.unsupported(parse_target(f"pid:{os.getpid()}")).advice


# -- libvirt ----------------------------------------------------------------------------------------


@pytest.fixture
def libvirts(tmp_path: Path) -> Iterator[tuple[Target, socket.socket]]:
    """Return libvirt's monitor of a domain "web", and its listening socket."""
    folder = tmp_path / "libvirt" / "qemu" / "lib" / "domain-1-web"
    folder.mkdir(parents=True)
    with listen(folder / "monitor.sock") as listener:
        yield unix_target(str(folder / "monitor.sock")), listener


@pytest.fixture
def no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "first_named", lambda names: None)


def test_libvirts_monitor_is_free_when_libvirt_is_gone(
    libvirts: tuple[Target, socket.socket], no_daemon: None
) -> None:
    target, listener = libvirts
    assert diagnosis.held_by_libvirt(target) is None
    open_transport(target).close()


def test_libvirts_monitor_is_refused_while_it_is_connected(
    libvirts: tuple[Target, socket.socket], no_daemon: None
) -> None:
    target, listener = libvirts
    with connect(target.path), listener.accept()[0]:
        error = diagnosis.held_by_libvirt(target)
        with pytest.raises(ConnectError) as caught:
            open_transport(target)
    assert error is not None
    assert error.cause == caught.value.cause == "held-by-libvirt"
    assert "wedge" in error.reason
    assert "virt-qemu-qmp-proxy web ./web.sock" in error.advice
    assert "libvirt:web" in error.advice


@pytest.mark.parametrize("daemon", ["libvirtd", "virtqemud"])
def test_libvirts_monitor_is_refused_while_libvirt_runs(
    libvirts: tuple[Target, socket.socket], daemon: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, listener = libvirts

    def first_named(names: set[str]) -> Process | None:
        return Process(77, daemon, (), "S") if daemon in names else None

    monkeypatch.setattr(processes, "first_named", first_named)
    error = diagnosis.held_by_libvirt(target)
    assert error is not None and f"pid 77 ({daemon}) is running" in error.reason
    listener.setblocking(False)
    with pytest.raises(ConnectError):
        open_transport(target)
    with pytest.raises(BlockingIOError):
        listener.accept()  # nobody had connected


def test_libvirts_monitor_is_refused_behind_a_link_or_a_relative_path(
    libvirts: tuple[Target, socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, listener = libvirts
    monkeypatch.setattr(processes, "first_named", lambda names: Process(77, "libvirtd", (), "S"))
    (tmp_path / "vm.sock").symlink_to(target.path)
    monkeypatch.chdir(os.path.dirname(target.path))
    for path in (str(tmp_path / "vm.sock"), "monitor.sock"):
        with pytest.raises(ConnectError) as caught:
            open_transport(unix_target(path))
        assert caught.value.cause == "held-by-libvirt"


def test_libvirts_monitor_that_may_not_be_seen_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "first_named", lambda names: Process(77, "libvirtd", (), "S"))
    target = unix_target("/no/such/libvirt/qemu/domain-1-web/monitor.sock")
    assert diagnosis.held_by_libvirt(target) is not None


def test_other_sockets_are_not_libvirts(target: Target) -> None:
    assert diagnosis.held_by_libvirt(target) is None


# -- real QEMUs -------------------------------------------------------------------------------------


def test_real_qemu_that_is_busy(vm: Callable[..., VM]) -> None:
    machine = vm(monitor=["qmp-unix", "hmp-unix"])
    target = parse_target(machine.target)
    with connected_elsewhere(machine.path) as pid:
        until(lambda: diagnosis.busy(target), "QEMU accepts")
        transport = open_transport(target)
        error = diagnosis.silent(target, 1)
        transport.close()
    assert (error.cause, f"pid {pid} " in error.reason) == ("busy", True)
    assert error.advice.endswith(f"use this VM's other monitor: unix:{machine.monitors[1].path}")


def test_real_qemu_over_tcp_that_is_busy(vm: Callable[..., VM]) -> None:
    machine = vm(monitor="qmp-tcp")
    target = parse_target(machine.target)
    with connected_elsewhere((machine.host, machine.port)) as pid:
        until(lambda: diagnosis.busy(target), "QEMU accepts")
        transport = open_transport(target)
        error = diagnosis.silent(target, 1)
        transport.close()
    assert (error.cause, f"pid {pid} " in error.reason) == ("busy", True)


@pytest.mark.parametrize("monitor", ["qmp-unix", "qmp-tcp"])
def test_real_qemu_that_is_stopped(vm: Callable[..., VM], monitor: str) -> None:
    machine = vm(monitor=monitor)
    target = parse_target(machine.target)
    os.kill(machine.pid, signal.SIGSTOP)
    until(lambda: (found := processes.process(machine.pid)) and found.is_stopped, "QEMU stops")
    transport = open_transport(target)
    error = diagnosis.silent(target, 1)
    transport.close()
    os.kill(machine.pid, signal.SIGCONT)
    assert (error.cause, error.advice) == ("stopped", f"let it run again: kill -CONT {machine.pid}")


def test_every_scheme_without_a_transport_has_its_words() -> None:
    from qmonsh.transport.open import _OPENERS, _unsupported

    without = {scheme for scheme, opener in _OPENERS.items() if opener is _unsupported}
    assert without | {"name"} == set(diagnosis._UNSUPPORTED)
    assert {row.name for row in SCHEMES} - {"telnet"} == set(_OPENERS)
