"""``each`` over 10, 50 and 200 monitors beside a loop of one-shots, and over ssh."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Curve, Row, Unmeasured, in_turns, milliseconds, qmonsh

#: Monitors that ``each`` is measured with.
SIZES = (10, 50, 200)
FLEET = max(SIZES)


def start_fleet(qemu: str, folder: Path, children: list[subprocess.Popen[bytes]]) -> None:
    """Start FLEET small QEMUs with a socket each, eight at a time, and add them to ``children``."""
    words = [qemu, "-machine", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S"]
    paths = [folder / f"vm{number:03d}.sock" for number in range(FLEET)]
    for number in range(FLEET + 8):
        if number < FLEET:
            children.append(subprocess.Popen([*words, "-qmp", f"unix:{paths[number]},server=on,wait=off"]))
        until = time.monotonic() + 60
        while number >= 8 and not paths[number - 8].exists():
            if time.monotonic() > until:
                raise Unmeasured(f"no socket {paths[number - 8]}")
            time.sleep(0.005)


def fleet(qemu: str, folder: Path) -> Iterator[Row | Curve]:
    """Yield ``each`` over growing fleets beside one-shots one after another, and its budget."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        start_fleet(qemu, folder, children)
        yield from _measure([str(folder / f"vm{number:03d}.sock") for number in range(FLEET)])
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()


def _measure(paths: list[str]) -> Iterator[Row | Curve]:
    qmonsh("each", *paths, "--", "info", "status")
    singles = [milliseconds(lambda path=path: qmonsh(path, "info", "status")) for path in paths[: SIZES[0]]]  # type: ignore[misc]
    points = []
    for size in SIZES:
        (ours,) = in_turns(lambda: qmonsh("each", *paths[:size], "--", "info", "status"), rounds=5)  # noqa: B023
        loop = sum(singles) / len(singles) * size
        points.append((size, ours))
        yield Row(f"each over {size} / a loop of one-shots", ours, loop)
    allowed = 3 * max(singles) + 5 * FLEET
    yield Row(f"each over {FLEET} / 3 x slowest single + 5 ms a monitor", ours, allowed, 1.0)
    yield Curve("  monitors of each", tuple(points))


def fleet_over_ssh() -> Iterator[Row]:
    """Yield ``each`` over many hosts beside as many plain logins at once."""
    from tests.fleet.measure import over_ssh
    from tests.real.sshd import is_possible

    if not is_possible():
        raise Unmeasured("each over ssh: no OpenSSH server and client here")
    for what, ours, allowed in over_ssh():
        yield Row(what, ours, allowed, 1.0)
