"""--record: lines that survive, secrets that do not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from qmonsh.errors import UsageError
from qmonsh.transcript import Transcript


def test_every_message_is_one_whole_line_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t"
    transcript = Transcript(str(path), print)
    transcript("sent", {"execute": "stop"})
    assert json.loads(path.read_text())["message"] == {"execute": "stop"}
    transcript("received", {"return": {}})
    assert [json.loads(line)["direction"] for line in path.read_text().splitlines()] == ["sent", "received"]
    transcript.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_appends(tmp_path: Path) -> None:
    for _ in range(2):
        transcript = Transcript(str(tmp_path / "t"), print)
        transcript("sent", "info status")
        transcript.close()
    assert len((tmp_path / "t").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "message",
    [
        {"execute": "set_password", "arguments": {"protocol": "vnc", "password": "s3cret"}},
        {"execute": "object-add", "arguments": {"qom-type": "secret", "id": "s0", "data": "s3cret"}},
        {"execute": "human-monitor-command", "arguments": {"command-line": "change vnc password s3cret"}},
        "set_password vnc s3cret",
    ],
)
def test_secrets_never_reach_the_disk(message: object, tmp_path: Path) -> None:
    transcript = Transcript(str(tmp_path / "t"), print)
    transcript("sent", message)
    transcript.close()
    assert "s3cret" not in (tmp_path / "t").read_text()


def test_an_unwritable_path_is_said() -> None:
    with pytest.raises(UsageError, match="/dev/null/t"):
        Transcript("/dev/null/t", print)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_ends_the_recording_not_the_session() -> None:
    said: list[str] = []
    transcript = Transcript("/dev/full", said.append)
    transcript("sent", "one")
    transcript("sent", "two")
    transcript.close()
    assert len(said) == 1 and "No space left" in said[0]


def test_a_line_cut_by_a_kill_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b'{"time": 1, "direc')
    transcript = Transcript(str(path), print)
    transcript("sent", "info status")
    transcript.close()
    assert [len(line) > 18 for line in path.read_text().splitlines()] == [False, True]
    before = path.read_text()
    Transcript(str(path), print).close()
    assert path.read_text() == before, "nothing is added to a whole line"


def test_a_disk_that_takes_a_part_is_asked_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, said = os.write, list[str]()
    monkeypatch.setattr("os.write", lambda fd, data: write(fd, data[:7]))
    transcript = Transcript(str(tmp_path / "t"), said.append)
    transcript("sent", {"execute": "stop"})
    transcript.close()
    assert json.loads((tmp_path / "t").read_text())["message"] == {"execute": "stop"} and not said


def test_secrets_are_not_repeated_by_replies(tmp_path: Path) -> None:
    transcript = Transcript(str(tmp_path / "t"), print)
    transcript("sent", "set_password vnc s3cret")
    transcript("received", "cannot set 's3cret'")
    transcript("received", {"return": [{"file": "http://user:other@host/x"}, "s3cret", "s3crets"]})
    transcript.close()
    text = (tmp_path / "t").read_text()
    assert "s3cret'" not in text and "other" not in text and text.count("***") >= 4
