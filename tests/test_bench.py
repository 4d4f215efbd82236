"""The bench's arithmetic: what is met, what is missed, and what grows how."""

from __future__ import annotations

import sys

import pytest

from tests.bench.measure import Curve, Row, metered


@pytest.mark.parametrize(
    ("row", "is_met"),
    [
        (Row("x", 75, 100, 0.75), True),
        (Row("x", 76, 100, 0.75), False),
        (Row("x", 70, 100, 0.7, faster=True), True),
        (Row("x", 69, 100, 0.7, faster=True), False),
        (Row("x", 900, 100), True),
        (Row("x", 0, 100_000, 0.0), True),
        (Row("x", 1, 100_000, 0.0), False),
    ],
)
def test_a_row_says_whether_its_budget_is_met(row: Row, is_met: bool) -> None:
    assert row.is_met == is_met
    assert ("MISSED" in str(row)) == (not is_met)


def test_a_missed_budget_says_why() -> None:
    row = Row("x", 2, 1, 1.0, note="the reason")
    assert str(row).endswith("MISSED: the reason")
    assert "reason" not in str(Row("x", 1, 1, 1.0, note="the reason"))


@pytest.mark.parametrize(("power", "verdict"), [(0, "better"), (0.5, "better"), (1, "better"), (2, "WORSE")])
def test_a_curve_tells_its_exponent(power: float, verdict: str) -> None:
    curve = Curve("x", tuple((size, 3 * size**power) for size in (1, 10, 50, 200)))
    assert curve.exponent == pytest.approx(power)
    assert verdict in str(curve)


def test_the_memory_metered_is_the_programs_own() -> None:
    """Not that of the process that started it, which may be larger."""
    ballast = bytearray(300 << 20)
    meter = metered([sys.executable, "-S", "-E", "-c", "print('x')"], rounds=1)
    assert 0 < meter.first <= meter.total
    assert 1 < meter.memory < 200 < len(ballast) >> 20
