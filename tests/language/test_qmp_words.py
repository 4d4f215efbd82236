"""key=value words and transactions."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import IncompleteLineError, LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import FrozenKnowledge, frozen


def arguments(line: str, **more: Any) -> Any:
    plan = translate(line, frozen(**more))
    assert plan.way is Way.QMP
    return plan.steps[0].arguments


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # what qmp-shell documents, and what it gets wrong
        ("device_add driver=e1000 id=net1", {"driver": "e1000", "id": "net1"}),
        ("qmp device_add driver=e1000 id=1", {"driver": "e1000", "id": "1"}),
        (
            "blockdev-add driver=qcow2 file.driver=file file.filename=/x node-name=n0",
            {"driver": "qcow2", "file": {"driver": "file", "filename": "/x"}, "node-name": "n0"},
        ),
        ("block_resize device=d size=0x10", {"device": "d", "size": 16}),
        ("block-dirty-bitmap-add node=null name='a b'", {"node": "null", "name": "a b"}),
        (
            "blockdev-add node-name=n driver=qcow2 file={'driver':'file','filename'=\"/x\"}",
            {"node-name": "n", "driver": "qcow2", "file": {"driver": "file", "filename": "/x"}},
        ),
        (
            "blockdev-add node-name=n driver=qcow2 backing=null file=f",
            {"node-name": "n", "driver": "qcow2", "backing": None, "file": "f"},
        ),
        (
            "migrate-set-capabilities capabilities=[{'capability': 'xbzrle', 'state': True}]",
            {"capabilities": [{"capability": "xbzrle", "state": True}]},
        ),
        ('blockdev-add {"driver": "null-co", "node-name": "a"}', {"driver": "null-co", "node-name": "a"}),
        (
            "block_set_io_throttle id=a bps:=1 bps_rd:=2 bps_wr=0 iops=0 iops_rd=0 iops_wr=0",
            {"id": "a", "bps": 1, "bps_rd": 2, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0},
        ),
    ],
)
def test_words_are_typed_by_the_schema(line: str, expected: Any) -> None:
    assert arguments(line) == expected


def test_values_are_guessed_without_a_schema() -> None:
    class Old(FrozenKnowledge):
        def schema(self) -> None:
            return None

    frozen()
    plan = translate("block-dirty-bitmap-add node=a granularity=5 x.y=true z=[1] name=b", Old("7.2"))
    assert plan.steps[0].arguments == {"node": "a", "granularity": 5, "x": {"y": True}, "z": [1], "name": "b"}


@pytest.mark.parametrize(
    ("line", "pointed", "says"),
    [
        ("query-block foo", "foo", "takes no arguments"),
        ("query-cpu-model-expansion foo", "foo", "key=value"),
        ("block-dirty-bitmap-add nod=d name=x", "nod", "not known"),
        ("block-dirty-bitmap-add node=d", "", "'name' is missing"),
        ("block-dirty-bitmap-add node=d name=x name=y", "name", "twice"),
        ("block-dirty-bitmap-add node=d name=x granularity=big", "big", "not a number"),
        ("block-dirty-bitmap-add node=d name=x persistent=maybe", "maybe", "not a boolean"),
        ("blockdev-add driver=qcow9 node-name=n", "qcow9", "not allowed"),
        ("blockdev-add node-name=n file={", "{", "not closed"),
        ("blockdev-add x:=[1,", "[", "not closed"),
        ("blockdev-add x:=zzz", "zzz", "not valid JSON"),
        ('blockdev-add {"a": 1} b', " b", "follows"),
        ('blockdev-add {"a": ', "{", "not closed"),
        ("qmp nosuch a=b", "nosuch", "unknown command"),
    ],
)
def test_wrong_words_are_pointed_at(line: str, pointed: str, says: str) -> None:
    with pytest.raises(LineError, match=says) as caught:
        translate(line, frozen())
    error = caught.value
    assert line[error.start : error.end] == pointed
    assert error.line == line


BITMAPS = [
    {"type": "block-dirty-bitmap-add", "data": {"node": "d", "name": "a"}},
    {"type": "block-dirty-bitmap-clear", "data": {"node": "d", "name": "b c"}},
]


@pytest.mark.parametrize(
    "line",
    [
        'transaction(\nblock-dirty-bitmap-add node=d name=a\nblock-dirty-bitmap-clear node=d name="b c"\n)',
        'transaction( block-dirty-bitmap-add node=d name=a block-dirty-bitmap-clear node=d name="b c" )',
        "qmp transaction (block-dirty-bitmap-add node=d name=a block-dirty-bitmap-clear node=d name='b c')",
    ],
)
def test_transaction_has_its_actions(line: str) -> None:
    assert arguments(line) == {"actions": BITMAPS}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("transaction( )", "empty"),
        ("transaction( node=d )", "name of an action"),
        ("transaction( abort ) x", "follows"),
        ("transaction( nosuch a=b )", "not allowed"),
        ("transaction( block-dirty-bitmap-add node=d )", "missing"),
    ],
)
def test_wrong_transaction_is_refused(line: str, says: str) -> None:
    with pytest.raises(LineError, match=says):
        translate(line, frozen())


def test_open_transaction_is_incomplete() -> None:
    with pytest.raises(IncompleteLineError):
        translate("transaction(\nabort", frozen())


def test_query_without_words_asks_no_schema() -> None:
    known = frozen()
    translate("query-rocker", known)
    assert known.asked == []
