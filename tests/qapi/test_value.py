"""Lines of real commands against the schemas of four QEMUs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema
from qmonsh.qapi.value import build_arguments, build_object, typed_text
from tests.qapi.captured import VERSIONS, needs_captures, options, pointed_at, schema, words

pytestmark = needs_captures
every_version = pytest.mark.parametrize("version", VERSIONS)


def build(version: str, line: str) -> dict[str, Any]:
    command, _, rest = line.partition(" ")
    return build_arguments(schema(version), command, words(rest))


#: Lines that mean the same on every version.
LINES = [
    (
        "blockdev-add driver=qcow2 file.driver=file file.filename=/x node-name=n0",
        {"driver": "qcow2", "file": {"driver": "file", "filename": "/x"}, "node-name": "n0"},
    ),
    (
        "blockdev-add node-name=n0 file.filename=/x file.driver=file driver=qcow2",
        {"node-name": "n0", "file": {"filename": "/x", "driver": "file"}, "driver": "qcow2"},
    ),
    ("blockdev-add driver=raw file=node0 size=1M", {"driver": "raw", "file": "node0", "size": 1048576}),
    ("blockdev-add driver=raw file=null", {"driver": "raw", "file": "null"}),
    ("blockdev-add driver=qcow2 file=a backing=null", {"driver": "qcow2", "file": "a", "backing": None}),
    (
        "blockdev-add driver=qcow2 file=a overlap-check=cached",
        {"driver": "qcow2", "file": "a", "overlap-check": "cached"},
    ),
    (
        "blockdev-add driver=qcow2 file=a overlap-check.template=none overlap-check.main-header=on",
        {"driver": "qcow2", "file": "a", "overlap-check": {"template": "none", "main-header": True}},
    ),
    (
        "blockdev-add driver=qcow2 file=a encrypt.format=luks encrypt.key-secret=s0",
        {"driver": "qcow2", "file": "a", "encrypt": {"format": "luks", "key-secret": "s0"}},
    ),
    (
        "blockdev-add driver=quorum vote-threshold=1 children.0=a children.1.driver=null-co",
        {"driver": "quorum", "vote-threshold": 1, "children": ["a", {"driver": "null-co"}]},
    ),
    (
        "blockdev-add driver=nbd server.type=inet server.host=h server.port=10809 read-only=on",
        {"driver": "nbd", "server": {"type": "inet", "host": "h", "port": "10809"}, "read-only": True},
    ),
    ("block_resize node-name=n0 size=0x10000", {"node-name": "n0", "size": 65536}),
    ("device_del id=1", {"id": "1"}),
    ("balloon value=1.5G", {"value": 1610612736}),
    ("eject id=cd0 force=yes", {"id": "cd0", "force": True}),
    ("set_link name=n0 up=off", {"name": "n0", "up": False}),
    (
        "netdev_add type=user id=1 hostfwd=tcp::1-:22 hostfwd=tcp::2-:23 restrict=on",
        {
            "type": "user",
            "id": "1",
            "hostfwd": [{"str": "tcp::1-:22"}, {"str": "tcp::2-:23"}],
            "restrict": True,
        },
    ),
    (
        "send-key keys.0.type=qcode keys.0.data=ret keys.1.data=5 keys.1.type=number hold-time=10",
        {"keys": [{"type": "qcode", "data": "ret"}, {"data": 5, "type": "number"}], "hold-time": 10},
    ),
    (
        "chardev-add id=c backend.type=socket backend.data.addr.type=unix backend.data.addr.data.path=/x",
        {
            "id": "c",
            "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": "/x"}}}},
        },
    ),
    ("chardev-add id=c backend.type=null", {"id": "c", "backend": {"type": "null", "data": {}}}),
    ("migrate-set-parameters tls-creds=null", {"tls-creds": None}),
    ("migrate-set-parameters tls-creds= downtime-limit=300", {"tls-creds": "", "downtime-limit": 300}),
    (
        "migrate-set-capabilities capabilities.0.capability=events capabilities.0.state=on",
        {"capabilities": [{"capability": "events", "state": True}]},
    ),
    (
        "block-dirty-bitmap-merge node=n target=t bitmaps=a bitmaps=b",
        {"node": "n", "target": "t", "bitmaps": ["a", "b"]},
    ),
    ("qom-set path=/x property=y value=5", {"path": "/x", "property": "y", "value": 5}),
    ("qom-set path=/x property=y value=abc", {"path": "/x", "property": "y", "value": "abc"}),
    ("qmp_capabilities enable=oob", {"enable": ["oob"]}),
    ("qmp_capabilities enable=[]", {"enable": []}),
    ("device_add driver=e1000 id=1 mac=x", {"driver": "e1000", "id": "1", "mac": "x"}),
    ("query-status", {}),
    ("not-a-command a=1 b.c=on", {"a": 1, "b": {"c": "on"}}),
]


@every_version
@pytest.mark.parametrize(("line", "arguments"), LINES)
def test_line_becomes_the_same_json_on_every_version(
    version: str, line: str, arguments: dict[str, Any]
) -> None:
    built = build(version, line)
    assert built == arguments
    assert list(built) == list(arguments)


REFUSED = [
    ("blockdev-add driver=qcow2 node-name=n0", "'file' is missing", "", ""),
    ("blockdev-add filename=/x", "'driver' is missing", "", ""),
    ("blockdev-add driver=fil filename=/x", "'fil' is not allowed", "fil", "file"),
    ("blockdev-add driver=file filenam=/x", "'filenam' is not known here", "filenam", "filename"),
    (
        "blockdev-add driver=raw file.driver=file file.filenam=/x",
        "'file.filenam'",
        "filenam",
        "file.filename",
    ),
    ("block_resize sze=1", "'sze' is not known here", "sze", "size"),
    ("block_resize node_name=x size=1", "'node_name' is not known here", "node_name", "node-name"),
    ("block_resize size=big", "'big' is not a number", "big", ""),
    ("block_resize device=x", "'size' is missing", "", ""),
    ("device_del", "'id' is missing", "", ""),
    ("device_del id=a id=b", "'id' is given twice", "id", ""),
    ("query-status x=1", "query-status takes no arguments", "x", ""),
    ("netdev_add type=user id=n restrict=1", "'1' is not a boolean", "1", "on"),
    ("netdev_add type=usr id=n", "'usr' is not allowed", "usr", "user"),
    ("set_link name=n up", "'up' has no value", "up", "up=on"),
    ("device_del id:=5", "must be a string", "5", ""),
    ("send-key keys.0.type=qcode keys.0.data=retn", "'retn' is not allowed", "retn", "ret"),
    ("send-key keys.1.type=qcode keys.1.data=ret", "'keys.0' is missing", "keys", ""),
]


@every_version
@pytest.mark.parametrize(("line", "said", "at", "nearest"), REFUSED)
def test_line_is_refused_before_it_is_sent(version: str, line: str, said: str, at: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        build(version, line)
    assert said in problem.value.problem
    assert pointed_at(line.partition(" ")[2], problem.value) == at
    assert problem.value.nearest == nearest


@every_version
def test_missing_argument_of_every_command_is_named(version: str) -> None:
    index = schema(version)
    for name in index.command_names():
        command = index.command(name)
        assert command is not None
        required = (
            [one.name for one in command.arguments.members if one.required] if command.arguments else []
        )
        if required:
            with pytest.raises(ValueProblem) as problem:
                build_arguments(index, name, [])
            assert problem.value.missing == tuple(required)
        else:
            assert build_arguments(index, name, []) == {}


@every_version
def test_migration_channels_where_there_are_any(version: str) -> None:
    line = (
        "migrate channels.0.channel-type=main channels.0.addr.transport=socket "
        "channels.0.addr.type=inet channels.0.addr.host=h channels.0.addr.port=1"
    )
    if not schema(version).members_for("migrate", {}, "channels.0."):
        with pytest.raises(ValueProblem, match="'channels' is not known here"):
            build(version, line)
        return
    address = {"transport": "socket", "type": "inet", "host": "h", "port": "1"}
    assert build(version, line) == {"channels": [{"channel-type": "main", "addr": address}]}


def test_alternate_of_numbers_where_a_statistic_has_one() -> None:
    line = "query-stats target=vm providers.0.provider=kvm providers.0.names=a providers.0.names=b"
    assert build("11.1", line)["providers"] == [{"provider": "kvm", "names": ["a", "b"]}]


def test_open_command_guesses_what_the_schema_hides() -> None:
    assert build("11.1", "device_add driver=x id=5 mq=true n=3 s=on") == {
        "driver": "x",
        "id": "5",
        "mq": True,
        "n": 3,
        "s": "on",
    }


@every_version
@pytest.mark.parametrize("prefix", ["", "props."])
def test_object_add_is_typed_on_every_version(version: str, prefix: str) -> None:
    line = f"object-add qom-type=memory-backend-ram id=1 {prefix}size=1M {prefix}share=on"
    if version != "5.2":
        if prefix:
            with pytest.raises(ValueProblem, match="'props' is not known here"):
                build(version, line)
        else:
            assert build(version, line) == {
                "qom-type": "memory-backend-ram",
                "id": "1",
                "size": 1 << 20,
                "share": True,
            }
        return
    assert build(version, line) == {
        "qom-type": "memory-backend-ram",
        "id": "1",
        "props": {"size": 1 << 20, "share": True},
    }


def test_without_a_schema_values_are_guessed_as_qmp_shell_does() -> None:
    line = "a=1 b=0x10 c=true d=null e=text f.g=[1] h=-1.5"
    assert build_arguments(None, "x", words(line)) == {
        "a": 1,
        "b": 16,
        "c": True,
        "d": None,
        "e": "text",
        "f": {"g": [1]},
        "h": -1.5,
    }


@every_version
def test_option_list_of_a_netdev(version: str) -> None:
    line = "type=user,id=n0,hostfwd=tcp::1-:22,hostfwd=tcp::2-:22,restrict,noipv6,net=a,net=b"
    assert build_object(schema(version), "netdev_add", options(line), last_wins=True) == {
        "type": "user",
        "id": "n0",
        "hostfwd": [{"str": "tcp::1-:22"}, {"str": "tcp::2-:22"}],
        "restrict": True,
        "ipv6": False,
        "net": "b",
    }


@every_version
def test_option_list_takes_octal_for_a_mode(version: str) -> None:
    built = build_object(schema(version), "netdev_add", options("type=vde,id=n,mode=0700"), last_wins=True)
    assert built["mode"] == 0o700


def test_option_list_without_a_schema_is_strings() -> None:
    assert build_object(None, "netdev_add", options("type=user,id=n,vlan=1,x"), last_wins=True) == {
        "type": "user",
        "id": "n",
        "vlan": "1",
        "x": "on",
    }


@every_version
def test_object_of_a_type(version: str) -> None:
    index = schema(version)
    actions = index.members_for(
        "transaction", {"actions.0.type": "blockdev-snapshot-sync"}, "actions.0.data."
    )
    assert "snapshot-file" in [one.name for one in actions]
    (action,) = [one for one in index.members_for("transaction", {}) if one.name == "actions"]
    case = action.type.element.variant("blockdev-snapshot-sync")  # type: ignore[union-attr]
    data = case.member("data").type  # type: ignore[union-attr]
    found = build_object(index, data, words("device=d snapshot-file=/x"))  # type: ignore[arg-type]
    assert found == {"device": "d", "snapshot-file": "/x"}


@every_version
def test_text_of_a_type(version: str) -> None:
    index = schema(version)
    assert typed_text(index, "int", "1k") == 1024
    assert typed_text(index, "bool", "off") is False
    assert typed_text(None, "int", "12") == 12
    with pytest.raises(ValueProblem, match="speed: 'x' is not a number"):
        typed_text(index, "int", "x", key="speed")


KEYS = [
    "driver",
    "node-name",
    "file",
    "file.driver",
    "file.filename",
    "children.0",
    "children.x",
    "size",
    "backing",
]
VALUES = ["raw", "quorum", "qcow2", "1", "on", "null", "{", "[", "{}", "[1]", '{"driver":"raw"}', ""]


@given(
    st.sampled_from(["blockdev-add", "netdev_add", "chardev-add", "migrate", "object-add"]),
    st.lists(
        st.tuples(st.sampled_from(KEYS) | st.text(max_size=8), st.sampled_from(VALUES) | st.none()),
        max_size=6,
    ),
    st.booleans(),
)
def test_no_words_break_it(command: str, given_words: list[tuple[str, Any]], last_wins: bool) -> None:
    pairs = [Pair(key, value) for key, value in given_words]
    for version in ("5.2", "11.1"):
        for build_one in (
            lambda index: build_arguments(index, command, pairs),  # noqa: B023
            lambda index: build_object(index, command, pairs, last_wins=last_wins),  # noqa: B023
        ):
            try:
                assert isinstance(build_one(schema(version)), dict)
            except ValueProblem as problem:
                assert problem.problem


def test_import_of_a_schema_costs_no_types() -> None:
    index = Schema([{"name": str(n), "meta-type": "object", "members": []} for n in range(1000)])
    assert not index._types, "types are resolved on demand"
