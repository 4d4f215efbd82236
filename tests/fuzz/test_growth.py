"""No quadratic time: eight times the input takes about eight times as long (make test-all).

Times are processor time of this process, the best of several, and what is asserted is a ratio with room: what
grows as n² takes 64 times as long. What is too quick to be measured is enlarged first.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from qmonsh.complete.engine import complete
from qmonsh.errors import LineError, ProtocolError
from qmonsh.language.reader import read_assignments, read_words
from qmonsh.language.secrets import mask, mask_value
from qmonsh.language.statement import is_complete, read_statements
from qmonsh.language.translate import translate
from qmonsh.render.form import Form
from qmonsh.render.json_text import dumps
from qmonsh.render.text import render_text
from qmonsh.shell.registry import builtins
from qmonsh.wire.agent import AgentMachine
from qmonsh.wire.hmp import HmpMachine
from qmonsh.wire.qmp import QmpMachine
from tests.complete.frozen import facts
from tests.fuzz.targets import BANNER, GREETING
from tests.language.frozen import frozen
from tests.wire.test_echo import redraws

#: How much more input, how much more time is allowed for it, what is long enough to be measured (seconds),
#: the largest input that is tried before that.
MORE, ALLOWED, ENOUGH, LARGEST = 8, 24, 0.01, 200_000


def timed(function: Callable[[], object]) -> float:
    gc.collect()
    start = process_time()
    function()
    return process_time() - start


def assert_linear(make: Callable[[int], Callable[[], object]], *, start: int = 500) -> None:
    """Fail when ``make(n)()`` takes out of proportion longer for larger n, three times in a row."""
    size = start
    while timed(make(size)) < ENOUGH:
        size *= 4
        if size > LARGEST:
            return  # it gives up at once, whatever comes after
    few, many = make(size), make(size * MORE)
    measured = []
    for _ in range(3):
        taken, longer = timed(few), timed(many)
        measured.append(f"{size}: {taken:.3f} s, {size * MORE}: {longer:.3f} s")
        if longer < ALLOWED * taken:
            return
    pytest.fail("; ".join(measured))


def feed(machine: Any, data: bytes, *, step: int = 0) -> None:
    try:
        for at in range(0, len(data), step or len(data)):
            machine.receive_data(data[at : at + (step or len(data))])
            while machine.next_message() is not None:
                pass
            if isinstance(machine, HmpMachine):
                machine.complete()
    except ProtocolError:
        return


PIECES = {
    "brackets": b'{"a":[', "strings": b'"abc", ', "escapes": b'\\"\\\\', "blanks": b" \r\n", "open": b'{"',
    "events": b'{"event": "A", "data": {"n": 1}}\r\n', "replies": b'{"return": {}, "id": 1}\n',
    "marks": b"\xff{", "prompts": b"(qemu) ", "erasing": b"\x1b[K\x1b[D", "lines": b"x\r\n",
    "password": b"Password: ", "banner": b"QEMU 1 monitor - type",
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("step", [0, 997])
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("kind", ["qmp", "string", "agent", "hmp", "echo"])
def test_wire(kind: str, piece: str, step: int) -> None:
    def make(count: int) -> Callable[[], object]:
        data = PIECES[piece] * count

        def run() -> None:
            if kind in ("qmp", "string"):
                head = b'{"return": "' if kind == "string" else b""
                feed(QmpMachine(id_prefix="x"), GREETING + head + data, step=step)
            elif kind == "agent":
                machine = AgentMachine(id_prefix="x")
                machine.sync()
                feed(machine, data, step=step)
            else:
                subject = HmpMachine()
                subject.receive_data(BANNER)
                subject.next_message()
                subject.send("info status")
                feed(subject, (redraws(b"info status") if kind == "echo" else b"") + data, step=step)

        return run

    assert_linear(make)


TEXTS = [
    "a ", "a=b ", "a=b,", "a,,b", '"', "'", "\\", '"a" ', "{", "[{", '{"a":', "x=[1] ", "(", "transaction(",
    "a.b.c=", "|", "> ", ">>x ", "-d ", "password=x ", "://a:b@", '"password": "x", ', "é", "\n",
    "#\n", "{\n",
    "'a=b' ", "=", ":=", "0x", "1+", "((", "exec:", "set_password a b ", "object_add secret,data=a,",
]  # fmt: skip
HEADS = ["", "device_add ", "blockdev-add "]


@pytest.mark.long
@pytest.mark.parametrize("piece", TEXTS)
def test_reading(piece: str) -> None:
    for read in (read_words, read_assignments, read_statements, is_complete, mask):

        def make(count: int, read: Callable[[str], object] = read) -> Callable[[], object]:
            def run() -> None:
                try:
                    read(piece * count)
                except LineError as error:
                    assert str(error)

            return run

        assert_linear(make)


@pytest.mark.long
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("piece", TEXTS)
def test_translating_and_completing(piece: str, head: str) -> None:
    known, seen = frozen("7.2"), facts("7.2")

    def plan(count: int) -> Callable[[], object]:
        def run() -> None:
            try:
                translate(head + piece * count, known)
            except LineError as error:
                assert str(error)

        return run

    def offer(count: int) -> Callable[[], object]:
        line = head + piece * count
        return lambda: complete(line, len(line), seen, builtins=builtins())

    for make in (plan, offer):
        make(1)()  # what is worked out once is not the line's
        assert_linear(make, start=50)


VALUES: dict[str, Callable[[int], Any]] = {
    "text": lambda n: "a\x1b\u202eb\r\n" * n,
    "one line": lambda n: "ab " * n,
    "no blanks": lambda n: "\x9b" * n,
    "table": lambda n: [{"a": "b" * 9, "c": k} for k in range(n)],
    "ragged": lambda n: [{f"k{k % 50}": k} for k in range(n)],
    "wide": lambda n: {f"key{k}": k for k in range(n)},
    "lists": lambda n: [[1, 2]] * n,
    "digits": lambda n: 7 ** (n % 4000),
}
#: Views of what there may be many of, and the k-th of them.
MANY: dict[str, Callable[[int], dict[str, Any]]] = {
    "query-block": lambda k: {"device": f"d{k}", "type": "x", "removable": True, "locked": False},
    "query-named-block-nodes": lambda k: {"node-name": f"n{k}", "drv": "raw", "file": "f", "ro": False},
    "query-cpus-fast": lambda k: {"cpu-index": k, "qom-path": f"/m/{k}", "thread-id": k, "target": "x86_64"},
    "query-chardev": lambda k: {"label": f"c{k}", "filename": "f", "frontend-open": True},
    "query-pci": lambda k: {"bus": k, "devices": []},
    "query-memory-devices": lambda k: {"type": "dimm", "data": {"id": f"d{k}", "addr": k, "size": 1}},
    "query-jobs": lambda k: {"id": f"j{k}", "type": "x", "status": "running", "current-progress": 1},
}


@pytest.mark.long
@pytest.mark.parametrize("width", [None, 80])
@pytest.mark.parametrize("name", [*VALUES, *MANY])
def test_rendering(name: str, width: int | None) -> None:
    def make(count: int) -> Callable[[], object]:
        value = [MANY[name](k) for k in range(count)] if name in MANY else VALUES[name](count)
        view = name if name in MANY else ""
        return lambda: (
            render_text(value, view=view, form=Form(width=width)),
            dumps(value),
            mask_value(value),
        )

    assert_linear(make, start=100)


@pytest.mark.long
def test_reading_what_was_written() -> None:
    def make(count: int) -> Callable[[], object]:
        text = json.dumps({"return": [{"a": "é\x1b" * 5, "b": [1, 2.5, None]}] * count, "id": "x"}).encode()
        return lambda: feed(QmpMachine(id_prefix="x"), GREETING + text)

    assert_linear(make)


def test_what_grows_as_the_square_is_noticed() -> None:
    def square(count: int) -> Callable[[], object]:
        return lambda: [None for _ in range(count) for _ in range(count)]

    with pytest.raises(pytest.fail.Exception):
        assert_linear(square, start=400)
