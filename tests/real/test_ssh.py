"""A real sshd on the loopback interface, and every failure of ssh that can be had there."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.monitor.connection import Connection
from tests.real import sshd
from tests.real.machine import VM, system_qemu
from tests.real.sshd import SSH, free_port, make_keys
from tests.test_batch import Run

pytestmark = [pytest.mark.matrix, pytest.mark.real]

#: Other tests run VMs too.
NAME = f"qmonsh over there {os.getpid()}"


def children_of(parent: int) -> list[int]:
    """Return the pids of the living children of a process."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == parent and stat[0] != "Z":
                found.append(int(entry.name))
    return found


class Server:
    """An sshd in the foreground; ``pid`` is the listener's."""

    def __init__(self, folder: Path, *, forwarding: str, more: str = "") -> None:
        self.port = free_port()
        self.process = sshd.start(
            folder, port=self.port, name=f"sshd-{forwarding}", forwarding=forwarding, more=more
        )

    def address(self, path: str) -> str:
        return f"ssh://127.0.0.1:{self.port}{path}"

    def sessions(self) -> list[int]:
        """Return the pids of its direct children, one a connection."""
        return children_of(self.process.pid)

    def close(self) -> None:
        for pid in self.sessions():
            with contextlib.suppress(ProcessLookupError):  # its client may have left meanwhile
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return a folder with keys; its path is short, as sockets need."""
    if not sshd.is_possible():
        pytest.skip("no OpenSSH server and client here")
    with tempfile.TemporaryDirectory(prefix="qmonsh-ssh-") as name:
        path = Path(name)
        make_keys(path, "hostkey", "key", "otherkey")
        yield path


@pytest.fixture(scope="module", params=["yes"])
def server(folder: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    one = Server(folder, forwarding=request.param)
    yield one
    one.close()


forbidding = pytest.mark.parametrize("server", ["yes", "no"], indirect=True)


@pytest.fixture(scope="module")
def machine() -> Iterator[VM]:
    if not system_qemu():
        pytest.skip("no QEMU here")
    vm = VM(system_qemu(), "-name", NAME, monitor=["qmp-unix", "hmp-unix"])
    yield vm
    vm.close()


Configure = Callable[..., None]


@pytest.fixture
def ssh(folder: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Make ``ssh`` use only our keys; call it to change its options."""
    program = tmp_path / "ssh"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "t").mkdir()

    def configure(*options: str, key: str = "key", host_key: str = "hostkey", known: bool = True) -> None:
        lines = [f"[127.0.0.1]:* {(folder / host_key).with_suffix('.pub').read_text()}"]
        (tmp_path / "known").write_text("".join(lines) if known else "")
        config = {"IdentityFile": folder / key, "IdentitiesOnly": "yes", "IdentityAgent": "none",
                  "UserKnownHostsFile": tmp_path / "known", "GlobalKnownHostsFile": "none"}  # fmt: skip
        lines = [f"{name} {value}\n" for name, value in config.items()] + [f"{one}\n" for one in options]
        (tmp_path / "config").write_text("".join(lines))
        program.write_text(f'#!/bin/sh\nexec {SSH} -F {tmp_path}/config "$@"\n')
        program.chmod(0o755)

    configure()
    return configure


@pytest.fixture
def tidy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail when a test leaves a temporary file of ours behind."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-t-") as name:
        with monkeypatch.context() as patch:
            patch.setattr("tempfile.tempdir", name)
            yield
        assert os.listdir(name) == []


def failure(address: str, timeout: float = 20.0) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        connect(address, timeout=timeout).close()
    return caught.value


@forbidding
def test_both_dialects(
    server: Server, ssh: Configure, machine: VM, tidy: None, capfd: pytest.CaptureFixture[str]
) -> None:
    for monitor in machine.monitors:
        run = Run(capfd, "--connect-timeout", "20", server.address(monitor.path), "info", "status")
        assert (run.err, run.out, run.status) == ("", "VM status: paused (prelaunch)\n", 0)


@forbidding
def test_name_instead_of_a_socket(
    server: Server, ssh: Configure, machine: VM, capfd: pytest.CaptureFixture[str], tidy: None
) -> None:
    run = Run(capfd, "--connect-timeout", "20", server.address(f"#{NAME}"), "info", "status")
    assert (run.err, run.out, run.status) == ("", "VM status: paused (prelaunch)\n", 0)
    error = failure(server.address("#no such name"))
    assert error.cause == "no-such-machine" and NAME in str(error)


@forbidding
@pytest.mark.parametrize("kind", ["qmp-tcp", "hmp-tcp", "abstract"])
def test_name_of_a_vm_without_a_path(
    server: Server, ssh: Configure, capfd: pytest.CaptureFixture[str], tidy: None, kind: str
) -> None:
    if kind == "abstract" and not shutil.which("socat"):
        pytest.skip("no socat here")
    name = f"qmonsh {kind} {os.getpid()}"
    hidden = ["-chardev", f"socket,id=c,path={name},abstract=on,server=on,wait=off", "-mon", "c,mode=control"]
    way = hidden if kind == "abstract" else []
    with contextlib.closing(VM(system_qemu(), "-name", name, *way, monitor=[] if way else kind)):
        run = Run(capfd, "--connect-timeout", "20", server.address(f"#{name}"), "info", "name")
        assert (run.err, run.out, run.status) == ("", f"{name}\n", 0)
        words = ("--connect-timeout", "20", server.address(f"#{name[:-1]}*"), "--", "info", "name")
        run = Run(capfd, "each", *words)
        assert (run.err, run.out) == ("", f"{server.address(f'#{name}')}: {name}\n")


@forbidding
def test_large_reply(server: Server, ssh: Configure, machine: VM) -> None:
    with connect(server.address(machine.path), timeout=20) as monitor:
        assert len(monitor.execute("query-qmp-schema")) > 100


@forbidding
@pytest.mark.parametrize(("name", "cause"), [("absent", "no-such-file"), ("file", "not-a-socket"),
                                             ("stale", "refused")])  # fmt: skip
def test_socket_that_is_none(server: Server, ssh: Configure, folder: Path, name: str, cause: str) -> None:
    path = folder / name
    if name == "file":
        path.write_text("")
    elif name == "stale" and not path.exists():
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(str(path))
    assert failure(server.address(str(path))).cause == cause


def test_no_tool_over_there(folder: Path, machine: VM, ssh: Configure) -> None:
    bare = folder / "bare"
    bare.mkdir()
    (bare / "sh").symlink_to("/bin/sh")
    poor = Server(folder, forwarding="no", more=f"SetEnv PATH={bare}\n")
    try:
        assert failure(poor.address(machine.path)).cause == "forwarding-forbidden"
    finally:
        poor.close()


def test_key_refused(server: Server, ssh: Configure, machine: VM, tidy: None) -> None:
    ssh(key="otherkey")
    assert failure(server.address(machine.path)).cause == "permission"


def test_host_key_changed(server: Server, ssh: Configure, machine: VM, tidy: None) -> None:
    ssh(host_key="otherkey")
    error = failure(server.address(machine.path))
    assert error.cause == "host-key-changed" and "ssh-keygen -R" in str(error)


def test_host_key_unknown(server: Server, ssh: Configure, machine: VM, tidy: None) -> None:
    ssh(known=False)
    assert failure(server.address(machine.path)).cause == "host-key-unknown"


def test_no_ssh_server(ssh: Configure, tidy: None) -> None:
    assert failure(f"ssh://127.0.0.1:{free_port()}/s").cause == "refused"


def test_silent_port(ssh: Configure, tidy: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert failure(f"ssh://127.0.0.1:{mute.getsockname()[1]}/s", 1.0).cause == "unreachable"


def test_busy_monitor_is_silent(server: Server, ssh: Configure, machine: VM, tidy: None) -> None:
    with connect(machine.target):
        assert failure(server.address(machine.path), 3.0).cause == "silent"


def in_flight(monitor: Connection) -> ConnectionLostError:
    with pytest.raises(ConnectionLostError) as caught:
        while True:
            monitor.execute("query-status", deadline=60)
    return caught.value


def test_connection_killed(server: Server, ssh: Configure, machine: VM, tidy: None) -> None:
    with connect(server.address(machine.path), timeout=20) as monitor:
        for pid in server.sessions():
            os.kill(pid, signal.SIGKILL)
        assert "closed by 127.0.0.1" in str(in_flight(monitor))


def test_peer_frozen(
    server: Server, ssh: Configure, machine: VM, tidy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qmonsh.transport.ssh_link.ALIVE_INTERVAL", 1)
    with connect(server.address(machine.path), timeout=20) as monitor:
        frozen = server.sessions()
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert "does not answer any more" in str(in_flight(monitor))
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)


def test_shared_connection_is_used_and_left_as_it_was(
    server: Server, ssh: Configure, machine: VM, folder: Path, tidy: None
) -> None:
    control = folder / "shared"
    ssh(f"ControlPath {control}")
    host = ["-p", str(server.port), "127.0.0.1"]
    master = subprocess.Popen(
        ["ssh", "-M", "-N", "-oPermitLocalCommand=yes", "-oLocalCommand=echo up", *host],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert master.stdout is not None and master.stdout.readline() == b"up\n"
        sessions = server.sessions()
        with connect(server.address(machine.path), timeout=20) as monitor:
            assert monitor.execute("query-status")["status"] == "prelaunch"
            assert server.sessions() == sessions
        assert subprocess.run(["ssh", "-O", "check", *host], stderr=subprocess.DEVNULL).returncode == 0
    finally:
        master.kill()
        master.communicate()


def test_killed_qmonsh_leaves_no_ssh_behind(server: Server, ssh: Configure, machine: VM) -> None:
    code = "import sys; from qmonsh import connect; c = connect(sys.argv[1], timeout=20);"
    code += "print(c._transport._link.path, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, server.address(machine.path)],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        path = child.stdout.readline().strip()
        [guardian] = children_of(child.pid)
        [ssh_pid] = [pid for pid in children_of(guardian) if Path(f"/proc/{pid}/comm").read_text() == "ssh\n"]
        ends = [os.pidfd_open(pid) for pid in (ssh_pid, guardian)]
        child.kill()
        for fd in ends:
            assert select.select([fd], [], [], 60)[0], "ssh is still there"
            os.close(fd)
    assert not os.path.exists(os.path.dirname(path))


@forbidding
@pytest.mark.parametrize("name", ["a b", "a:b", "per%cent%h", "back\\slash", "a'b", 'a"b', "$HOME", "a,b"])
def test_odd_path(server: Server, ssh: Configure, machine: VM, folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(machine.path)
    with connect(server.address(str(folder / name)), timeout=20) as monitor:
        assert monitor.dialect == "qmp"


@forbidding
def test_own_forwards_and_commands_of_the_configuration_do_no_harm(
    server: Server, ssh: Configure, machine: VM
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        forward = f"LocalForward {taken.getsockname()[1]} localhost:1"
        ssh(forward, "RemoteCommand false", "RequestTTY force", "ExitOnForwardFailure yes")
        with connect(server.address(machine.path), timeout=20) as monitor:
            assert monitor.dialect == "qmp"


def test_passphrase_is_asked_on_the_terminal_for_as_long_as_it_takes(
    server: Server, ssh: Configure, machine: VM, folder: Path
) -> None:
    shutil.copy(folder / "key", folder / "locked")
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(folder / "locked")]
    subprocess.run(change, check=True, stdout=subprocess.DEVNULL)
    (folder / "locked.pub").unlink(missing_ok=True)
    ssh(key="locked")
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "qmonsh", "--connect-timeout", "1", server.address(machine.path)]
    words += ["info", "name"]
    code = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
    child = subprocess.Popen([sys.executable, "-c", code, str(theirs), *words], pass_fds=[theirs])
    os.close(theirs)
    try:
        seen = read_until(ours, b"passphrase")
        # The deadline passes while nobody types.
        assert not select.select([ours], [], [], 1.5)[0] or b":" in seen + os.read(ours, 4096)
        os.write(ours, b"open sesame\n")
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def read_until(fd: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        assert select.select([fd], [], [], 60)[0], seen
        seen += os.read(fd, 4096)
    return seen
