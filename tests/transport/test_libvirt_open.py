"""How a domain is found and connected to, over the libvirt of test_libvirt_monitor.py."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError
from qmonsh.transport import libvirt_open
from tests.transport.test_libvirt_monitor import Libvirt, LibvirtError
from tests.transport.test_libvirt_monitor import libvirt as libvirt


@pytest.mark.parametrize("name", ["web", "7", "b5e3", ""])
def test_domain_by_name_id_and_uuid(libvirt: Libvirt, name: str) -> None:
    connect(f"libvirt+qemu:///system#{name}").close()


def test_domain_that_is_not_there_lists_the_others(libvirt: Libvirt) -> None:
    with pytest.raises(ConnectError, match="unning: web"):
        connect("libvirt:nosuch")
    assert libvirt.closed.is_set()


def test_libvirt_that_hangs_is_given_up(libvirt: Libvirt, monkeypatch: pytest.MonkeyPatch) -> None:
    thaw = threading.Event()
    module = sys.modules["libvirt"]
    monkeypatch.setattr(module, "open", lambda uri: (thaw.wait(20), libvirt)[1])
    with pytest.raises(ConnectError, match="libvirt did not answer within 0.3 s"):
        connect("libvirt:web", timeout=0.3)
    thaw.set()
    assert libvirt.closed.wait(20), "the late connection was left open"


def test_libvirt_that_cannot_be_opened(libvirt: Libvirt) -> None:
    libvirt.failure = LibvirtError("Failed to connect socket to '/x': No such file or directory")
    with pytest.raises(ConnectError) as caught:
        connect("libvirt:web")
    assert caught.value.cause == "no-libvirt"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)
    with pytest.raises(ConnectError, match=r"pip install 'qmonsh\[libvirt\]'") as caught:
        connect("libvirt:web")
    assert caught.value.cause == "not-installed"


def test_event_loop_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    ran = threading.Event()
    forever = threading.Event()

    def run() -> None:
        ran.set()
        forever.wait()

    fake = SimpleNamespace(
        virEventRegisterDefaultImpl=lambda: started.append("x"), virEventRunDefaultImpl=run,
        libvirtError=LibvirtError,
    )  # fmt: skip
    monkeypatch.setattr(libvirt_open, "_loop", None)
    libvirt_open._start_loop(fake)
    libvirt_open._start_loop(fake)
    assert ran.wait(20) and started == ["x"]
