"""Which candidates fit, and in what order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.match import select

DRIVERS = ["net", "virtio-net-pci", "e1000", "usb-net", "netmap", "VMXNET3", "pcnet"]


def texts(typed: str, *names: str) -> list[str]:
    return [one.text for one in select([Candidate(name) for name in names], typed)]


def test_whole_then_prefix_then_word_within_then_part() -> None:
    assert texts("net", *DRIVERS) == ["net", "netmap", "virtio-net-pci", "usb-net", "VMXNET3", "pcnet"]


def test_nothing_typed_keeps_the_order() -> None:
    assert texts("", *DRIVERS) == DRIVERS


def test_case_matters_least() -> None:
    assert texts("vmx", *DRIVERS) == ["VMXNET3"]
    assert texts("AC", "acpi", "AC97") == ["AC97", "acpi"]


def test_one_letter_finds_beginnings_only() -> None:
    assert texts("n", *DRIVERS) == ["net", "netmap"]


@pytest.mark.parametrize(
    ("typed", "found"), [("vnp", True), ("virnet", True), ("xyz", False), ("rtio-pci", False)]
)
def test_letters_in_order_are_the_last_resort(typed: str, found: bool) -> None:
    assert (texts(typed, "virtio-net-pci", "e1000") == ["virtio-net-pci"]) is found


def test_of_letters_in_order_those_that_begin_the_same_come_first() -> None:
    assert texts("stp", "nbd_server_stop", "stop") == ["stop", "nbd_server_stop"]


def test_letters_in_order_give_way_to_anything_better() -> None:
    assert texts("pci", "pci-bridge", "p-c-i") == ["pci-bridge"]


def test_rank_orders_what_fits_alike() -> None:
    rows = [Candidate("opt", rank=1), Candidate("other", rank=9), Candidate("obligatory", rank=0)]
    assert [one.text for one in select(rows, "o")] == ["obligatory", "opt", "other"]


def test_flagged_come_last_unless_typed_whole() -> None:
    rows = [Candidate("x-old", flag="unstable"), Candidate("x-older")]
    assert [one.text for one in select(rows, "x-")] == ["x-older", "x-old"]
    assert [one.text for one in select(rows, "x-old")] == ["x-old", "x-older"]


def test_a_text_is_offered_once_as_its_best() -> None:
    rows = [Candidate("a", "second", rank=2), Candidate("a", "first", rank=0)]
    assert [one.meta for one in select(rows, "")] == ["first"]


@given(st.lists(st.text(max_size=8), max_size=20), st.text(max_size=5))
def test_what_is_selected_was_offered(names: list[str], typed: str) -> None:
    found = texts(typed, *names)
    assert len(found) == len(set(found)) and set(found) <= set(names)
    assert {name for name in names if name.startswith(typed)} <= set(found)


def test_names_made_to_be_slow_are_not() -> None:
    assert texts("a" * 200 + "b", "a" * 20_000) == []
    assert texts("ab" * 50 + "c", "ab" * 10_000) == []
