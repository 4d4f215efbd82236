"""Which lines a one-shot or a script runs, in which order, and what is closed behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qmonsh.errors import UsageError
from qmonsh.one_shot import run_lines
from qmonsh.settings import Settings
from qmonsh.target import parse_target
from tests.peer import ScriptedPeer, greet, serve

NAMES = ["query-name", "query-status", "query-uuid", "query-kvm"]


def recording(heard: list[str]) -> ScriptedPeer:
    """Return a peer that knows the commands of NAMES and notes which of them it was told."""

    def answer(command: dict[str, Any]) -> Any:
        if command["execute"] == "query-commands":
            return [{"name": name} for name in NAMES]
        heard.append(command["execute"])
        return {}

    return ScriptedPeer([*greet(), serve(answer)])


def test_sources_run_in_their_order_and_the_command_last(tmp_path: Path) -> None:
    heard: list[str] = []
    script = tmp_path / "script"
    script.write_text('{"execute": "query-status"}\n')
    sources = [
        ("command_lines", '{"execute": "query-name"}'),
        ("files", str(script)),
        ("command_lines", '{"execute": "query-uuid"}'),
    ]
    with recording(heard) as peer:
        target = parse_target(peer.target)
        assert run_lines(target, sources, '{"execute": "query-kvm"}', "", Settings(output="json")) == 0
    assert heard == ["query-name", "query-status", "query-uuid", "query-kvm"]


def test_file_that_cannot_be_read_is_said_before_anything_is_connected() -> None:
    with pytest.raises(UsageError, match="nosuch"):
        run_lines(parse_target("/dev/null/x.sock"), [("files", "/dev/null/nosuch")], "stop", "", Settings())


def test_transcript_is_complete_when_it_returns(tmp_path: Path) -> None:
    record = tmp_path / "session.jsonl"
    with recording([]) as peer:
        settings = Settings(output="json", record=str(record))
        run_lines(parse_target(peer.target), [], '{"execute": "query-name"}', "", settings)
    assert record.read_text().count('"execute": "query-name"') == 1
