"""The QMP machine: every state by every message, recorded conversations of four QEMUs, and hostile bytes."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.wire.exchange import InvalidStateError
from qmonsh.wire.message import Command, ErrorReply, Event, Greeting, Ignored, Message, Return
from qmonsh.wire.qmp import QmpMachine, State
from tests.wire import recorded

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
VENDOR = " (qemu-kvm-ev-2.3.0-31.0.el7_2.21.1)"

VERSION = b'{"qemu": {"micro": 0, "minor": 3, "major": 2}, "package": ""}'
GREETING = b'{"QMP": {"version": ' + VERSION + b', "capabilities": []}}\r\n'
NEGOTIATED = b'{"return": {}, "id": "x-1"}\r\n'


def machine(state: str = "READY", **limits: Any) -> QmpMachine:
    """Return a machine in a state: "NEGOTIATING" is NEGOTIATION with qmp_capabilities (x-1) sent."""
    subject = QmpMachine(id_prefix="x-", **limits)
    if state == "GREETING":
        return subject
    subject.receive_data(GREETING)
    assert isinstance(subject.next_message(), Greeting)
    if state == "NEGOTIATION":
        return subject
    assert subject.negotiate() == ("x-1", b'{"execute":"qmp_capabilities","id":"x-1"}\n')
    if state == "NEGOTIATING":
        return subject
    subject.receive_data(NEGOTIATED)
    assert isinstance(subject.next_message(), Return)
    if state == "READY":  # with one command in flight, x-2
        subject.send(Command("query-status"))
    if state == "CLOSED":
        subject.receive_data(b"")
        assert subject.next_message() is None
    assert subject.state is State[state]
    return subject


def outcome(message: Message | None) -> str:
    """Say a message in a word, as the table below does."""
    if isinstance(message, Ignored):
        return f"ignored: {message.reason}"
    if isinstance(message, Return | ErrorReply):
        return f"{type(message).__name__} {message.id}"
    return type(message).__name__ if message is not None else "nothing"


RECEIVED: dict[str, bytes] = {
    "greeting": GREETING,
    "event": b'{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}\r\n',
    "return x-1": b'{"return": {}, "id": "x-1"}',
    "return x-2": b'{"return": {}, "id": "x-2"}',
    "error x-1": b'{"id": "x-1", "error": {"class": "GenericError", "desc": "no"}}',
    "error x-2": b'{"id": "x-2", "error": {"class": "GenericError", "desc": "no"}}',
    "stray return": b'{"return": {}, "id": "other-1"}',
    "stray error": b'{"error": {"class": "GenericError", "desc": "no"}, "id": 1}',
    "return without id": b'{"return": {}}',
    "error without id": b'{"error": {"class": "GenericError", "desc": "no"}}',
    "unknown object": b'{"foo": 1}',
    "empty object": b"{}",
    "array": b"[]",
    "number": b"1 ",
    "string": b'"x"',
    "null": b"null ",
    "space": b"\r\n",
    "half": b'{"event',
    "garbage": b"xyz",
    "closing brace": b"}",
    "banner of a text monitor": b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) ",
    "end": b"",
}

G, N, R, C = (State[name].name for name in ("GREETING", "NEGOTIATION", "READY", "CLOSED"))
ALIEN = "error: this is not a QMP monitor"
BROKEN = "error: this is not a message"
STRANGE = "ignored: unknown message"
STRAY = "ignored: unknown id"

#: What is received x (what comes of it, the state after it), for the states GREETING, NEGOTIATION,
#: NEGOTIATING (qmp_capabilities is sent as x-1), READY (x-2 is pending), CLOSED.
TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "greeting": (("Greeting", N), *(("ignored: second greeting", s) for s in (N, N, R)), ("nothing", C)),
    "event": (("Event", G), ("Event", N), ("Event", N), ("Event", R), ("nothing", C)),
    "return x-1": ((STRAY, G), (STRAY, N), ("Return x-1", R), (STRAY, R), ("nothing", C)),
    "return x-2": ((STRAY, G), (STRAY, N), (STRAY, N), ("Return x-2", R), ("nothing", C)),
    "error x-1": ((STRAY, G), (STRAY, N), ("ErrorReply x-1", C), (STRAY, R), ("nothing", C)),
    "error x-2": ((STRAY, G), (STRAY, N), (STRAY, N), ("ErrorReply x-2", R), ("nothing", C)),
    "stray return": ((STRAY, G), (STRAY, N), (STRAY, N), (STRAY, R), ("nothing", C)),
    "stray error": ((STRAY, G), (STRAY, N), (STRAY, N), (STRAY, R), ("nothing", C)),
    "return without id": (*(("ignored: response without id", s) for s in (G, N, N, R)), ("nothing", C)),
    "error without id": (
        ("ignored: error before the greeting", G),
        *(("ErrorReply None", s) for s in (N, N, R)),
        ("nothing", C),
    ),
    "unknown object": (*((STRANGE, s) for s in (G, N, N, R)), ("nothing", C)),
    "empty object": (*((STRANGE, s) for s in (G, N, N, R)), ("nothing", C)),
    "array": ((ALIEN, C), (STRANGE, N), (STRANGE, N), (STRANGE, R), ("nothing", C)),
    "number": ((ALIEN, C), (STRANGE, N), (STRANGE, N), (STRANGE, R), ("nothing", C)),
    "string": ((ALIEN, C), (STRANGE, N), (STRANGE, N), (STRANGE, R), ("nothing", C)),
    "null": ((ALIEN, C), (STRANGE, N), (STRANGE, N), (STRANGE, R), ("nothing", C)),
    "space": tuple(("nothing", s) for s in (G, N, N, R, C)),
    "half": tuple(("nothing", s) for s in (G, N, N, R, C)),
    "garbage": ((ALIEN, C), (BROKEN, C), (BROKEN, C), (BROKEN, C), ("nothing", C)),
    "closing brace": ((ALIEN, C), (BROKEN, C), (BROKEN, C), (BROKEN, C), ("nothing", C)),
    "banner of a text monitor": ((ALIEN, C), (BROKEN, C), (BROKEN, C), (BROKEN, C), ("nothing", C)),
    "end": tuple(("nothing", C) for _ in range(5)),
}
STATES = ("GREETING", "NEGOTIATION", "NEGOTIATING", "READY", "CLOSED")
CELLS = [
    pytest.param(state, what, cell, id=f"{state}-{what}")
    for what, row in TABLE.items()
    for state, cell in zip(STATES, row, strict=True)
]


def test_table_covers_everything_received() -> None:
    assert TABLE.keys() == RECEIVED.keys()


@pytest.mark.parametrize(("state", "what", "expected"), CELLS)
def test_message_in_state(state: str, what: str, expected: tuple[str, str]) -> None:
    subject = machine(state)
    subject.receive_data(RECEIVED[what])
    try:
        came = outcome(subject.next_message())
    except ProtocolError as error:
        came = f"error: {error.reason}"
        assert error.excerpt
    assert (came, subject.state.name) == expected


@pytest.mark.parametrize("state", STATES)
def test_negotiate_is_legal_once_after_the_greeting(state: str) -> None:
    subject = machine(state)
    if state == "NEGOTIATION":
        subject.negotiate()
        assert subject.pending == {"x-1": "qmp_capabilities"}
    before = dict(subject.pending)
    with pytest.raises(InvalidStateError):
        subject.negotiate()
    assert subject.pending == before


def test_negotiate_can_enable_capabilities() -> None:
    subject = machine("NEGOTIATION")
    id, data = subject.negotiate(["oob"])
    assert json.loads(data) == {"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}, "id": id}


@pytest.mark.parametrize("state", ["GREETING", "NEGOTIATION", "NEGOTIATING", "CLOSED"])
def test_send_is_legal_in_ready_only(state: str) -> None:
    with pytest.raises(InvalidStateError):
        machine(state).send(Command("stop"))


def test_excerpt_of_an_alien_is_what_it_said_first() -> None:
    subject = machine("GREETING")
    subject.receive_data(b"\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" + b"x" * 500)
    with pytest.raises(ProtocolError) as caught:
        subject.next_message()
    assert caught.value.excerpt.startswith("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    assert len(caught.value.excerpt) == 80


def test_reply_left_by_an_earlier_connection_is_ignored_before_the_greeting() -> None:
    subject = machine("GREETING")
    subject.receive_data(b'{"return": {"huge": [1, 2]}, "id": "y-7"}\r\n' + RECEIVED["event"] + GREETING)
    assert [outcome(m) for m in iter(subject.next_message, None)] == [STRAY, "Event", "Greeting"]


def test_vendor_greeting_comes_through() -> None:
    subject = machine("GREETING")
    greeting = {
        "QMP": {
            "version": {"qemu": {"micro": 0, "minor": 3, "major": 2}, "package": VENDOR},
            "capabilities": [],
        }
    }
    subject.receive_data(json.dumps(greeting).encode())
    assert subject.next_message() == Greeting((2, 3, 0), VENDOR, (), greeting)


@pytest.mark.parametrize("version", ["5.2", "7.2", "10.0", "11.1"])
@pytest.mark.parametrize("indent", [None, 4])
def test_captured_greeting_cut_anywhere(version: str, indent: int | None) -> None:
    path = CAPTURES / version / "greeting.json"
    if not path.exists():
        pytest.skip("no ../shared/captures beside this checkout")
    raw = json.loads(path.read_text())
    data = json.dumps(raw, indent=indent).replace("\n", "\r\n").encode()
    for cut in range(1, len(data)):
        subject = machine("GREETING")
        subject.receive_data(data[:cut])
        assert subject.next_message() is None
        subject.receive_data(data[cut:])
        message = subject.next_message()
        assert isinstance(message, Greeting)
        assert message.raw == raw
        assert ".".join(map(str, message.version)).startswith(version)


# -- recorded conversations --------------------------------------------------------------------------

RECORDINGS = recorded.names("qmp") + recorded.names("pretty")


def replay(name: str, chunks_of: Any = None) -> list[Message]:
    """Hold a recorded conversation again; ``chunks_of`` cuts what was received in each step."""
    subject = QmpMachine(id_prefix=recorded.ID_PREFIX)
    messages: list[Message] = []
    for step in recorded.recording(name)["steps"]:
        for line in step["sent"].encode("latin-1").splitlines():
            try:
                command = json.loads(line)
            except ValueError:
                continue  # the line that is meant to be bad
            again = (
                subject.negotiate()
                if command["execute"] == "qmp_capabilities"
                else subject.send(Command(command["execute"], command.get("arguments")))
            )
            assert again == (command["id"], line + b"\n")
        data = recorded.joined(step["chunks"])
        for chunk in chunks_of(data) if chunks_of else [data]:
            subject.receive_data(chunk)
            messages += iter(subject.next_message, None)
    assert subject.pending == {}
    assert subject.state is State.READY
    return messages


def values(name: str) -> list[Any]:
    """Return the JSON values of a recording, read without any of our code."""
    text = "".join(c for step in recorded.recording(name)["steps"] for c in step["chunks"])
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def test_recordings_are_there() -> None:
    versions = ["10.0", "11.1", "5.2", "7.2"]
    assert sorted(RECORDINGS) == sorted([f"{kind}-{v}" for kind in ("qmp", "pretty") for v in versions])


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_conversation_gives_its_messages(name: str) -> None:
    messages = replay(name)
    assert [message.raw for message in messages] == values(name)  # type: ignore[union-attr]
    kinds = [type(message) for message in messages]
    assert kinds[0] is Greeting and Ignored not in kinds
    assert {Event, ErrorReply, Return} <= set(kinds)
    assert sum(isinstance(m, ErrorReply) and m.id is None for m in messages) >= 2  # the bad line


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_recorded_conversation_in_chunks(name: str, size: int) -> None:
    def chunks_of(data: bytes) -> list[bytes]:
        return [data[at : at + size] for at in range(0, len(data), size)]

    assert replay(name, chunks_of) == replay(name)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_step_cut_at_every_byte(name: str) -> None:
    """Each step short enough to be cut everywhere is: the machine is brought before it once for each cut."""
    whole = replay(name)
    longest = max(len(recorded.joined(s["chunks"])) for s in recorded.recording(name)["steps"][:4])
    for cut in range(1, longest):
        assert (
            replay(name, lambda data, cut=cut: [data[:cut], data[cut:]] if cut < len(data) else [data])
            == whole
        )


# -- size and hostility ------------------------------------------------------------------------------


def test_large_reply_needs_little_beside_its_value() -> None:
    entry = {"name": "virtio-net-pci", "meta-type": "object", "members": [{"name": "id", "type": "str"}]}
    data = json.dumps({"return": [entry] * 40_000, "id": "x-2"}).encode() + b"\r\n"
    subject = machine("READY")
    tracemalloc.start()
    try:
        for at in range(0, len(data), 65536):
            subject.receive_data(data[at : at + 65536])
            message = subject.next_message()
        value, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(message, Return) and len(message.value) == 40_000
    assert peak - value < 2.5 * len(data)


def test_large_string_needs_under_four_times_its_size() -> None:
    data = json.dumps({"return": "\x1b[31mline\r\n" * 400_000, "id": "x-2"}).encode()
    subject = machine("READY")
    tracemalloc.start()
    try:
        for at in range(0, len(data), 65536):
            subject.receive_data(data[at : at + 65536])
            message = subject.next_message()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(message, Return)
    assert peak < 4 * len(data)


SCRAPS = st.sampled_from(
    [*RECEIVED.values(), b'"', b"\\", b"{", b"[", b"\xff", b"\xc3", b"1e999", b'"id":', b"\x1b["]
)


@settings(deadline=None)
@given(st.sampled_from(STATES), st.lists(SCRAPS | st.binary(max_size=20)))
def test_any_bytes_in_any_state_raise_only_protocol_errors(state: str, chunks: list[bytes]) -> None:
    subject = machine(state, max_message=300, max_depth=20)
    for chunk in chunks:
        subject.receive_data(chunk)
        try:
            while (message := subject.next_message()) is not None:
                assert isinstance(message, Message)
        except ProtocolError:
            assert subject.state is State.CLOSED
