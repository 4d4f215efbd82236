"""prompt_toolkit's menu and Tab; the monitor is asked behind it, never while a key is handled."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from qmonsh.complete.candidate import Completion
from qmonsh.shell.completer import LONGEST, MOST, ShellCompleter, press_tab
from tests.shell.kit import FakeMonitor, ShellKit, Typist, typed_at


@pytest.fixture
def completer(kit: ShellKit) -> ShellCompleter:
    kit.shell.monitor.learn()
    kit.settle()
    return ShellCompleter(kit.shell)


def menu(completer: ShellCompleter, text: str) -> dict[str, str]:
    rows = completer.get_completions(Document(text), CompleteEvent())
    return {row.text: row.display_meta_text for row in rows}


def tab(completer: ShellCompleter, text: str) -> str:
    buffer = Buffer(document=Document(text))
    press_tab(buffer, completer)
    return buffer.text


def test_menu_has_names_and_what_they_are(completer: ShellCompleter) -> None:
    found = menu(completer, "ball")
    assert found["balloon"].startswith("request VM to change its memory")


def test_menu_replaces_the_word_at_the_cursor(completer: ShellCompleter) -> None:
    row = next(iter(completer.get_completions(Document("info stat"), CompleteEvent())))
    assert (row.text, row.start_position) == ("status", -len("stat"))


def test_commands_of_the_shell_are_there(completer: ShellCompleter) -> None:
    assert ".events" in menu(completer, ".ev")


def test_keystroke_asks_the_monitor_nothing(
    monitor: FakeMonitor, completer: ShellCompleter, kit: ShellKit
) -> None:
    monitor.stuck = {"human-monitor-command", "query-block", "qom-list"}
    for text in ("device_add ", "eject ", "qom-list /", "info block "):
        menu(completer, text)  # would hang if it waited for the answer
    monitor.release()


def test_huge_line_and_huge_menu_are_bounded(
    completer: ShellCompleter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert menu(completer, "x" * (LONGEST + 1)) == {}
    from qmonsh.complete.candidate import Candidate

    many = Completion(0, tuple(Candidate(f"name{n}") for n in range(MOST + 7)))
    monkeypatch.setattr(completer, "find", lambda document: many)
    found = menu(completer, "n")
    assert len(found) == MOST + 1 and "7 more" in found[""], "what is left out is said"


def test_foreign_description_is_harmless(completer: ShellCompleter, monkeypatch: pytest.MonkeyPatch) -> None:
    from qmonsh.complete.candidate import Candidate

    hostile = Completion(0, (Candidate("a", meta="\x1b[2J\nx" * 50, flag="deprecated"),))
    monkeypatch.setattr(completer, "find", lambda document: hostile)
    meta = menu(completer, "a")["a"]
    assert "\x1b" not in meta and "\n" not in meta and len(meta) <= 60 and meta.startswith("deprecated")


def test_tab_puts_in_the_only_candidate_with_its_blank(completer: ShellCompleter) -> None:
    assert tab(completer, "ball") == "balloon "
    assert tab(completer, "info stat") == "info status "


def test_tab_puts_in_what_all_candidates_share(completer: ShellCompleter) -> None:
    assert tab(completer, "query-u") == "query-uuid "


def test_tab_on_nothing_known_changes_nothing(completer: ShellCompleter) -> None:
    assert tab(completer, "nosuch ") == "nosuch "


def test_menu_comes_when_the_answer_has_come(monitor: FakeMonitor, kit: ShellKit) -> None:
    rows = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.answers["query-commands"] = rows
    monitor.answers["query-block"] = [
        {"device": "cd0", "qdev": "cd0", "removable": True, "locked": False, "type": "unknown"}
    ]

    async def script(user: Typist) -> None:
        user.keys("eject ")
        await user.until("cd0")

    typed_at(kit, script)


def test_what_an_answer_comes_to_is_worked_out_behind_the_prompt(
    monitor: FakeMonitor, kit: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor.answers["query-commands"] = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.answers["query-block"] = [
        {"device": "cd0", "removable": True, "locked": False, "type": "unknown"}
    ]
    completer = ShellCompleter(kit.shell)
    offered, threads = completer._offered, []

    def spy(document: Document) -> Completion:
        found = offered(document)
        if any(one.text == "cd0" for one in found.candidates):
            threads.append(threading.current_thread().name)
        return found

    monkeypatch.setattr(completer, "_offered", spy)
    menu(completer, "eject ")
    kit.settle()
    assert "cd0" in menu(completer, "eject ")
    assert threads[0] == "qmonsh errands" and len(threads) == 2


def drives(*names: str) -> list[dict[str, Any]]:
    return [{"device": name, "removable": True, "locked": False, "type": "unknown"} for name in names]


def test_tab_waits_for_what_is_not_known_yet(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["query-commands"] = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.answers["query-block"] = drives("cd0", "cd1")
    monitor.stuck = {"query-block"}

    async def script(user: Typist) -> None:
        user.keys("eject \t\t")
        await user.until(lambda: "query-block" in monitor.names())
        user.keys("\t")
        await user.until("-f")  # what is known stands in the menu
        assert user.typed == "eject ", "the flag is the only candidate so far"
        monitor.release()
        await user.until("cd0")
        assert user.typed == "eject "

    typed_at(kit, script)


def test_tab_is_done_when_the_answer_has_come(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["query-commands"] = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.answers["query-block"] = drives("cd0")
    monitor.stuck = {"query-block"}

    async def script(user: Typist) -> None:
        user.keys("eject c\t")
        await user.until(lambda: "query-block" in monitor.names())
        monitor.release()
        await user.until(lambda: user.typed.startswith("eject cd0"))

    typed_at(kit, script)


def test_tab_puts_in_nothing_when_the_monitor_does_not_answer(
    monitor: FakeMonitor, kit: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qmonsh.shell import completer as module

    monkeypatch.setattr(module, "PATIENCE", 0.01)
    monitor.answers["query-commands"] = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.stuck = {"query-block"}

    async def script(user: Typist) -> None:
        user.keys("eject \t")
        await user.until(lambda: "query-block" in monitor.names())
        kit.settle()
        user.keys("\t")
        await user.until("-f")
        assert user.typed == "eject "
        monitor.release()

    typed_at(kit, script)


def test_tab_asks_again_for_what_may_be_old(
    monitor: FakeMonitor, kit: ShellKit, completer: ShellCompleter
) -> None:
    monitor.answers["query-commands"] = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.answers["query-block"] = drives("cd0")
    kit.shell.monitor.facts.forget()  # type: ignore[attr-defined]
    kit.shell.monitor.learn()
    menu(completer, "eject c")
    kit.settle()
    monitor.answers["query-block"] = drives("cd0", "cd1")
    kit.shell.monitor.acted()

    async def script(user: Typist) -> None:
        user.keys("eject c\t")
        await user.until(lambda: user.typed == "eject cd")
        await user.until("cd1")

    typed_at(kit, script)


def test_answer_that_comes_late_does_not_disturb_another_line(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["query-commands"] = [{"name": "query-block"}, *monitor.answers["query-commands"]]
    monitor.answers["query-block"] = [
        {"device": "cd0", "removable": True, "locked": False, "type": "unknown"}
    ]
    monitor.stuck = {"query-block"}

    async def script(user: Typist) -> None:
        user.keys("eject ")
        await user.until(lambda: "query-block" in monitor.names())
        user.keys("\x03")
        await user.until(lambda: user.typed == "")
        monitor.release()
        user.keys("query-u")
        await user.until(lambda: user.typed == "query-u")
        kit.settle()
        state: Any = user.prompt.session.default_buffer.complete_state
        assert state is None or not any("cd0" in one.text for one in state.completions)

    typed_at(kit, script)
