"""The manual page: the file is what the options make, every option is in it, and man can read it."""

from __future__ import annotations

import shutil
import subprocess
import tomllib

import pytest

from qmonsh.manual import manual_page, roff
from qmonsh.options import OPTIONS
from tests.conftest import CHECKOUT

PAGE = CHECKOUT / "completions" / "qmonsh.1"


def test_page_is_current() -> None:
    assert PAGE.read_text() == manual_page(), "run: python -m qmonsh.manual > completions/qmonsh.1"


def test_every_shown_option_is_in_the_page() -> None:
    page = manual_page()
    for option in OPTIONS:
        for name in option.names:
            assert (rf"\fB{roff(name)}\fR" in page) is not option.is_hidden, name


def test_page_is_installed() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared["completions/qmonsh.1"] == "share/man/man1/qmonsh.1"


@pytest.mark.parametrize(
    ("text", "line"),
    [(".so x", r"\&.so x"), ("'x", r"\&'x"), ("a\\b", r"a\eb"), ("--json", r"\-\-json"), ("a.b", "a.b")],
)
def test_roff_keeps_text_text(text: str, line: str) -> None:
    assert roff(text) == line


def test_man_finds_nothing_to_complain_about() -> None:
    program = shutil.which("groff") or shutil.which("mandoc")
    if program is None:
        pytest.skip("neither groff nor mandoc on this machine")
    words = ["-man", "-Tascii", "-ww"] if program.endswith("groff") else ["-Tlint", "-Wwarning"]
    done = subprocess.run([program, *words, str(PAGE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""
