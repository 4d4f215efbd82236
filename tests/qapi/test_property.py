from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.qapi.pair import Pair
from qmonsh.qapi.property import (
    NO_DEFAULT,
    Kind,
    Property,
    device_arguments,
    parse_properties,
    property_kind,
    property_values,
    reference_of,
    typed_property,
)
from qmonsh.qapi.scalar import ValueProblem
from tests.qapi.captured import VERSIONS, drivers, needs_captures, options, pointed_at, words

every_version = pytest.mark.parametrize("version", VERSIONS)

KINDS = [
    ("bool", Kind.BOOL),
    ("int", Kind.INT),
    ("uint8", Kind.INT),
    ("uint64", Kind.INT),
    ("int32", Kind.INT),
    ("int32_t", Kind.INT),
    ("uint4", Kind.INT),
    ("size", Kind.SIZE),
    ("str", Kind.STRING),
    ("string", Kind.STRING),
    ("busnr", Kind.STRING),
    ("QemuUUID", Kind.STRING),
    ("StrOrNull", Kind.STRING),
    ("SomethingNew", Kind.STRING),
    ("OnOffAuto", Kind.ENUM),
    ("OffAutoPCIBAR", Kind.ENUM),
    ("LostTickPolicy", Kind.ENUM),
    ("list", Kind.JSON),
    ("strList", Kind.JSON),
    ("IOThreadVirtQueueMappingList", Kind.JSON),
    ("SocketAddress", Kind.JSON),
    ("link<iothread>", Kind.LINK),
    ("child<container>", Kind.HIDDEN),
    ("X86CPUFeatureWordInfo", Kind.HIDDEN),
    ("GuestPanicInformation", Kind.HIDDEN),
    ("guest statistics", Kind.HIDDEN),
    ("struct tm", Kind.HIDDEN),
]


@pytest.mark.parametrize(("kind", "found"), KINDS)
def test_kind_of_every_type_string(kind: str, found: Kind) -> None:
    assert property_kind(Property("p", kind)) is found


def test_kind_of_an_unknown_enum_comes_from_its_description() -> None:
    assert property_kind(Property("p", "FutureMode", "How (fast/slow/none)")) is Kind.ENUM


def test_pci_address_is_a_string_whatever_the_type_says() -> None:
    assert property_kind(Property("addr", "int32")) is Kind.STRING
    assert property_kind(Property("addr", "str")) is Kind.STRING
    assert property_kind(Property("addr", "uint64")) is Kind.INT  # pc-dimm
    assert property_kind(Property("node-id", "int32")) is Kind.INT
    assert typed_property(Property("addr", "int32"), "06.0") == "06.0"
    assert typed_property(Property("addr", "uint64"), "0x100000000") == 1 << 32


VALUES = [
    ("bool", "on", True),
    ("bool", "n", False),
    ("int", "-3", -3),
    ("int", "1M", 1 << 20),
    ("uint32", "010", 8),
    ("uint16", "0x10", 16),
    ("int64", "-1", -1),
    ("size", "1.5M", 3 << 19),
    ("size", "0.3k", 307),
    ("size", "010", 10),
    ("size", "8388608", 8388608),
    ("str", "5", "5"),
    ("str", "on", "on"),
    ("string", "null", "null"),
    ("OnOffAuto", "auto", "auto"),
    ("PCIELinkSpeed", "16", "16"),
    ("BlockdevOnError", "something-new", "something-new"),
    ("link<iothread>", "/objects/i0", "/objects/i0"),
    ("busnr", "0", "0"),
    ("list", "[1]", [1]),
    ("IOThreadVirtQueueMappingList", '[{"iothread":"i0"}]', [{"iothread": "i0"}]),
    ("SocketAddress", "{'type':'unix'}", {"type": "unix"}),
]


@pytest.mark.parametrize(("kind", "text", "value"), VALUES)
def test_text_of_every_kind(kind: str, text: str, value: Any) -> None:
    found = typed_property(Property("p", kind), text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "nearest"),
    [
        ("bool", "ON", "on"),
        ("bool", "1", "on"),
        ("uint32", "4k", "4096"),
        ("uint32", "1.0", ""),
        ("uint32", "x", ""),
        ("size", "x", ""),
        ("size", "1e3", ""),
        ("OnOffAuto", "yes", "on"),
        ("OnOffAuto", "aut", "auto"),
        ("list", "a,b", ""),
        ("list", "[1", ""),
        ("child<x>", "y", ""),
    ],
)
def test_text_that_cannot_be_right(kind: str, text: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        typed_property(Property("p", kind), text)
    assert problem.value.nearest == nearest


DESCRIPTIONS = [
    (
        "Error handling policy (report/ignore/enospc/stop/auto)",
        ("report", "ignore", "enospc", "stop", "auto"),
    ),
    ("FDC drive type, 144/288/120/none/auto", ("144", "288", "120", "none", "auto")),
    ("multifd_compression values, none/zlib/zstd", ("none", "zlib", "zstd")),
    ("2_5/5/8/16/32/64", ("2_5", "5", "8", "16", "32", "64")),
    ("Migration mode (normal/cpr-reboot)", ("normal", "cpr-reboot")),
    ("1/2/4", ("1", "2", "4")),
    ("no list here", ()),
    ("", ()),
    ("a/b/c is the choice", ()),
]


@pytest.mark.parametrize(("description", "values"), DESCRIPTIONS)
def test_values_learnt_from_a_description(description: str, values: tuple[str, ...]) -> None:
    assert property_values(Property("p", "SomeEnum", description)) == values


def test_values_are_not_learnt_for_other_types() -> None:
    assert property_values(Property("host", "str", "Address (bus/device/function)")) == ()
    assert property_values(Property("p", "bool", "on/off")) == ("on", "off")


REFERENCES = [
    (Property("chr", "str", "ID of a chardev to use as a backend"), "chardev"),
    (Property("nd", "str", "ID of a netdev to use as a backend"), "netdev"),
    (Property("d", "str", "Node name or ID of a block device to use as a backend"), "block"),
    (Property("a", "str", "ID of an audiodev to use as a backend"), "audiodev"),
    (Property("t", "str", "ID of a tpm to use as a backend"), "tpm"),
    (Property("chardev", "string"), "chardev"),
    (Property("failover_pair_id", "str"), "device"),
    (Property("memdev", "link<memory-backend>"), "memory-backend"),
    (Property("iothread", "link<iothread>"), "iothread"),
    (Property("memory", "link<memory-region>"), None),
    (Property("sysbus-irq", "link<irq>"), None),
    (Property("serial", "str"), None),
    (Property("drive", "uint32"), None),
]


@pytest.mark.parametrize(("one", "found"), REFERENCES)
def test_reference_to_a_live_name(one: Property, found: str | None) -> None:
    assert reference_of(one) == found


#: QEMU-FACTS a: enum-ish properties whose values descriptions tell, and all of them.
ENUMS = {"5.2": (224, 226), "7.2": (264, 266), "10.0": (316, 329), "11.1": (388, 408)}


@needs_captures
@every_version
def test_values_are_known_for_every_enum_of_every_driver(version: str) -> None:
    found: Counter[bool] = Counter()
    for properties in drivers(version).values():
        for one in properties.values():
            if property_kind(one) is Kind.ENUM or one.type == "StrOrNull":
                found[bool(property_values(one))] += 1
    learnable, every = ENUMS[version]
    assert found.total() == every
    assert found[True] >= learnable


@needs_captures
@every_version
def test_default_value_survives_the_way_through_text(version: str) -> None:
    tried = 0
    for driver, properties in drivers(version).items():
        for one in properties.values():
            if one.default is NO_DEFAULT or property_kind(one) is Kind.HIDDEN:
                continue
            if one.name == "addr" and isinstance(one.default, int):
                continue  # a PCI address, as text only
            tried += 1
            value = typed_property(one, _as_text(one.default))
            assert value == one.default, f"{driver}.{one.name}"
            assert type(value) is type(one.default), f"{driver}.{one.name}"
    assert tried > 5000


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else json.dumps(value)


@needs_captures
@every_version
def test_every_backend_description_gives_a_reference(version: str) -> None:
    counts: Counter[str | None] = Counter()
    for properties in drivers(version).values():
        for one in properties.values():
            if "to use as a backend" in one.description:
                counts[reference_of(one)] += 1
    assert None not in counts
    assert set(counts) == {"chardev", "netdev", "audiodev", "tpm", "block"}


NET = parse_properties(
    [
        {"name": "mac", "type": "str", "description": "Ethernet 6-byte MAC Address"},
        {"name": "netdev", "type": "str"},
        {"name": "mq", "type": "bool", "default-value": False},
        {"name": "vectors", "type": "uint32", "default-value": 4294967295},
        {"name": "addr", "type": "int32"},
        {"name": "disable-legacy", "type": "OnOffAuto", "description": "on/off/auto"},
        {"name": "notify", "type": "bool"},
        {"name": "iothread-vq-mapping", "type": "IOThreadVirtQueueMappingList"},
        {"name": "parent[0]", "type": "child<x>"},
        {"type": "bool"},
        "garbage",
    ]
)


def test_properties_of_a_foreign_shape_are_left_out() -> None:
    assert len(NET) == 9
    assert NET["mq"].default is False
    assert NET["mac"].default is NO_DEFAULT
    assert parse_properties(None) == {} == parse_properties({"a": 1})


LINES = [
    ("", {}),
    ("id=n0,bus=pci.0", {"id": "n0", "bus": "pci.0"}),
    ("mac=52:54:00:12:34:56,mq=on,vectors=010", {"mac": "52:54:00:12:34:56", "mq": True, "vectors": 8}),
    ("addr=1a.0", {"addr": "1a.0"}),
    ("mq", {"mq": True}),
    ("nomq", {"mq": False}),
    ("notify", {"notify": True}),
    ("nonotify", {"notify": False}),
    ("disable-legacy", {"disable-legacy": "on"}),
    ("nodisable-legacy", {"disable-legacy": "off"}),
    ("vectors=1,vectors=2", {"vectors": 2}),
    ("mq=on,nomq", {"mq": False}),
    ("driver=other,mq=off", {"mq": False}),
    ("ports[0]=x", {"ports[0]": "x"}),
    ('iothread-vq-mapping=[{"iothread":"i0"}]', {"iothread-vq-mapping": [{"iothread": "i0"}]}),
    (
        "iothread-vq-mapping.0.iothread=i0,iothread-vq-mapping.0.vqs.0=1,iothread-vq-mapping.1.iothread=i1",
        {"iothread-vq-mapping": [{"iothread": "i0", "vqs": [1]}, {"iothread": "i1"}]},
    ),
]


@pytest.mark.parametrize(("line", "arguments"), LINES)
def test_device_options(line: str, arguments: dict[str, Any]) -> None:
    found = device_arguments("net", options(line), NET)
    assert found == {"driver": "net", **arguments}
    assert next(iter(found)) == "driver"


REFUSED = [
    ("netdv=n0", "net has no property 'netdv'", "netdv", "netdev"),
    ("mq=ON", "'ON' is not a boolean", "ON", "on"),
    ("vectors=4k", "'4k' is not an integer", "4k", "4096"),
    ("vectors", "'vectors' has no value", "vectors", "vectors="),
    ("mac", "'mac' has no value", "mac", "mac="),
    ("nomac", "'mac' has no value", "nomac", "mac="),
    ("disable-legacy=yes", "'yes' is not allowed", "yes", "on"),
    ("id=5", "identifier", "5", ""),
    ("parent[0]=x", "cannot be set", "x", ""),
    ("iothread-vq-mapping=i0", "write it as JSON", "i0", ""),
    ("mac.x=1", "net has no property 'mac.x'", "mac.x", ""),
]


@pytest.mark.parametrize(("line", "said", "at", "nearest"), REFUSED)
def test_device_options_that_cannot_be_right(line: str, said: str, at: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        device_arguments("net", options(line), NET)
    assert said in problem.value.problem
    assert pointed_at(line, problem.value) == at
    assert problem.value.nearest == nearest


def test_device_in_qmp_words_refuses_what_is_given_twice() -> None:
    with pytest.raises(ValueProblem, match="'mq' is given twice"):
        device_arguments("net", words("mq=on mq=off"), NET, last_wins=False)


def test_device_in_qmp_words_reads_numbers_and_booleans_as_qmp_does() -> None:
    assert device_arguments("net", words("mq=True vectors=8"), NET, last_wins=False) == {
        "driver": "net",
        "mq": True,
        "vectors": 8,
    }
    with pytest.raises(ValueProblem, match="octal or decimal"):
        device_arguments("net", words("vectors=010"), NET, last_wins=False)


def test_plain_int_has_suffixes_in_qom_set_only() -> None:
    family = {"family": Property("family", "int")}
    assert typed_property(family["family"], "1M") == 1 << 20
    with pytest.raises(ValueProblem, match="is not an integer"):
        device_arguments("cpu", options("family=1M"), family)


def test_device_takes_json_as_it_is_but_no_id_that_qemu_drops() -> None:
    assert device_arguments("net", words("mq:=true vectors:=5"), NET) == {
        "driver": "net",
        "mq": True,
        "vectors": 5,
    }
    with pytest.raises(ValueProblem, match="id: "):
        device_arguments("net", words("id:=5"), NET, last_wins=False)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*NET, "nomq", "id", "iothread-vq-mapping.0.x"]) | st.text(max_size=6),
            st.none() | st.text(max_size=6),
        ),
        max_size=5,
    )
)
def test_no_options_break_it(given_words: list[tuple[str, str | None]]) -> None:
    try:
        device_arguments("net", [Pair(key, value) for key, value in given_words], NET)
    except ValueProblem as problem:
        assert problem.problem


@given(st.builds(Property, *[st.text(max_size=8)] * 3, st.none()), st.text(max_size=8))
def test_no_property_breaks_it(one: Property, text: str) -> None:
    assert isinstance(property_values(one), tuple)
    assert reference_of(one) is None or reference_of(one)
    try:
        typed_property(one, text)
    except ValueProblem as problem:
        assert problem.problem
