"""The whole observable state of a VM, with what must differ between two twins taken out.

Read over a plain QMP connection (raw.py), not by qmonsh, so that both twins are seen by the same eyes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.real.raw import RawQmp

#: Questions about the program, not the VM; some are slow. Asking for a driver's properties loads modules,
#: which add to query-chardev-backends.
_OF_THE_PROGRAM = frozenset(
    "query-qmp-schema query-commands query-command-line-options query-cpu-definitions query-events"
    " query-machines query-stats-schemas query-sev-capabilities query-sgx-capabilities"
    " query-chardev-backends query-target".split()
)
#: Statistics of the host: they count time, not what was done.
_OF_THE_HOST = frozenset(
    "x-query-jit x-query-opcount x-query-profile x-accel-stats x-query-irq x-query-interrupt-controllers"
    " query-iothreads query-dirty-rate query-migrationthreads query-replay".split()
)
#: HMP has words for these that no query-* has.
_INFO_WORDS = ("qtree", "network", "usernet", "block -v", "snapshots", "capture", "mice")

#: Members that count time, addresses of the host, or ids of threads.
_VOLATILE = frozenset(
    "thread-id thread_id date-sec date-nsec vm-clock-sec vm-clock-nsec date vm-clock icount"
    " wr_total_time_ns rd_total_time_ns flush_total_time_ns unmap_total_time_ns zone_append_total_time_ns"
    " idle_time_ns interval_length total-time downtime setup-time expected-downtime mbps dirty-pages-rate"
    " pages-per-second normal normal-bytes duplicate zero-pages transferred remaining precopy-bytes"
    " downtime-bytes dirty-sync-count actual-size last-access peer_pid guest-panic"
    " start-time connections vhost-timestamp vm-state-size guest_notifier host_notifier"
    " time-stats backend-sock dirty-sync-missed-zero-copy multifd-bytes".split()
)

_NOISE: tuple[tuple[str, str], ...] = (
    (r"/dev/pts/\d+", "/dev/pts/N"),
    (r"#block\d+", "#blockN"),
    (r"#chr\d+", "#chrN"),
    (r"compat_monitor\d+", "compat_monitorN"),
    (r"(?:ram|host|hva) ?(?:addr(?:ess)?)?[ :=]*0x[0-9a-f]{9,}", "host-address"),
    (r"0x(?:00)?00[57][0-9a-f]{11}\b", "host-address"),
    (r"(mirror|commit|stream|backup|null|file|host_device)-?top-?0x[0-9a-f]+", "filter"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s+[\d:.]+(?:\s+\d+)?", "DATE"),
    (r"(?<=actual-size\": )\d+", "0"),
    (r"disk size: [\d.]+ \w+", "disk size"),
    (r"\b(?:[\d.]+) [KMG]iB(?=\s+DATE)", "SIZE"),
)


class Reader:
    """Reads the state of one VM; ``own`` and ``ports`` are what only it has, with the word shown instead."""

    def __init__(self, qmp: RawQmp, own: dict[str, str], ports: dict[int, str]) -> None:
        self.qmp = qmp
        self._own = own
        before = r"([:\"=]|127\.0\.0\.1\s+)"
        self._ports = [(rf"{before}{port}\b", rf"\1{name}") for port, name in ports.items()]
        rows = qmp.value("query-commands")
        schema = qmp.value("query-qmp-schema")
        self._questions = sorted(_questions({row["name"] for row in rows}, schema))
        self.has_hmp = any(row["name"] == "human-monitor-command" for row in rows)

    def state(self, *, whole: bool) -> dict[str, Any]:
        """Return what every question answers, ready to be compared; ``whole``: of devices too."""
        found: dict[str, Any] = {}
        for question in self._questions:
            found[question] = self.plain(self.qmp.execute(question))
        for word in _INFO_WORDS if self.has_hmp else ():
            found[f"info {word}"] = self.plain(self.qmp.human(f"info {word}").split("\n"))
        for path in ("/objects", "/chardevs", *(["/machine/peripheral"] if whole else [])):
            found.update(self._objects(path))
        return found

    def plain(self, value: Any) -> Any:
        """Return a value without what differs between two VMs that are alike."""
        text = json.dumps(_without_volatile(value), sort_keys=True)
        return json.loads(self.plain_text(text))

    def plain_text(self, text: str) -> str:
        for own, word in self._own.items():
            text = text.replace(own, word)
        for pattern, word in (*self._ports, *_NOISE):
            text = re.sub(pattern, word, text)
        return text

    def _objects(self, path: str) -> Iterator[tuple[str, Any]]:
        reply = self.qmp.execute("qom-list", path=path)
        for row in reply.get("return", []):
            if row["type"].startswith("child<") and "monitor" not in row["name"]:
                yield self.plain_text(f"{path}/{row['name']}"), self._properties(f"{path}/{row['name']}")

    def _properties(self, path: str) -> dict[str, Any]:
        found = {}
        for row in self.qmp.value("qom-list", path=path):
            name, kind = row["name"], row["type"]
            if kind.startswith(("child<", "link<")) or kind.startswith("memory-region"):
                found[name] = kind
            elif not kind.startswith(("struct tm", "guest statistics")):
                reply = self.qmp.execute("qom-get", path=path, property=name)
                found[name] = self.plain(reply.get("return", reply.get("error")))
        return found


def _questions(commands: set[str], schema: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the commands that ask and need no argument."""
    entities = {one["name"]: one for one in schema}
    for name in commands:
        if not name.startswith(("query-", "x-query-", "x-accel-")) or name in _OF_THE_PROGRAM | _OF_THE_HOST:
            continue
        entity = entities.get(name)
        members = entities.get(entity["arg-type"], {}).get("members", []) if entity else []
        if all("default" in member for member in members):
            yield name


def _without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_volatile(one) for key, one in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        rows = [_without_volatile(one) for one in value]
        # Character devices come in the order of a hash table.
        is_unordered = all(isinstance(row, dict) and "label" in row for row in rows)
        return sorted(rows, key=lambda row: str(row["filename"])) if is_unordered else rows
    return value


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Yield each place where two states differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            if key not in ours:
                yield f"{path}/{key}: HMP only: {_short(theirs[key])}"
            elif key not in theirs:
                yield f"{path}/{key}: qmonsh only: {_short(ours[key])}"
            else:
                yield from differences(ours[key], theirs[key], f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}/{number}")
    elif ours != theirs:
        yield f"{path}: qmonsh {_short(ours)}, HMP {_short(theirs)}"


def _short(value: Any) -> str:
    return json.dumps(value, sort_keys=True)[:300]
