"""A real libvirtd of its own (a session daemon, not the system's) with real domains, and libvirt's proxy."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.discover import machines, resolve
from qmonsh.domains import states, target_named, with_domains
from qmonsh.errors import CommandError, ConnectError, ConnectionLostError, DeadlineError, UsageError
from qmonsh.target import parse_target
from qmonsh.wire.message import Event
from tests.real.machine import system_qemu
from tests.test_batch import Run

pytestmark = [pytest.mark.matrix, pytest.mark.real]

LIBVIRTD = shutil.which("libvirtd", path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
VIRSH = shutil.which("virsh")
PROXY = shutil.which("virt-qemu-qmp-proxy")

_DOMAIN = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices><emulator>{qemu}</emulator>
<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"""


class Libvirt:
    """A libvirtd in a folder of its own; as root it runs as nobody, since root has only the system's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            (folder / name).mkdir()
            environment[name] = str(folder / name)
        (folder / "XDG_CONFIG_HOME/libvirt").mkdir()
        (folder / "XDG_CONFIG_HOME/libvirt/qemu.conf").write_text('stdio_handler = "file"\n')
        words = [str(LIBVIRTD)]
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (folder, *folder.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            words = ["setpriv", "--reuid=nobody", f"--regid={nobody.pw_gid}", "--clear-groups", *words]
        self.uri = f"qemu+unix:///session?socket={folder}/XDG_RUNTIME_DIR/libvirt/libvirt-sock"
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                words,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = monotonic() + 60
        while subprocess.run([str(VIRSH), "-q", "-c", self.uri, "version"], capture_output=True).returncode:
            if self.process.poll() is not None or monotonic() > until:
                pytest.skip("libvirtd does not start here: " + (folder / "log").read_text()[-300:])

    def virsh(self, *words: str, ok: bool = True) -> str:
        done = subprocess.run([str(VIRSH), "-q", "-c", self.uri, *words], capture_output=True, text=True)
        assert done.returncode == 0 or not ok, done.stderr
        return done.stdout

    def start(self, name: str) -> str:
        """Start a domain and return its target."""
        self.virsh("create", self.described(name))
        return f"libvirt+{self.uri}#{name}"

    def described(self, name: str) -> str:
        """Return the path of a domain's description."""
        file = self.folder / f"{name}.xml"
        file.write_text(_DOMAIN.format(name=name, qemu=system_qemu()))
        return str(file)

    def qemu_pid(self, name: str) -> int:
        return int(next((self.folder / "XDG_RUNTIME_DIR").rglob(f"{name}.pid")).read_text())

    def close(self) -> None:
        for name in self.virsh("list", "--name", ok=False).split():
            self.virsh("destroy", name, ok=False)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def libvirt() -> Iterator[Libvirt]:
    if LIBVIRTD is None or VIRSH is None or not system_qemu():
        pytest.skip("no libvirtd, virsh or QEMU here")
    with tempfile.TemporaryDirectory(prefix="qmonsh-lv-") as name:
        os.chmod(name, 0o755)
        one = Libvirt(Path(name))
        yield one
        one.close()


@pytest.fixture
def domain(libvirt: Libvirt) -> Iterator[str]:
    """Return the target of a running domain "vm1"."""
    if find_spec("libvirt_qemu") is None:
        pytest.skip("no libvirt-python here: pip install 'qmonsh[libvirt]'")
    yield libvirt.start("vm1")
    libvirt.virsh("destroy", "vm1", ok=False)


def passed(libvirt: Libvirt, *words: str) -> str:
    return libvirt.virsh("qemu-monitor-command", "vm1", *words)


def test_same_data_as_virsh(libvirt: Libvirt, domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--json", domain, '{"execute":"query-block"}')
    assert run.documents() == [json.loads(passed(libvirt, '{"execute":"query-block"}'))["return"]]
    run = Run(capfd, domain, "hmp", "info", "kvm")
    assert run.out.strip() == passed(libvirt, "--hmp", "info", "kvm").strip()
    run = Run(capfd, domain, "info", "kvm")
    assert run.out.strip() == "kvm support: disabled"


def test_schema_and_ids(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    with connect(domain) as monitor:
        assert len(monitor.execute("query-qmp-schema")) > 100
    run = Run(capfd, "-o", "raw", domain, '{"execute": "query-status", "id": {"mine": [1]}}')
    assert run.documents()[0]["id"] == {"mine": [1]}


def test_errors_and_statuses(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert Run(capfd, domain, '{"execute": "nosuch"}').status == 1
    run = Run(capfd, "--json", domain, "device_del", "nosuch")
    assert run.status == 1 and run.documents()[0]["error"]["class"] == "DeviceNotFound"
    assert Run(capfd, domain, "frobnicate").status == 2
    with connect(domain) as monitor, pytest.raises(CommandError):
        monitor.execute("query-status", oob=True)


def test_taint_is_mentioned_once(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    first, second = (Run(capfd, domain, "info", "status") for _ in range(2))
    assert "tainted" in first.err and "vm1" in first.err
    assert (second.err, second.status) == ("", 0)


def test_domain_is_found_among_the_machines(libvirt: Libvirt, domain: str) -> None:
    pid = libvirt.qemu_pid("vm1")
    target = resolve(parse_target(f"pid:{pid}"))
    assert (target.scheme, target.domain) == ("libvirt", "vm1")
    with connect(target) as monitor:
        assert monitor.execute("query-name")["name"] == "vm1"
    libvirt.virsh("suspend", "vm1")
    libvirt.virsh("define", libvirt.described("off"))
    try:
        # A list of one process, and the domains of whatever libvirt runs beside ours.
        listed = with_domains(machines(pids=[pid]))
        assert listed[0].state == "paused" and listed[0].monitors[1].holders[0].pid == libvirt.process.pid
        assert ("off", "shut off") in [(one.name, one.state) for one in listed[1:]]
        with pytest.raises(UsageError, match="shut off"):
            target_named("off", states())
    finally:
        libvirt.virsh("undefine", "off")


def test_frozen_libvirt_delays_the_list_by_seconds_only(libvirt: Libvirt, domain: str) -> None:
    pid = libvirt.qemu_pid("vm1")
    os.kill(libvirt.process.pid, signal.SIGSTOP)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qmonsh.transport.libvirt_list.DEADLINE", 0.5)
            assert with_domains(machines(pids=[pid]))[0].state == "running"
    finally:
        os.kill(libvirt.process.pid, signal.SIGCONT)


def test_events_arrive_in_order(domain: str) -> None:
    seen: list[str] = []
    arrived = threading.Event()

    def take(event: Event) -> None:
        seen.append(event.name)
        if event.name == "RESUME":
            arrived.set()

    with connect(domain) as monitor:
        monitor.subscribe(take)
        monitor.execute("stop")
        monitor.execute("cont")
        assert arrived.wait(20)
    assert seen == ["STOP", "RESUME"]


def test_several_domains_and_threads_at_once(libvirt: Libvirt, domain: str) -> None:
    other = libvirt.start("vm2")
    try:
        with connect(domain) as one, connect(other) as two:
            answers: list[Any] = []

            def ask(monitor: Any) -> None:
                answers.extend(monitor.execute("query-name")["name"] for _ in range(20))

            threads = [threading.Thread(target=ask, args=[monitor]) for monitor in (one, two, one, two)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(answers) == ["vm1"] * 40 + ["vm2"] * 40
    finally:
        libvirt.virsh("destroy", "vm2")


def test_domain_that_is_not_there(libvirt: Libvirt, domain: str) -> None:
    with pytest.raises(ConnectError, match="no domain 'nosuch'.*[Rr]unning: vm1"):
        connect(domain.replace("#vm1", "#nosuch"))
    with connect(domain.partition("#")[0]) as monitor:  # the only one
        assert monitor.execute("query-name")["name"] == "vm1"
    libvirt.virsh("destroy", "vm1")
    libvirt.virsh("define", str(libvirt.folder / "vm1.xml"))
    try:
        with pytest.raises(ConnectError, match="'vm1' is shut off. Start it: virsh"):
            connect(domain)
    finally:
        libvirt.virsh("undefine", "vm1")


def test_libvirt_that_does_not_run(tmp_path: Path, domain: str) -> None:
    with pytest.raises(ConnectError) as caught:
        connect(f"libvirt+qemu+unix:///session?socket={tmp_path}/no-sock#vm1")
    assert caught.value.cause == "no-libvirt"


def test_shut_off_domain_ends_the_connection(libvirt: Libvirt, domain: str) -> None:
    lost = threading.Event()
    with connect(domain, on_lost=lambda error: lost.set()) as monitor:
        libvirt.virsh("destroy", "vm1")
        assert lost.wait(20)
        with pytest.raises(ConnectionLostError, match="shut off"):
            monitor.execute("query-status")


def test_quit_succeeds(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert Run(capfd, "-y", domain, "quit").status == 0


def test_frozen_qemu_meets_the_deadline_and_goes_on(libvirt: Libvirt, domain: str) -> None:
    pid = libvirt.qemu_pid("vm1")
    with connect(domain) as monitor:
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(DeadlineError):
                monitor.execute("query-status", deadline=0.3)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert monitor.execute("query-name", deadline=20)["name"] == "vm1"


def test_frozen_qemu_does_not_greet(libvirt: Libvirt, domain: str) -> None:
    pid = libvirt.qemu_pid("vm1")
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(ConnectError, match="QEMU did not answer within 1 s"):
            connect(domain, timeout=1)
    finally:
        os.kill(pid, signal.SIGCONT)


def test_frozen_libvirtd_is_noticed_within_seconds(libvirt: Libvirt, domain: str) -> None:
    os.kill(libvirt.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(ConnectError, match="libvirt did not answer within 1 s"):
            connect(domain, timeout=1)
    finally:
        os.kill(libvirt.process.pid, signal.SIGCONT)
    with connect(domain) as monitor:
        os.kill(libvirt.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(ConnectionLostError, match="does not answer any more"):
                monitor.execute("query-status", deadline=60)
        finally:
            os.kill(libvirt.process.pid, signal.SIGCONT)


def test_proxy_gives_a_socket(libvirt: Libvirt, capfd: pytest.CaptureFixture[str]) -> None:
    if PROXY is None or not os.path.exists("/usr/bin/python3"):
        pytest.skip("no virt-qemu-qmp-proxy here")
    libvirt.start("vm1")
    path = libvirt.folder / "proxy.sock"
    # Its own python3 by the shebang would be that of our environment, which may lack libvirt.
    proxy = subprocess.Popen(["/usr/bin/python3", PROXY, "-c", libvirt.uri, "vm1", str(path)])
    try:
        until = monotonic() + 30
        while not path.exists() and proxy.poll() is None and monotonic() < until:
            os.sched_yield()
        run = Run(capfd, "--json", str(path), "-c", "query-block", "-c", "query-name")
        assert run.documents() == [[], {"name": "vm1"}]
        assert Run(capfd, str(path), "hmp", "info", "kvm").out == "kvm support: disabled\n"
    finally:
        proxy.kill()
        proxy.wait()
        libvirt.virsh("destroy", "vm1")


def test_killed_libvirtd_is_noticed(libvirt: Libvirt, domain: str) -> None:
    """Comes last: libvirtd is not started again."""
    qemu = libvirt.qemu_pid("vm1")
    with connect(domain) as monitor:
        libvirt.process.kill()
        with pytest.raises(ConnectionLostError):
            monitor.execute("query-status", deadline=60)
            monitor.execute("query-status", deadline=60)
    os.kill(qemu, signal.SIGKILL)
