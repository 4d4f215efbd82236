"""Every target by random bytes in make test, guided by coverage in make test-all."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import CHECKOUT, SHARED
from tests.fuzz.source import Source, pieces
from tests.fuzz.targets import TARGETS, seeds

#: Seconds a target is fuzzed in make test-all.
SECONDS = int(os.environ.get("QMONSH_FUZZ_SECONDS", "60"))
NEED_CAPTURES = ("translator", "answers", "completer")
#: Inputs that fuzzing found something with, each with its target.
FOUND: list[tuple[str, bytes]] = [
    ("completer", b"transaction( block-dirty-bitmap-add name\x1db x=y \0\1\1"),
    *(("qmp", b'{"a": 1, "%s":\\]\r\n\3\1\1' % name) for name in (b"b", b"bc", b"bcd")),
]


@pytest.fixture(autouse=True)
def known(request: pytest.FixtureRequest) -> None:
    """Skip what asks captured monitors where there are none."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name in NEED_CAPTURES and not (SHARED / "captures").is_dir():
        pytest.skip("no ../shared/captures beside this checkout")


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_random_bytes_find_nothing(name: str) -> None:
    known = list(seeds(name))
    random = st.binary(max_size=80)
    changed = st.builds(
        lambda seed, at, more, end: seed[: at % (len(seed) + 1)] + more + seed[at % (len(seed) + 1) :] + end,
        st.sampled_from(known),
        st.integers(0, 1000),
        random,
        st.binary(max_size=4),
    )

    @settings(max_examples=150)
    @given(random | changed)
    def try_it(data: bytes) -> None:
        TARGETS[name](data)

    for data in known[:: max(1, len(known) // 100)]:
        TARGETS[name](data)
    try_it()


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_stays_mended(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_guided_by_coverage_finds_nothing(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed (make test-all tries; it has wheels for Linux on x86-64 only)")
    words = [sys.executable, "-m", "tests.fuzz", name, str(SECONDS), str(tmp_path)]
    run = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)
    assert run.returncode == 0, run.stderr[-5000:]
    assert "stat::number_of_executed_units" in run.stderr, run.stderr[-2000:]


def test_the_oracles_notice_a_difference() -> None:
    """A target that cannot fail would be worth nothing: what the machines are compared by does differ."""
    assert list(pieces(b"abcdef", b"\1\2")) == [b"a", b"bc", b"d", b"ef"]
    assert list(pieces(b"abc", b"")) == [b"abc"]
    assert Source(b"ab\x05").byte() == 5
    assert [Source(bytes([n])).value() for n in (0, 2)] == [None, -1]
