"""The table of QMP arguments and the live names they take, held against real schemas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qmonsh.complete import arguments
from qmonsh.complete.arguments import kind_of
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.sources import find
from qmonsh.qapi.chardev import chardev_options
from qmonsh.qapi.entity import ArrayType
from qmonsh.qapi.objects import object_type
from qmonsh.qapi.schema import Schema, as_object
from tests.complete.frozen import VERSIONS, facts
from tests.complete.test_coverage import walk

#: Arguments that only option lists or commands older than the captured QEMUs have.
ELSEWHERE = {"backend.type", "display", "vcpu", "smb"}


def schema_of(version: str) -> Schema:
    schema = Inquiry(facts(version)).schema()
    assert schema is not None
    return schema


def names(schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield (command, last name of an argument) for every argument, nested ones and variants included."""
    for command in schema.command_names():
        known = schema.command(command)
        assert known is not None
        kind = object_type(schema) if command == "object-add" else known.arguments
        for _, _, member in walk(schema, kind, 2 if "blockdev" not in command else 1):
            yield command, member.name
    for backend in ("file", "serial", "pipe", "socket", "mux", "hub"):
        yield from (("chardev-add", one.name) for one in chardev_options(schema, backend))


def test_every_row_is_an_argument_of_some_qemu() -> None:
    known = {pair for version in VERSIONS for pair in names(schema_of(version))}
    plain = {name for _, name in known}
    lost = {pair for pair in arguments._BY_COMMAND if pair not in known and pair[1] not in ELSEWHERE}
    assert not lost
    assert not set(arguments._BY_NAME) - plain - ELSEWHERE


def test_every_kind_has_values() -> None:
    kinds = {*arguments._BY_NAME.values(), *arguments._BY_COMMAND.values(), *arguments.REFERENCES.values()}
    lost = {kind for kind in kinds if kind and not kind.startswith("objects:") and find(kind) is None}
    assert lost <= {"fdset"}


@pytest.mark.parametrize(
    ("command", "key", "kind"),
    [
        ("block-commit", "device", "block-root"),
        ("blockdev-add", "file", "node"),
        ("blockdev-add", "file.filename", "image"),
        ("blockdev-add", "children.0", "node"),
        ("blockdev-add", "node-name", ""),
        ("blockdev-del", "node-name", "node"),
        ("chardev-remove", "id", "chardev"),
        ("device_add", "id", ""),
        ("job-cancel", "id", "any-job"),
        ("cxl-inject-poison", "path", "qom-path"),
        ("qom-set", "value", "qom-value"),
        ("chardev-add", "backend.type", "chardev-backend"),
        ("blockdev-add", "driver", ""),
    ],
)
def test_kind_of_an_argument(command: str, key: str, kind: str) -> None:
    assert kind_of(command, key) == kind


def test_lists_have_the_kind_of_their_elements() -> None:
    schema = schema_of("11.1")
    member = schema.member_for("announce-self", "interfaces", {})
    assert (
        member is not None and isinstance(member.type, ArrayType) and as_object(member.type.element) is None
    )
    assert kind_of("announce-self", "interfaces.0") == "nic"
