"""How long completion takes with all that a QEMU 11.1 knows: 544 drivers, 106,000 properties, many devices.

Budgets: 95 of 100 completions under 10 ms, and no more with 500 devices than with none. Needs the captured
replies. ``python -m tests.bench.completion`` prints the slowest lines.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.engine import complete
from qmonsh.complete.question import Question, question
from tests.bench.measure import Curve, Row, Unmeasured
from tests.complete.frozen import answer_of, captured
from tests.conftest import SHARED

VERSION = "11.1"
ROUNDS = 5
BUDGET = 10.0
COUNTS = (5, 50, 500)

#: Lines with the longest menus, and what people type most.
LINES = (
    "", "q", "query-", "info ", "info b", "help ", "device_add ", "device_add v", "device_add net",
    "device_add virtio-net-pci,", "device_add virtio-net-pci,m", "device_add virtio-net-pci,netdev=",
    "device_add virtio-net-pci,netdev=net4", "device_add virtio-net-pci,bus=",
    "device_add virtio-blk-pci,drive=",
    "device_add max-x86_64-cpu,", "device_add max-x86_64-cpu,vmx", "device_add virtio-blk-pci,werror=",
    "device_del ", "device_del dev4", "netdev_del ", "object_del ", "qom-list /machine/peripheral/",
    "qom-list /machine/peripheral/dev4", "qom-get dev17 ", "blockdev-add driver=",
    "blockdev-add driver=qcow2 ",
    "blockdev-add driver=qcow2 file.driver=nbd file.", "blockdev-del node-name=", "block-commit device=",
    "object_add memory-backend-file,", "chardev-add socket,", "netdev_add user,", "trace-event ",
    "trace-event virtio", "sendkey ctrl-alt-", "migrate_set_parameter ", "migrate_set_capability ",
    '{"execute": "', '{"execute": "device_add", "arguments": {"driver": "',
    '{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "', "set_link ", "chardev-remove ",
)  # fmt: skip


def many(count: int) -> dict[str, Any]:
    """Return the replies of a VM with ``count`` devices, each with its port, netdev, disk and chardev."""
    devices = [f"dev{number}" for number in range(count)]
    tree = "".join(
        f'      dev: pcie-root-port, id "rp{number}"\n        chassis = {number}\n        bus: rp{number}\n'
        f'          type PCIE\n          dev: virtio-net-pci, id "{name}"\n            mq = false\n'
        for number, name in enumerate(devices)
    )
    peripheral = [{"name": name, "type": "child<virtio-net-pci>"} for name in devices]
    nodes = [
        {"node-name": f"node{number}", "drv": "qcow2", "file": "/vm/a", "image": {"virtual-size": 1 << 30}}
        for number in range(count)
    ]
    return {
        "hmp:info qtree -b": f"bus: pcie.0\n  type PCIE\n{tree}",
        "hmp:info network": "".join(
            f"{name}: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56\n"
            f" \\ net{number}: index=0,type=user,net=10.0.2.0,restrict=off\n"
            for number, name in enumerate(devices)
        ),
        "query-named-block-nodes": nodes,
        "query-block": [{"device": node["node-name"], "inserted": node} for node in nodes],
        "query-chardev": [{"label": f"chr{number}", "filename": "null"} for number in range(count)],
        "/machine/peripheral": peripheral,
        "/machine/peripheral-anon": [],
        "/machine": [{"name": "peripheral", "type": "child<container>"}],
        "/objects": [{"name": f"obj{number}", "type": "child<iothread>"} for number in range(count)],
        "/machine/peripheral/dev17": [{"name": f"p{number}", "type": "bool"} for number in range(90)],
    }


def facts_with(count: int) -> FrozenFacts:
    """Return the captured facts with ``count`` devices in place of the few that were there."""
    devices = many(count)
    trace = captured(VERSION, "hmp-info-trace-events.txt").splitlines()
    events = [{"name": row.split(" ", 1)[0], "state": "disabled"} for row in trace]

    def answer(asked: Question) -> Any:
        key = str(dict(asked.arguments).get("path", asked.command))
        if asked.command == "trace-event-get-state":
            return events
        if asked.command == "qom-get":
            return True
        return devices[key] if key in devices else answer_of(VERSION, asked)

    known: dict[Question, Any] = {}

    def once(asked: Question) -> Any:
        if asked not in known:
            known[asked] = answer(asked)
        return known[asked]

    return FrozenFacts(answer=once)


def load_everything(facts: FrozenFacts) -> int:
    """Have every driver's properties known, as after a long session; return their number."""
    total = 0
    for driver, reply in captured(VERSION, "device-list-properties.json.gz").items():
        if isinstance(reply, list):
            facts.get(question("device-list-properties", typename=driver))
            line = f"device_add {driver},"
            total += len(complete(line, len(line), facts).candidates)
    return total


def times(facts: FrozenFacts, *, changed: bool = False, lines: tuple[str, ...] = LINES) -> list[float]:
    """Return the milliseconds of each completion; with ``changed`` all was worked out anew before."""
    found = []
    for _ in range(ROUNDS):
        for line in lines:
            if changed:
                facts.memo.clear()
            start = time.perf_counter()
            complete(line, len(line), facts)
            found.append((time.perf_counter() - start) * 1000)
    return sorted(found)


def percentile(sorted_times: list[float], part: float) -> float:
    return sorted_times[min(len(sorted_times) - 1, int(len(sorted_times) * part))]


def rows() -> Iterator[Row | Curve]:
    """Yield the budgets, the latencies by the size of the menu, and how they grow with devices."""
    if not SHARED.is_dir():
        raise Unmeasured(f"completion with all of a QEMU's knowledge: no captured replies at {SHARED}")
    points = []
    for count in COUNTS:
        facts = facts_with(count)
        load_everything(facts)
        times(facts)
        taken = times(facts)
        points.append((count, percentile(taken, 0.95)))
    what = f"any completion, 95%, 106,000 properties, {COUNTS[-1]} devices / 10 ms"
    yield Row(what, points[-1][1], BUDGET, 1.0)
    for least, most in ((0, 10), (10, 100), (100, 1000), (1000, 10**6)):
        yield from _by_menu(facts, least, most)
    yield Row(f"any completion, {COUNTS[-1]} devices / {COUNTS[0]}", points[-1][1], points[0][1], 2.0)
    yield Curve("  devices of any completion, 95%", tuple(points))


def _by_menu(facts: FrozenFacts, least: int, most: int) -> Iterator[Row]:
    """Yield the middle, the 95th percentile and the worst of the lines whose menus have so many rows."""
    lines = tuple(line for line in LINES if least <= len(complete(line, len(line), facts).candidates) < most)
    if not lines:
        return
    taken = times(facts, lines=lines)
    size = f"{least} to {most - 1}" if most < 10**6 else f"{least} and more"
    for word, part in (("50%", 0.5), ("95%", 0.95), ("worst", 1.0)):
        what = f"  menus of {size} rows ({len(lines)} lines), {word} / 10 ms"
        yield Row(what, percentile(taken, part), BUDGET)


def main(say: Callable[[str], object] = sys.stdout.write) -> None:
    """Print what each line takes at worst."""
    for count in (0, 500):
        facts = facts_with(count)
        properties = load_everything(facts)
        for line in LINES:
            complete(line, len(line), facts)
        warm = times(facts)
        say(f"{count} devices, {properties} properties: median {percentile(warm, 0.5):.2f} ms,")
        say(f" 95% {percentile(warm, 0.95):.2f} ms, worst {warm[-1]:.2f} ms\n")
        slow = []
        for line in LINES:
            facts.memo.clear()
            start = time.perf_counter()
            found = complete(line, len(line), facts)
            cold = (time.perf_counter() - start) * 1000
            start = time.perf_counter()
            complete(line, len(line), facts)
            slow.append((cold, (time.perf_counter() - start) * 1000, len(found.candidates), line))
        for cold, again, rows, line in sorted(slow, reverse=True)[:12]:
            say(f"  first {cold:7.2f} ms, then {again:6.2f} ms, {rows:5} rows  {line}\n")


if __name__ == "__main__":
    main()
