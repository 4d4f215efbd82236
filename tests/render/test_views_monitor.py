from __future__ import annotations

from base64 import b64encode

import pytest

from qmonsh.render.text import render_text


def test_commands_are_a_sorted_list() -> None:
    assert render_text([{"name": "stop"}, {"name": "cont"}], view="query-commands") == "cont\nstop\n"


def test_command_line_options_show_types_defaults_and_help() -> None:
    value = [
        {"option": "b", "parameters": []},
        {
            "option": "a",
            "parameters": [
                {"name": "x", "type": "number", "default": "1", "help": "how many"},
                {"name": "longer", "type": "string"},
            ],
        },
    ]
    assert render_text(value, view="query-command-line-options").splitlines() == [
        "-a",
        "  x:       number (default 1)  how many",
        "  longer:  string",
        "-b",
    ]


def test_qom_list_shows_children_first() -> None:
    value = [
        {"name": "type", "type": "string", "description": "what"},
        {"name": "peripheral", "type": "child<container>"},
    ]
    assert render_text(value, view="qom-list").splitlines() == [
        "peripheral (child<container>)",
        "type       (string)  what",
    ]


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (134217728, "size", "128 MiB (134217728)\n"),
        (134217728, "bootindex", "134217728\n"),
        (True, "realized", "true\n"),
        ([1, 2], "host-nodes", "1\n2\n"),
        ({"a": 1}, "x", "a:  1\n"),
        ("52:54:00:12:34:56", "mac", "52:54:00:12:34:56\n"),
    ],
)
def test_qom_get_shows_bytes_with_their_unit(value: object, name: str, text: str) -> None:
    assert render_text(value, view="qom-get", options={"path": "/x", "property": name}) == text


def test_trace_events_are_worded_as_hmp_does() -> None:
    value = [{"name": n, "state": s} for n, s in (("a", "enabled"), ("b", "disabled"), ("c", "unavailable"))]
    shown = render_text(value, view="info trace-events")
    assert shown == "a : state 1\nb : state 0\nc : state 0 (unavailable)\n"


SCHEMAS = [
    {
        "provider": "kvm",
        "target": "vm",
        "stats": [
            {"name": "exits", "type": "cumulative"},
            {"name": "wait", "type": "cumulative", "unit": "seconds", "base": 10, "exponent": -9},
            {"name": "mem", "type": "peak", "unit": "bytes", "base": 2, "exponent": 10},
        ],
    }
]


def test_statistics_with_and_without_their_schemas() -> None:
    stats = [
        {"name": "exits", "value": 5},
        {"name": "wait", "value": [1, 0]},
        {"name": "other", "value": True},
    ]
    value = [{"provider": "kvm", "qom-path": "/cpu", "stats": stats}]
    assert render_text(value, view="info stats").splitlines() == [
        "provider: kvm /cpu",
        "    exits:  5",
        "    wait:   [1]=1 [2]=0",
        "    other:  yes",
    ]
    known = render_text(value, view="info stats", options={"schemas": SCHEMAS})
    assert "exits (cumulative):" in known and "wait (cumulative, ns):" in known


def test_statistics_schemas_are_a_table() -> None:
    assert render_text(SCHEMAS, view="query-stats-schemas").splitlines() == [
        "provider  target  name   type",
        "kvm       vm      exits  cumulative",
        "kvm       vm      wait   cumulative, ns",
        "kvm       vm      mem    peak, * 2^10 bytes",
    ]


def test_firmware_log_is_decoded_and_escaped() -> None:
    log = b64encode(b"SecCoreStartup\r\n\x1b[2Jevil \xff\n").decode()
    shown = render_text({"version": "edk2", "log": log}, view="info firmware-log")
    assert shown == "[ firmware version: edk2 ]\nSecCoreStartup\n\\x1b[2Jevil \\xff\n\n"


def test_colo_status() -> None:
    value = {"mode": "primary", "last-mode": "none", "reason": "none"}
    assert render_text(value, view="query-colo-status") == "COLO mode: primary, last: none\nreason: none\n"


def test_properties_are_tabulated_by_name_and_empty_columns_left_out() -> None:
    value = [
        {"name": "b", "type": "bool", "default-value": False, "description": "on/off"},
        {"name": "a", "type": "str"},
    ]
    assert render_text(value, view="device-list-properties").splitlines() == [
        "property  type  default  description",
        "a         str",
        "b         bool  false    on/off",
    ]
    assert render_text(value[1:], view="qom-list-properties").splitlines() == [
        "property  type",
        "a         str",
    ]
    assert render_text([], view="qom-list-properties") == "(none)\n"


def test_types_are_tabulated_by_name() -> None:
    value = [{"name": "z", "parent": "device"}, {"name": "a", "abstract": True, "parent": "device"}]
    assert render_text(value, view="qom-list-types").splitlines() == [
        "type  parent  notes",
        "a     device  abstract",
        "z     device",
    ]


def test_values_of_several_objects_are_told_object_by_object() -> None:
    value = [
        {
            "properties": [
                {"name": "size", "type": "uint64", "value": 1048576},
                {"name": "a", "type": "link<x>"},
            ]
        },
        {"properties": []},
    ]
    assert render_text(value, view="qom-list-get").splitlines() == [
        "[0]",
        "  a:     ?  (link<x>)",
        "  size:  1 MiB (1048576)  (uint64)",
        "",
        "[1]",
    ]
