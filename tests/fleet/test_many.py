"""Two hundred monitors of this host among more frozen ones than there are places."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from qmonsh.fleet.each import MOST_AT_A_TIME
from tests.fleet.park import monitors

pytestmark = pytest.mark.matrix
CHECKOUT = Path(__file__).resolve().parents[2]
MANY = 200


def test_two_hundred_monitors_answer_before_any_frozen_one_is_given_up() -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="qm-", dir="/tmp"))
        frozen = [f"{folder}/frozen{number:02d}.sock" for number in range(2 * MOST_AT_A_TIME)]
        for path in frozen:
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(path)
            unix.listen()
        paths = [f"{folder}/vm{number:03d}.sock" for number in range(MANY)]
        stack.enter_context(monitors(paths))
        words = ["each", "--json", "--connect-timeout", "30", f"{folder}/*.sock", "--", "info", "status"]
        done = subprocess.run(
            [sys.executable, "-m", "qmonsh", *words],
            capture_output=True, text=True, timeout=300, cwd=CHECKOUT,
        )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    answered, failed = lines[:MANY], lines[MANY:]
    assert sorted(line["target"] for line in answered) == paths
    assert {line["return"]["status"] for line in answered} == {"running"}
    assert sorted(line["target"] for line in failed) == frozen
    assert {line["error"]["class"] for line in failed} == {"ConnectError"}
    assert (done.returncode, done.stderr) == (3, "")
