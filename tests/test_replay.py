"""--replay: what --record wrote is printed again, in each format, and foreign files are refused by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qmonsh.cli import main
from tests.peer import ScriptedPeer, Step, close, event, expect, expect_end, greet, refuse, reply, serve

STATUS = {"status": "running", "running": True}
COMMANDS = [{"name": name} for name in ("query-status", "stop", "device_del", "human-monitor-command")]


class Run:
    def __init__(self, capfd: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            main(words)
        self.status = ended.value.code
        self.out, self.err = capfd.readouterr()


@pytest.fixture
def recorded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """Return the path of the transcript of a session with a reply, an event and a refusal."""
    path = str(tmp_path / "session.jsonl")
    script = [
        *greet(),
        expect("query-status"),
        reply(STATUS),
        expect("stop"),
        event("STOP", {"a": "\x1b[31m"}),
    ]
    script += [reply({}), expect("fail"), refuse("Device 'x\x1b[2J' not found", "DeviceNotFound")]
    with ScriptedPeer([*script, expect_end()]) as peer:
        lines = ['{"execute": "query-status"}', '{"execute": "stop"}']
        lines += ['{"execute": "fail", "arguments": {"id": "x"}}']
        main_words = [word for line in lines for word in ("-c", line)]
        assert Run(capfd, peer.target, "--record", path, *main_words).status == 1
    return path


def test_replay_as_json_is_what_json_printed(recorded: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--replay", recorded, "--json")
    told = {"error": {"class": "DeviceNotFound", "desc": "Device 'x\x1b[2J' not found"}}
    assert [json.loads(line) for line in run.out.splitlines()] == [STATUS, {}, told]
    assert (run.status, run.err) == (0, "") and "\x1b" not in run.out


def test_replay_as_raw_has_whole_replies_and_the_events_asked_for(
    recorded: str, capfd: pytest.CaptureFixture[str]
) -> None:
    documents = [
        json.loads(line)
        for line in Run(capfd, "--replay", recorded, "-o", "raw", "--events").out.splitlines()
    ]
    assert documents[0]["return"] == STATUS and documents[1]["event"] == "STOP"
    assert documents[2]["return"] == {} and documents[3]["error"]["class"] == "DeviceNotFound"


def test_replay_as_text_shows_commands_replies_and_events(
    recorded: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run = Run(capfd, "--replay", recorded)
    assert '-> {"execute": "query-status"}\nVM status: running\n' in run.out
    assert run.out.index("STOP") < run.out.index(r"Device 'x\x1b[2J' not found [DeviceNotFound]")
    assert "\x1b" not in run.out and (run.status, run.err) == (0, "")


def test_replay_of_a_text_monitor(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hmp.jsonl"
    told = [("received", "QEMU 7.2 monitor"), ("sent", "info status"), ("received", "VM status: paused\n")]
    lines = [json.dumps({"time": 1.5, "direction": way, "message": text}) for way, text in told]
    path.write_text("\n".join(lines) + "\n")
    out = Run(capfd, "--replay", str(path)).out
    assert out.startswith("QEMU 7.2 monitor\n") and out.endswith("-> info status\nVM status: paused\n")
    assert Run(capfd, "--replay", str(path), "--json").out == '"VM status: paused\\n"\n'


@pytest.mark.parametrize(
    "line",
    [
        "no JSON", "[]", "{}", '{"time": 1}', '{"time": "x", "direction": "sent", "message": {}}',
        '{"time": 1, "direction": "up", "message": {}}', '{"time": NaN, "direction": "sent", "message": {}}',
        '{"time": 1e300, "direction": "sent", "message": {}}', "[" * 100_000,
        '{"time": 1, "direction": "sent", "message": Infinity}', "9" * 5000,
    ],
    ids=range(11),
)  # fmt: skip
def test_other_files_are_refused_with_their_line(
    line: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n" + line + "\n")
    run = Run(capfd, "--replay", str(path))
    assert run.status == 2 and f"{path}:2: this is no line of a transcript" in run.err


@pytest.mark.parametrize(
    "message",
    [
        {"return": 1},
        {"error": 5},
        {"event": ["x"]},
        {"event": "E", "timestamp": 3, "data": 4},
        {"QMP": {}},
        7,
        None,
    ],
    ids=str,
)
@pytest.mark.parametrize("direction", ["sent", "received"])
def test_odd_messages_break_nothing(
    message: Any, direction: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.jsonl"
    sent = {"time": 0, "direction": "sent", "message": {"execute": "x"}}
    path.write_text(
        json.dumps(sent) + "\n" + json.dumps({"time": 1, "direction": direction, "message": message})
    )
    for form in ("text", "json", "raw"):
        assert Run(capfd, "--replay", str(path), "-o", form, "--events").status == 0


def test_missing_file_is_status_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert Run(capfd, "--replay", "/dev/null/file").status == 2


@pytest.mark.parametrize("form", ["text", "json", "raw"])
def test_cut_lines_are_left_out_and_said(
    recorded: str, form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = Path(recorded).read_bytes()
    cut = tmp_path / "cut.jsonl"
    lines = whole.splitlines(keepends=True)
    cut.write_bytes(lines[0][:40] + b"\n" + whole + lines[1][:-2])
    run, expected = Run(capfd, "--replay", str(cut), "-o", form), Run(capfd, "--replay", recorded, "-o", form)
    assert (run.status, run.out) == (0, expected.out)
    assert [line.split(" ")[1] for line in run.err.splitlines()] == [
        f"{cut}:{number}:" for number in (1, len(lines) + 2)
    ]


def test_what_qmonsh_asked_for_itself_is_left_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, words = str(tmp_path / "session.jsonl"), ("info status", "stop", "device_del nope", "info status")
    line_words = [word for line in words for word in ("-c", line)]
    asked = {"query-commands": COMMANDS, "query-status": STATUS, "stop": {}}
    with ScriptedPeer([*greet(), serve(asked)]) as peer:
        printed = Run(capfd, peer.target, "--record", path, "--json", "--keep-going", *line_words)
    assert "query-commands" in Path(path).read_text()
    assert Run(capfd, "--replay", path, "--json").out == printed.out
    shown = Run(capfd, "--replay", path).out
    assert "query-commands" not in shown and shown.count("VM status: running") == 2
    assert "query-commands" in Run(capfd, "--replay", path, "-v").out


LINES = (
    "info status",
    "nonsense",
    "cpu 9",
    '{"execute": "query-status", "id": [7]}',
    '{"execute": "device_del", "arguments": {"id": "x"}, "id": null}',
    '{"execute": "human-monitor-command", "arguments": {"command-line": "info none"}, "id": 1}',
    "hmp device_del x",
    "migrate tcp:127.0.0.1:1",
    "device_del nope",
    '{"execute": "qmp_capabilities"}',
    "query-status",
)


def answer(command: dict[str, Any]) -> Any:
    """Answer as a QEMU whose HMP refuses everything in words, and whose migrations fail."""
    known = {"query-status": STATUS, "stop": {}, "migrate": {}, "query-cpus-fast": [{"cpu-index": 0}]}
    names = (*known, "query-migrate", "device_del", "human-monitor-command")
    known["query-commands"] = [{"name": name} for name in names]
    known["query-migrate"] = {"status": "failed", "error-desc": "nobody listens"}
    known["human-monitor-command"] = "Error: Device 'x' not found\r\n"
    return known[command["execute"]]


@pytest.mark.parametrize("form", ["json", "raw"])
def test_replay_is_what_was_printed_whatever_lines_came_to(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Refusals in words, several steps, ids of the user's, lines that send nothing."""
    path, script = str(tmp_path / "session.jsonl"), tmp_path / "script"
    script.write_text("\n".join(LINES))
    with ScriptedPeer([*greet(), serve(answer)]) as peer:
        words = ("--no-introspect", "-y", "--keep-going", "-o", form)
        printed = Run(capfd, peer.target, "--record", path, *words, "-f", str(script))
    assert printed.out.count("not found") == 2 and "migration failed: nobody" in printed.out
    assert Run(capfd, "--replay", path, "-o", form).out == printed.out


@pytest.mark.parametrize("form", ["json", "raw"])
@pytest.mark.parametrize("fault", [close(), expect_end()], ids=["closed", "silent"])
def test_replay_of_a_line_that_was_never_answered(
    form: str, fault: Step, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "session.jsonl")
    act = '{"execute": "stop"}'
    with ScriptedPeer([*greet(), expect("stop"), fault]) as peer:
        printed = Run(capfd, peer.target, "-t", "0.3", "--record", path, "-o", form, act)
    assert printed.status in (3, 4) and "error" in json.loads(printed.out)
    # Another connection in the same file: what the first one still owed is not mistaken for its replies.
    with ScriptedPeer([*greet(), expect("query-status"), reply(STATUS), expect_end()]) as peer:
        again = Run(capfd, peer.target, "--record", path, "-o", form, '{"execute": "query-status"}')
    assert Run(capfd, "--replay", path, "-o", form).out == printed.out + again.out


def test_replay_as_text_shows_a_line_and_its_result_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "session.jsonl")
    with ScriptedPeer([*greet(), serve(answer)]) as peer:
        Run(capfd, peer.target, "--record", path, "--no-introspect", "-y", "migrate tcp:127.0.0.1:1")
    shown = Run(capfd, "--replay", path).out.splitlines()
    assert [line.partition(" -> ")[2] for line in shown] == ["migrate tcp:127.0.0.1:1", ""]
    assert "nobody listens" in shown[1]
    assert '-> {"execute": "migrate"' in Run(capfd, "--replay", path, "-v").out


@pytest.mark.parametrize(
    "message", [None, 7, "x", [], {}, {"line": 5, "view": ["x"]}, {"error": 3}, {"return": 1}]
)
@pytest.mark.parametrize("form", ["text", "json", "raw"])
def test_odd_marks_break_nothing(
    message: Any, form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.jsonl"
    sent = ("sent", {"execute": "x"})
    told = [("result", message), ("line", message), sent, ("result", message), ("line", message), sent]
    records = [*told, ("received", {"return": "last"})]
    path.write_text(
        "".join(json.dumps({"time": 0, "direction": way, "message": one}) + "\n" for way, one in records)
    )
    run = Run(capfd, "--replay", str(path), "-o", form)
    assert (run.status, run.err) == (0, "")


def test_a_line_that_the_recording_was_cut_in_shows_what_came(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.jsonl"
    told = [
        ("line", {"line": "x\x1b", "view": ""}),
        ("sent", {"execute": "x"}),
        ("received", {"return": "last"}),
    ]
    path.write_text(
        "".join(json.dumps({"time": 0, "direction": way, "message": one}) + "\n" for way, one in told)
    )
    assert Run(capfd, "--replay", str(path)).out.endswith("-> x\\x1b\nlast\n")
    assert Run(capfd, "--replay", str(path), "--json").out == '"last"\n'
