"""A list too long to be decoded at once, from a monitor to stdout: what is printed is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.cli import main
from qmonsh.monitor import incoming
from tests.peer import ScriptedPeer, Step, expect, expect_end, greet, reply, send, serve

LINE = '{"execute": "query-things", "id": "mine"}'
FORMATS = [[], ["--json"], ["-o", "raw"], ["-v", "--debug"]]
#: More than one batch of rows, records and columns of every kind.
THINGS = [
    {"id": f"thing{n}", "size": n, "of": {"a": [1, "\u202e"]}, **({"odd": []} if n % 7 else {})}
    for n in range(1200)
]
#: What stands at the end of the list, and what is said of it.
BROKEN = [
    ("x", "invalid JSON"),
    ("NaN", "NaN is not JSON"),
    ("1e400", "too large"),
    ('{"a" 1}', "invalid JSON"),
]


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every list that is a reply decoded while it is walked."""
    monkeypatch.setattr(incoming, "LONG_REPLY", 1)


def run(capfd: pytest.CaptureFixture[str], steps: list[Step], *args: str) -> tuple[Any, str, str]:
    with ScriptedPeer([*greet(), expect("query-things"), *steps]) as peer, pytest.raises(SystemExit) as ended:
        main([*args[:-1], peer.target, args[-1]])
    return ended.value.code, *capfd.readouterr()


@pytest.mark.parametrize("flags", FORMATS, ids=str)
@pytest.mark.parametrize("value", [THINGS, list(range(3000)), [[]], [{}] * 20, [1, {"a": 2}]], ids=len)
def test_a_long_list_is_printed_as_any_list(
    value: Any, flags: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    printed = run(capfd, [reply(value)], *flags, LINE)
    monkeypatch.setattr(incoming, "LONG_REPLY", 1)
    assert run(capfd, [reply(value)], *flags, LINE) == printed
    assert printed[0] == 0 and len(printed[1]) > 1


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("output", ["| cat", "> {path}", "| tee '{path}'"])
@pytest.mark.parametrize("flags", FORMATS, ids=str)
def test_a_long_list_goes_where_the_line_says(
    output: str, flags: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "result"
    expected = run(capfd, [reply(THINGS)], *flags, LINE)[1]
    code, out, _ = run(capfd, [reply(THINGS)], *flags, f"{LINE} {output.format(path=path)}")
    assert code == 0
    assert (path.read_text() if path.exists() else out) == expected
    assert (out == expected) is ("|" in output)


@pytest.mark.usefixtures("long")
def test_a_long_list_is_recorded_and_replayed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "record")
    secret = [{"password": "hunter2"}, *THINGS]
    code, out, _ = run(capfd, [reply(secret)], "--json", "--record", path, LINE)
    assert (code, json.loads(out)) == (0, secret)
    assert "hunter2" not in Path(path).read_text()
    with pytest.raises(SystemExit):
        main(["--json", "--replay", path])
    assert json.loads(capfd.readouterr().out)[1:] == THINGS


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize(("wrong", "said"), BROKEN)
@pytest.mark.parametrize("output", ["text", "json", "raw"])
def test_a_list_that_is_no_json_late_fails_behind_what_was_printed(
    wrong: str, said: str, output: str, capfd: pytest.CaptureFixture[str]
) -> None:
    fine = ", ".join(['"word"'] * 70_000)
    text = f'{{"id": "@", "return": [{fine}, {wrong}]}}\r\n'

    def answer(conversation: Any) -> None:
        conversation.send(text.replace("@", conversation.id).encode())

    code, out, err = run(capfd, [answer, expect_end()], "-o", output, LINE)
    lines = out.splitlines()
    assert code == 3 and "Traceback" not in err
    if output == "text":
        assert lines == ["word"] * 70_000 and said in err
    else:
        listed, error = lines
        assert listed.count('"word"') == 70_000 and said in json.loads(error)["error"]["desc"]


@pytest.mark.usefixtures("long")
def test_a_list_cut_in_half_is_a_lost_connection(capfd: pytest.CaptureFixture[str]) -> None:
    half = [send('{"return": [1, 2, [3'), lambda conversation: conversation.sock.close()]
    code, out, err = run(capfd, half, LINE)
    assert (code, out) == (3, "") and "outcome of 'query-things' is unknown" in err


@pytest.mark.usefixtures("long")
def test_scripts_in_python_get_lists() -> None:
    with ScriptedPeer([*greet(), serve({"query-things": THINGS})]) as peer, connect(peer.target) as monitor:
        value = monitor.execute("query-things")
    assert type(value) is list and value == THINGS


def test_a_list_of_megabytes_is_printed_whole(capfd: pytest.CaptureFixture[str]) -> None:
    things = [{"id": f"thing{n}", "of": [n, {}]} for n in range(120_000)]
    assert len(json.dumps(things)) > incoming.LONG_REPLY
    code, out, _ = run(capfd, [reply(things)], "--json", LINE)
    assert code == 0 and json.loads(out) == things
