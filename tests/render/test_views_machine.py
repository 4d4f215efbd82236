from __future__ import annotations

from typing import Any

import pytest

from qmonsh.render.form import Form
from qmonsh.render.text import render_text


@pytest.mark.parametrize(
    ("line", "value", "text"),
    [
        ("info status", {"running": True, "status": "running", "singlestep": False}, "VM status: running\n"),
        (
            "info status",
            {"running": True, "status": "running", "singlestep": True},
            "VM status: running (single step mode)\n",
        ),
        ("info status", {"running": False, "status": "paused"}, "VM status: paused\n"),
        ("info status", {"running": False, "status": "io-error"}, "VM status: paused (io-error)\n"),
        (
            "info version",
            {"qemu": {"major": 2, "minor": 3, "micro": 0}, "package": " (qemu-kvm-ev-2.3.0-31.0.el7_2.21.1)"},
            "2.3.0 (qemu-kvm-ev-2.3.0-31.0.el7_2.21.1)\n",
        ),
        ("info name", {}, ""),
        ("info name", {"name": "evil\x1b[31m"}, "evil\\x1b[31m\n"),
        ("info kvm", {"enabled": False, "present": True}, "kvm support: disabled\n"),
        ("info kvm", {"enabled": False, "present": False}, "kvm support: not compiled\n"),
        (
            "info replay",
            {"mode": "record", "icount": 619648, "filename": "rr.bin"},
            "Recording execution 'rr.bin': instruction count = 619648\n",
        ),
        (
            "info replay",
            {"mode": "play", "icount": 5, "filename": "rr.bin"},
            "Replaying execution 'rr.bin': instruction count = 5\n",
        ),
        ("info accelerators", {"enabled": "tcg", "present": ["kvm", "tcg"]}, "kvm [tcg]\n"),
        (
            "info sgx",
            {
                "sgx": True,
                "sgx1": True,
                "sgx2": False,
                "flc": True,
                "sections": [{"node": 0, "size": 1048576}],
            },
            "SGX support: enabled\nSGX1 support: enabled\nSGX2 support: disabled\nFLC support: enabled\n"
            "NUMA node #0: size=1 MiB (1048576)\n",
        ),
    ],
)
def test_machine_line(line: str, value: Any, text: str) -> None:
    assert render_text(value, view=line) == text


def test_sev_shows_its_policy_in_words() -> None:
    value = {
        "enabled": True,
        "api-major": 1,
        "api-minor": 51,
        "build-id": 3,
        "policy": 1,
        "state": "running",
        "handle": 2,
        "sev-type": "sev",
    }
    assert render_text(value, view="info sev").splitlines() == [
        "SEV type:     sev",
        "state:        running",
        "build:        3",
        "api version:  1.51",
        "handle:       2",
        "policy:       0x1",
        "debug:        off",
        "key-sharing:  on",
    ]


def test_cpus_mark_the_monitors_own() -> None:
    value = [{"cpu-index": n, "thread-id": 10 + n, "props": {}, "qom-path": f"/c{n}"} for n in (0, 1)]
    assert render_text(value, view="info cpus", options={"cpu": 1}).splitlines() == [
        "  CPU #0: thread_id=10  /c0",
        "* CPU #1: thread_id=11  /c1",
    ]


def test_cpus_of_old_qemu() -> None:
    value = [{"CPU": 0, "thread_id": 7, "current": True, "halted": False, "qom_path": "/x"}]
    assert render_text(value, view="query-cpus") == "* CPU #0: thread_id=7\n"


def test_machines_are_sorted_and_noted() -> None:
    value = [
        {"name": "pc", "cpu-max": 255, "is-default": True, "deprecated": False, "hotpluggable-cpus": True},
        {"name": "old", "cpu-max": 1, "deprecated": True, "hotpluggable-cpus": False, "alias": "o"},
    ]
    assert render_text(value, view="query-machines", form=Form(width=90)).splitlines() == [
        "name  alias  cpu-max  default-cpu-type  default-ram-id  notes",
        "old   o            1                                    deprecated, no hotpluggable-cpus",
        "pc               255                                    default",
    ]


def test_cpu_models_tell_what_the_host_lacks() -> None:
    value = [
        {"name": "b", "static": True, "migration-safe": True, "unavailable-features": []},
        {"name": "a", "static": False, "migration-safe": False, "unavailable-features": ["avx", "pni"]},
    ]
    lines = render_text(value, view="query-cpu-definitions").splitlines()
    assert lines[1].split() == ["a", "not", "migration-safe", "avx,", "pni"]
    assert lines[2].split() == ["b", "static"]


def test_cpu_model_is_told_in_words() -> None:
    value = {
        "model": {
            "name": "base",
            "props": {"sse": True, "apic": True, "avx": False, "vendor": "x", "level": 5},
        },
        "deprecated-props": ["mpx"],
    }
    assert render_text(value, view="query-cpu-model-expansion").splitlines() == [
        "CPU model: base",
        "  on:          apic, sse",
        "  off:         avx",
        "  deprecated:  mpx",
        "  level:       5",
        "  vendor:      x",
    ]
    assert render_text({"model": {"name": "b"}}, view="query-cpu-model-baseline") == "CPU model: b\n"


def test_cpu_comparison_tells_what_decides() -> None:
    value = {"result": "superset", "responsible-properties": ["b", "a"]}
    text = render_text(value, view="query-cpu-model-comparison")
    assert text == "result: superset\nbecause of:  a, b\n"


def test_status_that_nobody_knows_is_told() -> None:
    assert (
        render_text({"status": "quantum", "running": True}, view="query-status")
        == "VM status: running (quantum)\n"
    )
    assert (
        render_text({"status": "quantum", "running": False}, view="query-status")
        == "VM status: paused (quantum)\n"
    )
