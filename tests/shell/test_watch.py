"""``.watch``: what changed is marked; Ctrl-C, a failure and a lost connection end it."""

from __future__ import annotations

from qmonsh.render.form import Form
from qmonsh.shell.watch import mark_changes
from tests.shell.kit import FakeMonitor, ShellKit

COLOUR, PLAIN = Form(colour=True), Form()


def test_changed_word_is_marked() -> None:
    marked = mark_changes("ops: 1 of 9\nsame\n", "ops: 2 of 9\nsame\n", COLOUR)
    assert marked == "ops: \x1b[7m2\x1b[0m of 9\nsame\n"


def test_changed_line_is_marked_without_colours() -> None:
    assert mark_changes("a 1\nb\n", "a 2\nb\n", PLAIN) == "* a 2\n  b\n"


def test_new_line_is_marked_whole() -> None:
    assert mark_changes("a\nc\n", "a\nb\nc\n", COLOUR) == "a\n\x1b[7mb\x1b[0m\nc\n"
    assert mark_changes("", "a\n", PLAIN) == "* a\n"


def test_nothing_left_is_nothing() -> None:
    assert mark_changes("a\n", "", COLOUR) == ""


def test_unchanged_lines_are_not_marked() -> None:
    assert mark_changes("a\nb\n", "a\nb\n", COLOUR) == "a\nb\n"


def test_line_is_repeated_until_interrupt(monitor: FakeMonitor, kit: ShellKit) -> None:
    uuids = iter(range(1000))
    monitor.answers["query-uuid"] = lambda command: {"UUID": f"number-{next(uuids)}"}
    text = kit.do_and(
        ".watch 0.05 query-uuid", lambda: monitor.names().count("query-uuid") > 3, kit.shell.waiting.interrupt
    )
    assert "\nnumber-0" in text and "\n* number-1" in text and "\n* number-2" in text
    assert "no longer watching" in text


def test_marked_lines_fit_the_terminal(monitor: FakeMonitor, kit: ShellKit) -> None:
    numbers = iter(range(1000))
    monitor.answers["query-uuid"] = lambda command: {"UUID": "word " * 100 + str(next(numbers))}
    text = kit.do_and(
        ".watch 0.05 query-uuid", lambda: monitor.names().count("query-uuid") > 3, kit.shell.waiting.interrupt
    )
    width = kit.shell.speech.form.width
    assert width and "\n  word" in text and "\n* " in text
    assert max(len(line) for line in text.splitlines() if "word" in line) <= width


def test_unchanged_answer_is_not_repeated(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do_and(
        ".watch 0.05 query-uuid", lambda: monitor.names().count("query-uuid") > 5, kit.shell.waiting.interrupt
    )
    assert text.count("00000000-0000-0000-0000-000000000000") == 1


def test_failure_ends_it(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["query-uuid"] = ValueError("no more")
    assert "no more" in kit.do(".watch 0.05 query-uuid")


def test_lost_connection_ends_it(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do_and(".watch 60 query-uuid", lambda: "query-uuid" in monitor.names(), monitor.hang_up)
    assert "not connected" in text


def test_dangerous_line_asks_once_and_does_nothing_on_no(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.do(".watch 0.05 system_reset")
    assert len(kit.questions) == 1 and "system_reset" not in monitor.sent
