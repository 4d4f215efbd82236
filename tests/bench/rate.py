"""Going rates: scripted commands a second, events a second and what a flood of them takes of memory."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

from tests.bench.measure import (
    Row,
    in_turns,
    metered,
    milliseconds,
    peer,
    qmonsh,
    qmonsh_words,
    run,
)
from tests.bench.monitor import talkative
from tests.real.machine import VM
from tests.real.raw import RawQmp

#: Lines of a script, to measure commands a second.
LINES = 3000
EVENTS = 100_000
#: Times that four lines come in a script in which no two are alike.
ROUNDS = 100


def ping_pong(vm: VM) -> None:
    with RawQmp(vm.monitors[0].connect()) as raw:
        for _ in range(LINES):
            raw.execute("query-status")


def commands(vm: VM) -> Iterator[Row]:
    """Yield the rate of a script beside a bare loop and, when there is one, qmp-shell."""
    lines = "query-status\n" * LINES
    empty, script, loop = in_turns(
        lambda: qmonsh(vm.path, "--json", "query-status"),
        lambda: qmonsh(vm.path, "--json", stdin=lines),
        lambda: ping_pong(vm),
        rounds=5,
    )
    # Start-up is measured by the one-shots; here only the going rate counts.
    rate = LINES / (script - empty) * 1000
    yield Row(
        "scripted commands a second / ping-pong loop", rate, LINES / loop * 1000, 0.7, unit="/s", faster=True
    )
    shell = peer("qmp-shell")
    short, long = in_turns(
        lambda: run(shell, vm.path, stdin="query-status\n"),
        lambda: run(shell, vm.path, stdin=lines),
        rounds=3,
    )
    yield Row("scripted commands a second / qmp-shell", rate, LINES / (long - short) * 1000, unit="/s")


def varied(vm: VM) -> Row:
    """Return the rate of a script in which no line comes twice, acts among them, beside a loop."""
    lines = [
        f"object_add rng-builtin,id=o{n}\nqom-get /objects/o{n} type\nxp /{n + 1}xb 0\nobject_del o{n}\n"
        for n in range(ROUNDS)
    ]

    def loop() -> None:
        with RawQmp(vm.monitors[0].connect()) as raw:
            for n in range(ROUNDS):
                raw.execute("object-add", qom_type="rng-builtin", id=f"o{n}")
                raw.execute("qom-get", path=f"/objects/o{n}", property="type")
                raw.human(f"xp /{n + 1}xb 0")
                raw.execute("object-del", id=f"o{n}")

    empty, script, bare = in_turns(
        lambda: qmonsh(vm.path, "--json", stdin=lines[0]),
        lambda: qmonsh(vm.path, "--json", stdin="".join(lines)),
        loop,
        rounds=5,
    )
    what, count = "scripted lines a second, no two alike / the same in a loop", 4 * ROUNDS
    return Row(what, count / (script - empty) * 1000, count / bare * 1000, unit="/s")


def api(vm: VM) -> Row:
    from qmonsh import connect

    def ours() -> None:
        with connect(vm.path) as monitor:
            for _ in range(LINES):
                monitor.execute("query-status")

    mine, loop = in_turns(ours, lambda: ping_pong(vm), rounds=5)
    what = "Connection.execute a second / ping-pong loop"
    return Row(what, LINES / mine * 1000, LINES / loop * 1000, unit="/s")


def flood() -> Iterator[Row]:
    """Yield events a second through a one-shot beside a bare loop, and the memory that a flood takes."""
    with talkative(events=EVENTS) as (path, _):
        yield from _flood(path)


def _flood(path: str) -> Iterator[Row]:
    shown = qmonsh_words(path, "--json", "--events", '{"execute": "x"}')
    count = qmonsh(*shown[len(qmonsh_words()) :]).count('"event"')
    meter = metered(shown)
    bare = min(milliseconds(lambda: _read_flood(path)) for _ in range(3))
    yield Row(f"events lost of {EVENTS:,} / that came", EVENTS - count, EVENTS, 0.0, unit="")
    rate = EVENTS / meter.total
    yield Row("events printed a second / json.loads of each line", rate, EVENTS / bare * 1000, unit="/s")
    quiet = metered(qmonsh_words(path, "--json", '{"execute": "qmp_capabilities"}'))
    what = f"memory with {EVENTS:,} events / with none"
    yield Row(what, meter.memory, quiet.memory, 1.2, unit="MiB")


def _read_flood(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        with sock.makefile("rwb") as file:
            file.readline()
            for name in ("qmp_capabilities", "x"):
                file.write(json.dumps({"execute": name}).encode() + b"\n")
                file.flush()
                while "return" not in json.loads(file.readline()):
                    pass
