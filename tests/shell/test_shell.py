"""Lines run in the shell: results, questions, failures, Ctrl-C, late answers, the lost connection."""

from __future__ import annotations

import pytest

from tests.shell.kit import ANSWERS, FakeMonitor, ShellKit, fake_shell, shell_on


def test_failure_is_shown_with_its_class(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["stop"] = ValueError("it will not")
    assert "Error: it will not [GenericError]" in kit.do("stop")


def test_unknown_word_is_refused_and_nothing_sent(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do("stpo")
    assert "stpo" in text and "stop" in text
    assert monitor.sent.count("stop") == 0


def test_danger_asks_with_reason_and_vm_name(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do("system_reset")
    assert "what the guest has not" in text and "vm0" in kit.questions[0]
    assert "nothing was sent" in text and "system_reset" not in monitor.sent


def test_danger_is_sent_when_confirmed(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.answers = [True]
    kit.do("system_reset")
    assert monitor.sent.count("system_reset") == 1


@pytest.mark.parametrize("line", ["system_reset", '{"execute": "system_reset"}', "qmp system_reset"])
def test_danger_is_the_same_in_every_form(monitor: FakeMonitor, kit: ShellKit, line: str) -> None:
    kit.do(line)
    assert kit.questions and "system_reset" not in monitor.sent


def test_yes_does_not_ask() -> None:
    with fake_shell(yes=True) as (monitor, kit):
        kit.do("system_reset")
        assert not kit.questions and "system_reset" in monitor.sent


def test_configuration_can_ask_before_more() -> None:
    with fake_shell(confirm=["stop"]) as (monitor, kit):
        assert "configuration" in kit.do("stop")
        assert kit.questions and "stop" not in monitor.sent


def test_read_only_refuses_before_it_asks() -> None:
    with fake_shell(read_only=True) as (monitor, kit):
        assert "stop was not sent" in kit.do("stop")
        assert "running" in kit.do("query-status")
        assert not kit.questions and "stop" not in monitor.sent


def test_cutting_an_image_asks_with_both_sizes_and_the_vms_name() -> None:
    image = {"node-name": "n", "image": {"virtual-size": 64 << 20}}
    commands = [*ANSWERS["query-commands"], {"name": "block_resize"}, {"name": "query-block"}]
    answers = {"query-commands": commands, "block_resize": {}}
    answers["query-block"] = [{"device": "disk0", "qdev": "vda", "inserted": image}]
    with fake_shell(answers) as (monitor, kit):
        for line in (
            "block_resize disk0 32M",
            "block_resize vda 32M",
            "block_resize node-name=n size=33554432",
        ):
            assert "from 64 MiB to 32 MiB" in " ".join(kit.do(line).split())
        assert len(kit.questions) == 3 and all("vm0" in question for question in kit.questions)
        assert "block_resize" not in monitor.sent
        kit.do("block_resize disk0 128M")
        assert len(kit.questions) == 3 and monitor.sent.count("block_resize") == 1


def test_quit_names_ctrl_d_and_leaves_when_confirmed(monitor: FakeMonitor, kit: ShellKit) -> None:
    assert "Ctrl-D" in kit.do("quit")
    assert kit.shell.status is None
    kit.answers = [True]
    text = kit.do("quit")
    kit.until(lambda: kit.shell.monitor.state.lost is not None)
    assert kit.shell.status == 0
    assert "lost" not in text + kit.text[-200:]


def test_pasted_lines_ask_before_they_run(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.run(kit.shell.run_text("stop\ncont\n"))
    assert "2 commands" in kit.questions[0] and not monitor.sent
    kit.answers = [True]
    kit.run(kit.shell.run_text("stop\n# a remark\n\ncont\n"))
    assert [name for name in monitor.sent if name in ("stop", "cont")] == ["stop", "cont"]


def test_pasted_object_over_several_lines_does_not_ask(kit: ShellKit) -> None:
    kit.run(kit.shell.run_text('{"execute":\n "query-name"}'))
    assert not kit.questions and "vm0" in kit.text


def test_pasted_lines_stop_at_the_first_failure(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.answers = [True]
    monitor.answers["stop"] = ValueError("no")
    kit.run(kit.shell.run_text("stop\ncont"))
    assert "cont" not in monitor.sent


# -- waiting ---------------------------------------------------------------------------------------------


def test_interrupt_stops_the_waiting_and_the_late_answer_is_labelled(
    monitor: FakeMonitor, kit: ShellKit
) -> None:
    kit.do("query-uuid")  # what it needs to know is known
    monitor.stuck = {"query-uuid"}
    count = monitor.names().count("query-uuid")
    text = kit.do_and(
        "query-uuid", lambda: monitor.names().count("query-uuid") > count, kit.shell.waiting.interrupt
    )
    assert "stopped waiting for 'query-uuid'" in text and "QEMU still carries it out" in text
    monitor.release()
    kit.until("late answer to 'query-uuid'")
    assert "running" in kit.do("query-status"), "the shell goes on"


def test_interrupted_line_is_not_sent_twice(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.stuck = {"stop"}
    kit.do_and("stop", lambda: "stop" in monitor.sent, kit.shell.waiting.interrupt)
    monitor.release()
    kit.until("late answer to 'stop': done")
    assert monitor.sent.count("stop") == 1


def test_interrupt_while_knowledge_is_asked_sends_nothing() -> None:
    with FakeMonitor() as monitor, shell_on(monitor) as kit:
        monitor.stuck = {"query-commands"}
        kit.shell.monitor.session.knowledge.forget()
        text = kit.do_and(
            "stop", lambda: monitor.names().count("query-commands") > 0, kit.shell.waiting.interrupt
        )
        monitor.release()
        kit.do("query-name")
        assert "stop" not in monitor.sent
        assert "QEMU still carries" not in text.replace("\n", " ") or "query-commands" in text


def test_interrupt_without_anything_running_is_nothing(kit: ShellKit) -> None:
    kit.shell.waiting.interrupt()
    assert kit.text == ""


def test_verbose_says_what_was_sent_with_secrets_masked() -> None:
    with fake_shell(verbose=True) as (_, kit):
        assert '-> {"execute": "query-name"}' in kit.do("query-name")


def test_alias_of_the_configuration_is_replaced() -> None:
    with fake_shell(aliases={"st": "query-status"}) as (_, kit):
        assert "running" in kit.do("st")


def test_dump_of_the_memory_goes_on_beside_the_monitor_with_progress(
    monitor: FakeMonitor, kit: ShellKit
) -> None:
    looks = iter([{"status": "active", "completed": 1, "total": 4}])
    done = {"status": "completed", "completed": 4, "total": 4}
    monitor.answers["query-commands"] = [*ANSWERS["query-commands"], {"name": "dump-guest-memory"}]
    monitor.answers |= {"dump-guest-memory": {}, "query-dump": lambda command: next(looks, done)}
    kit.answers = [True]
    text = kit.do("dump-guest-memory /tmp/core")
    sent = next(one for one in monitor.peer.commands if one.get("execute") == "dump-guest-memory")
    assert sent["arguments"]["detach"] is True
    assert "dump-guest-memory: active" in text and "25%" in text
    assert "will tell" not in text, "it is over"


def test_ctrl_c_in_work_that_was_accepted_promises_no_answer(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["query-commands"] = [*ANSWERS["query-commands"], {"name": "migrate"}]
    monitor.answers |= {"migrate": {}, "query-migrate": {"status": "active"}}
    shell = kit.shell
    text = kit.do_and("migrate tcp:h:1", lambda: "migrate: active" in kit.text, shell.waiting.interrupt)
    said = " ".join(text.split())
    assert "stopped waiting for 'migrate tcp:h:1'" in said and "its end is told" in said
    assert "migrate_cancel stops it" in said and not shell.monitor.unanswered


def test_defect_of_ours_is_confessed_and_the_shell_goes_on(
    kit: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(line: str) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(kit.shell.monitor.session, "plan", fail)
    assert "internal error: ZeroDivisionError" in kit.do("query-uuid")
    kit.settings.debug = True
    assert "Traceback" in kit.do("query-uuid")
    monkeypatch.undo()
    assert "running" in kit.do("query-status")
