from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.qapi.entity import ANY
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema, is_open
from qmonsh.qapi.value import build_arguments
from tests.qapi.captured import VERSIONS, needs_captures, reply, schema

COUNTS = {"5.2": (192, 48), "7.2": (216, 52), "10.0": (233, 55), "11.1": (242, 57)}


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_index_has_every_command_and_event(version: str) -> None:
    index = schema(version)
    assert (len(index.command_names()), len(index.event_names())) == COUNTS[version]
    assert set(index.command_names()) >= {row["name"] for row in reply(version, "query-commands")}


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_resolves(version: str) -> None:
    index = schema(version)
    for entity in reply(version, "query-qmp-schema"):
        if entity["meta-type"] not in ("command", "event", "builtin"):
            kind = index.entity(entity["name"])
            assert kind is index.entity(entity["name"]), "resolved once"
            assert kind.name == entity["name"]
    command = index.command("blockdev-add")
    assert command is not None and command is index.command("blockdev-add")


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_members_for_follow_tags_at_every_depth(version: str) -> None:
    index = schema(version)
    given_tags = {"driver": "qcow2", "file.driver": "file"}
    top = [one.name for one in index.members_for("blockdev-add", given_tags)]
    assert {"driver", "node-name", "file", "lazy-refcounts"} <= set(top)
    assert "filename" not in top
    below = [one.name for one in index.members_for("blockdev-add", given_tags, "file.")]
    assert {"driver", "filename", "locking"} <= set(below)
    undecided = [one.name for one in index.members_for("blockdev-add", {"driver": "qcow2"}, "file.")]
    assert "driver" in undecided and "filename" not in undecided
    element = index.members_for("blockdev-add", {"driver": "quorum"}, "children.0.")
    assert "driver" in [one.name for one in element]
    assert index.members_for("blockdev-add", given_tags, "nosuch.") == ()
    assert index.members_for("nosuch", {}) == ()


@needs_captures
def test_members_for_follow_a_union_within_a_union() -> None:
    tags = {"channels.0.addr.transport": "socket", "channels.0.addr.type": "inet"}
    names = [one.name for one in schema("11.1").members_for("migrate", tags, "channels.0.addr.")]
    assert {"transport", "type", "host", "port"} <= set(names)


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_member_for_a_dotted_key(version: str) -> None:
    index = schema(version)
    found = index.member_for("blockdev-add", "file.driver", {"driver": "raw"})
    assert found is not None and found.required
    assert index.member_for("blockdev-add", "file.nosuch", {"driver": "raw"}) is None


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_open_commands_are_those_whose_arguments_the_schema_hides(version: str) -> None:
    index = schema(version)
    commands = [index.command(name) for name in index.command_names()]
    found = {one.name for one in commands if one is not None and is_open(one)}
    assert found == ({"device_add", "object-add"} if version == "5.2" else {"device_add"})


@needs_captures
def test_features_are_told() -> None:
    index = schema("11.1")
    roms, recover = index.command("x-query-roms"), index.command("migrate-recover")
    assert roms is not None and roms.unstable and not roms.allow_oob
    assert recover is not None and recover.allow_oob
    assert any(one.deprecated for name in index.command_names() if (one := index.command(name)))


def test_filtered_schema_takes_what_it_lacks_as_any() -> None:
    index = Schema([{"name": "x", "meta-type": "command", "arg-type": "9", "ret-type": "8"}])
    command = index.command("x")
    assert command is not None and command.arguments is None and command.returns is ANY
    assert index.signature("x") == "x"
    assert index.event("x") is None and index.command("y") is None


NAMES = st.sampled_from(["str", "int", "1", "2", "[1]", "x"])
MEMBERS = st.lists(
    st.fixed_dictionaries({}, optional={"name": NAMES, "type": NAMES, "case": NAMES, "default": st.none()}),
    max_size=3,
)
HOSTILE = st.lists(
    st.one_of(
        st.none(),
        st.integers(),
        st.fixed_dictionaries(
            {"name": NAMES},
            optional={
                "meta-type": st.sampled_from(
                    ["command", "event", "object", "enum", "array", "alternate", "builtin", 5, None]
                ),
                "members": st.one_of(MEMBERS, st.integers()),
                "variants": MEMBERS,
                "tag": NAMES,
                "values": st.lists(NAMES, max_size=3),
                "element-type": NAMES,
                "arg-type": NAMES,
                "ret-type": NAMES,
                "features": st.one_of(st.none(), st.lists(st.integers())),
            },
        ),
    ),
    max_size=8,
)


@given(HOSTILE, st.lists(st.sampled_from(["x", "str.x", "1.0", "1", "int.1.x", "x.x.x"]), max_size=3))
def test_no_schema_breaks_it(entities: list[Any], keys: list[str]) -> None:
    index = Schema(entities)
    for name in index.command_names():
        assert index.signature(name).startswith(name)
        index.members_for(name, {"x": "1", "str": "x"}, "x.0.")
        known = index.command(name)
        for prefix in ("", "x.", "x.0."):
            index.possible_at(known.arguments if known else None, {"x": "1"}, prefix)
        command = index.command(name)
        assert command is not None
        assert command.returns_text in (True, False)
        try:
            build_arguments(index, name, [Pair(key, "1") for key in keys])
        except ValueProblem as problem:
            assert problem.problem
