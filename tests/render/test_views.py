from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.render.form import Form, Previous
from qmonsh.render.layout import columns_of
from qmonsh.render.text import render_text, stream_text
from qmonsh.render.views import Look, find_view, registered, view
from tests.render.recorded import CAPTURES, Record, records
from tests.render.test_escape import is_dangerous
from tests.render.test_json_text import JSON, long_list

RECORDS = records()
VIEWS = sorted(registered())


def test_two_views_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="query-status"):
        view("query-status")(lambda value, look: iter(()))


@pytest.mark.parametrize(
    ("line", "key", "hints"),
    [
        ("query-block", "query-block", {}),
        ("info block", "query-block", {}),
        ("  info   block  -nv ", "query-block", {"nodes": True, "verbose": True}),
        ("info block -v d", "query-block", {"verbose": True, "device": "d", "path": "d", "cpu": "d"}),
        ("info migrate -a", "query-migrate", {"all": True}),
    ],
)
def test_find_view_reads_lines(line: str, key: str, hints: dict[str, Any]) -> None:
    assert find_view(line) == (find_view(key)[0], hints)


@pytest.mark.parametrize("line", ["", "info", "info nosuch", "query-nosuch", "status", "-v"])
def test_find_view_of_unknown_lines_is_none(line: str) -> None:
    assert find_view(line)[0] is None


def test_look_gives_hints_as_printable_text() -> None:
    look = Look(options={"device": "d\x1b", "verbose": True, "all": False, "cpu": 1})
    names = ("device", "verbose", "all", "cpu", "none")
    assert [look.option(name) for name in names] == ["d\\x1b", "true", "", "1", ""]


def test_every_structured_info_word_has_a_view() -> None:
    """The words of HMP whose answer is structured in QMP (hmp-qmp-map.json, kinds other than text)."""
    words = (
        "accelerators balloon block block-jobs blockstats chardev cpus cryptodev dirty_rate dump "
        "firmware-log hotpluggable-cpus iothreads kvm memdev memory-devices memory_size_summary mice migrate "
        "migrate_cache_size migrate_capabilities migrate_parameters name pci replay rocker rocker-ports "
        "rocker-of-dpa-flows rocker-of-dpa-groups sev sgx snapshots spice stats status tpm trace-events uuid "
        "vcpu_dirty_limit version virtio virtio-status virtio-queue-status virtio-queue-element "
        "virtio-vhost-queue-status vm-generation-id vnc"
    )
    assert {f"info {word}" for word in words.split()} <= registered()


#: Commands that return data and are left to their shape: the reason each.
BY_SHAPE = {
    "add-fd": "two numbers",
    "chardev-add": "a path at most",
    "chardev-change": "a path at most",
    "human-monitor-command": "text",
    "query-acpi-ospm-status": "a flat table",
    "query-audiodevs": "a table; each kind of back end has other members",
    "query-current-machine": "flags",
    "query-display-options": "a few members; each display has others",
    "query-dump-guest-memory-capability": "a list",
    "query-gic-capabilities": "a flat table",
    "query-migrationthreads": "a flat table",
    "query-pr-managers": "a flat table",
    "query-qmp-schema": "for programs",
    "query-s390x-cpu-polarization": "a word",
    "query-sev-attestation-report": "a blob",
    "query-sev-capabilities": "blobs and numbers",
    "query-sev-launch-measure": "a blob",
    "query-target": "a word",
    "query-tpm-models": "a list",
    "query-tpm-types": "a list",
    "query-xen-replication-status": "a flag and a sentence",
    "query-yank": "a flat table",
    "request-ebpf": "a blob",
    "ringbuf-read": "text",
    "x-debug-block-dirty-bitmap-sha256": "a word",
    "xen-event-list": "a flat table",
}


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="no ../shared/captures beside this checkout")
def test_every_command_that_returns_data_has_a_view_or_a_reason() -> None:
    """Counted over the schemas of all captured versions, qemu-storage-daemon's too."""
    returning = set()
    for path in CAPTURES.glob("*/*query-qmp-schema.json"):
        entities = {entity["name"]: entity for entity in json.loads(path.read_text())["return"]}
        for entity in entities.values():
            if entity["meta-type"] == "command" and _has_data(entities[entity["ret-type"]]):
                returning.add(entity["name"])
    assert len(returning) > 90
    assert returning - registered() == set(BY_SHAPE)


def _has_data(kind: dict[str, Any]) -> bool:
    members = [member["name"] for member in kind.get("members", ())]
    return kind["meta-type"] != "object" or bool(members and members != ["human-readable-text"])


def assert_is_safe(text: str, width: int | None) -> None:
    assert {c for c in set(text) if is_dangerous(c)} <= {"\n", "\t"}
    assert text == "" or text.endswith("\n")
    if width:
        assert all(columns_of(line) <= width for line in text.splitlines())


@given(st.sampled_from(VIEWS), JSON.filter(lambda v: not isinstance(v, str)), st.sampled_from([None, 60]))
def test_any_value_in_any_view_is_shown(key: str, value: Any, width: int | None) -> None:
    assert_is_safe(render_text(value, view=key, form=Form(width=width)), width)


#: What a hostile or future monitor may send in place of a member.
JUNK = st.sampled_from(
    [None, True, -1, 2**70, 10**400, 1e308, "", "\x1b[31m\u202e", "x" * 200, [], {}, [[]], [{}]]
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[Record, Any]:
    """Draw a real reply with some members missing, replaced, added or cut."""
    record = draw(st.sampled_from(RECORDS))
    value = copy.deepcopy(record.value)
    for _ in range(draw(st.integers(1, 4))):
        place = value
        while isinstance(place, dict | list) and place:
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
                place = inner
                continue
            if draw(st.booleans()):
                place[key] = copy.deepcopy(draw(JUNK))
            else:
                del place[key]
            break
    return record, value


@given(spoilt(), st.sampled_from([None, 60, 100]))
@settings(max_examples=400)
def test_a_spoilt_reply_is_shown_anyhow(case: tuple[Record, Any], width: int | None) -> None:
    record, value = case
    text = render_text(value, view=record.hmp or record.qmp, form=Form(width=width), previous=record.value)
    if not isinstance(value, str):
        assert_is_safe(text, width)


@given(spoilt())
def test_a_spoilt_previous_value_harms_nothing(case: tuple[Record, Any]) -> None:
    record, value = case
    text = render_text(record.value, view=record.hmp or record.qmp, previous=Previous(value, 1.0))
    assert_is_safe(text, None)


@pytest.mark.parametrize("key", ["query-named-block-nodes", "query-block", "query-pci"])
def test_chains_without_end_are_shown(key: str) -> None:
    deep: Any = {"filename": "f", "format": "raw", "virtual-size": 1}
    for _ in range(3000):
        deep = {"filename": "f", "format": "raw", "virtual-size": 1, "backing-image": deep}
    node = {
        "node-name": "a",
        "drv": "raw",
        "file": "f",
        "ro": False,
        "image": deep,
        "cache": {"writeback": True, "direct": False, "no-flush": False},
        "backing_file": "f",
        "backing_file_depth": 3000,
        "children": [{"child": "file", "node-name": "a"}],
    }
    bus: Any = {"bus": 0, "devices": []}
    for _ in range(3000):
        bus = {"bus": 0, "devices": [_bridge(bus["devices"])]}
    drive = {"device": "d", "inserted": node, "removable": False, "locked": False, "type": "unknown"}
    value = {"query-named-block-nodes": [node], "query-block": [drive], "query-pci": [bus]}[key]
    assert_is_safe(render_text(value, view=key, form=Form(width=80)), 80)


def _bridge(devices: list[Any]) -> dict[str, Any]:
    return {
        "bus": 0,
        "slot": 1,
        "function": 0,
        "class_info": {"class": 1540, "desc": "PCI bridge"},
        "id": {"device": 1, "vendor": 2},
        "qdev_id": "",
        "regions": [],
        "pci_bridge": {"bus": {}, "devices": devices},
    }


LISTS = [record for record in RECORDS if isinstance(record.value, list) and record.value]


@pytest.mark.parametrize("record", LISTS, ids=lambda r: r.name)
def test_a_list_looks_the_same_decoded_while_it_is_walked(record: Record) -> None:
    for line in filter(None, (record.hmp, record.qmp)):
        expected = render_text(record.value, view=line, form=Form(width=100))
        assert render_text(long_list(record.value), view=line, form=Form(width=100)) == expected


@pytest.mark.parametrize("key", ["query-block", "query-cpus-fast", "trace-event-get-state"])
def test_a_view_of_many_starts_before_the_end(key: str) -> None:
    value = next(record.value for record in RECORDS if record.qmp == key and record.value)
    pieces = stream_text(long_list(value * (400_000 // len(str(value))), broken=", x"), view=key)
    assert next(pieces)
    with pytest.raises(ProtocolError):
        list(pieces)
