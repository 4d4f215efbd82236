"""The fault matrix in the shell: what it says, that it says it once, whether it is connected afterwards.

The faults are those of test_faults.py, in a session that was well before ``cont``.
"""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.monitor import incoming
from tests.peer import Conversation, Step, expect_end
from tests.shell.kit import FakeMonitor, shell_on
from tests.test_faults import AFTER, ids

LOST = "not connected: .reconnect connects again"
#: The last step of many faults, here the monitor's going on.
_WAITS = expect_end().__qualname__


class FaultyMonitor(FakeMonitor):
    """Answers everything but ``cont``, in whose place the steps are taken."""

    def __init__(self, steps: list[Step]) -> None:
        super().__init__()
        self._steps = [step for step in steps if step.__qualname__ != _WAITS]

    def _answer(self, id: Any, command: dict[str, Any]) -> None:
        if command["execute"] != "cont":
            super()._answer(id, command)
            return
        assert self._conversation is not None
        for step in self._steps:
            step(self._conversation)


@pytest.mark.parametrize(("what", "steps", "status", "words"), AFTER, ids=ids(AFTER))
def test_a_fault_after_a_command_of_the_shell(what: str, steps: list[Step], status: int, words: str) -> None:
    # Only where the deadline is what is tested may it be short.
    with FaultyMonitor(steps) as monitor, shell_on(monitor, timeout=0.3 if status == 4 else None) as kit:
        kit.do("cont")
        is_lost = status == 3
        if is_lost:
            kit.until(LOST)
        said = " ".join(kit.text.split())
        assert words in said and "internal" not in said
        assert kit.shell.monitor.is_lost is is_lost
        assert said.count("was lost") + said.count("broke the protocol") == is_lost
        assert said.count("outcome of 'cont' is unknown") == is_lost
        if what != "half a reply, then silence":  # what comes next belongs to the reply
            again = kit.do("query-status")
            assert ("not sent: not connected" if is_lost else "VM status") in again
        assert monitor.sent.count("cont") == 1
        assert kit.shell.next_text == ("query-status" if is_lost else "")


def test_a_reply_after_the_deadline_is_shown_when_it_comes() -> None:
    with FakeMonitor({"cont": {"late": 7}}) as monitor, shell_on(monitor, timeout=0.3) as kit:
        monitor.stuck = {"cont"}
        assert "no answer to cont within 0.3 s" in kit.do("cont")
        monitor.release()
        kit.until("late answer to 'cont'")
        kit.until("late:  7")


def test_a_connection_that_ends_under_a_question_sends_nothing() -> None:
    with FakeMonitor() as monitor, shell_on(monitor) as kit:

        async def yes(question: str) -> bool:
            monitor.hang_up()
            kit.until(LOST)
            return True

        kit.shell.ask = yes
        assert "system_reset was not sent: not connected" in kit.do("system_reset")
        assert "system_reset" not in monitor.sent and kit.shell.next_text == "system_reset"


def test_what_was_still_to_come_is_said_to_be_unknown() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        kit.do("device_del n0")
        monitor.stuck = {"stop"}
        kit.do_and("stop", lambda: "stop" in monitor.sent, kit.shell.waiting.interrupt)
        monitor.hang_up()
        kit.until(LOST)
        assert "device_del n0: how it ends will not be seen" in kit.text
        assert "the outcome of 'stop' is unknown" in kit.text
        kit.do(".reconnect")
        assert not kit.shell.monitor.follower.words() and not kit.shell.monitor.unanswered


def test_a_long_list_that_is_no_json_late_leaves_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "LONG_REPLY", 50_000)

    def answer(conversation: Conversation) -> None:
        listed = ", ".join(['"word"'] * 10_000)
        conversation.send(f'{{"return": [{listed}, NaN], "id": "{conversation.id}"}}\r\n'.encode())

    with FaultyMonitor([answer]) as monitor, shell_on(monitor) as kit:
        kit.do("cont")
        said = " ".join(kit.text.split())
        assert said.count("NaN is not JSON; the list goes no further") == 1 and "word" in said
        assert "lost" not in said and "ended" not in said
        assert "VM status" in kit.do("query-status") and monitor.sent.count("cont") == 1
