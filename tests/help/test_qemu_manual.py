"""The installed manual as plain text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from qmonsh.help.qemu_manual import (
    FOLDERS,
    NAME,
    find_edition,
    find_section,
    find_summaries,
    read_page,
    section,
    summary,
)

PAGE = r"""
.TH "QEMU-QMP-REF" "7" "May 25, 2026" "9.2.1" "QEMU"
.SS \fBbefore\fP (Command)
.sp
Not this.
.SS \fBdo\-it\fP (Command)
.sp
Does it, \(dqnow\(dq.
.SS Arguments
.INDENT 0.0
.TP
.B \fBhow\-much\fP: \fBint\fP (optional)
as much
as that
.UNINDENT
.SS Returns
.INDENT 0.0
.IP \(bu 2
nothing
.UNINDENT
.SS Example
.INDENT 0.0
.INDENT 3.5
.sp
.nf
.ft C
\-> { \(dqexecute\(dq: \(dqdo\-it\(dq }
    {}
.ft P
.fi
.UNINDENT
.UNINDENT
.SS \fBAfter\fP (Object)
.sp
Not that.
"""
TEXT = """\
Does it, "now".

Arguments
  how-much: int (optional)
      as much as that

Returns
  - nothing

Example

      -> { "execute": "do-it" }
          {}"""
NEWER = r"""
.SS Command do\-it (Since: 9.1)
.sp
Newer.\fIAvailability\fP: \fBthere\fP.INDENT 7.0
.TP
.B Arguments
.INDENT 7.0
.IP \(bu 2
The members of \fBHow\-not\fP.  The members of \fBHow\fP.
.UNINDENT
.UNINDENT
.IP "Notes"
.IP 1. 3
First.
.IP 2. 3
Second.
.IP "Example:"
.INDENT 0.0
.sp
.EX
\-> {
    1 }
.EE
.UNINDENT
.B Object How (Since: 1.0)
How much.
.INDENT 7.0
.IP \(bu 2
\fBit\fP (\fBint\fP) \-\- so much; and the members of \fBHow\fP
.UNINDENT
.SS Enum Other (Since: 1.0)
.sp
Not that.
"""


NEWER_TEXT = """\
Newer.Availability: there
  Arguments
    - The members of How-not.  The members of How.
  Notes
  1. First.
  2. Second.
  Example:

    -> {
        1 }

How
How much.
  - it (int) -- so much; and the members of How"""


def test_section_is_plain_text() -> None:
    assert section(read_page(PAGE), "do-it") == TEXT


def test_section_of_a_newer_page() -> None:
    assert section(read_page(NEWER), "do-it") == NEWER_TEXT
    assert summary(read_page(NEWER).parts["do-it"]) == "Newer.Availability: there"


@pytest.mark.parametrize("name", ["After", "nosuch", "", "do_it", ".*", "\x1b"])
def test_what_is_no_command_or_event_has_no_section(name: str) -> None:
    assert section(read_page(PAGE), name) == ""


@pytest.mark.parametrize("page", ["", ".SS", ".SS \\fBx\\fP (Command)", "\\", ".TP\n.TP\n.UNINDENT\n" * 50])
def test_odd_pages_are_no_error(page: str) -> None:
    section(read_page(page), "x")


def test_page_is_found_packed_or_not(tmp_path: Path) -> None:
    assert find_section("do-it", [str(tmp_path)]) == ""
    (tmp_path / f"{NAME}.7").write_text(PAGE)
    assert find_section("do-it", [str(tmp_path)]) == TEXT
    other = tmp_path / "packed"
    other.mkdir()
    (other / f"{NAME}.7.gz").write_bytes(gzip.compress(PAGE.encode()))
    assert find_section("do-it", [str(other)]) == TEXT
    assert find_edition([str(other)]) == "9.2.1"
    assert find_summaries([str(other)]) == {"before": "Not this.", "do-it": 'Does it, "now".'}


def test_no_manual_has_no_edition_and_no_summaries(tmp_path: Path) -> None:
    assert find_edition([str(tmp_path)]) == ""
    assert find_summaries([str(tmp_path)]) == {}


def test_summary_is_one_sentence() -> None:
    lines = [".sp", "Does it", "at once.  Nothing more.", ".sp", "Never."]
    assert summary(lines) == "Does it at once."
    assert summary([".sp"]) == ""


def test_broken_page_is_as_none(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.7.gz").write_bytes(gzip.compress(PAGE.encode())[:-20] + b"xx")
    assert find_section("do-it", [str(tmp_path)]) == ""


def test_installed_page_knows_common_commands() -> None:
    if not any((Path(folder) / f"{NAME}.7.gz").exists() for folder in FOLDERS):
        pytest.skip("the manual is not installed")
    for name in ("query-status", "block_resize", "STOP"):
        assert "Since" in find_section(name)
