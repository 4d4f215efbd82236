"""Names folded and unfolded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.fleet.fold import expand_names, fold_names


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ([], ""),
        (["web"], "web"),
        (["web1"], "web1"),
        (["web1", "web2"], "web[1-2]"),
        (["web01", "web02", "web03", "web20"], "web[01-03,20]"),
        ([f"web{n:02d}" for n in range(1, 21)], "web[01-20]"),
        ([f"vm{n}" for n in range(8, 12)], "vm[8-11]"),
        (["vm099", "vm100"], "vm[099-100]"),
        (["vm09", "vm10", "vm100"], "vm[09-10,100]"),
        (["vm1", "vm01"], "vm[1,01]"),
        (["b2", "a1", "b1", "a2"], "b[1-2],a[1-2]"),
        (["/run/a1.sock", "/run/a2.sock"], "/run/a[1-2].sock"),
        (["h1v1", "h1v2", "h2v1", "h2v2"], "h[1-2]v[1-2]"),
        (["h1v1", "h1v2", "h2v1"], "h1v[1-2],h2v1"),
        (["10.0.0.1:4444", "10.0.0.2:4444"], "10.0.0.[1-2]:4444"),
        (["a1", "a1"], "a1"),
        (["db", "db1"], "db,db1"),
    ],
)
def test_fold_names(names: list[str], folded: str) -> None:
    assert fold_names(names) == folded


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("web", ["web"]),
        ("web[1-3]", ["web1", "web2", "web3"]),
        ("web[08-10,20]", ["web08", "web09", "web10", "web20"]),
        ("h[1-2]v[1-2].sock", ["h1v1.sock", "h1v2.sock", "h2v1.sock", "h2v2.sock"]),
        ("[::1]:4444", ["[::1]:4444"]),
        ("web[a-c]", ["web[a-c]"]),
        ("web[3-1]", []),
        ("web[13]", ["web[13]"]),
    ],
)
def test_expand_names(word: str, names: list[str]) -> None:
    assert expand_names(word) == names


@pytest.mark.parametrize("word", ["a[1-999999999999]", "a[1-99999][1-99999]"])
def test_expand_names_refuses_a_slip_of_the_finger(word: str) -> None:
    with pytest.raises(ValueError, match="more than"):
        expand_names(word)


@given(st.sets(st.from_regex(r"[ab]{1,2}[0-9]{1,3}([ab][0-9]{1,2})?", fullmatch=True), max_size=30))
def test_what_is_folded_unfolds_to_the_same_names(names: set[str]) -> None:
    folded = fold_names(sorted(names))
    words, depth = [""], 0
    for character in folded:  # a comma outside of brackets stands between words
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "," and not depth:
            words.append("")
        else:
            words[-1] += character
    assert sorted(name for word in words if word for name in expand_names(word)) == sorted(names)
