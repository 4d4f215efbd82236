from __future__ import annotations

from typing import Any

import pytest

from qmonsh.render.form import Form, Previous
from qmonsh.render.text import render_text
from qmonsh.render.views_blockstats import progress


def stats(done: int, **more: int) -> list[dict[str, Any]]:
    counters = {
        f"{kind}_{what}": 0
        for kind in ("rd", "wr", "flush", "unmap", "zone_append")
        for what in ("bytes", "operations", "total_time_ns", "merged")
    }
    counters.update(rd_bytes=done * 1024, rd_operations=done, **more)
    return [{"device": "", "node-name": "disk0", "qdev": "q", "stats": counters}]


def heads(text: str) -> list[str]:
    return text.splitlines()[1].split()


def test_rates_are_made_of_two_values() -> None:
    text = render_text(stats(30), view="info blockstats", previous=Previous(stats(10), 4.0))
    assert text.splitlines()[-1] == "  Now:  read 5 KiB/s 5.0 ops/s  write 0 B/s 0.0 ops/s  flush 0.0 ops/s"


def test_rates_leave_the_table_its_columns() -> None:
    def lines(**more: Any) -> list[str]:
        busy = stats(2 * 10**9, wr_bytes=10**13, wr_operations=10**8, wr_total_time_ns=10**14)
        return render_text(busy, view="info blockstats", form=Form(width=80), **more).splitlines()

    assert lines(previous=Previous(stats(10), 2.0))[: len(lines())] == lines()


def test_rare_kind_has_a_rate_when_it_counts() -> None:
    now, before = stats(1, unmap_operations=5, unmap_bytes=8192), stats(1)
    assert "unmap 4 KiB/s 2.5 ops/s" in render_text(now, view="info blockstats", previous=Previous(before, 2))


def test_growth_is_shown_when_no_time_is_known() -> None:
    text = render_text(stats(30), view="info blockstats", previous=stats(10))
    assert text.splitlines()[-1] == "  Since:  read 20 KiB 20 ops  write 0 B 0 ops  flush 0 ops"


def test_device_that_is_new_has_no_rate() -> None:
    text = render_text(stats(30), view="info blockstats", previous=Previous([], 4.0))
    assert text.startswith("disk0: idle_time_ns=0 (no operation yet)\n") and "Now" not in text


def test_rare_kinds_appear_when_they_count() -> None:
    text = render_text(stats(1, unmap_operations=2, unmap_bytes=4096), view="info blockstats")
    assert "Unmap:" in text and "Zone" not in text
    assert "failed" not in text


def test_failures_appear_when_there_are_any() -> None:
    text = render_text(stats(1, failed_rd_operations=3, invalid_wr_operations=0), view="info blockstats")
    assert heads(text)[-2:] == ["failed", "invalid"]
    assert text.splitlines()[2].split()[-1] == "3"


def job(**more: Any) -> dict[str, Any]:
    return {"type": "stream", "device": "d", "len": 200, "offset": 50, "speed": 0, **more}


def test_stream_job_is_worded_as_hmp_does() -> None:
    assert render_text([job()], view="info block-jobs").splitlines() == [
        "Streaming device d: Completed 50 of 200 bytes, speed limit 0 bytes/s",
        "    [██████                  ] 25.0 %  50 B of 200 B",
    ]


def test_job_tells_its_state() -> None:
    trouble = job(
        ready=True, paused=True, status="running", error="No space left", **{"io-status": "nospace"}
    )
    line = render_text([trouble], view="info block-jobs").splitlines()[1]
    assert line.endswith("running, ready to complete, paused, I/O status nospace, No space left")


def test_no_jobs_is_said() -> None:
    assert render_text([], view="info block-jobs") == "No active jobs\n"
    assert render_text([], view="query-jobs") == "No jobs\n"


def test_job_with_an_error_is_tabulated() -> None:
    value: dict[str, Any] = {"id": "j", "type": "snapshot-save", "status": "concluded"}
    value.update({"current-progress": 1, "total-progress": 1})
    text = render_text(
        [{**value, "error": "Device x is not writable"}], view="query-jobs", form=Form(width=90)
    )
    assert text.splitlines()[1].split()[:4] == ["j", "snapshot-save", "concluded", "100.0"]
    assert "not writable" in text


@pytest.mark.parametrize(
    ("done", "whole", "bar"),
    [
        (0, 0, "[                        ] 0.0 %"),
        (1, 2, "[████████████            ] 50.0 %"),
        (3, 2, "[████████████████████████] 150.0 %"),
        ("x", None, "[                        ] 0.0 %"),
    ],
)
def test_progress_bar(done: Any, whole: Any, bar: str) -> None:
    assert progress(done, whole) == bar


def test_what_is_measured_on_request_is_shown() -> None:
    value = stats(1, wr_highest_offset=2048)
    value[0]["stats"]["rd_latency_histogram"] = {"boundaries": [10000, 2000000], "bins": [5, 3, 1]}
    value[0]["stats"]["timed_stats"] = [
        {"interval_length": 60, "avg_rd_latency_ns": 1500, "avg_rd_queue_depth": 0.5}
    ]
    text = render_text(value, view="query-blockstats")
    assert "highest offset written:  2 KiB (2048)" in text
    assert "rd latency:              < 10 us: 5, < 2 ms: 3, more: 1" in text
    assert "last 60 s:               avg_rd_latency_ns=1.5 us, avg_rd_queue_depth=0.5" in text
    assert "highest" not in render_text(stats(1), view="query-blockstats")
