"""A libvirt domain's monitor as a QMP stream, through libvirt's own pass-through and event stream.

libvirt carries commands, not bytes. So this end plays the monitor that libvirt holds: it greets with the
domain's version, answers the negotiation, passes each command on without its id (libvirt has ids of its own
and refuses others), and lets events in. One thread carries the commands one after another, as QEMU would.

Knows libvirt-python (the extra ``libvirt``) and the outside of QMP messages. Must not know what commands
mean.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from qmonsh.errors import ConnectionLostError
from qmonsh.transport import libvirt_failure

#: Seconds to wait for the news that the domain ended when its monitor failed, and for libvirt at the end.
GRACE_NEWS = 0.5
GRACE_CLOSE = 1.0
_TAINT = (
    "libvirt marks '{domain}' as tainted by custom monitor commands (once, until it is shut off): what is"
    " changed here behind libvirt's back, libvirt does not know"
)


class LibvirtTransport:
    """A Transport to a running domain; it owns the connection to libvirt. ``note`` is for the user, once."""

    def __init__(self, libvirt: Any, connection: Any, domain: Any, address: str) -> None:
        self.address = address
        self._libvirt = libvirt
        self._connection = connection
        self._domain = domain
        self._inbox: SimpleQueue[bytes] = SimpleQueue()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._words = ""
        self._over = threading.Event()
        self._closed = False
        self._rest = b""
        self.note = "" if self._is_tainted() else _TAINT.format(domain=domain.name())
        self._watch()
        self._worker = threading.Thread(target=self._work, name=f"libvirt {address}", daemon=True)
        self._worker.start()

    # -- the transport ---------------------------------------------------------------------------

    def read(self) -> bytes:
        """Return the next message; ``b""`` at the end of the domain, of libvirt, and after close()."""
        data = self._inbox.get()
        if not data:
            self._inbox.put(data)
        return data

    def write(self, data: bytes) -> None:
        """Take commands, one a line, to be carried out in their order; raises ConnectionLostError."""
        if self._over.is_set():
            raise ConnectionLostError(self._words or "it is closed", address=self.address)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._outbox.put(line)

    def close(self) -> None:
        """Leave libvirt; may be called twice. A libvirt that hangs is left alone."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._end("")
        leaving = threading.Thread(target=self._leave, name="libvirt leaves", daemon=True)
        leaving.start()
        leaving.join(GRACE_CLOSE)

    def last_words(self) -> str:
        """Return why the domain or libvirt ended, ``""`` after close()."""
        return self._words

    # -- commands --------------------------------------------------------------------------------

    def _work(self) -> None:
        """Greet, then carry commands until the end."""
        try:
            reply = self._ask({"execute": "query-version"})
            if reply is not None and "return" in reply:
                self._emit({"QMP": {"version": reply["return"], "capabilities": []}})
            elif reply is not None:
                self._end(str(reply["error"].get("desc")))
            while (line := self._outbox.get()) is not None and not self._over.is_set():
                self._carry(line)
        except Exception as error:  # a defect of ours must end the stream, not leave its reader hanging
            self._end(f"internal error: {error!r}")

    def _carry(self, line: bytes) -> None:
        command = json.loads(line)
        id = command.pop("id", None)
        is_negotiation = command.get("execute") == "qmp_capabilities"
        reply = {"return": {}} if is_negotiation else self._ask(command)
        if reply is not None:
            self._emit({**reply, "id": id})

    def _ask(self, command: dict[str, Any]) -> dict[str, Any] | None:
        """Return the reply to a command; None when there is nobody left to answer."""
        import libvirt_qemu  # type: ignore[import-untyped, import-not-found, unused-ignore]

        try:
            reply = json.loads(libvirt_qemu.qemuMonitorCommand(self._domain, json.dumps(command), 0))
        except self._libvirt.libvirtError as error:
            if self._has_ended(error):
                return None
            return {"error": {"class": "GenericError", "desc": libvirt_failure.message(error)}}
        except (ValueError, RecursionError):
            reply = None
        if isinstance(reply, dict):
            return reply
        self._end("libvirt's answer is no JSON object")
        return None

    def _has_ended(self, error: Any) -> bool:
        """Tell whether a failure is the end of the domain or of libvirt; says so to the reader then."""
        if libvirt_failure.is_monitors_end(error):
            # libvirt says later, sometimes by seconds, why it lost the monitor; it never takes it up again.
            self._over.wait(GRACE_NEWS)
            self._end("QEMU closed its monitor, says libvirt")
            return True
        try:
            if self._connection.isAlive() and self._domain.isActive():
                return False
            reason = "the domain is not running any more"
        except self._libvirt.libvirtError as second:
            gone = second.get_error_code() == self._libvirt.VIR_ERR_NO_DOMAIN
            reason = "the domain is gone" if gone else f"libvirt: {libvirt_failure.message(error)}"
        self._end(reason)
        return True

    # -- the other way ---------------------------------------------------------------------------

    def _emit(self, message: dict[str, Any]) -> None:
        self._inbox.put(json.dumps(message).encode("ascii") + b"\r\n")

    def _end(self, words: str) -> None:
        """End the stream; the first reason counts."""
        with self._lock:
            if self._over.is_set():
                return
            self._words = words
            self._over.set()
        self._outbox.put(None)
        self._inbox.put(b"")

    def _watch(self) -> None:
        """Ask libvirt for QEMU's events, for the domain's end and for its own."""
        import libvirt_qemu

        self._connection.registerCloseCallback(self._on_libvirts_end, None)
        life = self._libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        self._life = self._connection.domainEventRegisterAny(self._domain, life, self._on_life, None)
        self._events = libvirt_qemu.qemuMonitorEventRegister(
            self._connection, self._domain, None, self._on_event, None, 0
        )

    def _on_event(
        self, _: Any, __: Any, name: str, seconds: int, micros: int, details: str | None, ___: Any
    ) -> None:
        event: dict[str, Any] = {"event": name}
        try:
            if details:
                event["data"] = json.loads(details)
        except (ValueError, RecursionError):
            return  # nothing that QEMU sends
        event["timestamp"] = {"seconds": seconds, "microseconds": micros}
        self._emit(event)

    def _on_life(self, _: Any, __: Any, event: int, detail: int, ___: Any) -> None:
        if event in (self._libvirt.VIR_DOMAIN_EVENT_STOPPED, self._libvirt.VIR_DOMAIN_EVENT_UNDEFINED):
            crashed = detail == self._libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED
            self._end("QEMU crashed, says libvirt" if crashed else "the domain was shut off")

    def _on_libvirts_end(self, _: Any, reason: int, __: Any) -> None:
        keepalive = reason == self._libvirt.VIR_CONNECT_CLOSE_REASON_KEEPALIVE
        self._end("libvirt does not answer any more" if keepalive else "libvirt closed the connection")

    def _leave(self) -> None:
        import libvirt_qemu

        steps: tuple[Callable[[], Any], ...] = (
            lambda: libvirt_qemu.qemuMonitorEventDeregister(self._connection, self._events),
            lambda: self._connection.domainEventDeregisterAny(self._life),
            self._connection.unregisterCloseCallback,
            self._connection.close,
        )
        for step in steps:
            try:
                step()
            except self._libvirt.libvirtError:
                pass  # libvirt is gone already

    def _is_tainted(self) -> bool:
        """Return whether an earlier command has tainted the domain already (libvirt 7.1 tells)."""
        try:
            kinds = self._libvirt.VIR_DOMAIN_MESSAGE_TAINTING
            return any("custom monitor" in text for text in self._domain.messages(kinds))
        except (AttributeError, self._libvirt.libvirtError):
            return False
