"""Units and defaults of arguments."""

from __future__ import annotations

import pytest

from qmonsh.help.units import _OF_COMMAND, _OF_NAME, fact_of
from tests.language.frozen import VERSIONS, reply, schema_of


@pytest.mark.parametrize(
    ("command", "argument", "fact"),
    [
        ("migrate-set-parameters", "downtime-limit", "ms, default 300"),
        ("block_resize", "size", "bytes"),
        ("object-add", "size", ""),
        ("object-add", "limits.bps-read-max", "bytes a second, 0: no limit"),
        ("object-add", "limits.bps-read-max-length", "seconds that a burst may last"),
        ("block_set_io_throttle", "iops_size", "bytes that count as one operation"),
        ("blockdev-add", "l2-cache-size", "bytes"),
        ("blockdev-add", "driver", ""),
        ("chardev-add", "backend.data.reconnect-ms", "ms"),
        ("", "", ""),
    ],
)
def test_fact_of_an_argument(command: str, argument: str, fact: str) -> None:
    assert fact_of(command, argument) == fact


def test_every_fact_is_of_an_argument_that_exists(captures: object) -> None:
    """A misspelt row would never be seen."""
    schemas = [schema_of(version) for version in VERSIONS]
    for command, argument in _OF_COMMAND:
        assert any(schema.member_for(command, argument, {}) for schema in schemas), (command, argument)
    entities = {
        row.get("name")
        for version in VERSIONS
        for entity in reply(version, "query-qmp-schema")
        for row in entity.get("members", ())
    }
    assert set(_OF_NAME) <= entities
