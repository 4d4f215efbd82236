"""The guest agent's machine: synchronising through whatever lies in the channel, then commands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.wire.agent import AgentMachine
from qmonsh.wire.exchange import InvalidStateError, State
from qmonsh.wire.message import Command, ErrorReply, Ignored, Message, Return
from tests.wire import recorded


def syncing() -> tuple[AgentMachine, int]:
    """Return a machine that waits for the reply to its sync, and the number in it."""
    subject = AgentMachine(id_prefix="x-")
    return subject, number_of(subject.sync())


def number_of(data: bytes) -> int:
    assert data[:1] == b"\xff" and data[-1:] == b"\n"
    command = json.loads(data[1:])
    assert command["execute"] == "guest-sync-delimited"
    number = command["arguments"]["id"]
    assert isinstance(number, int) and 0 <= number < 2**31
    return number


def ready() -> AgentMachine:
    subject, number = syncing()
    subject.receive_data(b'\xff{"return": %d}\n' % number)
    assert isinstance(subject.next_message(), Return)
    assert subject.ready
    return subject


#: What may lie in the channel before the right reply; N stands for the number.
BEFORE = [
    b"",
    b'{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}\n',
    b'{"return": {"half": [1, 2',
    b'{"return": "cut in a string \\',
    b'\xff{"return": 5}\n',
    b"\xff",
    b"\xff\xff\n",
    b"\xff}{garbage\n",
    b'\xff{"return": "N"}\n',
    b'\xff{"return": 12',
    b'\xff{"error": {}}\xff"x"\xff1\n',
    b"\x00\x1b[31m not JSON \xfe",
    b"[" * 5000,
    b'\xff{"a": "' + b"x" * 10_000,
]


@pytest.mark.parametrize("before", BEFORE)
def test_sync_finds_its_reply_behind_anything(before: bytes) -> None:
    for cut in range(16):
        subject, number = syncing()
        data = before + b'\xff{"return": %d}\n' % number
        cut += len(before)
        subject.receive_data(data[:cut] or b"\n")
        early = subject.next_message()
        assert early is None or cut >= len(data) - 1
        subject.receive_data(data[cut:] or b"\n")
        assert early or subject.next_message() == Return(str(number), number, {"return": number})
        assert subject.ready


def test_reply_to_an_earlier_sync_is_dropped() -> None:
    subject, first = syncing()
    second = number_of(subject.sync())
    assert second != first
    subject.receive_data(b'\xff{"return": %d}\n' % first)
    assert subject.next_message() is None
    subject.receive_data(b'\xff{"return": %d}\n' % second)
    assert subject.next_message() is not None


def test_numbers_differ_between_connections() -> None:
    assert number_of(AgentMachine(id_prefix="a-").sync()) != number_of(AgentMachine(id_prefix="b-").sync())


def test_nothing_that_comes_while_syncing_is_kept() -> None:
    subject, _ = syncing()
    subject.receive_data(b'\xff{"return": "')
    for _ in range(100):
        subject.receive_data(b"x" * 1000)
        assert subject.next_message() is None
        assert subject.unfinished < 5000
    for _ in range(100):
        subject.receive_data(b"\xff{" + b"[" * 10_000)
        assert subject.next_message() is None
        assert subject.unfinished == 0


def test_commands_are_answered_by_id_and_text_is_utf8() -> None:
    subject = ready()
    id, data = subject.send(Command("guest-get-host-name"))
    assert json.loads(data) == {"execute": "guest-get-host-name", "id": id}
    subject.receive_data(b'{"return": {"host-name": "caf\xc3\xa9"}, "id": "%s"}\n' % id.encode())
    message = subject.next_message()
    assert isinstance(message, Return) and message.value == {"host-name": "café"}


def test_mark_between_messages_is_skipped() -> None:
    subject = ready()
    subject.receive_data(b'\xff{"error": {"class": "GenericError", "desc": "no"}}\n\xff')
    assert isinstance(subject.next_message(), ErrorReply)
    assert subject.next_message() is None
    assert subject.ready


def test_sync_again_forgets_what_is_pending() -> None:
    subject = ready()
    id, _ = subject.send(Command("guest-shutdown"))  # has no reply
    number = number_of(subject.sync())
    assert subject.pending == {} and not subject.ready
    with pytest.raises(InvalidStateError):
        subject.send(Command("guest-ping"))
    subject.receive_data(b'\xff{"return": %d}\n{"return": {}, "id": "%s"}' % (number, id.encode()))
    assert isinstance(subject.next_message(), Return)
    assert isinstance(subject.next_message(), Ignored)


def test_end_of_stream_closes() -> None:
    for subject in (syncing()[0], ready()):
        subject.receive_data(b"")
        assert subject.next_message() is None
        assert subject.state is State.CLOSED
        with pytest.raises(InvalidStateError):
            subject.sync()


def test_garbage_when_ready_is_a_protocol_error() -> None:
    subject = ready()
    subject.receive_data(b"login: ")
    with pytest.raises(ProtocolError):
        subject.next_message()
    assert subject.state is State.CLOSED


@pytest.mark.parametrize("name", recorded.names("agent"))
@pytest.mark.parametrize("size", [1, 7, 65536])
def test_recorded_conversation(name: str, size: int) -> None:
    subject = AgentMachine(id_prefix=recorded.ID_PREFIX)
    messages: list[Message] = []
    for step in recorded.recording(name)["steps"]:
        sent = step["sent"].encode("latin-1")
        if b"guest-sync-delimited" in sent:
            assert subject.sync() == sent
        else:
            command = json.loads(sent)
            assert subject.send(Command(command["execute"]))[1] == sent
        data = recorded.joined(step["chunks"])
        for at in range(0, len(data), size):
            subject.receive_data(data[at : at + size])
            messages += iter(subject.next_message, None)
    assert [type(message) for message in messages] == [Return, Return, Return, ErrorReply, Return]
    assert isinstance(messages[2], Return) and messages[2].value["supported_commands"]
    assert subject.pending == {}


@given(
    st.lists(
        st.binary(min_size=1, max_size=20) | st.sampled_from([b"\xff", b"{", b'{"return": 1}', b'"', b"\\"])
    )
)
def test_any_bytes_while_syncing_raise_nothing(chunks: list[bytes]) -> None:
    subject, number = syncing()
    for chunk in chunks:
        subject.receive_data(chunk)
        subject.next_message()
    subject.receive_data(b'\xff{"return": %d}\n' % number)
    assert isinstance(subject.next_message(), Return)
