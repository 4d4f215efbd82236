"""One-shot and scripts through the real command line, against a scripted peer: output, order, status."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from qmonsh.batch import parse_wait
from qmonsh.cli import main
from qmonsh.errors import UsageError
from tests.peer import (
    Conversation,
    ScriptedPeer,
    close,
    event,
    expect,
    expect_end,
    greet,
    refuse,
    reply,
    send,
    serve,
)

COMMANDS = ["query-commands", "query-status", "query-name", "stop", "cont", "quit", "human-monitor-command"]

ANSWERS: dict[str, Any] = {
    "query-commands": [{"name": name} for name in (*COMMANDS, "x-fail")],
    "query-status": {"status": "running", "running": True},
    "query-name": {"name": "vm0"},
    "stop": {},
    "cont": {},
    "quit": {},
}


def answer(command: dict[str, Any]) -> Any:
    name = command.get("execute", command.get("exec-oob"))
    if name == "human-monitor-command":
        return {"info mtree -f": "mtree\r\n", "nosuch": "unknown command: 'nosuch'\r\n"}.get(
            command["arguments"]["command-line"], ""
        )
    return ANSWERS[name]


class Run:
    """One run of the command line in this process."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *args: str) -> None:
        with pytest.raises(SystemExit) as ended:
            main(args)
        self.status = ended.value.code
        self.out, self.err = capfd.readouterr()

    def documents(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def serving() -> ScriptedPeer:
    return ScriptedPeer([*greet(), serve(answer)])


def test_one_shot_prints_the_result_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "info", "status")
    assert (run.status, run.out, run.err) == (0, "VM status: running\n", "")


def test_json_is_the_return_value_untouched(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "info", "status")
    assert run.documents() == [ANSWERS["query-status"]] and run.status == 0


def test_options_end_at_the_first_word_of_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "info", "mtree", "-f")
    assert run.documents() == ["mtree\n"]


@pytest.mark.parametrize("line", ['{"execute": "query-name"}', "{'execute': 'query-name'}", "query-name"])
def test_every_spelling_of_a_query_gives_its_value(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-o", "json", "-c", line)
    assert run.documents() == [{"name": "vm0"}]


def test_raw_restores_the_users_id_and_removes_ours(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        lines = ['{"execute": "query-name", "id": null}', '{"execute": "query-name"}']
        run = Run(capfd, peer.target, "-o", "raw", *(word for line in lines for word in ("-c", line)))
    assert run.documents() == [{"return": {"name": "vm0"}, "id": None}, {"return": {"name": "vm0"}}]


def test_sources_run_in_the_order_given_and_command_last(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("# a comment\n\nquery-name\n")
    with serving() as peer:
        args = [peer.target, "--json", "-c", "query-status", "-f", str(script), "-c", "stop", "query-status"]
        run = Run(capfd, *args)
    assert run.documents() == [
        {"status": "running", "running": True},
        {"name": "vm0"},
        {},
        run.documents()[0],
    ]


def test_one_command_option_may_hold_several_lines(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "-c", "query-name\n# comment\nquery-status\n")
    assert len(run.documents()) == 2


def test_json_object_may_span_lines(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text('{\n  "execute":\n    "query-name"\n}\nquery-status\n')
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "-f", str(script))
    assert [document.get("name", document.get("status")) for document in run.documents()] == [
        "vm0",
        "running",
    ]


@pytest.mark.parametrize(
    ("lines", "flags", "status", "documents"),
    [
        (["x-fail", "query-name"], [], 1, 1),
        (["x-fail", "query-name"], ["--keep-going"], 1, 2),
        (["no such command", "query-name"], [], 2, 1),
        (["no such command", "x-fail", "query-name"], ["--keep-going"], 2, 3),
        (['{"execute": "query-name"', "query-name"], [], 2, 1),
        (["query-name"], [], 0, 1),
        (["nosuch"], [], 2, 1),
        (["stop"], ["--read-only"], 2, 1),
        (["query-status"], ["--read-only"], 0, 1),
    ],
)
def test_status_and_one_document_a_line(
    lines: list[str], flags: list[str], status: int, documents: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", *flags, *(word for line in lines for word in ("-c", line)))
    assert (run.status, len(run.documents())) == (status, documents), run.err


def test_hmp_error_text_is_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "hmp nosuch")
    assert run.status == 1 and run.out == "" and "unknown command: 'nosuch'" in run.err


def test_quit_whose_reply_is_the_end_of_the_stream_succeeds(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*greet(), expect("query-commands"), reply(ANSWERS["query-commands"]), expect("quit"), close()]
    with ScriptedPeer(script) as peer:
        run = Run(capfd, peer.target, "--json", "quit")
    assert (run.status, run.documents()) == (0, [{}])


def test_lost_connection_is_status_3_and_says_unknown_outcome(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*greet(), expect("query-commands"), reply(ANSWERS["query-commands"]), expect("stop"), close()]
    with ScriptedPeer(script) as peer:
        run = Run(capfd, peer.target, "stop")
    assert run.status == 3 and "unknown" in run.err and run.out == ""


def test_deadline_is_status_4(capfd: pytest.CaptureFixture[str]) -> None:
    script = [
        *greet(),
        expect("query-commands"),
        reply(ANSWERS["query-commands"]),
        expect("stop"),
        expect_end(),
    ]
    with ScriptedPeer(script) as peer:
        run = Run(capfd, peer.target, "-t", "0.2", "stop")
    assert run.status == 4 and "within 0.2 s" in run.err


def test_failed_connect_prints_no_document_and_is_status_3(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "/dev/null/vm.sock", "--json", "info", "status")
    assert (run.status, run.out) == (3, "") and "/dev/null/vm.sock" in run.err


def test_no_target_is_status_2(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmonsh.discover.machines", lambda: [])
    run = Run(capfd, "-c", "info status")
    assert run.status == 2 and "no TARGET" in run.err and "-qmp unix:" in run.err


def test_default_target_comes_from_the_environment(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as peer:
        monkeypatch.setenv("QMONSH_TARGET", peer.target)
        assert Run(capfd, "-", "info", "status").out == "VM status: running\n"


def test_events_stand_in_wire_order(capfd: pytest.CaptureFixture[str]) -> None:
    def stop(conversation: Conversation) -> None:
        conversation.receive_command()
        event("STOP")(conversation)
        conversation.reply({})
        event("LATER")(conversation)
        conversation.receive_command()
        conversation.reply({})

    script = [*greet(), expect("query-commands"), reply(ANSWERS["query-commands"]), stop]
    with ScriptedPeer(script) as peer:
        run = Run(capfd, peer.target, "--json", "--events", "-c", "stop", "-c", "cont")
    assert [document.get("event", "reply") for document in run.documents()] == [
        "STOP",
        "reply",
        "LATER",
        "reply",
    ]


def test_wait_counts_events_since_the_first_command(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*greet(), event("STOP", {"n": 0})]
    script += [expect("query-commands"), reply(ANSWERS["query-commands"])]
    script += [expect("stop"), event("STOP", {"n": 1}), reply({}), expect_end()]
    with ScriptedPeer(script) as peer:
        run = Run(capfd, peer.target, "--json", "--wait", "STOP,n=1", "stop")
    assert run.status == 0 and run.documents()[-1]["data"] == {"n": 1}


def test_wait_past_its_deadline_is_status_4(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-t", "0.2", "--wait", "NEVER", "query-status")
    assert run.status == 4


def test_explain_sends_nothing_that_acts(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--explain", "stop")
    assert json.loads(run.out) == {"execute": "stop"} and run.status == 0
    assert "stop" not in [command["execute"] for command in peer.commands]


def test_verbose_prints_the_qmp_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-v", "info status")
    assert '"execute": "query-status"' in run.err and run.out == "VM status: running\n"


def test_record_keeps_both_directions_private(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with serving() as peer:
        Run(capfd, peer.target, "--record", str(record), "info status")
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert {"sent", "received"} == {line["direction"] for line in lines}
    assert {"execute": "query-status"} in [line["message"] for line in lines]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_redirection_goes_to_the_file(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "out"
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", f"info status > {target}", "-c", f"info status >> {target}")
    assert run.out == "" and target.read_text() == "VM status: running\n" * 2


def test_pipe_gives_the_reply_to_the_shell_command(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "info status | tr a-z A-Z")
    assert run.out == "VM STATUS: RUNNING\n"


def test_stdin_is_a_script_when_it_is_no_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("query-name\n# nothing\nquery-status\n"))
    with serving() as peer:
        run = Run(capfd, peer.target, "--json")
    assert len(run.documents()) == 2


def test_stdin_lines_run_as_they_arrive() -> None:
    with serving() as peer:
        child = subprocess.Popen(
            [sys.executable, "-m", "qmonsh", peer.target, "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None and child.stdout is not None
        with child:
            for name in ("query-name", "query-status"):
                child.stdin.write(name + "\n")
                child.stdin.flush()
                assert json.loads(child.stdout.readline()) == ANSWERS[name]
            child.stdin.close()
    assert child.returncode == 0


def test_lines_after_quit_are_said_to_be_left_out(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("quit\n# nothing\n\n")
    with serving() as peer:
        assert Run(capfd, peer.target, "-f", str(script)).status == 0
    script.write_text("quit\nquery-name\nquery-name\n")
    for keep_going in ((), ("--keep-going",)):
        with serving() as peer:
            run = Run(capfd, peer.target, "--json", "-f", str(script), *keep_going)
        done, *left_out = run.documents()
        assert run.status == 3 and done == {} and len(left_out) == 1 + len(keep_going)
        assert "was not sent" in left_out[0]["error"]["desc"]


def test_quit_does_not_wait_for_more_of_a_pipe() -> None:
    with serving() as peer:
        child = subprocess.Popen([sys.executable, "-m", "qmonsh", peer.target], stdin=subprocess.PIPE)
        assert child.stdin is not None
        child.stdin.write(b"quit\n")
        child.stdin.flush()
        assert child.wait() == 0, "the pipe is still open"
        child.stdin.close()


def test_a_shell_command_behind_a_pipe_that_fails_fails_the_line(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "-c", "query-name | grep -o vm0", "-c", "query-name | grep x")
    assert run.status == 1 and run.out == "vm0\n", "no document follows what the command printed"
    assert run.err == "qmonsh: 'grep x' ended with status 1\n"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    big = "x" * 10_000_000
    with ScriptedPeer([*greet(), serve(lambda command: big), expect_end()]) as peer:
        command = f'{sys.executable} -m qmonsh {peer.target} \'{{"execute": "x"}}\' | head -c 10; echo "$?"'
        ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert ended.stdout == "xxxxxxxxxx0\n" and ended.stderr == ""


def test_unwritable_stdout_is_said() -> None:
    with serving() as peer, open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "qmonsh", peer.target, "info status"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode != 0 and "No space left" in ended.stderr


def test_interrupt_is_status_130() -> None:
    reached = threading.Event()

    def stuck(conversation: Conversation) -> None:
        conversation.receive_command()
        reached.set()

    script = [*greet(), expect("query-commands"), reply(ANSWERS["query-commands"]), stuck, expect_end()]
    with ScriptedPeer(script) as peer:
        child = subprocess.Popen(
            [sys.executable, "-m", "qmonsh", peer.target, "stop"], stderr=subprocess.PIPE, text=True
        )
        assert reached.wait(20)
        os.kill(child.pid, 2)
        _, err = child.communicate()
    assert child.returncode == 130 and "QEMU still" in err and "Traceback" not in err


def test_unreadable_script_is_status_2_before_anything_is_sent(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "/dev/null/vm.sock", "-f", "/dev/null/script")
    assert run.status == 2 and "/dev/null/script" in run.err


def test_errors_in_scripts_name_file_and_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "script.qm"
    script.write_text("query-name\nno such command\n")
    with serving() as peer:
        run = Run(capfd, peer.target, "-f", str(script))
    assert run.status == 2 and f"{script}:2" in run.err


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("STOP", ("STOP", {})),
        (
            "JOB_STATUS_CHANGE,status=concluded,id=j0",
            ("JOB_STATUS_CHANGE", {"status": "concluded", "id": "j0"}),
        ),
        ("E,a.b=1", ("E", {"a.b": "1"})),
        ("E,empty=", ("E", {"empty": ""})),
    ],
)
def test_parse_wait(text: str, wanted: Any) -> None:
    assert parse_wait(text) == wanted


@pytest.mark.parametrize("text", ["", "STOP,key", ",a=b", "E,=x"])
def test_parse_wait_refuses(text: str) -> None:
    with pytest.raises(UsageError):
        parse_wait(text)


def test_refused_reply_in_raw_is_the_reply(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*greet(), expect("boom"), refuse("no"), expect_end()]) as peer:
        run = Run(capfd, peer.target, "-o", "raw", '{"execute": "boom"}')
    assert run.documents() == [{"error": {"class": "GenericError", "desc": "no"}}] and run.status == 1


def test_unknown_messages_are_noted_at_verbose_only(capfd: pytest.CaptureFixture[str]) -> None:
    for flags, said in (([], False), (["-v"], True)):
        with ScriptedPeer([*greet(), send({"foo": 1}), serve(answer)]) as peer:
            run = Run(capfd, peer.target, *flags, "info status")
        assert ("ignored" in run.err) is said


def test_an_open_statement_ends_with_its_option(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "--keep-going", "-c", '{"execute"', "query-name")
    assert run.status == 2 and run.documents()[1:] == [{"name": "vm0"}]


def test_redirection_that_cannot_be_opened_sends_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "stop > /dev/null/file")
    assert run.status == 2 and "cannot write /dev/null/file" in run.err
    assert "stop" not in [command["execute"] for command in peer.commands]


def test_redirection_of_a_failing_line_leaves_the_file(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "kept"
    target.write_text("before")
    with serving() as peer:
        run = Run(capfd, peer.target, f"x-fail > {target}")
    assert run.status == 1 and target.read_text() == "before"


@pytest.mark.parametrize(("where", "status"), [("/dev/null", 0), ("/dev/full", 1)])
def test_redirection_to_a_device(where: str, status: int, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        assert Run(capfd, peer.target, f"info status > {where}").status == status


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "1e300"])
@pytest.mark.parametrize("option", ["-t", "--connect-timeout"])
def test_deadlines_that_are_none_are_refused(
    option: str, given: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run = Run(capfd, "/dev/null/vm.sock", option, given, "info status")
    assert run.status == 2 and "is no deadline" in run.err


def test_bytes_that_are_no_text_spoil_their_own_line_only(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"\xef\xbb\xbfquery-name\r\ninfo \xff\xfe\nquery-name\n\0\n")
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "--keep-going", "-f", str(script), "-c", "info \udcff")
    documents = run.documents()
    assert documents[0] == documents[2] == {"name": "vm0"} and run.status == 2
    assert documents[1]["error"]["desc"] == documents[4]["error"]["desc"] == "this is not UTF-8 text"
    assert len(documents) == 5


def test_wait_past_its_deadline_names_the_event(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-t", "0.2", "--wait", "NEVER", "query-status")
    assert run.status == 4 and "no NEVER event came within 0.2 s" in run.err


def test_typed_negotiation_is_answered_with_its_id_and_not_sent(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-o", "raw", '{"execute": "qmp_capabilities", "id": [3]}')
    assert run.documents() == [{"return": {}, "id": [3]}] and run.status == 0
    assert [command["execute"] for command in peer.commands].count("qmp_capabilities") == 1


def test_every_line_has_its_document_after_a_loss(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*greet(), expect("query-commands"), reply(ANSWERS["query-commands"]), expect("stop"), close()]
    with ScriptedPeer(script) as peer:
        words = ["--json", "--keep-going", "-c", "stop", "-c", "query-name", "-c", '{"execute": "cont"}']
        run = Run(capfd, peer.target, *words)
    told = [document["error"]["desc"] for document in run.documents()]
    assert run.status == 3 and len(told) == 3
    assert ["unknown" in text for text in told] == [True, False, False]


@pytest.mark.parametrize("words", [("--wait", "STOP"), ("-c", ".wait STOP")])
def test_no_event_is_waited_for_where_none_is_reported(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    banner = "QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "
    with ScriptedPeer([send(banner), expect_end()]) as peer:
        run = Run(capfd, peer.target, *words)
    assert run.status == 2 and "a text monitor reports no events" in run.err


EVENTS = [{"name": "SHUTDOWN", "meta-type": "event", "arg-type": "0"}]


@pytest.mark.parametrize("words", [("--wait", "SHUTDWON", "stop"), ("-c", ".wait SHUTDWON", "-c", "stop")])
def test_event_that_the_monitor_has_not_is_not_waited_for(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    schema = [*EVENTS, {"name": "0", "meta-type": "object", "members": []}]
    names = [*ANSWERS["query-commands"], {"name": "query-qmp-schema"}]
    answers = {**ANSWERS, "query-commands": names, "query-qmp-schema": schema}
    with ScriptedPeer([*greet(), serve(answers)]) as peer:
        run = Run(capfd, peer.target, *words)
    assert run.status == 2 and "no event SHUTDWON" in run.err and "SHUTDOWN?" in run.err
    assert "stop" not in [command["execute"] for command in peer.commands]
