"""The transport over a libvirt that is made here; a real libvirtd is in tests/real/test_libvirt.py."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.errors import CommandError, ConnectError, ConnectionLostError
from qmonsh.transport import libvirt_monitor, libvirt_open
from qmonsh.wire.message import Event

VERSION = {"qemu": {"major": 7, "minor": 2, "micro": 22}, "package": ""}


class LibvirtError(Exception):
    """libvirt.libvirtError."""

    def get_error_message(self) -> str:
        return str(self)

    def get_error_code(self) -> int:
        return 1


class Domain:
    """A domain whose QEMU answers from ``answers``: a value, a whole reply, or a function that may raise."""

    def __init__(self, name: str, *, tainted: bool = False) -> None:
        self._name = name
        self._tainted = tainted
        self.active = True
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {"query-version": VERSION, "query-status": {"status": "running"}}

    def name(self) -> str:
        return self._name

    def ID(self) -> int:
        return 7

    def UUIDString(self) -> str:
        return "b5e3"

    def isActive(self) -> bool:
        return self.active

    def messages(self, kinds: int) -> list[str]:
        return ["tainted: custom monitor control commands issued"] if self._tainted else []

    def command(self, text: str) -> str:
        command = json.loads(text)
        assert "id" not in command, "libvirt refuses ids"
        self.sent.append(command)
        answer = self.answers.get(command.get("execute"))
        if callable(answer):
            answer = answer()
        if isinstance(answer, str):
            return answer
        if answer is None:
            error = {"class": "CommandNotFound", "desc": "not found"}
            return json.dumps({"id": "libvirt-9", "error": error})
        return json.dumps({"return": answer, "id": "libvirt-8"})


class Libvirt:
    """What stands for the modules libvirt and libvirt_qemu, and for the connection."""

    def __init__(self) -> None:
        self.domains = [Domain("web")]
        self.failure: Exception | None = None
        self.alive = True
        self.closed = threading.Event()
        self.callbacks: dict[str, Callable[..., None]] = {}

    def open(self, uri: str | None) -> Libvirt:
        if self.failure:
            raise self.failure
        return self

    def setKeepAlive(self, interval: int, count: int) -> None:
        assert interval * count < 10

    def listAllDomains(self, flags: int) -> list[Domain]:
        return [domain for domain in self.domains if domain.active == (flags == 1)]

    def registerCloseCallback(self, callback: Callable[..., None], opaque: Any) -> None:
        self.callbacks["close"] = callback

    def unregisterCloseCallback(self) -> None:
        raise LibvirtError("it is gone")

    def domainEventRegisterAny(self, domain: Any, kind: int, callback: Any, opaque: Any) -> int:
        self.callbacks["life"] = callback
        return 1

    def domainEventDeregisterAny(self, number: int) -> None:
        del self.callbacks["life"]

    def qemuMonitorEventRegister(self, *args: Any) -> int:
        self.callbacks["event"] = args[3]
        return 2

    def qemuMonitorEventDeregister(self, connection: Any, number: int) -> None:
        del self.callbacks["event"]

    def isAlive(self) -> bool:
        return self.alive

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def libvirt(monkeypatch: pytest.MonkeyPatch) -> Libvirt:
    fake = Libvirt()
    names = {
        "libvirtError": LibvirtError, "open": fake.open, "registerErrorHandler": lambda *_: None,
        "VIR_CONNECT_LIST_DOMAINS_ACTIVE": 1, "VIR_CONNECT_LIST_DOMAINS_INACTIVE": 2,
        "VIR_DOMAIN_EVENT_ID_LIFECYCLE": 0, "VIR_DOMAIN_EVENT_STOPPED": 5, "VIR_DOMAIN_EVENT_UNDEFINED": 1,
        "VIR_DOMAIN_EVENT_STOPPED_CRASHED": 2, "VIR_CONNECT_CLOSE_REASON_KEEPALIVE": 2,
        "VIR_DOMAIN_MESSAGE_TAINTING": 2, "VIR_ERR_NO_DOMAIN": 42,
    }  # fmt: skip
    module = ModuleType("libvirt")
    module.__dict__.update(names)
    qemu = ModuleType("libvirt_qemu")
    qemu.__dict__.update(
        qemuMonitorCommand=lambda domain, text, flags: domain.command(text),
        qemuMonitorEventRegister=fake.qemuMonitorEventRegister,
        qemuMonitorEventDeregister=fake.qemuMonitorEventDeregister,
    )
    monkeypatch.setitem(sys.modules, "libvirt", module)
    monkeypatch.setitem(sys.modules, "libvirt_qemu", qemu)
    monkeypatch.setattr(libvirt_open, "_start_loop", lambda libvirt: None)
    monkeypatch.setattr(libvirt_monitor, "GRACE_NEWS", 0.1)
    return fake


def test_commands_pass_without_ids_and_come_back_with_them(libvirt: Libvirt) -> None:
    with connect("libvirt:web") as monitor:
        assert monitor.dialect == "qmp"
        assert monitor.execute("query-status") == {"status": "running"}
        with pytest.raises(CommandError, match="not found") as caught:
            monitor.execute("nosuch", {"a": [1]})
        assert caught.value.class_name == "CommandNotFound"
    sent = [command["execute"] for command in libvirt.domains[0].sent]
    assert sent == ["query-version", "query-status", "nosuch"]
    assert libvirt.domains[0].sent[-1]["arguments"] == {"a": [1]}
    assert libvirt.closed.wait(20) and set(libvirt.callbacks) == {"close"}


def raising(words: str) -> Callable[[], None]:
    def answer() -> None:
        raise LibvirtError(words)

    return answer


def test_failure_of_libvirt_is_an_error_of_the_command(libvirt: Libvirt) -> None:
    libvirt.domains[0].answers["stop"] = raising("internal error: cannot acquire state change lock")
    with connect("libvirt:web") as monitor:
        with pytest.raises(CommandError, match="^cannot acquire state change lock"):
            monitor.execute("stop")
        assert monitor.execute("query-status")


@pytest.mark.parametrize(
    ("words", "active", "reason"),
    [
        ("Unable to read from monitor: Connection reset by peer", True, "QEMU closed its monitor"),
        ("internal error: End of file from qemu monitor", True, "QEMU closed its monitor"),
        ("Requested operation is not valid: domain is not running", False, "not running any more"),
    ],
)
def test_end_of_the_domain_ends_the_stream(libvirt: Libvirt, words: str, active: bool, reason: str) -> None:
    def end() -> str:
        libvirt.domains[0].active = active
        raise LibvirtError(words)

    libvirt.domains[0].answers["quit"] = end
    with connect("libvirt:web") as monitor, pytest.raises(ConnectionLostError, match=reason):
        monitor.execute("quit")


@pytest.mark.parametrize(
    ("callback", "arguments", "words"),
    [
        ("life", (5, 1), "the domain was shut off"),
        ("life", (5, 2), "QEMU crashed"),
        ("close", (2,), "libvirt does not answer any more"),
        ("close", (1,), "libvirt closed the connection"),
    ],
)
def test_news_of_an_end(libvirt: Libvirt, callback: str, arguments: tuple[int, ...], words: str) -> None:
    lost = threading.Event()
    with connect("libvirt:web", on_lost=lambda error: lost.set()) as monitor:
        between = (None, None) if callback == "life" else (None,)
        libvirt.callbacks[callback](*between, *arguments, None)
        assert lost.wait(20) and words in str(monitor.lost)
        with pytest.raises(ConnectionLostError):
            monitor.execute("query-status")


def test_other_lives_do_not_end_it(libvirt: Libvirt) -> None:
    with connect("libvirt:web") as monitor:
        libvirt.callbacks["life"](None, None, 3, 0, None)  # suspended
        assert monitor.execute("query-status")


def test_events(libvirt: Libvirt) -> None:
    seen: list[Event] = []
    with connect("libvirt:web") as monitor:
        monitor.subscribe(seen.append)
        libvirt.callbacks["event"](None, None, "STOP", 12, 34, None, None)
        libvirt.callbacks["event"](None, None, "RESET", 12, 35, '{"guest": false}', None)
        libvirt.callbacks["event"](None, None, "BROKEN", 12, 36, "{", None)
        monitor.execute("query-status")
    assert [(event.name, event.data) for event in seen] == [("STOP", {}), ("RESET", {"guest": False})]


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 5000])
def test_answer_that_is_none_ends_the_stream(libvirt: Libvirt, text: str) -> None:
    libvirt.domains[0].answers["stop"] = text
    with connect("libvirt:web") as monitor, pytest.raises(ConnectionLostError, match="no JSON"):
        monitor.execute("stop")


def test_taint_is_noted_until_it_is_there(libvirt: Libvirt) -> None:
    with connect("libvirt:web") as monitor:
        assert "'web' as tainted" in monitor.note
    libvirt.domains = [Domain("web", tainted=True)]
    with connect("libvirt:web") as monitor:
        assert monitor.note == ""


def test_frozen_qemu_does_not_greet(libvirt: Libvirt) -> None:
    thaw = threading.Event()

    def answer() -> Any:
        thaw.wait(20)
        return VERSION

    libvirt.domains[0].answers["query-version"] = answer
    with pytest.raises(ConnectError, match="QEMU did not answer within 0.3 s"):
        connect("libvirt:web", timeout=0.3)
    thaw.set()


def test_refused_question_for_the_version_is_the_reason(libvirt: Libvirt) -> None:
    libvirt.domains[0].answers["query-version"] = raising("access denied")
    with pytest.raises(ConnectError, match="access denied"):
        connect("libvirt:web")
