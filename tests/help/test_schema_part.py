"""Help from the schema: every member is named with its type, nested ones and variants too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from qmonsh.help.schema_part import (
    command_section,
    event_section,
    heading,
    short_usage,
    tag_key,
    words_of,
)
from qmonsh.qapi.schema import Schema
from qmonsh.qapi.signature import type_word
from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.style import bare
from tests.language.frozen import VERSIONS, schema_of


def told(command: str, schema: Schema, given: Mapping[str, str] = {}, width: int | None = None) -> list[str]:  # noqa: B006
    return [bare(line) for line in command_section(command, schema, given, Form(width=width))]


@pytest.fixture(params=VERSIONS)
def schema(request: pytest.FixtureRequest, captures: Any) -> Schema:
    return schema_of(request.param)


def test_every_argument_has_type_and_need(schema: Schema) -> None:
    for name in schema.command_names():
        text = "\n".join(told(name, schema))
        for one in schema.members_for(name, {}):
            need = "required" if one.required else "optional"
            line = f"  {one.name}={type_word(one.type)}"
            assert line in text, name
            assert text.split(line, 1)[1].split("=", 1)[0].strip().startswith(need), line


def test_every_line_fits(schema: Schema) -> None:
    for name in schema.command_names():
        assert max(map(columns_of, told(name, schema, width=60))) <= 60, name
    for name in schema.event_names():
        assert max(columns_of(bare(line)) for line in event_section(name, schema, Form(width=60))) <= 60


def test_every_variant_can_be_asked_for(schema: Schema) -> None:
    """What "help COMMAND tag=value" shows has the members of that branch."""
    for name in schema.command_names():
        key = tag_key(name, schema)
        member = schema.member_for(name, key, {}) if key else None
        for case in getattr(member.type, "values", ()) if member is not None else ():
            text = "\n".join(told(name, schema, {key: case}))
            prefix = key.rpartition(".")[0]
            for one in schema.members_for(name, {key: case}, f"{prefix}." if prefix else ""):
                assert f"{prefix}.{one.name}=".lstrip(".") in text, (name, case)


def test_members_of_members_are_told(captures: Any) -> None:
    text = "\n".join(told("nbd-server-start", schema_of("10.0")))
    assert "addr.type=inet|unix|vsock|fd  required" in text
    assert "with addr.type=unix           addr.data.path=str [addr.data.abstract=bool]" in text


def test_many_variants_are_told_one_at_a_time(captures: Any) -> None:
    schema = schema_of("10.0")
    text = "\n".join(told("blockdev-add", schema))
    assert "help blockdev-add driver=" in text and "lazy-refcounts" not in text
    assert "  lazy-refcounts=bool" in "\n".join(told("blockdev-add", schema, {"driver": "qcow2"}))


def test_marks_and_facts_are_told(captures: Any) -> None:
    text = "\n".join(told("migrate-set-parameters", schema_of("10.0")))
    assert "x-checkpoint-delay=int              optional; unstable; ms" in text
    assert "max-bandwidth=int                   optional; bytes a second, default 128 MiB" in text


def test_what_asks_first_is_told(captures: Any) -> None:
    schema = schema_of("10.0")
    assert "  asks first when the image becomes smaller" in told("block_resize", schema)
    assert "  asks first when the address is exec:" in told("migrate-incoming", schema)
    assert any(line.startswith("  asks first: it ends QEMU") for line in told("quit", schema))


def test_short_enums_are_not_told_twice(captures: Any) -> None:
    text = "\n".join(told("blockdev-snapshot-sync", schema_of("10.0")))
    assert "mode=existing|absolute-paths  optional; default absolute-paths" in text


def test_without_a_schema_the_name_is_all() -> None:
    assert told("query-x", None) == ["query-x  a QMP command"]  # type: ignore[arg-type]
    assert told("guest-x", None) == ["guest-x  a command of the guest agent"]  # type: ignore[arg-type]
    assert told("query-x", Schema([])) == ["query-x  a QMP command"]


def test_unknown_event_has_no_section() -> None:
    assert list(event_section("STOP", Schema([]), Form())) == []


def test_schema_that_goes_in_circles_ends() -> None:
    entities = [
        {"name": "c", "meta-type": "command", "arg-type": "1", "ret-type": "1"},
        {"name": "1", "meta-type": "object", "members": [{"name": "again", "type": "1"}]},
        {"name": "2", "meta-type": "object", "members": []},
    ]
    assert sum("again" in line for line in told("c", Schema(entities))) < 10
    assert tag_key("c", Schema(entities)) == ""


def test_heading_wraps_and_marks() -> None:
    lines = [bare(line) for line in heading("word " * 30, Form(width=60), "unstable")]
    assert len(lines) == 3 and lines[1].startswith("    word") and lines[-1].endswith("  unstable")
    assert max(map(len, lines)) <= 60
    assert len(heading("word " * 30, Form(width=60), "unstable", "deprecated", "experimental")) == 4


def test_short_usage_has_what_is_required(schema: Schema) -> None:
    assert short_usage("eject", schema) == "eject [device=str] [id=str] [force=bool]"
    assert short_usage("blockdev-mirror", schema).endswith("sync=top|full|none|incremental|bitmap ...")


def test_words_of_a_command_are_its_arguments_and_their_values(schema: Schema) -> None:
    words = words_of("blockdev-add", schema).split()
    assert {"driver", "node-name", "qcow2", "throttle"} <= set(words)
    assert words_of("stop", schema) == ""
