"""What is fuzzed, and what must hold: each target takes bytes and raises when something is wrong.

Expected errors are caught by name: any other exception is a finding. Beyond that each target compares with
something that is known by another way: the same bytes cut differently, a plan sent again as JSON, the text
that went in, the width that was asked for.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.engine import complete
from qmonsh.complete.question import Question
from qmonsh.errors import ConnectError, LineError, ProtocolError, UsageError
from qmonsh.language.explain import STYLES, explain
from qmonsh.language.plan import Plan, Way
from qmonsh.language.reader import read_assignments, read_words
from qmonsh.language.redirect import split_output
from qmonsh.language.secrets import mask
from qmonsh.language.statement import is_complete, read_statements
from qmonsh.language.translate import translate
from qmonsh.machine_options import (
    config_arguments,
    config_files,
    declared_monitors,
    kind_of,
    monitors_in,
    name_of,
)
from qmonsh.render.error import render_error
from qmonsh.render.escape import is_safe, one_line
from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.text import stream_text
from qmonsh.shell.registry import builtins
from qmonsh.target import parse_target
from qmonsh.transport import libvirt_list, remote_look
from qmonsh.wire.agent import AgentMachine
from qmonsh.wire.exchange import JsonExchange, State
from qmonsh.wire.hmp import HmpMachine, HmpState
from qmonsh.wire.message import Answer, Banner, Command, Ignored, Message
from qmonsh.wire.qmp import QmpMachine
from tests.complete.frozen import facts
from tests.fuzz.source import Source, pieces
from tests.language.frozen import BLOCK, VERSIONS, FrozenKnowledge
from tests.render.recorded import Record, records

#: Limits small enough to be reached by a fuzzer's input.
LIMITS = {"max_message": 400, "max_depth": 12}
GREETING = (
    b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}}, "capabilities": ["oob"]}}\r\n'
)
BANNER = b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "
LINES = (Path(__file__).parent.parent / "language" / "lines.txt").read_text(encoding="utf-8").splitlines()


# -- wire ------------------------------------------------------------------------------------------------


def _heard(machine: JsonExchange, data: bytes, sizes: bytes) -> list[object]:
    """Return the messages of a conversation that comes in pieces, the protocol error in their place."""
    heard: list[object] = []
    for piece in [*pieces(data, sizes), b""]:
        machine.receive_data(piece)
        try:
            while (message := machine.next_message()) is not None:
                assert isinstance(message, Message)
                heard.append(message)
                if isinstance(machine, QmpMachine) and machine.state is State.NEGOTIATION:
                    _negotiate_once(machine)
        except ProtocolError as error:
            assert machine.state is State.CLOSED and machine.unfinished == 0
            heard.append("broken")  # which limit was reached first may differ
            assert is_safe(one_line(str(error)))
            break
    assert machine.state is State.CLOSED, "after the end of the stream nothing is waited for"
    return heard


def _negotiate_once(machine: QmpMachine) -> None:
    if not machine.pending:
        machine.negotiate()


def qmp(data: bytes) -> None:
    """A QMP monitor's bytes mean the same however they are cut."""
    source = Source(data)
    ready, sizes, said = source.flag(), source.take(6), source.rest()

    def machine() -> QmpMachine:
        subject = QmpMachine(id_prefix="x-", **LIMITS)
        if ready:
            subject.receive_data(GREETING)
            subject.next_message()
            subject.negotiate()
            subject.receive_data(b'{"return": {}, "id": "x-1"}')
            subject.next_message()
            for name in ("query-status", "stop"):
                subject.send(Command(name))
        return subject

    assert _heard(machine(), said, sizes) == _heard(machine(), said, b"")


def agent(data: bytes) -> None:
    """A guest agent's bytes break nothing, in whatever state and pieces they come."""
    source = Source(data)
    synced, sizes, said = source.flag(), source.take(6), source.rest()
    subject = AgentMachine(id_prefix="x-", **LIMITS)
    number = json.loads(subject.sync()[1:])["arguments"]["id"]
    if synced:
        subject.receive_data(b'\xff{"return": %d}\n' % number)
        assert subject.next_message() is not None and subject.ready
        subject.send(Command("guest-ping"))
    _heard(subject, said, sizes)


def hmp(data: bytes) -> None:
    """A text monitor's bytes give a banner, answers and remarks; what is sent is one line."""
    source = Source(data)
    sizes, line, said = source.take(6), source.choice(["info status", "x /2i 0", "é"]), source.rest()
    subject = HmpMachine(max_answer=LIMITS["max_message"])
    if source.flag():
        subject.receive_data(BANNER)
        assert isinstance(subject.next_message(), Banner)
    for piece in [*pieces(said, sizes), b""]:
        if subject.state is HmpState.IDLE:
            assert subject.send(line) == line.encode() + b"\n"
        elif subject.password_prompt:
            assert subject.send_password("geheim").count(b"\n") == 1
        subject.receive_data(piece)
        try:
            while (message := subject.next_message()) is not None:
                assert isinstance(message, Banner | Ignored)
        except ProtocolError:
            assert subject.state is HmpState.CLOSED
            return
        answer = subject.complete()
        assert answer is None or (isinstance(answer, Answer) and subject.state is not HmpState.BUSY)
    assert len(subject.partial) <= len(said) + 100


# -- language ----------------------------------------------------------------------------------------------


def reader(data: bytes) -> None:
    """Words, assignments, redirections and statements are parts of the text they were read from."""
    text = Source(data).text()
    is_complete(text)
    mask(text)
    for read in (read_words, read_assignments, split_output):
        try:
            found: Any = read(text)
        except LineError as error:
            assert 0 <= error.start <= len(text) and str(error)
            continue
        if read is read_words:
            ends = [0, *(position for word in found for position in (word.start, word.end)), len(text)]
            assert ends == sorted(ends), "words stand one behind another"
    try:
        for statement in read_statements(text):
            assert "".join(statement.text.split()) in "".join(text.split())
    except LineError as error:
        assert str(error)


@cache
def _knowledge(version: str, has_hmp: bool) -> FrozenKnowledge:
    return FrozenKnowledge(version, has_hmp=has_hmp, answers=BLOCK)


def translator(data: bytes) -> None:
    """A line becomes a plan or a LineError, and a plan's QMP typed in again is the same plan's QMP."""
    source = Source(data)
    version, has_hmp, is_text = source.choice(VERSIONS), source.flag(), source.byte() % 8 == 1
    line = source.text()
    known = _knowledge(version, has_hmp)
    known.asked.clear()
    try:
        plan = translate(line, known, text_monitor=is_text)
    except LineError as error:
        assert 0 <= error.start <= error.end and error.start <= len(line) and str(error)
        assert all(one_line(part).isprintable() for part in render_error(error).split("\n"))
        return
    assert plan.line == line
    for style in STYLES:
        explain(plan, style, target="vm.sock")
    if plan.way not in (Way.TEXT, Way.LOCAL):
        _assert_is_said_again(plan, known)


def _assert_is_said_again(plan: Plan, known: FrozenKnowledge) -> None:
    for sent in explain(plan, "qmp").splitlines():
        json.loads(sent)
        if '"execute": "qmp_capabilities"' in sent:
            continue  # answered here when typed
        again = translate(sent, known)
        assert explain(again, "qmp") == sent, (sent, explain(again, "qmp"))
        assert again.acts or not plan.acts or len(plan.steps) > 1 or plan.name != again.name, sent


class _Hostile(FrozenKnowledge):
    """A monitor that answers every question with the same value."""

    def __init__(self, version: str, value: Any) -> None:
        super().__init__(version)
        self._value = value

    def ask(self, command: str, arguments: Any = None) -> Any:
        return self._value


TYPED = [line for line in LINES if line and line[0] not in "#@ "]


def answers(data: bytes) -> None:
    """Whatever a monitor answers while a line is planned or completed, only a LineError comes of it."""
    source = Source(data)
    line, version = source.choice(TYPED), source.choice(VERSIONS)
    value = source.value()
    try:
        translate(line, _Hostile(version, value))
    except LineError as error:
        assert str(error)
    known = facts(version)

    def answer(asked: Question) -> object:
        if asked.command in ("files", "programs"):
            return []
        return known.get(asked) if asked.command in ("query-qmp-schema", "hmp:help") else value

    found = complete(line, len(line), FrozenFacts(answer=answer), builtins=builtins())
    assert all(isinstance(one.text, str) and isinstance(one.meta, str) for one in found.candidates)


def completer(data: bytes) -> None:
    """Candidates replace the end of what is typed, each once, whatever is typed."""
    source = Source(data)
    version, dialect = source.choice(VERSIONS), source.choice(["qmp", "qmp", "hmp"])
    back = source.byte() % 8
    text = source.text()
    cursor = max(0, len(text) - back)
    known = facts(version, dialect)
    found = complete(text, cursor, known, builtins=builtins(), aliases={"ib": "info block"})
    assert 0 <= found.start <= cursor
    assert len({one.text for one in found.candidates}) == len(found.candidates)
    assert found == complete(text, cursor, known, builtins=builtins(), aliases={"ib": "info block"})


# -- render ------------------------------------------------------------------------------------------------


@cache
def _records() -> list[Record]:
    return records()


def _spoil(value: Any, source: Source) -> Any:
    """Return a reply with some of its members replaced, removed or doubled."""
    value = copy.deepcopy(value)
    for _ in range(1 + source.byte() % 4):
        place = value
        while isinstance(place, dict | list) and place:
            key = source.choice(sorted(place) if isinstance(place, dict) else range(len(place)))
            if isinstance(place[key], dict | list) and place[key] and source.byte() % 4:
                place = place[key]
                continue
            if source.flag():
                place[key] = source.value()
            else:
                del place[key]
            break
    return value


def renderer(data: bytes) -> None:
    """Any reply in any view is shown in harmless lines of the width asked for."""
    source = Source(data)
    record = source.choice(_records())
    width = source.choice([None, 60, 80, 200])
    value = source.value() if source.byte() % 4 == 0 else _spoil(record.value, source)
    shown = "".join(stream_text(value, view=source.choice([record.qmp, record.hmp]), form=Form(width=width)))
    assert all(is_safe(line.replace("\t", "")) for line in shown.split("\n"))
    if width is not None and not isinstance(value, str):
        assert all(columns_of(line) <= width for line in shown.split("\n"))


def text(data: bytes) -> None:
    """Any text of a monitor is shown whole: what is left out of it is nothing but carriage returns."""
    source = Source(data)
    said = source.rest().decode("utf-8", "replace")
    shown = "".join(stream_text(said, form=Form()))
    assert all(is_safe(line.replace("\t", "")) for line in shown.split("\n"))
    kept = [character for character in said if is_safe(character)]
    rest = iter(shown)
    assert all(character in rest for character in kept), "every printable character is there, in its order"


def host(data: bytes) -> None:
    """Command lines of others, here and over there, are machines or none, each with monitors or without."""
    said = data.decode("utf-8", "surrogateescape")
    arguments = said.split("\0")
    kind = kind_of(arguments[0], arguments) or "vm"
    arguments += config_arguments(said)
    name_of(arguments), config_files(arguments), monitors_in(arguments)
    for one in declared_monitors(kind, arguments):
        with suppress(UsageError):
            target = parse_target(one.spelling)
            # Blanks around what is pasted are dropped; those of a file's name cannot be told from them.
            assert target.address.strip() != target.address or parse_target(target.address) == target
    for marker in (b"\0looked\n", b"\0listed\n"):
        for mean in (remote_look.choose, remote_look.titles):
            with suppress(ConnectError):
                mean(parse_target("ssh://h#web*"), marker + data + b"\0.")
    assert all(libvirt_list.read_stats(said).values())


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function
    for function in (qmp, agent, hmp, reader, translator, answers, completer, renderer, text, host)
}


def seeds(name: str) -> Iterator[bytes]:
    """Yield inputs that get a fuzzer past the first checks of a target."""
    if name in ("qmp", "agent"):
        for said in (GREETING, b'{"return": {}, "id": "x-2"}\r\n', b'{"event": "STOP", "data": {"a": [1]}}'):
            yield from (said + bytes([3, 1, ready]) for ready in (0, 1))
            yield said * 2 + bytes([0, 1])
        yield b'\xff{"return": 1}\n{"error": {"class": "A", "desc": "\\ud800"}, "id": null}\x01'
    elif name == "hmp":
        yield from (said + b"\0\0\1" for said in (BANNER, b"info status\r\nVM status: paused\r\n(qemu) "))
        yield b"\x1b[Di\x1b[K\x1b[D\x1b[Din\x1b[K(qemu) Password: \0\0\1"
    elif name in ("reader", "translator", "completer"):
        yield from (line.encode() + b"\0\1\1" for line in TYPED)
        yield b'transaction( a=1 b:={"c": [1]} ) | grep "x" > y\n{"execute": "stop"}\0\0\0'
    elif name == "host":
        yield b"qemu-kvm\0-name\0web\0-qmp\0unix:/run/a,,b.sock,server=on\0-mon\0chardev=m,mode=control"
        yield b"qemu-system-x86_64\0-chardev\0socket,id=m,host=::1,port=1,to=9,server\0-serial\0mon:stdio"
        yield b'[chardev "m"]\n  backend = "socket"\n  path = "/m"\n[mon]\n chardev = "m"\n mode = "control"'
        yield b"pid 7\nexe /usr/bin/qemu-kvm\ncwd /\nfd 3 5\narg qemu-kvm\narg -qmp\narg tcp::1\nunix 5 /a"
        yield b'[{"kind": "vm", "name": "web1", "pid": 7, "monitors": [{"dialect": "qmp", "address": "/a",'
        yield b"Domain: 'web'\n  state.state=1\n"
    elif name == "text":
        yield b"a\tb\r\n\x1b[31m\xe2\x80\xae\xff(qemu) "
    else:
        yield from (bytes(range(number, number + 90)) for number in range(0, 160, 8))
