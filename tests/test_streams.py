"""Standard streams that are closed or poor: said or silent, never a traceback, never another's descriptor."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.peer import ScriptedPeer, greet, serve

STATUS = {
    "query-commands": [{"name": "query-status"}],
    "query-status": {"status": "running", "running": True},
}


def run(words: str, redirection: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run qmonsh on a scripted monitor with a redirection of the shell's."""
    with ScriptedPeer([*greet(), serve(STATUS)]) as peer:
        command = f"exec {sys.executable} -m qmonsh {peer.target} {words} {redirection}"
        return subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, check=False, timeout=60, **options
        )


@pytest.mark.parametrize("form", ["text", "json", "raw"])
def test_closed_stdout_is_said(form: str) -> None:
    ended = run(f"-o {form} info status", ">&-")
    assert ended.returncode == 1 and ended.stdout == b""
    assert b"cannot write to stdout: Bad file descriptor" in ended.stderr and b"Traceback" not in ended.stderr


@pytest.mark.parametrize("form", ["text", "json", "raw"])
def test_full_stdout_is_said(form: str) -> None:
    ended = run(f"-o {form} info status", ">/dev/full")
    assert ended.returncode == 1 and b"cannot write to stdout: No space left" in ended.stderr


@pytest.mark.parametrize(
    ("words", "status"), [("info status", 0), ("-v info status", 0), ("nosuch", 2), ("-c info -c nosuch", 2)]
)
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_unwritable_stderr_changes_no_status(words: str, status: int, redirection: str) -> None:
    assert run(words, redirection).returncode == status


@pytest.mark.parametrize("words", ["--help", "--version", "-c info --help"])
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_help_without_stdout_is_said(words: str, redirection: str) -> None:
    command = f"exec {sys.executable} -m qmonsh {words} {redirection}"
    ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert ended.returncode == 1 and b"cannot write to stdout" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_wrong_option_without_stderr_is_status_2() -> None:
    command = f"exec {sys.executable} -m qmonsh --nosuch 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 2


def test_closed_stdin_does_not_matter_to_a_one_shot() -> None:
    assert run("--json info status", "<&-").stdout == b'{"status": "running", "running": true}\n'


@pytest.mark.parametrize("words", ["", "-f -"])
def test_closed_stdin_as_a_script_is_said(words: str) -> None:
    ended = run(words, "<&-")
    assert ended.returncode == 2 and b"cannot read stdin: Bad file descriptor" in ended.stderr


def test_all_streams_closed_is_quiet() -> None:
    assert run("info status", "<&- >&- 2>&-").returncode == 1


def test_letters_beyond_the_encoding_are_spelled_out() -> None:
    answers = {**STATUS, "query-status": {"status": "d\u00e9j\u00e0 \u2603", "running": False}}
    with ScriptedPeer([*greet(), serve(answers)]) as peer:
        words = [sys.executable, "-m", "qmonsh", peer.target, "info status"]
        ended = subprocess.run(
            words, capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": "."}
        )
    assert ended.returncode == 0 and rb"d\xe9j\xe0 \u2603" in ended.stdout and ended.stderr == b""


def test_json_is_the_same_in_every_encoding() -> None:
    ended = run("--json info status", "", env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": "."})
    assert json.loads(ended.stdout) == STATUS["query-status"]
