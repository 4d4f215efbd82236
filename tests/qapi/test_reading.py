"""Values against a small schema that has every shape of type; real commands are in test_value.py."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.entity import ObjectType
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.reading import Reading
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema
from tests.qapi.captured import options, pointed_at, words


def _object(name: str, *members: str, **more: Any) -> dict[str, Any]:
    """Return an entity; a member is written "name:type", or "name?:type" when it is optional."""
    rows = []
    for member in members:
        key, _, kind = member.partition(":")
        rows.append({"name": key.rstrip("?"), "type": kind, **({"default": None} if "?" in key else {})})
    return {"name": name, "meta-type": "object", "members": rows, **more}


def _alternate(name: str, *kinds: str) -> dict[str, Any]:
    return {"name": name, "meta-type": "alternate", "members": [{"type": kind} for kind in kinds]}


SCHEMA = Schema(
    [
        *({"name": name, "meta-type": "builtin"} for name in ("str", "int", "number", "bool", "null", "any")),
        *(
            {"name": f"[{name}]", "meta-type": "array", "element-type": name}
            for name in ("str", "int", "bool", "colour", "text", "point", "[int]")
        ),
        {"name": "colour", "meta-type": "enum", "values": ["red", "green", "on"]},
        _object("text", "str:str"),
        _object("point", "x:int", "y?:int"),
        _alternate("ref", "point", "str"),
        _alternate("ref-or-null", "point", "str", "null"),
        _alternate("text-or-null", "str", "null"),
        _alternate("numbers", "int", "bool", "[int]"),
        _alternate("one-or-more", "str", "[str]"),
        _alternate("paint", "point", "colour"),
        _object("empty"),
        _object("wrap-empty", "data:empty"),
        _object("wrap-point", "data:point"),
        _object(
            "union",
            "kind:kinds",
            tag="kind",
            variants=[{"case": "empty", "type": "wrap-empty"}, {"case": "point", "type": "wrap-point"}],
        ),
        {"name": "kinds", "meta-type": "enum", "values": ["empty", "point"]},
        _object(
            "all",
            *(
                f"{name}?:{name}"
                for name in ("str", "int", "number", "bool", "null", "any", "colour", "point")
            ),
            *(f"{name}?:{name}" for name in ("ref", "ref-or-null", "text-or-null", "numbers", "one-or-more")),
            "paint?:paint",
            "strs?:[str]",
            "ints?:[int]",
            "bools?:[bool]",
            "colours?:[colour]",
            "texts?:[text]",
            "points?:[point]",
            "table?:[[int]]",
            "union?:union",
            "no-flag?:bool",
            "id?:str",
        ),
        _object("needy", "one:str", "two:int", "three?:int"),
    ]
)


def kind(name: str) -> ObjectType:
    found = SCHEMA.entity(name)
    assert isinstance(found, ObjectType)
    return found


def read(line: str, name: str = "all") -> dict[str, Any]:
    return Reading().read_root(kind(name), words(line), "command")


def read_options(line: str, name: str = "all") -> dict[str, Any]:
    return Reading(is_option_list=True).read_root(kind(name), options(line), "command")


VALUES = [
    ("", {}),
    ("str=1", {"str": "1"}),
    ("str=null", {"str": "null"}),
    ("str=", {"str": ""}),
    ("str=[::1]", {"str": "[::1]"}),
    ("str={", {"str": "{"}),
    ("int=0x10", {"int": 16}),
    ("int=1.5M", {"int": 3 << 19}),
    ("int:=5", {"int": 5}),
    ("number=1.5", {"number": 1.5}),
    ("bool=yes", {"bool": True}),
    ("bool=False", {"bool": False}),
    ("null=null", {"null": None}),
    ("any=on", {"any": "on"}),
    ("any=5", {"any": 5}),
    ('any={"a":[1]}', {"any": {"a": [1]}}),
    ("any.a.0=1 any.a.1=x any.b=true", {"any": {"a": [1, "x"], "b": True}}),
    ("colour=red", {"colour": "red"}),
    ("point.x=1 point.y=2", {"point": {"x": 1, "y": 2}}),
    ('point={"x":1}', {"point": {"x": 1}}),
    ("point={'x':1}", {"point": {"x": 1}}),
    ("ref=node0", {"ref": "node0"}),
    ("ref=null", {"ref": "null"}),
    ("ref.x=1", {"ref": {"x": 1}}),
    ('ref={"x":1}', {"ref": {"x": 1}}),
    ('ref:="node0"', {"ref": "node0"}),
    ("ref-or-null=null", {"ref-or-null": None}),
    ("ref-or-null=node0", {"ref-or-null": "node0"}),
    ("text-or-null=null", {"text-or-null": None}),
    ("text-or-null=", {"text-or-null": ""}),
    ("numbers=5", {"numbers": 5}),
    ("numbers=on", {"numbers": True}),
    ("numbers=[1,2]", {"numbers": [1, 2]}),
    ("numbers.0=1 numbers.1=2", {"numbers": [1, 2]}),
    ("numbers=1 numbers=2", {"numbers": [1, 2]}),
    ("one-or-more=a", {"one-or-more": "a"}),
    ("one-or-more=a one-or-more=b", {"one-or-more": ["a", "b"]}),
    ('one-or-more=["a"]', {"one-or-more": ["a"]}),
    ("paint=on", {"paint": "on"}),
    ("paint.x=1", {"paint": {"x": 1}}),
    ("strs=a", {"strs": ["a"]}),
    ("strs=a strs=b", {"strs": ["a", "b"]}),
    ("strs.1=b strs.0=a", {"strs": ["a", "b"]}),
    ('strs=["a","b"]', {"strs": ["a", "b"]}),
    ("strs=[]", {"strs": []}),
    ("strs=[::1]:22", {"strs": ["[::1]:22"]}),
    ("ints=3", {"ints": [3]}),
    ("ints=0-3,8", {"ints": [0, 1, 2, 3, 8]}),
    ("ints=-3", {"ints": [-3]}),
    ("ints=0-1 ints=6-7", {"ints": [0, 1, 6, 7]}),
    ("ints=[1,2]", {"ints": [1, 2]}),
    ("bools=on bools=off", {"bools": [True, False]}),
    ("colours=red colours=green", {"colours": ["red", "green"]}),
    ("texts=a texts=b", {"texts": [{"str": "a"}, {"str": "b"}]}),
    ("texts.0.str=a", {"texts": [{"str": "a"}]}),
    ('texts=[{"str":"a"}]', {"texts": [{"str": "a"}]}),
    ("points.0.x=1 points.1.x=2 points.0.y=3", {"points": [{"x": 1, "y": 3}, {"x": 2}]}),
    ('points={"x":1} points={"x":2}', {"points": [{"x": 1}, {"x": 2}]}),
    ("table.0=1 table.1=[2,3]", {"table": [[1], [2, 3]]}),
    ("union.kind=empty", {"union": {"kind": "empty", "data": {}}}),
    ("union.data.x=1 union.kind=point", {"union": {"data": {"x": 1}, "kind": "point"}}),
]


@pytest.mark.parametrize(("line", "value"), VALUES)
def test_value_of_every_shape(line: str, value: dict[str, Any]) -> None:
    assert read(line) == value


def test_arguments_keep_the_order_of_the_line() -> None:
    assert list(read("str=x int=1 bool=on point.x=1")) == ["str", "int", "bool", "point"]


REFUSED = [
    ("nosuch=1", "'nosuch' is not known here", "nosuch", ""),
    ("coluor=red", "'coluor' is not known here", "coluor", "colour"),
    ("point.x=1 point.z=1", "'point.z' is not known here", "z", ""),
    ("str=a int=1 str=b", "'str' is given twice", "str", ""),
    ("int=x", "int: 'x' is not a number", "x", ""),
    ("int=", "int: '' is not a number", "", ""),
    ("int=1e9", "'1e9' is not a number", "1e9", ""),
    ("bool=maybe", "'maybe' is not a boolean", "maybe", ""),
    ("bool=1", "'1' is not a boolean", "1", "on"),
    ("bool", "'bool' has no value", "bool", "bool=on"),
    ("int", "'int' has no value", "int", "int="),
    ("null=x", "'x' is not null", "x", ""),
    ("colour=gren", "'gren' is not allowed", "gren", "green"),
    ("str.x=1", "'str' is one value", "x", ""),
    ("str=a str.x=1", "both a value and members", "str", ""),
    ("point=5", "'5' is not an object", "5", ""),
    ("point={", "not valid JSON", "{", ""),
    ('point={"x":"1"}', "'x' must be an integer", '{"x":"1"}', ""),
    ('point={"z":1}', "'z' is not known here", '{"z":1}', ""),
    ("point.y=1", "'point.x' is missing", "", ""),
    ("ref.y=1", "'ref.x' is missing", "", ""),
    ("ref:=5", "must not be an integer", "5", ""),
    ("ref=a ref=b", "'ref' is given twice", "ref", ""),
    ("numbers=x", "'x' is not allowed", "x", ""),
    ("text-or-null.x=1", "is one value", "text-or-null", ""),
    ("paint=blue", "'blue' is not allowed", "blue", ""),
    ("paint=gren", "'gren' is not allowed", "gren", "green"),
    ("ints=a", "'a' is not a number", "a", ""),
    ("ints=5-1", "not a range", "5-1", ""),
    ("ints=0-99999999", "not a range", "0-99999999", ""),
    ("ints=[1,", "not valid JSON", "[1,", ""),
    ('strs=["a",', "not valid JSON", '["a",', ""),
    ('ints=["1"]', "'0' must be an integer", '["1"]', ""),
    ("strs.x=1", "is no index", "x", "strs.0"),
    ("strs.0=a strs=b", "both a value and members", "strs", ""),
    ("union.data.x=1", "'union.kind' is missing", "", ""),
    ("union.kind=pont union.data.x=1", "'pont' is not allowed", "pont", "point"),
    ("union.kind=point", "'union.data' is missing", "", ""),
    ("union.kind=empty union.data.x=1", "has no members", "x", ""),
    ("int:=1.5", "must be an integer", "1.5", ""),
    ("str:=5", "must be a string", "5", ""),
    ("any.a=1 any.a.b=2", "both a value and members", "a", ""),
]


@pytest.mark.parametrize(("line", "said", "at", "nearest"), REFUSED)
def test_refused_with_the_word_to_blame(line: str, said: str, at: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        read(line)
    assert said in problem.value.problem
    assert pointed_at(line, problem.value) == at
    assert problem.value.nearest == nearest


def test_missing_arguments_are_all_named() -> None:
    with pytest.raises(ValueProblem) as problem:
        read("three=1", "needy")
    assert problem.value.missing == ("one", "two")
    assert problem.value.problem == "'one' and 'two' are missing"
    assert problem.value.start == -1


def test_unknown_key_lists_those_that_are_known() -> None:
    with pytest.raises(ValueProblem) as problem:
        read("four=1", "needy")
    assert problem.value.expected == ("one", "two", "three")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("bool", {"bool": True}),
        ("nobool", {"bool": False}),
        ("no-flag", {"no-flag": True}),
        ("nono-flag", {"no-flag": False}),
        ("bool=on,nobool", {"bool": False}),
        ("str=a,str=b", {"str": "b"}),
        ("strs=a,strs=b", {"strs": ["a", "b"]}),
        ("int=0700", {"int": 0o700}),
        ("int=0.3k", {"int": 307}),
        ("ref=a,ref=b", {"ref": "b"}),
        ("point.x=1,point.x=2", {"point": {"x": 2}}),
        ("id=net0", {"id": "net0"}),
    ],
)
def test_option_list_reads_as_hmp_does(line: str, value: dict[str, Any]) -> None:
    assert read_options(line) == value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("str", "'str' has no value"),
        ("nostr", "'nostr' is not known here"),
        ("nobool=on", "'nobool' is not known here"),
        ("bool=ON", "'ON' is not a boolean"),
        ("id=5", "identifier"),
        ("str=a,str.x=b", "both a value"),
    ],
)
def test_option_list_refuses_what_hmp_refuses(line: str, said: str) -> None:
    with pytest.raises(ValueProblem, match=said):
        read_options(line)


def test_no_arguments_where_none_are_taken() -> None:
    assert Reading().read_root(None, [], "stop") == {}
    with pytest.raises(ValueProblem, match="stop takes no arguments"):
        Reading().read_root(None, words("x=1"), "stop")


def test_guessing_without_a_type() -> None:
    reading = Reading(is_guessed=True)
    assert reading.read_root(None, words("a=1 b.c=x b.d.0=on l=[1]"), "x") == {
        "a": 1,
        "b": {"c": "x", "d": ["on"]},
        "l": [1],
    }
    in_options = Reading(is_guessed=True, is_option_list=True)
    assert in_options.read_root(None, options("a=1,b,a=2"), "x") == {"a": "2", "b": "on"}
    with pytest.raises(ValueProblem, match="given twice"):
        reading.read_root(None, words("a=1 a=2"), "x")


def test_a_type_that_contains_itself_ends() -> None:
    schema = Schema([_alternate("loop", "loop")])
    with pytest.raises(ValueProblem, match="nested too deeply"):
        Reading().read_root(
            ObjectType("x", Schema([_object("y", "a:loop"), _alternate("loop", "loop")]).entity("y").members),  # type: ignore[union-attr]
            [Pair("a", "1")],
            "x",
        )
    assert schema.entity("loop")
