"""Which events can come at all."""

from __future__ import annotations

import pytest

from qmonsh.errors import UsageError
from qmonsh.monitor.event_names import EVERYWHERE, raise_if_unknown
from qmonsh.qapi.schema import Schema
from tests.qapi.captured import VERSIONS, needs_captures, schema


def refused() -> Schema:
    raise AssertionError("the schema was asked for")


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_events_that_are_not_asked_about_are_in_every_qemu(version: str) -> None:
    assert not EVERYWHERE.difference(schema(version).event_names())


def test_schema_is_not_asked_for_what_every_qemu_has() -> None:
    raise_if_unknown("STOP", refused)


@needs_captures
def test_event_of_this_monitor_is_known_and_no_other() -> None:
    raise_if_unknown("DEVICE_UNPLUG_GUEST_ERROR", lambda: schema("7.2"))
    with pytest.raises(UsageError, match="no event DEVICE_UNPLUG_GUEST_ERROR"):
        raise_if_unknown("DEVICE_UNPLUG_GUEST_ERROR", lambda: schema("5.2"))
    with pytest.raises(UsageError, match="no event BLOCK_JOB_COMPLETE") as caught:
        raise_if_unknown("BLOCK_JOB_COMPLETE", lambda: schema("7.2"))
    assert "BLOCK_JOB_COMPLETED" in str(caught.value.advice)


def test_monitor_without_a_schema_may_have_any_event() -> None:
    raise_if_unknown("ANY", lambda: None)
    raise_if_unknown("ANY", lambda: Schema([]))
