"""What QMP and the guest agent share: ids, pending commands, the bytes of commands, the end of the stream."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qmonsh.errors import LineError, ProtocolError
from qmonsh.wire.exchange import InvalidStateError, JsonExchange, State
from qmonsh.wire.message import Command, ErrorReply, Ignored, Return


def ready(**limits: Any) -> JsonExchange:
    return JsonExchange(State.READY, id_prefix="p-", **limits)


def reply(id: Any, **members: Any) -> bytes:
    return json.dumps({**(members or {"return": {}}), "id": id}).encode() + b"\r\n"


COMMANDS: list[tuple[Command, str]] = [
    (Command("stop"), '{"execute":"stop","id":"p-1"}\n'),
    (Command("x", {}), '{"execute":"x","arguments":{},"id":"p-1"}\n'),
    (
        Command("x", {"a": [1, None, "é\n"]}),
        '{"execute":"x","arguments":{"a":[1,null,"\\u00e9\\n"]},"id":"p-1"}\n',
    ),
    (
        Command("yank", {"instances": []}, oob=True),
        '{"exec-oob":"yank","arguments":{"instances":[]},"id":"p-1"}\n',
    ),
]


@pytest.mark.parametrize(("command", "line"), COMMANDS)
def test_send_gives_one_line_of_ascii_with_an_id(command: Command, line: str) -> None:
    exchange = ready()
    assert exchange.send(command) == ("p-1", line.encode("ascii"))
    assert exchange.pending == {"p-1": command.name}


def test_send_of_what_json_cannot_carry_leaves_nothing_pending() -> None:
    exchange = ready()
    with pytest.raises(LineError):
        exchange.send(Command("x", {"a": float("nan")}))
    assert exchange.pending == {}
    assert exchange.send(Command("x"))[0] == "p-1"


@pytest.mark.parametrize("state", [state for state in State if state is not State.READY])
def test_send_is_refused_unless_ready(state: State) -> None:
    exchange = JsonExchange(state, id_prefix="p-")
    with pytest.raises(InvalidStateError, match=f"cannot send stop in state {state.name}"):
        exchange.send(Command("stop"))
    assert exchange.pending == {}
    assert not exchange.ready


def test_replies_are_matched_by_id_in_any_order() -> None:
    exchange = ready()
    for name in ("a", "b", "c"):
        exchange.send(Command(name))
    exchange.receive_data(reply("p-3") + reply("p-1", error={"class": "X", "desc": "no"}) + reply("p-2"))
    assert isinstance(exchange.next_message(), Return)
    assert exchange.pending == {"p-1": "a", "p-2": "b"}
    assert isinstance(exchange.next_message(), ErrorReply)
    assert isinstance(exchange.next_message(), Return)
    assert exchange.pending == {}


@pytest.mark.parametrize("id", ["p-2", "q-1", "", "p-01", 1, None, ["p-1"], 1.5])
def test_reply_with_an_id_that_is_not_pending_is_ignored(id: Any) -> None:
    exchange = ready()
    exchange.send(Command("a"))
    exchange.receive_data(reply(id) + reply(id, error={"class": "X", "desc": "no"}))
    for _ in range(2):
        message = exchange.next_message()
        assert isinstance(message, Ignored) and message.reason == "unknown id"
    assert exchange.pending == {"p-1": "a"}


def test_second_reply_to_a_command_is_ignored() -> None:
    exchange = ready()
    exchange.send(Command("a"))
    exchange.receive_data(reply("p-1") * 2)
    assert isinstance(exchange.next_message(), Return)
    assert isinstance(exchange.next_message(), Ignored)


def test_errors_without_id_leave_pending_as_it_is() -> None:
    """One bad line yields several of them: they cannot be counted against commands."""
    exchange = ready()
    exchange.send(Command("a"))
    exchange.receive_data(b'{"error": {"class": "GenericError", "desc": "JSON parse error"}}\r\n' * 3)
    for _ in range(3):
        message = exchange.next_message()
        assert isinstance(message, ErrorReply) and message.id is None
    assert exchange.pending == {"p-1": "a"}


def test_forget_makes_a_late_reply_ignored() -> None:
    exchange = ready()
    id, _ = exchange.send(Command("a"))
    exchange.forget(id)
    exchange.forget(id)
    exchange.receive_data(reply(id))
    assert isinstance(exchange.next_message(), Ignored)


def test_end_of_stream_comes_after_the_messages_before_it() -> None:
    exchange = ready()
    exchange.send(Command("quit"))
    exchange.receive_data(reply("p-1") + b'{"event": "SHUT')
    exchange.receive_data(b"")
    assert exchange.eof
    assert isinstance(exchange.next_message(), Return)
    assert exchange.state is State.READY
    assert exchange.next_message() is None
    assert exchange.state is State.CLOSED
    assert exchange.unfinished == len('{"event": "SHUT')


BROKEN: list[tuple[bytes, str]] = [
    (b"garbage", "this is not a message"),
    (b"inf\n", "this is not a message"),
    (b'{"return": inf}', "invalid JSON"),
    (b'{"return": 1e999}', "the number 1e999"),
    (b'{"return": "\xff"}', "a message is not valid UTF-8"),
    (b"[" * 100, "a message is nested deeper"),
    (b'{"return": "' + b"x" * 2000, "a message is longer"),
]


@pytest.mark.parametrize(("data", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
def test_broken_protocol_closes_and_gives_the_memory_back(data: bytes, reason: str) -> None:
    exchange = ready(max_message=1000, max_depth=50)
    exchange.receive_data(data)
    with pytest.raises(ProtocolError) as caught:
        exchange.next_message()
    assert caught.value.reason.startswith(reason)
    assert exchange.state is State.CLOSED
    exchange.receive_data(b'{"event": "STOP"}' * 100)
    assert exchange.next_message() is None
    assert exchange.unfinished == 0
