"""The words of QMP commands, cut at the cursor."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.match import select
from qmonsh.complete.qmp_line import complete_words
from tests.complete.frozen import facts


@pytest.mark.parametrize(
    ("line", "wanted", "start"),
    [
        ("block_resize ^", ["size"], 13),
        ("block_resize device=disk0 si^", ["size"], 26),
        ("block_resize device=^", ["ide2-cd0"], 20),
        ('block_resize device="ide^', ["ide2-cd0"], 21),
        ("query-block flat=o^", ["on", "off"], 17),
        ("query-block flat=o^", ["on", "off"], 17),
        ("blockdev-add driver=raw file.driver=fi^", ["file"], 36),
        ("blockdev-add driver=raw file={'dri^", ["'driver'"], 30),
        ('blockdev-add driver=raw file:={"driver": "fi^', ['"file"'], 41),
        ('migrate-set-capabilities capabilities=[{"capability": "xb^', ['"xbzrle"'], 54),
        ("blockdev-add driver=raw cache={'direct': true} no^", ["node-name"], 47),
        ('stop x="a b^', [], 12),
        # What Python's regular expressions take for blanks and the monitor does not.
        ("block_resize device=a\x1db\x1f si^", ["size"], 25),
    ],
)
def test_words(line: str, wanted: list[str], start: int) -> None:
    text = line.replace("^", "")
    name = text.split(" ")[0]
    found = complete_words(Inquiry(facts("11.1")), name, text, len(name))
    chosen = [one.text for one in select(found.candidates, found.typed)]
    assert chosen[: len(wanted)] == wanted
    assert not wanted or found.start == start


def test_words_below_a_key() -> None:
    found = complete_words(
        Inquiry(facts("11.1")),
        "transaction",
        "blockdev-snapshot no",
        17,
        below="actions.0.data.",
        before={"actions.0.type": "blockdev-snapshot"},
    )
    assert {one.text for one in found.candidates} == {"node", "overlay"}
