from __future__ import annotations

import pytest

from qmonsh.qapi.pair import Pair, check_id, indexed, tree_of
from qmonsh.qapi.scalar import ValueProblem
from tests.qapi.captured import pointed_at, words


def test_tree_nests_dotted_keys_in_any_order() -> None:
    root = tree_of(words("file.driver=file driver=raw file.a.b=1 file.driver=again"))
    assert list(root.children) == ["file", "driver"]
    file = root.children["file"]
    assert [pair.value for pair in file.children["driver"].pairs] == ["file", "again"]
    assert file.children["a"].children["b"].key == "file.a.b"
    assert file.children["a"].first.value == "1"
    assert file.text_at("driver") == "again" and file.text_at("a") is None and file.text_at("x") is None


@pytest.mark.parametrize("key", ["", ".", "a..b", ".a", "a.", ".".join("a" * 100)])
def test_tree_refuses_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueProblem, match="is not a key"):
        tree_of([Pair(key, "1")])


def test_key_problem_points_at_its_own_part_of_the_key() -> None:
    line = "driver=raw file.nosuch.x=1"
    node = tree_of(words(line)).children["file"].children["nosuch"]
    assert pointed_at(line, node.key_problem("bad")) == "nosuch"


def test_indexed_takes_any_order_without_gaps() -> None:
    node = tree_of(words("a.1=y a.0=x")).children["a"]
    assert [one.first.value for one in indexed(node)] == ["x", "y"]


@pytest.mark.parametrize(
    ("line", "said", "at"),
    [
        ("a.0=x a.2=y", "'a.1' is missing", "a"),
        ("a.1=x", "'a.0' is missing", "a"),
        ("a.x=x", "'x' is no index", "x"),
        ("a.99999999999=x", "is no index", "99999999999"),
    ],
)
def test_indexed_refuses_gaps_and_names(line: str, said: str, at: str) -> None:
    with pytest.raises(ValueProblem, match=said) as problem:
        indexed(tree_of(words(line)).children["a"])
    assert pointed_at(line, problem.value) == at


@pytest.mark.parametrize("name", ["net0", "a", "a.b-c_d9"])
def test_identifier(name: str) -> None:
    check_id(Pair("id", name))


@pytest.mark.parametrize("name", ["5", "", "1bad", "a b", "a/b", "a\x1b", "é", "-a", "a\n"])
def test_identifier_that_hmp_refuses(name: str) -> None:
    with pytest.raises(ValueProblem, match="identifier"):
        check_id(Pair("id", name))


def test_value_problem_keeps_what_was_known() -> None:
    pair = words("key=value")[0]
    made = pair.problem(ValueProblem("bad", expected=["a"], nearest="b"))
    assert (made.problem, made.start, made.end, made.expected, made.nearest) == (
        "key: bad",
        4,
        9,
        ("a",),
        "b",
    )
