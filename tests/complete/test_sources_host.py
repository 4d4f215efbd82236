"""Files and programs of a host."""

from __future__ import annotations

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import ABSENT, question
from tests.complete.look import metas, offered

ROWS = [("a.img", False), ("sub", True), (".hid", False)]
LOOK = Inquiry(
    FrozenFacts(
        {
            question("files", directory="/vm/", of="qemu"): ROWS,
            question("files", directory="", of="qmonsh"): ROWS,
            question("programs"): ["jq"],
        },
        answer=lambda asked: ABSENT,
    )
)


def test_files_of_qemu() -> None:
    found = offered("image", LOOK, typed="/vm/a")
    assert [(one.text, one.display, one.suffix) for one in found] == [
        ("/vm/a.img", "a.img", ""),
        ("/vm/sub", "sub", "/"),
    ]
    assert metas("file", LOOK, typed="rel/x") == {}


def test_hidden_files_when_asked_for() -> None:
    assert "/vm/.hid" in metas("file", LOOK, typed="/vm/.")


def test_own_files_and_programs() -> None:
    assert list(metas("own-file", LOOK, typed="a")) == ["a.img", "sub"]
    assert list(metas("program", LOOK, typed="j")) == ["jq"]


def test_what_change_takes() -> None:
    assert list(metas("vnc-target", LOOK, given={"device": "vnc"})) == ["password"]
    assert list(metas("vnc-target", LOOK, typed="/vm/")) == ["/vm/a.img", "/vm/sub"]
