"""Names with and without ClusterShell."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from qmonsh.errors import UsageError
from qmonsh.fleet import fold, names
from qmonsh.fleet.names import expand_names, fold_names, names_of_group

needs_nodeset = pytest.mark.skipif(find_spec("ClusterShell") is None, reason="no qmonsh[fleet] here")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_has_nodeset", lambda: False)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("web", ["web"]),
        ("web[13]", ["web[13]"]),
        ("web[01-03]", ["web01", "web02", "web03"]),
        ("web[1,3]/x[1-2]", ["web1/x1", "web1/x2", "web3/x1", "web3/x2"]),
        ("ssh://op@web[1-2]:22/run/vm[1-2].sock",
         [f"ssh://op@web{host}:22/run/vm{vm}.sock" for host in "12" for vm in "12"]),
        ("ssh://[::1]:22/run/*.sock", ["ssh://[::1]:22/run/*.sock"]),
        ("/run/[!a]*.sock", ["/run/[!a]*.sock"]),
        ("a!b", ["a!b"]),
    ],
)  # fmt: skip
def test_plain_words_mean_the_same_with_and_without(
    word: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for has in (False, True):
        monkeypatch.setattr(names, "_has_nodeset", lambda has=has: has)
        assert expand_names(word) == found


@pytest.mark.parametrize("word", ["web[0-8/2]", "web[01-20]!web13", "ssh://web[0-8/2]/run/*.sock"])
def test_what_only_nodeset_reads_is_said_without_it(word: str, without: None) -> None:
    with pytest.raises(UsageError, match="ClusterShell") as caught:
        expand_names(word)
    assert "qmonsh[fleet]" in str(caught.value)


def test_unknown_group_without_nodeset(without: None) -> None:
    with pytest.raises(UsageError, match=r"no group 'web'.*\[groups\]"):
        names_of_group("@web")


@needs_nodeset
@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("web[0-8/4]", ["web0", "web4", "web8"]),
        ("web[01-04]!web[02-03]", ["web01", "web04"]),
        ("web[1-4]&web[3-9]", ["web3", "web4"]),
        ("ssh://op@web[0-2/2]:22/run/vm[1-2].sock",
         [f"ssh://op@web{host}:22/run/vm{vm}.sock" for host in "02" for vm in "12"]),
    ],
)  # fmt: skip
def test_what_nodeset_reads(word: str, found: list[str]) -> None:
    assert expand_names(word) == found


@needs_nodeset
def test_what_nodeset_refuses_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="ClusterShell cannot read"):
        expand_names("web[5-1/2]")


@needs_nodeset
def test_too_many_names_of_nodeset() -> None:
    with pytest.raises(ValueError, match="more than"):
        expand_names("web[0-999999/2]")


@pytest.mark.parametrize("has", [False, True])
def test_names_are_folded(has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if has and find_spec("ClusterShell") is None:
        pytest.skip("no qmonsh[fleet] here")
    monkeypatch.setattr(names, "_has_nodeset", lambda: has)
    assert fold_names(f"web{number:02d}" for number in range(1, 21)) == "web[01-20]"
    assert fold_names(["db", "web1"]) == "db,web1"
    assert fold_names(f"r{rack}n{node}" for rack in "12" for node in "123") == "r[1-2]n[1-3]"
    odd = ["ssh://h1/a[1]@b,c 1", "ssh://h1/a[1]@b,c 2"]
    assert fold_names(odd) == fold.fold_names(odd)
