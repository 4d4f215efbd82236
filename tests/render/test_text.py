from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.text import human_text, render_text, stream_text
from tests.render import golden
from tests.render.recorded import captured, records, value_of


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize("name", golden.CHOSEN)
def test_layout_is_as_looked_at(name: str) -> None:
    assert golden.rendered(name) == (golden.FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("record", records() + captured(), ids=lambda r: r.name)
def test_every_recorded_reply_fits_every_width(record: Any) -> None:
    for width in (60, 80, 120, 300):
        text = render_text(record.value, view=record.hmp or record.qmp, form=Form(width=width))
        assert max(map(columns_of, text.splitlines()), default=0) <= width


def test_no_width_wraps_nothing() -> None:
    path = "/images/" + "x" * 400
    drive = value_of("11.1", "info block")[1]
    drive["inserted"]["file"] = path
    assert path in render_text([drive], view="info block")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("no line end", "no line end\n"),
        ({"human-readable-text": "a\r\nb\r\n"}, "a\nb\n"),
        ("\x1b]0;evil\x07\r\n", "\\x1b]0;evil\\x07\n"),
        ("lone\rreturn\n", "lone\\x0dreturn\n"),
        ("\ufdd0not paint\ufdef\n", "\\ufdd0not paint\\ufdef\n"),
    ],
)
def test_text_replies_are_shown_as_they_are(value: Any, text: str) -> None:
    assert render_text(value, form=Form(width=60)) == text
    assert render_text(value, form=Form(colour=True)) == text


def test_text_of_a_record_that_is_no_text() -> None:
    assert human_text({"human-readable-text": 5}) is None
    assert human_text(["x"]) is None


def test_view_that_stumbles_gives_way_to_the_shape() -> None:
    assert render_text({"running": True}, view="query-status") == "running:  true\n"
    assert render_text("text instead", view="query-status") == "text instead\n"
    assert render_text([{"bus": "x", "devices": [{}]}], view="query-pci").startswith("[0]\n")


def test_unknown_view_is_rendered_by_shape() -> None:
    assert render_text([{"a": 1}, {"a": 2}], view="query-from-the-future") == "1\n2\n"


def test_empty_success_is_silent() -> None:
    assert render_text({}, view="device_add") == ""


def test_colour_reaches_views() -> None:
    shown = render_text({"running": True, "status": "running"}, view="info status", form=Form(colour=True))
    assert shown == "VM status: \x1b[32mrunning\x1b[0m\n"


def test_ascii_terminals_get_ascii_only() -> None:
    for line in ("info pci", "info block -n", "info migrate"):
        scene = "migrating" if line == "info migrate" else "stopped"
        assert render_text(value_of("11.1", line, scene), view=line, form=Form(unicode=False)).isascii()


class Endless(list[Any]):
    """A list of a million rows that counts how many were asked for."""

    def __init__(self) -> None:
        super().__init__([{"name": "event", "state": "disabled"}])
        self.taken = 0

    def __iter__(self) -> Iterator[Any]:
        for n in range(1_000_000):
            self.taken += 1
            yield {"name": f"event{n}", "state": "disabled"}


def test_huge_list_starts_before_its_end() -> None:
    rows = Endless()
    first = next(stream_text(rows, view="trace-event-get-state"))
    assert first.startswith("event0 : state 0\n")
    assert rows.taken < 10_000


def test_huge_text_streams_in_pieces_of_bounded_size() -> None:
    text = "0123456789abcdef" * 3 + "\r\n"
    pieces = stream_text(text * 100_000)
    tracemalloc.start()
    size = sum(map(len, pieces))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 100_000 * 49
    assert peak < 2 * size


def test_huge_table_is_not_held_as_text() -> None:
    rows = [{"id": f"disk{n}", "path": f"/dev/{n}"} for n in range(40_000)]
    tracemalloc.start()
    size = sum(map(len, stream_text(rows)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 800_000
    assert peak < 1.5 * size  # its lines alone would take three times their text
