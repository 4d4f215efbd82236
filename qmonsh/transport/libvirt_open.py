"""A domain of libvirt, connected to within a deadline that libvirt itself does not know.

Knows libvirt-python (the extra ``libvirt``): its event loop, its connections, how a domain is found. Must not
know monitors (libvirt_monitor.py), nor what failures mean (libvirt_failure.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from qmonsh.target import Target
from qmonsh.transport import libvirt_failure
from qmonsh.transport.libvirt_monitor import LibvirtTransport

#: A dead libvirtd is noticed after this many unanswered questions, one each so many seconds (6 s measured).
ALIVE_INTERVAL = 2
ALIVE_COUNT = 2

_loop_lock = threading.Lock()
_loop: threading.Thread | None = None


def open_libvirt(target: Target, *, until: float) -> LibvirtTransport:
    """Return a transport to ``libvirt:DOMAIN``; raises ConnectError. ``until`` is a time of monotonic()."""
    try:
        import libvirt  # type: ignore[import-untyped, import-not-found, unused-ignore]
        import libvirt_qemu  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: F401
    except ImportError as error:
        raise libvirt_failure.not_installed(target, error) from error
    # libvirt would print its errors on stderr as well.
    libvirt.registerErrorHandler(lambda context, error: None, None)
    _start_loop(libvirt)
    return _bounded(lambda: _connect(libvirt, target), target, until)


def _connect(libvirt: Any, target: Target) -> LibvirtTransport:
    try:
        connection = libvirt.open(target.uri or None)
    except libvirt.libvirtError as error:
        raise libvirt_failure.not_connected(target, error) from error
    try:
        try:
            connection.setKeepAlive(ALIVE_INTERVAL, ALIVE_COUNT)
        except libvirt.libvirtError:
            pass  # a driver without a daemon
        return LibvirtTransport(libvirt, connection, _domain(libvirt, connection, target), target.address)
    except libvirt.libvirtError as error:
        connection.close()
        raise libvirt_failure.not_usable(target, error) from error
    except BaseException:
        connection.close()
        raise


def _domain(libvirt: Any, connection: Any, target: Target) -> Any:
    """Return the running domain of that name, id or UUID; without any, the only one that runs."""
    running = connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
    wanted = target.domain
    if not wanted and len(running) == 1:
        return running[0]
    for domain in running:
        if wanted and wanted in (domain.name(), str(domain.ID()), domain.UUIDString()):
            return domain
    defined = connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE)
    names = [domain.name() for domain in running]
    raise libvirt_failure.no_domain(target, names, [domain.name() for domain in defined])


def _bounded(make: Callable[[], LibvirtTransport], target: Target, until: float) -> LibvirtTransport:
    """Return what ``make`` returns; libvirt knows no deadlines, so it is left to a thread of its own."""
    made: list[LibvirtTransport] = []
    failed: list[BaseException] = []
    late = threading.Event()

    def run() -> None:
        try:
            made.append(make())
        except BaseException as error:
            failed.append(error)
        if late.is_set():
            for transport in made:
                transport.close()

    seconds = until - monotonic()
    thread = threading.Thread(target=run, name="libvirt opens", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if failed:
        raise failed[0]
    if not made:
        late.set()
        raise libvirt_failure.too_slow(target, seconds)
    return made[0]


def _start_loop(libvirt: Any) -> None:
    """Run libvirt's event loop in a thread, one for the whole process; must come before the first open."""
    global _loop

    def run() -> None:
        while True:
            try:
                libvirt.virEventRunDefaultImpl()
            except libvirt.libvirtError:
                pass  # a descriptor was closed under it; the next round is without it

    with _loop_lock:
        if _loop is None:
            libvirt.virEventRegisterDefaultImpl()
            _loop = threading.Thread(target=run, name="libvirt events", daemon=True)
            _loop.start()
