"""The text monitor's machine: recorded conversations, faked prompts, refused lines, the end of the stream."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import LineError, ProtocolError
from qmonsh.wire.exchange import InvalidStateError
from qmonsh.wire.hmp import MAX_BEFORE_BANNER, HmpMachine, HmpState
from qmonsh.wire.message import Answer, Banner, Ignored
from tests.wire import recorded
from tests.wire.test_echo import redraws

BANNER = b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "


def idle(**limits: Any) -> HmpMachine:
    subject = HmpMachine(**limits)
    subject.receive_data(BANNER)
    assert isinstance(subject.next_message(), Banner)
    assert subject.state is HmpState.IDLE
    return subject


def busy(line: str = "info status", **limits: Any) -> HmpMachine:
    """Return a machine that has sent ``line`` and received its echo."""
    subject = idle(**limits)
    assert subject.send(line) == line.encode() + b"\n"
    subject.receive_data(redraws(line.encode()))
    assert subject.state is HmpState.BUSY
    return subject


# -- banner ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text", "version"),
    [
        (BANNER, "QEMU 7.2.22 monitor - type 'help' for more information", "7.2.22"),
        (b"\r\n" + BANNER, "QEMU 7.2.22 monitor - type 'help' for more information", "7.2.22"),
        (
            b"rest of an answer\r\n(qemu) " + BANNER,
            "QEMU 7.2.22 monitor - type 'help' for more information",
            "7.2.22",
        ),
        (b"QEMU 0.12.1 monitor - type 'help'\n(qemu) ", "QEMU 0.12.1 monitor - type 'help'", "0.12.1"),
        (b"QEMU 9.0.50 (v9) QEMU 9.0.50 monitor - x\r\n\r\n(qemu) ", "QEMU 9.0.50 monitor - x", "9.0.50"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_banner_is_found(data: bytes, text: str, version: str, size: int) -> None:
    subject = HmpMachine()
    for at in range(0, len(data), size):
        assert subject.next_message() is None
        subject.receive_data(data[at : at + size])
    assert subject.next_message() == Banner(text, version)
    assert subject.state is HmpState.IDLE
    assert subject.next_message() is None


def test_banner_waits_for_its_prompt() -> None:
    """Nothing may be sent before QEMU listens."""
    subject = HmpMachine()
    subject.receive_data(BANNER[:-1])
    assert subject.next_message() is None
    with pytest.raises(InvalidStateError):
        subject.send("stop")


@pytest.mark.parametrize("data", [b"login: ", b"x" * 70_000, BANNER[:-7] + b"no prompt " * 50])
def test_no_banner_is_a_protocol_error_in_the_end(data: bytes) -> None:
    subject = HmpMachine()
    with pytest.raises(ProtocolError, match="this is not a QEMU monitor") as caught:
        for _ in range(MAX_BEFORE_BANNER // len(data) + 2):
            subject.receive_data(data)
            assert subject.next_message() is None
    assert caught.value.excerpt
    assert subject.state is HmpState.CLOSED


# -- recorded conversations --------------------------------------------------------------------------

RECORDINGS = recorded.names("hmp")


def converse(name: str, size: int = 0) -> None:
    """Hold a recorded conversation again and compare each answer with human-monitor-command's."""
    recording = recorded.recording(name)
    subject = HmpMachine()
    for chunk in recording["banner"]:
        subject.receive_data(chunk.encode("latin-1"))
    banner = subject.next_message()
    assert isinstance(banner, Banner) and name == "hmp-" + ".".join(banner.version.split(".")[:2])
    for exchange in recording["exchanges"]:
        subject.send(exchange["line"])
        chunks = [chunk.encode("latin-1") for chunk in exchange["chunks"]]
        if size:
            data = b"".join(chunks)
            chunks = [data[at : at + size] for at in range(0, len(data), size)]
        for chunk in chunks:
            assert subject.complete() is None or b"(qemu) evil" in chunk
            subject.receive_data(chunk)
        if exchange["text"] is None:  # quit
            subject.receive_data(b"")
            assert subject.next_message() is None
            assert subject.state is HmpState.CLOSED
            return
        assert subject.complete() == Answer(exchange["text"]), exchange["line"]
        assert subject.state is HmpState.IDLE


def test_recordings_are_there() -> None:
    assert RECORDINGS == ["hmp-10.0", "hmp-11.1", "hmp-5.2", "hmp-7.2"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_answers_are_those_of_human_monitor_command(name: str) -> None:
    converse(name)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_answers_in_chunks(name: str) -> None:
    converse(name, 4096)


SHORT = ("info status", "stop", "", "device_add nosuch", "print é€😀", "info name")


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("line", SHORT)
def test_recorded_answer_cut_at_every_byte(name: str, line: str) -> None:
    exchange = next(e for e in recorded.recording(name)["exchanges"] if e["line"] == line)
    data = recorded.joined(exchange["chunks"])
    for cut in range(1, len(data)):
        subject = idle()
        subject.send(line)
        subject.receive_data(data[:cut])
        # "(qemu) evil" in info name ends in a prompt when it is cut there: only quiet can tell.
        assert subject.maybe_complete == (data[:cut].endswith(b"(qemu) "))
        subject.receive_data(data[cut:])
        assert subject.maybe_complete
        assert subject.complete() == Answer(exchange["text"])


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_echo_is_the_predicted_one(name: str) -> None:
    for exchange in recorded.recording(name)["exchanges"]:
        assert recorded.joined(exchange["chunks"]).startswith(redraws(exchange["line"].encode()))


# -- answers -----------------------------------------------------------------------------------------

ANSWERS: list[tuple[bytes, str]] = [
    (b"", ""),
    (b"VM status: running\r\n", "VM status: running\n"),
    (b"\r\nregisters\r\n", "\nregisters\n"),
    (b"no line end", "no line end"),
    (b"\x1b[31mred\x1b]0;title\x07\r\n", "\x1b[31mred\x1b]0;title\x07\n"),
    (b"a\r\n(qemu) b\r\n", "a\n(qemu) b\n"),
    (b"a\r\n(qemu) \r\n", "a\n(qemu) \n"),
    (b"Completed 10 %\rCompleted 20 %\r\n", "Completed 10 %\rCompleted 20 %\n"),
    (b"\xff\xc3(\r\n", "\ufffd\ufffd(\n"),
    (b"\xc3\xa9\r\n", "é\n"),
]


@pytest.mark.parametrize(("data", "text"), ANSWERS)
def test_answer_is_what_stands_before_the_last_prompt(data: bytes, text: str) -> None:
    subject = busy()
    subject.receive_data(data + b"(qemu) ")
    assert subject.next_message() is None  # only the driver knows that nothing follows
    assert subject.maybe_complete
    assert subject.complete() == Answer(text)
    assert subject.complete() is None
    assert not subject.maybe_complete


def test_answer_that_goes_on_after_a_prompt_is_not_complete() -> None:
    subject = busy()
    subject.receive_data(b"a\r\n(qemu) ")
    assert subject.maybe_complete
    subject.receive_data(b"b\r\n")
    assert not subject.maybe_complete
    assert subject.complete() is None
    subject.receive_data(b"(qemu) ")
    assert subject.complete() == Answer("a\n(qemu) b\n")


def test_prompt_in_the_echo_is_not_the_end() -> None:
    line = "print (qemu) "
    subject = idle()
    subject.send(line)
    echo = redraws(line.encode())
    for at in range(len(echo)):
        subject.receive_data(echo[at : at + 1])
        assert not subject.maybe_complete


def test_rest_of_an_answer_taken_for_complete_is_ignored() -> None:
    subject = busy()
    subject.receive_data(b"a\r\n(qemu) ")
    assert subject.complete() == Answer("a\n")
    subject.receive_data(b"the rest\r\n(qemu) ")
    assert subject.next_message() == Ignored("text without a line", "the rest\n")
    assert subject.next_message() is None
    subject.receive_data(b"(qemu) ")
    assert subject.next_message() is None


@pytest.mark.parametrize("rest", [b"the rest\r\n(qemu) ", b"(qemu) ", b"half an echo: in\x1b[K"])
def test_rest_of_an_answer_behind_the_next_line_is_dropped(rest: bytes) -> None:
    subject = idle()
    subject.send("info status")
    for chunk in (rest, redraws(b"info status"), b"VM status: running\r\n(qemu) "):
        subject.receive_data(chunk)
    assert subject.complete() == Answer("VM status: running\n")


@pytest.mark.parametrize("echo", [b"", b"info status\r\n", b"info status\n"])
def test_monitor_behind_another_line_editor_is_understood(echo: bytes) -> None:
    subject = idle()
    subject.send("info status")
    subject.receive_data(echo + b"VM status: running\r\n(qemu) ")
    assert subject.complete() == Answer("VM status: running\n")


def test_answer_over_the_limit_is_a_protocol_error() -> None:
    subject = busy(max_answer=1000)
    subject.receive_data(b"x" * 1000)
    assert subject.next_message() is None
    subject.receive_data(b"x")
    with pytest.raises(ProtocolError, match="limit of 1000 bytes"):
        subject.next_message()
    assert subject.state is HmpState.CLOSED
    subject.receive_data(b"(qemu) ")
    assert subject.next_message() is None


# -- sending -----------------------------------------------------------------------------------------

#: Line, start and end of the place that is shown.
REFUSED: list[tuple[str, int, int]] = [
    *((f"ab{chr(code)}c", 2, 3) for code in (*range(0x20), 0x7F, 0x80, 0x9B, 0x9F)),
    ("info status\nquit", 11, 12),
    ("info st\t", 7, 8),
    ("x" * 4096, 4095, 4096),
    ("é" * 2048, 2047, 2048),
    ("print ě", 6, 7),  # 0xC4 0x9B: the editor takes 0x9B for the start of an escape sequence
    ("ab\ud800c", 2, 3),
]


@pytest.mark.parametrize(("line", "start", "end"), REFUSED, ids=[ascii(line)[:20] for line, _, _ in REFUSED])
def test_line_that_the_editor_would_change_is_refused(line: str, start: int, end: int) -> None:
    subject = idle()
    with pytest.raises(LineError) as caught:
        subject.send(line)
    assert (caught.value.line, caught.value.start, caught.value.end) == (line, start, end)
    assert subject.state is HmpState.IDLE
    assert subject.send("stop") == b"stop\n"


@pytest.mark.parametrize(
    "line", ["", " ", "x" * 4095, "é" * 2047, "commit all; # \"' \\ 😀", "dump /tmp/\udcff"]
)
def test_line_that_the_editor_takes_is_sent_as_it_stands(line: str) -> None:
    assert idle().send(line) == line.encode("utf-8", "surrogateescape") + b"\n"


def test_send_is_legal_when_idle_only() -> None:
    closed = idle()
    closed.receive_data(b"")
    closed.next_message()
    for subject in (HmpMachine(), busy(), closed):
        state = subject.state
        with pytest.raises(InvalidStateError):
            subject.send("stop")
        assert subject.state is state


# -- passwords ---------------------------------------------------------------------------------------


def test_password_is_asked_for_and_sent() -> None:
    subject = busy("change vnc password")
    assert not subject.password_prompt
    subject.receive_data(b"Password: ")
    assert subject.password_prompt and not subject.maybe_complete
    assert subject.send_password("sécret") == "sécret\n".encode()
    subject.receive_data(redraws(b"*" * 7))
    assert not subject.password_prompt
    subject.receive_data(b"(qemu) ")
    assert subject.complete() == Answer("")


@pytest.mark.parametrize("password", ["a\nb", "a\x1b", "x" * 5000, "ě", "\ud800"])
def test_refused_password_is_not_in_the_error(password: str) -> None:
    subject = busy("change vnc password")
    subject.receive_data(b"Password: ")
    with pytest.raises(LineError) as caught:
        subject.send_password(password)
    assert caught.value.line == ""
    assert len(password) == 1 or password not in str(caught.value)
    assert subject.password_prompt


def test_password_without_a_prompt_is_refused() -> None:
    for subject in (idle(), busy()):
        with pytest.raises(InvalidStateError):
            subject.send_password("x")


# -- the end of the stream ---------------------------------------------------------------------------


@pytest.mark.parametrize("make", [HmpMachine, idle, busy])
def test_end_of_stream_closes(make: Any) -> None:
    subject = make()
    subject.receive_data(b"")
    assert subject.next_message() is None
    assert subject.state is HmpState.CLOSED


def test_partial_is_what_came_of_a_cut_answer() -> None:
    subject = busy()
    subject.receive_data(b"VM sta")
    assert subject.partial == "VM sta"
    subject.receive_data(b"")
    subject.next_message()
    assert subject.partial == "VM sta"


SCRAPS = st.sampled_from([BANNER, b"(qemu) ", b"\r\n", b"\x1b[K", b"\x1b[D", redraws(b"stop"), b"Password: "])


@given(chunks=st.lists(SCRAPS | st.binary(max_size=20)))
def test_any_bytes_raise_only_protocol_errors(chunks: list[bytes]) -> None:
    subject = HmpMachine(max_answer=200)
    for chunk in chunks:
        subject.receive_data(chunk)
        try:
            while subject.next_message() is not None:
                pass
        except ProtocolError:
            assert subject.state is HmpState.CLOSED
        subject.complete()
        if subject.state is HmpState.IDLE:
            subject.send("stop")
