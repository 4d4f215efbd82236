from __future__ import annotations

from typing import Any

import pytest

from qmonsh.render.text import render_text


@pytest.mark.parametrize(
    ("line", "value", "text"),
    [
        ("info memory_size_summary", {"base-memory": 1073741824}, "base memory: 1 GiB (1073741824)\n"),
        ("info balloon", {"actual": 268435456}, "balloon: actual=256 MiB (268435456)\n"),
        ("info dump", {"status": "failed", "completed": 0, "total": 0}, "Status: failed\n"),
        (
            "info dump",
            {"status": "active", "completed": 512, "total": 2048},
            "Status: active\nFinished: 25.00 %\n[██████                  ] 25.0 %  512 B of 2 KiB (2048)\n",
        ),
        (
            "info vcpu_dirty_limit",
            [{"cpu-index": 0, "limit-rate": 10, "current-rate": 47}],
            "vcpu[0], limit rate 10 (MB/s), current rate 47 (MB/s)\n",
        ),
        (
            "query-hv-balloon-status-report",
            {"committed": 512, "available": 2048},
            "committed: 512 B (25.0 % of available)\navailable: 2 KiB (2048)\n",
        ),
        (
            "info memory-devices",
            [
                {
                    "type": "virtio-pmem",
                    "data": {"id": "p", "memaddr": 4096, "size": 8192, "memdev": "/m", "new": 1},
                }
            ],
            'Memory device [virtio-pmem]: "p"\n'
            "  memaddr: 0x1000\n  size:    8 KiB (8192)\n  memdev:  /m\n  new:     1\n",
        ),
    ],
)
def test_memory_reply(line: str, value: Any, text: str) -> None:
    assert render_text(value, view=line) == text


def test_dirty_rate_by_cpu_in_milliseconds() -> None:
    value = {
        "status": "measured",
        "start-time": 5,
        "calc-time": 100,
        "calc-time-unit": "millisecond",
        "mode": "dirty-ring",
        "sample-pages": 0,
        "dirty-rate": 3,
        "vcpu-dirty-rate": [{"id": 0, "dirty-rate": 2}],
    }
    lines = render_text(value, view="info dirty_rate").splitlines()
    assert "Period:       100 (ms)" in lines
    assert lines[-1] == "vcpu[0], Dirty rate: 2 (MB/s)"


def test_backend_is_told_with_its_host_nodes() -> None:
    value = [
        {
            "id": "m",
            "size": 1024,
            "merge": True,
            "dump": True,
            "prealloc": False,
            "policy": "bind",
            "host-nodes": [0, 2],
        }
    ]
    assert render_text(value, view="info memdev").splitlines()[1].endswith("bind    0 2")


def test_future_polling_parameters_appear() -> None:
    text = render_text([{"id": "i", "thread-id": 1, "poll-new": 5}], view="info iothreads")
    assert text.splitlines() == ["id  thread_id  poll-new", "i           1         5"]
