"""Patterns of paths as another host's shell lists them; that shell is this host's."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError
from qmonsh.fleet.listing import MOST_BYTES, list_command, listed
from qmonsh.target import parse_target

TARGET = parse_target("ssh://web01/run/*.sock")
NAMES = ["a1.sock", "a2.sock", "b 3.sock", "c'4.sock", 'd"5.sock', "e$HOME.sock", "f`id`.sock", "g;id.sock",
         "h\ni.sock", "ü.sock"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with ExitStack() as stack:
        for name in NAMES:
            stack.enter_context(socket.socket(socket.AF_UNIX)).bind(str(tmp_path / name))
        (tmp_path / "a3.sock").write_text("no socket")
        yield tmp_path


def names(folder: Path, pattern: str, *, noise: str = "") -> list[str]:
    done = subprocess.run(
        ["sh", "-c", f"{noise}{list_command(f'{folder}/{pattern}')}"], capture_output=True, check=True
    )
    return [os.path.relpath(path, folder) for path in listed(done.stdout, TARGET)]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a*.sock", ["a1.sock", "a2.sock"]),
        ("a?.sock", ["a1.sock", "a2.sock"]),
        ("a[2-9].sock", ["a2.sock"]),
        ("[!b-z]1.sock", ["a1.sock"]),
        ("b *", ["b 3.sock"]),
        ("?'*", ["c'4.sock"]),
        ('?"*', ['d"5.sock']),
        ("?$HOME*", ["e$HOME.sock"]),
        ("?`id`*", ["f`id`.sock"]),
        ("?;id*", ["g;id.sock"]),
        ("ü*", ["ü.sock"]),
        ("h*", ["h\ni.sock"]),
    ],
)
def test_what_a_pattern_matches(folder: Path, pattern: str, found: list[str]) -> None:
    assert names(folder, pattern) == found


def test_all_sockets_and_nothing_else_are_listed(folder: Path) -> None:
    assert sorted(names(folder, "*")) == sorted(NAMES)


def test_what_the_login_shell_prints_is_no_name(folder: Path) -> None:
    assert names(folder, "a*", noise="echo Welcome /to/this.sock; ") == ["a1.sock", "a2.sock"]


@pytest.mark.parametrize(
    ("data", "cause"),
    [(b"\0.", "no-such-file"), (b"", "closed"), (b"\0/run/a", "closed"), (b"sh: not found\n", "closed"),
     (b"\0" + b"x" * MOST_BYTES, "closed")],
)  # fmt: skip
def test_no_listing_is_a_failure_of_that_host(data: bytes, cause: str) -> None:
    with pytest.raises(ConnectError) as caught:
        listed(data, TARGET)
    assert (caught.value.cause, caught.value.address) == (cause, TARGET.address)
    assert ("longer than 1 MiB" in caught.value.reason) == (len(data) > MOST_BYTES)
