"""Who is at a monitor: on sockets of our own and of other processes, and on real QEMUs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qmonsh.target import Target, parse_target, unix_target
from qmonsh.transport import holder, processes, socktable
from qmonsh.transport.processes import Process
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM
from tests.transport.probe import listen, until


@contextmanager
def connected_elsewhere(address: str | tuple[str, int]) -> Iterator[int]:
    """Let another process connect to a path or a port; yields its pid."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    script = f"import socket; s = socket.socket({int(family)}); s.connect({address!r}); print('on'); input()"
    with subprocess.Popen(
        [sys.executable, "-uc", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"on\n"
        yield child.pid
        child.kill()


def connect(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    return sock


def pids(found: holder.Presence | None) -> list[int]:
    assert found is not None
    return [one.pid for one in found.holders]


@pytest.fixture(params=["netlink", "proc"])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with and without the kernel's socket diagnosis."""
    if request.param == "proc":
        monkeypatch.setattr(socktable, "_diagnosed", lambda: (_ for _ in ()).throw(OSError))
    return str(request.param)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return unix_target(str(tmp_path / "vm.sock"))


def test_nobody_listens(target: Target, table: str) -> None:
    assert holder.presence(target, connected=False) is None
    listen(target.path).close()
    assert holder.presence(target, connected=False) is None


def test_free_monitor(target: Target, table: str) -> None:
    with listen(target.path):
        found = holder.presence(target, connected=False)
    assert found is not None
    assert found.listener is not None and found.listener.pid == os.getpid()
    assert (found.others, found.holders, found.is_accepted, found.is_waiting) == (0, (), False, False)


def test_held_by_another_process(target: Target, table: str) -> None:
    with listen(target.path) as listener, connected_elsewhere(target.path) as pid, listener.accept()[0]:
        found = holder.presence(target, connected=False)
        assert found is not None and found.others == 1
        # /proc/net/unix does not tell who: the holder is counted, and has no name.
        assert pids(found) == ([pid] if table == "netlink" else [])


def test_ours_waits_behind_another(target: Target, table: str) -> None:
    with listen(target.path) as listener, connected_elsewhere(target.path) as pid, listener.accept()[0]:
        with connect(target.path):
            found = holder.presence(target, connected=True)
            assert found is not None
            assert (found.others, found.is_accepted, found.is_waiting) == (1, False, True)
            assert pids(found) == ([pid] if table == "netlink" else [])


def test_ours_is_accepted(target: Target, table: str) -> None:
    with listen(target.path) as listener, connect(target.path), listener.accept()[0]:
        found = holder.presence(target, connected=True)
        assert found is not None
        assert (found.others, found.is_accepted, found.is_waiting) == (0, True, False)


def test_ours_waits_and_nobody_else_is_there(target: Target, table: str) -> None:
    with listen(target.path), connect(target.path):
        found = holder.presence(target, connected=True)
        assert found is not None
        assert (found.others, found.is_accepted, found.is_waiting) == (0, False, True)


def test_ours_waits_behind_another_of_our_own(target: Target, table: str) -> None:
    with listen(target.path) as listener, connect(target.path), listener.accept()[0]:
        with connect(target.path):
            found = holder.presence(target, connected=True)
            assert found is not None
            assert (found.others, found.is_accepted, found.is_waiting) == (1, False, True)
            assert pids(found) == ([os.getpid()] if table == "netlink" else [])


def test_holder_that_has_left_is_none(target: Target) -> None:
    """QEMU may take a moment to notice; the next one-shot must not be told that it is busy."""
    with listen(target.path) as listener:
        first = connect(target.path)
        with listener.accept()[0]:
            first.close()
            found = holder.presence(target, connected=False)
            assert found is not None and found.others == 0


def test_socket_is_found_under_another_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("vm.sock")
    with listen("vm.sock"):
        monkeypatch.chdir("/")
        for path in (tmp_path / "vm.sock", tmp_path / "link", tmp_path / ".." / tmp_path.name / "vm.sock"):
            assert holder.presence(unix_target(str(path)), connected=False) is not None


def test_abstract_monitor() -> None:
    name = f"qmonsh-holder-{os.getpid()}"
    target = parse_target(f"abstract:{name}")
    assert holder.presence(target, connected=False) is None
    with listen(b"\0" + name.encode()) as listener, connect("\0" + name), listener.accept()[0]:
        found = holder.presence(target, connected=True)
        assert found is not None and found.is_accepted


# -- TCP --------------------------------------------------------------------------------------------


def test_tcp_monitor_held_by_another_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        target = parse_target(f"127.0.0.1:{port}")
        with connected_elsewhere(("127.0.0.1", port)) as pid, listener.accept()[0]:
            with socket.create_connection(("127.0.0.1", port)):
                found = holder.presence(target, connected=True)
                assert pids(found) == [pid]
                assert found is not None
                assert (found.others, found.is_accepted, found.is_waiting) == (1, False, True)


def test_tcp_monitor_that_accepted_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = parse_target(f"localhost:{listener.getsockname()[1]}")
        with socket.create_connection(listener.getsockname()), listener.accept()[0]:
            found = holder.presence(target, connected=True)
            assert found is not None and found.listener is not None
            assert (found.others, found.is_accepted, found.is_waiting) == (0, True, False)
            assert found.listener.pid == os.getpid()


def test_tcp_port_without_listener_or_elsewhere() -> None:
    with socket.socket() as bound:  # it does not listen, and nobody else can meanwhile
        bound.bind(("127.0.0.1", 0))
        free = parse_target(f"127.0.0.1:{bound.getsockname()[1]}")
        assert holder.presence(free, connected=False) is None
    assert holder.presence(parse_target("vm.example.org:4444"), connected=False) is None


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("0.0.0.0", True),
        (os.uname().nodename, True),
        ("192.0.2.1", False),
        ("vm.example.org", False),
        ("localhost.example.org", False),
        ("127.example.org", False),
    ],
)
def test_local_host_is_known_by_name(host: str, local: bool) -> None:
    assert holder.is_local(Target("tcp", "", host=host)) is local


# -- other monitors -----------------------------------------------------------------------------------


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return ``claims(argument...)``: this process then has that command line."""

    def claim(*arguments: str) -> None:
        monkeypatch.setattr(processes, "process", lambda pid: Process(pid, "qemu-system-x86", arguments, "S"))

    return claim


def test_other_monitors_are_the_free_ones_of_the_command_line(
    tmp_path: Path, claims: Callable[..., None]
) -> None:
    one, two, held, serial = (str(tmp_path / name) for name in ("one", "t,wo", "held", "serial"))
    claims(
        *("qemu", "-qmp", f"unix:{one},server", "-monitor", f"unix:{two.replace(',', ',,')},server"),
        *("-qmp", f"unix:{held},server", "-serial", f"unix:{serial},server", "-monitor", "stdio"),
    )
    with listen(one), listen(two), listen(serial), listen(held) as listener, connect(held):
        with listener.accept()[0]:
            doubled = f"unix:{two.replace(',', ',,')}"
            assert set(holder.other_monitors(os.getpid())) == {f"unix:{one}", doubled}
            assert holder.other_monitors(os.getpid(), besides=unix_target(one)) == (doubled,)


def test_other_monitors_without_a_telling_command_line_are_all_sockets(
    tmp_path: Path, claims: Callable[..., None]
) -> None:
    claims("qemu", "-readconfig", "vm.cfg")
    with listen(tmp_path / "one"):
        assert f"unix:{tmp_path}/one" in holder.other_monitors(os.getpid())


def test_other_monitors_bound_by_a_relative_path(
    tmp_path: Path, claims: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    claims("qemu", "-qmp", "unix:sub/vm.sock,server")
    (tmp_path / "sub").mkdir()
    with listen("sub/vm.sock"):
        assert holder.other_monitors(os.getpid()) == ("unix:sub/vm.sock",)


def test_other_monitors_over_tcp(claims: Callable[..., None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as held:
        ports = free.getsockname()[1], held.getsockname()[1]
        claims("qemu", *(word for port in ports for word in ("-qmp", f"tcp:127.0.0.1:{port},server")))
        with socket.create_connection(held.getsockname()), held.accept()[0]:
            assert holder.other_monitors(os.getpid()) == (f"tcp:127.0.0.1:{ports[0]}",)
            target = parse_target(f"127.0.0.1:{ports[0]}")
            assert holder.other_monitors(os.getpid(), besides=target) == ()


def test_process_that_is_gone_has_no_monitors() -> None:
    assert holder.other_monitors((1 << 22) + 1) == ()
    assert holder.monitors_of((1 << 22) + 1) == []


def test_sockets_of_the_same_file_name_are_near(tmp_path: Path) -> None:
    with listen(tmp_path / "qmonsh-near.sock"):
        found = holder.listening_near("/elsewhere/qmonsh-near.sock")
        assert found == (str(tmp_path / "qmonsh-near.sock"),)
        assert holder.listening_near("/elsewhere/qmonsh-far.sock") == ()


# -- real QEMUs -------------------------------------------------------------------------------------


def test_real_qemu_names_its_holder_and_its_other_monitors(vm: Callable[..., VM]) -> None:
    folder_free = vm(monitor=["qmp-unix", "hmp-unix", "qmp-tcp"])
    held = folder_free.monitors[0]
    with connected_elsewhere(held.path) as pid:
        target = parse_target(held.target)
        until(lambda: (found := holder.presence(target, connected=False)) and found.others)
        found = holder.presence(target, connected=False)
        assert pids(found) == [pid]
        assert found is not None and found.listener is not None
        assert found.listener.pid == folder_free.pid
        assert found.listener.is_qemu
        # Its sockets were made before it: the command line names only descriptors, so all are told.
        assert holder.other_monitors(folder_free.pid, besides=target) == (
            f"unix:{folder_free.monitors[1].path}",
        )


def test_real_qemu_that_made_its_sockets_itself(vm: Callable[..., VM], tmp_path: Path) -> None:
    machine = vm(
        *("-qmp", f"unix:{tmp_path}/a,,b,server=on,wait=off"),
        *("-chardev", f"socket,id=c,path={tmp_path}/c,server=on,wait=off", "-mon", "c,mode=control"),
        *("-serial", f"unix:{tmp_path}/serial,server=on,wait=off"),
    )
    assert set(holder.other_monitors(machine.pid)) == {f"unix:{tmp_path}/a,,b", f"unix:{tmp_path}/c"}
    assert f"unix:{tmp_path}/c" in holder.running_monitors(limit=1000)
