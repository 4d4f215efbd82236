"""What is typed while a command runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.typeahead import clear_typeahead, get_typeahead, store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress

from qmonsh.shell.ahead import Keyboard, TypedAhead, answers_only, text_of
from qmonsh.shell.terminal import Terminal
from tests.shell.kit import Recorder


def press(keys: str) -> list[KeyPress]:
    """Return the keys that a terminal's characters are."""
    found: list[KeyPress] = []
    Vt100Parser(found.append).feed(keys)
    return found


def is_help(line: str, before: Sequence[str]) -> bool:
    return line.startswith("help") and before[-1:] != ["{"]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("", ""),
        ("help x", "help x"),
        ("hello\x7f\x7f\x08lp x", "help x"),
        ("\x7fhelp", "help"),
        ("nonsense\x15help", "help"),
        ("help me please\x17\x17x", "help x"),
        ("one\x17help", "help"),
        ("two \x17help", "help"),
        ("één", "één"),
        ("help\x1b[D", None),
        ("he\t", None),
        ("\x12inf", None),
        ("\x04", None),
    ],
)
def test_line_is_told_from_its_keys(keys: str, text: str | None) -> None:
    assert text_of(press(keys)) == text


def test_wanted_lines_are_taken_out_and_the_others_stay_in_order() -> None:
    ahead = TypedAhead(is_help)
    assert ahead.take(press("info a\rhelp x\ninfo b\r")) == ["help x"]
    assert str(ahead) == "2 lines to come"
    assert ahead.take(press("hel")) == []
    assert str(ahead) == "2 lines to come  > hel"
    assert ahead.take(press("p y\rstop")) == ["help y"]
    assert ahead.hand_over() == press("info a\rinfo b\rstop")
    assert ahead.hand_over() == [] and str(ahead) == ""


def test_what_only_a_prompt_can_tell_is_left_to_it() -> None:
    ahead = TypedAhead(is_help)
    assert ahead.take(press("help x\x1b[D\r\x1b[A")) == []
    assert str(ahead) == "1 line to come  > ..."
    assert len(ahead.hand_over()) == 9


def test_of_a_long_paste_the_end_is_shown() -> None:
    ahead = TypedAhead(is_help)
    ahead.take(press("x" * 5000 + "end"))
    assert str(ahead).endswith("xend") and len(str(ahead)) < 300
    ahead.take(press("\r" + "info x\r" * 1000))
    assert str(ahead) == "1001 lines to come"
    assert len(ahead.hand_over()) == 5004 + 7000


def test_late_answer_of_the_terminal_is_no_key() -> None:
    ahead = TypedAhead(is_help)
    assert ahead.take(press("he\x1b[5;1Rlp\r\x1b[6;1R")) == ["help"]
    assert ahead.hand_over() == [] and str(ahead) == ""


def test_what_was_entered_before_is_told() -> None:
    ahead = TypedAhead(is_help)
    assert ahead.take(press("info x\r{\rhelp x\r")) == []
    assert ahead.hand_over() == press("info x\r{\rhelp x\r")


@contextmanager
def keyboard(answered: list[str]) -> Iterator[tuple[Keyboard, Recorder]]:
    terminal, output = Terminal(), Recorder()
    terminal.attach(output)
    with create_pipe_input() as pipe:
        board = Keyboard(pipe, terminal, wanted=is_help, answer=answered.append, shown=lambda text: text)
        board.pipe = pipe  # type: ignore[attr-defined]
        try:
            yield board, output
        finally:
            clear_typeahead(pipe)


async def comes(condition: object) -> None:
    """Wait until the keyboard has read what makes ``condition()`` true."""
    assert callable(condition)
    while not condition():
        await asyncio.sleep(0.001)


def test_keys_are_read_between_begin_and_end_and_the_rest_is_the_prompts() -> None:
    answered: list[str] = []

    async def work() -> None:
        pipe = board.pipe  # type: ignore[attr-defined]
        store_typeahead(pipe, press("st"))
        board.begin()
        board.begin()
        pipe.send_text("op\rhelp x\rinf")
        await asyncio.wait_for(comes(lambda: "> inf" in output.text), 10)
        board.end()
        board.end()
        pipe.send_text("later")
        await asyncio.sleep(0)
        assert get_typeahead(pipe) == press("stop\rinf")

    with keyboard(answered) as (board, output):
        asyncio.run(work())
        assert answered == ["help x"]
        assert output.text.endswith("\r\x1b[K"), "what was typed is shown by the prompt from now on"


def test_ctrl_c_drops_what_was_typed() -> None:
    async def work() -> None:
        pipe = board.pipe  # type: ignore[attr-defined]
        board.begin()
        pipe.send_text("stop\rinf")
        await asyncio.wait_for(comes(lambda: "> inf" in output.text), 10)
        board.drop()
        board.end()
        assert get_typeahead(pipe) == []

    with keyboard([]) as (board, output):
        asyncio.run(work())


def test_half_an_escape_sequence_is_an_escape_for_the_prompt() -> None:
    async def work() -> None:
        pipe = board.pipe  # type: ignore[attr-defined]
        board.begin()
        pipe.send_text("x\x1b")
        await asyncio.wait_for(comes(lambda: "> x" in output.text), 10)
        board.end()
        assert [key.data for key in get_typeahead(pipe)] == ["x", "\x1b"]

    with keyboard([]) as (board, output):
        asyncio.run(work())


def test_keys_belong_to_the_prompt_or_program_that_is_there() -> None:
    async def work() -> None:
        pipe = board.pipe  # type: ignore[attr-defined]
        for taken in (board._terminal.prompting, board._terminal.lent):
            with taken():
                board.begin()
                assert board._reading is None
        store_typeahead(pipe, press("x"))
        board.end()
        assert get_typeahead(pipe) == press("x")

    with keyboard([]) as (board, _):
        asyncio.run(work())


def test_input_that_ends_is_not_read_on() -> None:
    async def work() -> None:
        board.begin()
        board.pipe.close()  # type: ignore[attr-defined]
        await asyncio.wait_for(comes(lambda: board._reading is None), 10)

    with keyboard([]) as (board, _):
        asyncio.run(work())


@pytest.mark.parametrize(
    ("typed", "answer", "rest"),
    [
        ("", "", ""),
        ("y\rinfo x\rst", "y\r", "info x\rst"),
        ("NO\r", "NO\r", ""),
        ("ye", "ye", ""),
        ("\rinfo x\r", "\r", "info x\r"),
        ("info x\ry\r", "", "info x\ry\r"),
        ("yesterday\r", "", "yesterday\r"),
        ("netdev", "", "netdev"),
        ("\x04", "", "\x04"),
        ("\x1b[A\r", "", "\x1b[A\r"),
    ],
)
def test_question_is_given_only_what_may_be_its_answer(typed: str, answer: str, rest: str) -> None:
    with create_pipe_input() as pipe:
        store_typeahead(pipe, press(typed))
        with answers_only(pipe):
            assert get_typeahead(pipe) == press(answer)
            store_typeahead(pipe, press("later"))
        assert get_typeahead(pipe) == press(rest + "later")


def test_ctrl_c_at_a_question_forgets_the_lines_to_come() -> None:
    with create_pipe_input() as pipe:
        store_typeahead(pipe, press("cont\r"))
        with pytest.raises(KeyboardInterrupt), answers_only(pipe):
            raise KeyboardInterrupt
        assert get_typeahead(pipe) == []
