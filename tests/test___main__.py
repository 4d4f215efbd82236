"""The way in: what an interrupt does before the command line is there, and behind it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import qmonsh.__main__
import qmonsh.cli

CHECKOUT = Path(__file__).resolve().parent.parent

#: Runs ``python -m qmonsh`` in which the import of a module is hit by a Ctrl-C.
INTERRUPTED = """
import runpy, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "qmonsh.options":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
runpy.run_module("qmonsh", run_name="__main__")
"""


def test_interrupt_while_modules_are_loaded_ends_quietly() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, cwd=CHECKOUT, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_interrupt_behind_everything_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(qmonsh.cli, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        qmonsh.__main__.main()
    assert ended.value.code == 130


def test_console_script_goes_this_way() -> None:
    with open(CHECKOUT / "pyproject.toml", "rb") as file:
        scripts = tomllib.load(file)["project"]["scripts"]
    assert scripts == {"qmonsh": "qmonsh.__main__:main"}
