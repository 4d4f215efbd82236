"""A real QEMU's TLS: ``-object tls-creds-x509`` and a socket chardev with ``tls-creds``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError
from tests.real.machine import VM
from tests.test_batch import Run
from tests.transport.tls_peer import CLIENT, FILES, SERVER

pytestmark = pytest.mark.real


class TlsVM:
    """A VM with a QMP monitor over TLS; the port is chosen by QEMU, and asked for over its first monitor."""

    def __init__(self, vm: Callable[..., VM], *, mode: str = "control", folder: str = str(SERVER)) -> None:
        creds = f"tls-creds-x509,id=tls0,endpoint=server,dir={folder},verify-peer=on"
        chardev = "socket,id=m,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=tls0"
        self.vm = vm("-object", creds, "-chardev", chardev, "-mon", f"chardev=m,mode={mode}")
        with connect(self.vm.target) as monitor:
            rows = monitor.execute("query-chardev")
        said = next(row["filename"] for row in rows if row["label"] == "m")
        self.port = int(said.partition(",")[0].rpartition(":")[2])

    @property
    def target(self) -> str:
        return f"tls://127.0.0.1:{self.port}?dir={CLIENT}"


def test_commands_and_large_replies(vm: Callable[..., VM]) -> None:
    """QEMU 7.2 leaves the end of a command in its TLS library unless a record with one byte follows."""
    with connect(TlsVM(vm).target) as monitor:
        assert monitor.execute("query-status")["status"] == "prelaunch"
        assert len(monitor.execute("query-qmp-schema")) > 500
        assert monitor.human("print 1+1") == "0x2\n"
        long = monitor.human("print 1" + "+1" * 30_000)
        assert long == f"{30_001:#x}\n"
        for _ in range(50):
            monitor.execute("query-status")


def test_text_monitor(vm: Callable[..., VM]) -> None:
    with connect(TlsVM(vm, mode="readline").target) as monitor:
        assert monitor.dialect == "hmp"
        assert monitor.human("info status").startswith("VM status: paused")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"ca={FILES}/ca-cert.pem", "wants a certificate of ours"),
        (
            f"dir={CLIENT}&cert={FILES}/other-client-cert.pem&key={FILES}/other-client-key.pem",
            "did not accept",
        ),
        (f"ca={FILES}/other-cert.pem", "not trusted here"),
        (f"dir={CLIENT}&name=vm.example.org", "not for 'vm.example.org'"),
    ],
)
def test_what_is_not_accepted_is_said(vm: Callable[..., VM], query: str, said: str) -> None:
    machine = TlsVM(vm)
    with pytest.raises(ConnectError, match=said):
        connect(f"tls://127.0.0.1:{machine.port}?{query}")
    connect(machine.target).close()  # and the place is free again


def test_expired_certificate_of_qemu(vm: Callable[..., VM], tmp_path: object) -> None:
    folder = str(tmp_path)
    shutil.copytree(SERVER, folder, dirs_exist_ok=True)
    shutil.copy(FILES / "expired.pem", os.path.join(folder, "server-cert.pem"))
    creds = f"tls-creds-x509,id=tls0,endpoint=server,dir={folder},verify-peer=on"
    try:
        machine = vm("-object", creds + ",sanity-check=off")
        connect(machine.target).close()
        expired = TlsVM(vm, folder=folder + ",sanity-check=off")
    except ConnectError:
        pytest.skip("this QEMU does not start with an expired certificate")
    with pytest.raises(ConnectError, match="has expired"):
        connect(expired.target)


def test_plain_connection_is_told_of_tls(vm: Callable[..., VM]) -> None:
    machine = TlsVM(vm)
    with pytest.raises(ConnectError) as caught:
        connect(f"127.0.0.1:{machine.port}", timeout=0.5)
    assert caught.value.cause == "silent"


def test_plain_monitor_is_told(vm: Callable[..., VM]) -> None:
    machine = vm(monitor="qmp-tcp")
    with pytest.raises(ConnectError, match="a monitor without TLS"):
        connect(f"tls://{machine.target}?dir={CLIENT}")


def test_options_of_the_command_line(vm: Callable[..., VM], capfd: pytest.CaptureFixture[str]) -> None:
    machine = TlsVM(vm)
    where = f"tls://127.0.0.1:{machine.port}"
    files = {"ca": "ca-cert.pem", "cert": "client-cert.pem", "key": "client-key.pem"}
    options = [word for key, name in files.items() for word in (f"--tls-{key}", f"{CLIENT}/{name}")]
    run = Run(capfd, *options, where, "info status")
    assert (run.status, run.out) == (0, "VM status: paused (prelaunch)\n")
    run = Run(capfd, "--tls-dir", str(CLIENT), where, "--complete", "info stat")
    assert run.out.startswith("stats") or "status" in run.out
    run = Run(
        capfd,
        "--tls-dir",
        str(CLIENT),
        "--json",
        "each",
        where,
        f"{where}?name=localhost",
        "--",
        "info status",
    )
    assert run.status == 0 and run.out.count("prelaunch") == 2
