"""One way to the terminal: order, above the prompt, around a pager, on dumb terminals."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from qmonsh.shell.terminal import Terminal, beside
from tests.shell.kit import Recorder


def attached(*, dumb: bool = False) -> tuple[Terminal, Recorder]:
    terminal, output = Terminal(dumb=dumb), Recorder()
    terminal.attach(output)
    return terminal, output


def test_text_before_the_terminal_is_there_waits_for_it() -> None:
    terminal, output = Terminal(), Recorder()
    terminal.emit("early\n")
    terminal.attach(output)
    terminal.emit("late\n")
    assert output.text == "early\nlate\n"


def test_line_without_its_end_gets_one() -> None:
    terminal, output = attached()
    terminal.emit("half")
    terminal.emit("whole\n")
    assert output.text == "half\nwhole\n"


def test_text_of_many_threads_stays_whole_lines() -> None:
    terminal, output = attached()
    threads = [
        threading.Thread(target=lambda n=n: [terminal.emit(f"{n} {i}\n") for i in range(200)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = output.text.splitlines()
    assert len(lines) == 1600
    for n in range(8):
        assert [line for line in lines if line.startswith(f"{n} ")] == [f"{n} {i}" for i in range(200)]


def test_text_while_the_terminal_is_lent_comes_afterwards() -> None:
    terminal, output = attached()
    with terminal.lent():
        terminal.emit("event\n")
        assert output.text == "" and terminal.is_lent
    assert output.text == "event\n"


def test_text_while_a_prompt_is_up_is_written_at_its_end_at_the_latest() -> None:
    terminal, output = attached()

    async def main() -> None:
        with terminal.prompting():
            terminal.emit("one\n")
            terminal.emit("two\n")
        terminal.emit("three\n")

    asyncio.run(main())
    assert output.text == "one\ntwo\nthree\n"


def test_text_without_an_application_is_written_soon() -> None:
    terminal, output = attached()

    async def main() -> None:
        with terminal.prompting():
            threading.Thread(target=terminal.emit, args=("event\n",)).start()
            while not output.text:
                await asyncio.sleep(0.005)

    asyncio.run(main())
    assert output.text == "event\n"


def test_reply_event_reply_keep_their_order() -> None:
    terminal, output = attached()
    for text in ("reply 1\n", "event\n", "reply 2\n"):
        terminal.emit(text)
    assert output.text == "reply 1\nevent\nreply 2\n"


def test_progress_is_replaced_by_what_comes() -> None:
    terminal, output = attached()
    terminal.status("10%")
    terminal.status("20%")
    terminal.emit("event\n")
    terminal.status("")
    assert output.text == "\r\x1b[K10%\r\x1b[K20%\r\x1b[Kevent\n20%\r\x1b[K"


def test_progress_is_not_shown_over_a_prompt_or_another_program() -> None:
    terminal, output = attached()

    async def main() -> None:
        with terminal.prompting():
            terminal.status("10%")

    asyncio.run(main())
    with terminal.lent():
        terminal.status("20%")
    assert output.text == ""


def test_dumb_terminal_gets_no_escape_sequence() -> None:
    terminal, output = attached(dumb=True)
    terminal.status("10%")
    terminal.emit("event\n")
    terminal.status("")
    assert "\x1b" not in output.text and "\r" not in output.text


def test_dumb_prompt_is_written_again_below_text() -> None:
    terminal, output = attached(dumb=True)
    terminal.typed = lambda: "vm0> info st"

    async def main() -> None:
        with terminal.prompting():
            terminal.emit("event\n")
            while "vm0>" not in output.text:
                await asyncio.sleep(0.005)

    asyncio.run(main())
    assert output.text == "\nevent\nvm0> info st"


def test_what_others_print_comes_the_same_way() -> None:
    terminal, output = attached()
    with terminal.streams():
        sys.stdout.write("half ")
        sys.stderr.write("warning\n")
        sys.stdout.write("line\n")
        assert sys.stdout.isatty()
    assert output.text == "half warning\nline\n"


def test_terminal_that_has_gone_is_no_error() -> None:
    class Gone(Recorder):
        def write_raw(self, data: str) -> None:
            raise OSError(5, "Input/output error")

    terminal = Terminal()
    terminal.attach(Gone())
    terminal.emit("text\n")


def test_size_is_that_of_the_moment() -> None:
    terminal = Terminal()
    assert terminal.size == (24, 80)
    output = Recorder(rows=40, columns=200)
    terminal.attach(output)
    assert terminal.size == (40, 200)
    output.columns = 60
    assert terminal.size == (40, 60)


def test_what_is_typed_meanwhile_stands_behind_the_status() -> None:
    terminal, output = Terminal(), Recorder(columns=40)
    terminal.attach(output)
    terminal.status("waiting")
    terminal.typing("> info")
    assert output.text.endswith("\r\x1b[Kwaiting  > info")
    terminal.emit("text\n")
    assert output.text.endswith("\r\x1b[Ktext\nwaiting  > info")
    terminal.typing("")
    assert output.text.endswith("\r\x1b[Kwaiting")
    terminal.status("")
    terminal.typing("> info")
    assert output.text.endswith("\r\x1b[K> info")


@pytest.mark.parametrize("dumb", [True, False])
def test_what_is_typed_is_not_shown_where_it_would_stay(dumb: bool) -> None:
    terminal, output = Terminal(dumb=dumb), Recorder()
    terminal.attach(output)
    if dumb:
        terminal.typing("> info")
    else:
        with terminal.lent():
            terminal.typing("> info")
            terminal.typing("")
    assert output.text.replace("\r\x1b[K", "") == ""


def test_status_makes_room_for_the_end_of_what_is_typed() -> None:
    assert beside("", "", 20) == "" and beside("status", "", 20) == "status"
    assert beside("a long status indeed", "> info", 20) == "a long statu  > info"
    assert len(beside("s" * 100, "x" * 100 + "end", 40)) == 40
    assert beside("s" * 100, "x" * 100 + "end", 40).endswith("xend")
    assert beside("s" * 100, "字" * 100, 40) == "s" * 18 + "  " + "字" * 10


def test_status_on_a_dumb_terminal_is_written_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, output = attached(dumb=True)
    terminal.status("saving 1 %")
    terminal.status("saving 2 %")
    assert output.text == "saving 1 %\n", "each stays on the screen"
    monkeypatch.setattr("qmonsh.shell.terminal.SELDOM", 0.0)
    terminal.status("saving 3 %")
    monkeypatch.undo()
    terminal.status("")
    terminal.status("loading")
    assert output.text == "saving 1 %\nsaving 3 %\nloading\n"
