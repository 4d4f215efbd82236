"""Results: their forms, rates since the answer before, files and programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.kit import ANSWERS, FakeMonitor, ShellKit, fake_shell, shell_on


def test_result_is_shown_as_text(kit: ShellKit) -> None:
    assert "running" in kit.do("query-status")


def test_result_is_shown_as_json(kit: ShellKit) -> None:
    kit.settings.output = "json"
    assert '"status": "running"' in kit.do("query-status")


def test_result_is_shown_raw_without_our_id(kit: ShellKit) -> None:
    kit.settings.output = "raw"
    assert kit.do("query-name") == '{"return": {"name": "vm0"}}\n'


def test_control_characters_of_a_reply_are_visible(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["query-name"] = {"name": "a\x1b]0;title\x07b"}
    for form in ("text", "json", "raw"):
        kit.settings.output = form
        assert "\x1b" not in kit.do("query-name")


# -- questions ------------------------------------------------------------------------------------------


def test_rates_are_those_since_the_question_was_answered_last(tmp_path: Path) -> None:
    counted = iter(range(0, 1 << 40, 1 << 30))

    def stats(command: object) -> object:
        read = {"rd_bytes": next(counted), "rd_operations": 1, "rd_total_time_ns": 1}
        none = {f"{kind}_{what}": 0 for kind in ("wr", "flush") for what in ("operations", "total_time_ns")}
        return [{"device": "disk0", "stats": {**read, **none}}]

    commands = [*ANSWERS["query-commands"], {"name": "query-blockstats"}]
    with fake_shell({"query-commands": commands, "query-blockstats": stats}) as (_, kit):
        assert "Now:" not in kit.do("info blockstats")
        kit.do(f"info blockstats > {tmp_path / 'told'}")
        assert "Now:" in (tmp_path / "told").read_text()
        assert "Now:" in kit.do("info  blockstats")


def test_answer_goes_to_a_file_and_to_a_program(kit: ShellKit, tmp_path: object) -> None:
    kit.do(
        f"query-name > {tmp_path}/out", f"query-name >> {tmp_path}/out", f"query-name | cat > {tmp_path}/copy"
    )
    with open(f"{tmp_path}/out") as file:
        assert file.read() == "vm0\nvm0\n"
    with open(f"{tmp_path}/copy") as file:
        assert file.read() == "vm0\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("cat >/dev/null", ""),
        ("exit 3", "exit 3: it ended with status 3"),
        ("kill -9 $$", "kill -9 $$: signal 9 ended it"),
    ],
)
def test_command_behind_a_pipe_that_fails_is_said(kit: ShellKit, command: str, said: str) -> None:
    text = kit.do(f"query-name | {command}")
    assert said in text and ("ended" in text) is bool(said)


STATS = ("rd_bytes", "rd_operations", "wr_bytes", "wr_operations", "flush_operations") + tuple(
    f"{kind}_{what}" for kind in ("rd", "wr", "flush") for what in ("total_time_ns", "merged")
)


def test_rates_are_shown_between_two_calls_of_a_line_on_one_connection() -> None:
    counted = iter(range(1, 10))

    def blockstats(command: object) -> object:
        return [{"device": "disk0", "stats": dict.fromkeys(STATS, 4096 * next(counted))}]

    answers = {
        "query-blockstats": blockstats,
        "query-commands": [*ANSWERS["query-commands"], {"name": "query-blockstats"}],
    }
    with FakeMonitor(answers, connections=2) as monitor, shell_on(monitor) as kit:
        assert "ops/s" not in kit.do("info blockstats")
        assert "ops/s" in kit.do("info status", "info blockstats")
        kit.do(".reconnect")
        assert "ops/s" not in kit.do("info blockstats"), "it may be another QEMU"
        assert "ops/s" in kit.do("info blockstats")
