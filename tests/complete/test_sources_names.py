"""Names that a monitor defines."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.sources import Place, values_of
from tests.complete.frozen import facts
from tests.complete.look import look_at, metas


def captured_metas(kind: str, version: str = "11.1", **place: str) -> dict[str, str]:
    return metas(kind, Inquiry(facts(version)), **place)


def test_events_say_what_they_carry() -> None:
    assert captured_metas("event")["JOB_STATUS_CHANGE"] == "id status"


def test_keys_of_a_text_monitor_are_those_that_every_qemu_has() -> None:
    found = metas("keys", look_at({}, dialect="hmp"), typed="ctrl-d")
    assert "ctrl" not in found and {"d", "delete", "down", "alt"} <= found.keys()


def test_keys_of_a_combination_are_not_repeated() -> None:
    look = Inquiry(facts("11.1"))
    assert values_of("keys", look, Place("ctrl-alt-"))[0] == 9
    found = metas("keys", look, typed="ctrl-alt-")
    assert "delete" in found and "ctrl" not in found and list(found)[0] == "shift"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("", "/x"), ("/8", "/8d"), ("/8x", "/8xb"), ("/xw", None), ("/z", None), ("8", None)],
)
def test_formats(typed: str, wanted: str | None) -> None:
    found = metas("format", look_at({}), typed=typed)
    assert (wanted in found) if wanted else found == {}


def test_image_formats_are_those_of_the_schema() -> None:
    found = list(captured_metas("image-format"))
    assert found[0] == "qcow2" and "raw" in found and "nbd" not in found


def test_object_types_of_the_binary_before_the_schemas() -> None:
    assert "authz-list-file" in captured_metas("object-type", "11.1")
    assert "memory-backend-ram" in captured_metas("object-type", "5.2")


def test_trace_events() -> None:
    from qmonsh.complete.question import question

    look = look_at({"trace-event-get-state": None})
    rows = [{"name": "kvm_io", "state": "enabled"}, {"x": 1}]
    look.facts.answers[question("trace-event-get-state", name="*")] = rows  # type: ignore[attr-defined]
    assert metas("trace-event", look) == {"kvm_io": "enabled"}
    text = look_at({"hmp:info trace-events": "kvm_io : state 1\nx : state 0\n"}, dialect="hmp")
    assert metas("trace-event", text) == {"kvm_io": "enabled", "x": "disabled"}


def test_log_items() -> None:
    look = look_at(
        {"hmp:help log": "Log items (comma separated):\nnone   remove all logs\nint    interrupts\n"}
    )
    assert metas("log-items", look) == {"none": "remove all logs", "int": "interrupts"}
