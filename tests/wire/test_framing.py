"""JsonFramer: where values end, in any spelling, chunking and size, and what is refused."""

from __future__ import annotations

import json
import tracemalloc
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.wire.framing import JsonFramer, excerpt

MIB = 1024 * 1024


def framer(*, max_message: int = 64 * MIB, max_depth: int = 512, **more: Any) -> JsonFramer:
    return JsonFramer(max_message=max_message, max_depth=max_depth, **more)


def texts(data: bytes, *, size: int = 0, **limits: Any) -> list[str]:
    """Return the values framed from ``data``, received in chunks of ``size`` bytes."""
    subject = framer(**limits)
    found = []
    for at in range(0, len(data), size or len(data) or 1):
        subject.receive(data[at : at + (size or len(data))])
        found += iter(subject.next_text, None)
    return found


# What is received, and the values in it.
VALUES: list[tuple[bytes, list[str]]] = [
    (b"", []),
    (b" \r\n\t ", []),
    (b"{}", ["{}"]),
    (b"{}{}", ["{}", "{}"]),
    (b"{}\r\n[]\n", ["{}", "[]"]),
    (b'{"a": {"b": [1, {"c": {}}]}}', ['{"a": {"b": [1, {"c": {}}]}}']),
    (b'{\r\n    "a": {\r\n    }\r\n}\r\n{', ['{\r\n    "a": {\r\n    }\r\n}']),
    (b'{} "}"', ["{}", '"}"']),  # the last bracket is not the last one outside strings
    (b'{} "}', ["{}"]),
    (b'{"}": "]"}{"[": "{"}', ['{"}": "]"}', '{"[": "{"}']),
    (rb'{"a": "\"}"}{}', [r'{"a": "\"}"}', "{}"]),
    (rb'{"a": "\\"}{}', [r'{"a": "\\"}', "{}"]),
    (rb'{"a": "\\\"}"}{}', [r'{"a": "\\\"}"}', "{}"]),
    (rb'{"a": "\n\\\\"}{"b": "\\\\\"\\"}', [r'{"a": "\n\\\\"}', r'{"b": "\\\\\"\\"}']),
    ('{"a": "é€😀"}{}'.encode(), ['{"a": "é€😀"}', "{}"]),
    (b'"x" 1 true {} null -2.5e3 [1] 7\n', ['"x"', "1", "true", "{}", "null", "-2.5e3", "[1]", "7"]),
    (rb'"\"{" {}', [r'"\"{"', "{}"]),
    (b"1", []),  # 12 may follow
    *((word[:end], []) for word in (b"true", b"false", b"null", b"-1") for end in range(1, len(word) + 1)),
    (b'"x', []),
    (b'{"a": "', []),
    (b'{"a": "x"', []),
    (b"{}1{}", ["{}", "1", "{}"]),
    (b"[}", ["[}"]),  # brackets are counted; which kind closes which is the decoder's affair
]


@pytest.mark.parametrize(("data", "expected"), VALUES)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
def test_values_are_found_in_any_chunking(data: bytes, expected: list[str], size: int) -> None:
    assert texts(data, size=size) == expected


@pytest.mark.parametrize(("data", "expected"), VALUES)
def test_values_are_found_when_cut_in_two_anywhere(data: bytes, expected: list[str]) -> None:
    for cut in range(len(data) + 1):
        subject = framer()
        subject.receive(data[:cut])
        found = list(iter(subject.next_text, None))
        subject.receive(data[cut:])
        assert found + list(iter(subject.next_text, None)) == expected, cut


# A value, and how many objects and arrays are right inside it.
CHILDREN = [
    ("{}", 0),
    ("[]", 0),
    ('"x"', 0),
    ('{"a": "[]{}"}', 0),
    ('{"a": []}', 1),
    ('{"a": [{"b": [{}, []]}, {}, [[]]]}', 1),
    ('{"a": [], "b": {}}', 2),
    ('[{}, {"a": [1, 2]}, [], 3]', 3),
    ('{"a": ' + "[" * 40 + "]" * 40 + "}", 1),
    ('{"a": [' + '{"x": [1, "}"]},' * 60_000 + "[]]}", 1),
    ('{"a": [' + '{"x": [1, "]"]},' * 60_000 + '[]], "b": {}}', 2),
    ('{"a": {}, "b": [' + '{"x": [1, "]"]},' * 60_000 + "[]]}", 2),
    ('{"a": [' + '{"x": [1, "]"]},' * 60_000 + '[]], "b": [' + "[[[]]]," * 60_000 + "[]]}", 2),
    ("[" + "[]," * 60_000 + "[]]", 60_001),
]


@pytest.mark.parametrize(("text", "expected"), CHILDREN, ids=range(len(CHILDREN)))
@pytest.mark.parametrize("size", [0, 1, 7])
def test_children_are_counted_in_any_chunking(text: str, expected: int, size: int) -> None:
    if size and len(text) > 10_000:
        size *= 1000
    subject = framer()
    for at in range(0, len(text), size or len(text)):
        subject.receive(text[at : at + (size or len(text))].encode())
        found = subject.next_text()
    assert found == text and subject.children == expected
    subject.receive(b'{"next": {}}')
    assert subject.next_text() and subject.children == 1


# What is received, and the start of the reason for refusing it.
REFUSED: list[tuple[bytes, str]] = [
    (b"}", "this is not a message"),
    (b"]", "this is not a message"),
    (b",{}", "this is not a message"),
    (b"inf", "this is not a message"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", "this is not a message"),
    (b"<html>", "this is not a message"),
    (b"\xef\xbb\xbf{}", "this is not a message"),
    (b"\xff{}", "this is not a message"),
    (b"\x00", "this is not a message"),
    (b'"' + b"x" * 5000, "this is not a message"),
    (b"1" * 5000, "this is not a message"),
    (b'{"a": "\xff"}', "a message is not valid UTF-8"),
    (b'{"a": "\xed\xa0\x80"}', "a message is not valid UTF-8"),
    (b'{"a": "\xc3"}', "a message is not valid UTF-8"),
    (b"{\xff}", "a message is not valid UTF-8"),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED)
@pytest.mark.parametrize("size", [0, 1])
def test_garbage_is_refused_with_an_excerpt(data: bytes, reason: str, size: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        texts(data, size=size)
    assert caught.value.reason == reason
    assert caught.value.excerpt
    assert caught.value.__context__ is None  # it could hold a copy of a large message


def test_excerpt_shows_bytes_that_are_no_text() -> None:
    assert excerpt(b"\x80abc\xff") == "\\x80abc\\xff"
    assert len(excerpt(b"\xff" * 1000)) == 80


def test_skip_names_what_may_stand_between_values() -> None:
    assert texts(b"\xff\n{}\xff[]", skip=b"\n\xff") == ["{}", "[]"]


@pytest.mark.parametrize("size", [0, 1, 5])
def test_depth_limit_is_exact(size: int) -> None:
    for deepest in (b"[]", b"{}"):
        allowed = b"[" * 7 + deepest + b"]" * 7
        assert texts(allowed, size=size, max_depth=8) == [allowed.decode()]
        with pytest.raises(ProtocolError, match="nested deeper than 8 levels"):
            texts(b"[" + allowed + b"]", size=size, max_depth=8)


def test_depth_limit_does_not_count_strings_and_siblings() -> None:
    data = b'{"a": "[[[[[[[[[[", "b": [[],[],[],[],[],[]]}'
    assert texts(data, max_depth=3) == [data.decode()]


def test_nesting_bomb_is_refused_at_once() -> None:
    subject = framer()
    subject.receive(b"[" * 1_000_000)
    with pytest.raises(ProtocolError, match="nested deeper than 512 levels"):
        subject.next_text()


@pytest.mark.parametrize("size", [0, 1, 4096])
def test_size_limit_names_itself(size: int) -> None:
    data = b'"%s"' % (b"x" * 5000)
    fits = b"[" + data + b"]"
    assert texts(fits, size=size, max_message=len(fits)) == [fits.decode()]
    with pytest.raises(ProtocolError, match=f"limit of {len(fits) - 1} bytes"):
        texts(fits, size=size, max_message=len(fits) - 1)


def test_size_limit_holds_for_a_message_without_end() -> None:
    subject = framer(max_message=100_000)
    received = 0
    with pytest.raises(ProtocolError, match="limit of 100000 bytes"):
        while received < MIB:
            subject.receive(b'{"a": "' if not received else b"x" * 1000)
            received += 1000
            assert subject.next_text() is None
    assert received < 200_000


def test_unfinished_counts_what_waits() -> None:
    subject = framer()
    subject.receive(b'{}\r\n{"a"')
    assert subject.next_text() == "{}"
    assert subject.next_text() is None
    assert subject.unfinished == len('{"a"')
    subject.clear()
    assert subject.unfinished == 0
    subject.receive(b"[]")
    assert subject.next_text() == "[]"


def test_peek_shows_the_next_value_and_takes_nothing() -> None:
    subject = framer()
    assert subject.peek() == b""
    subject.receive(b"\r\n QEMU")
    assert subject.peek() == b"QEMU"
    assert subject.peek() == b"QEMU"


def test_drop_through_last_starts_a_new_value() -> None:
    subject = framer()
    subject.receive(b'{"half": "\xff{"other": \xff{}')
    assert subject.next_text() is None
    assert subject.drop_through_last(b"\xff")
    assert subject.next_text() == "{}"
    assert not subject.drop_through_last(b"\xff")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(['"', "\\", "}{", '\\"]', "é\x1b"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    values=st.lists(st.dictionaries(st.text(), JSON_VALUES) | st.lists(JSON_VALUES)),
    indent=st.sampled_from([None, 4]),
    ascii_only=st.booleans(),
    separator=st.sampled_from(["", "\r\n", "\n", "  "]),
    sizes=st.lists(st.integers(1, 40), min_size=1),
)
def test_any_messages_in_any_chunks_come_out_whole(
    values: list[Any], indent: int | None, ascii_only: bool, separator: str, sizes: list[int]
) -> None:
    written = [json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in values]
    data = separator.join(written).encode("utf-8", "surrogatepass")
    subject = framer()
    found = []
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        subject.receive(data[at : at + size])
        found += iter(subject.next_text, None)
        at, turn = at + size, turn + 1
    assert found == written


@settings(deadline=None)
@given(chunks=st.lists(st.binary(max_size=30) | st.text('{}[]"\\ 1tn\n', max_size=30).map(str.encode)))
def test_any_bytes_give_values_or_a_protocol_error(chunks: list[bytes]) -> None:
    subject = framer(max_depth=10, max_message=100)
    try:
        for chunk in chunks:
            subject.receive(chunk)
            while subject.next_text() is not None:
                pass
    except ProtocolError as error:
        assert error.reason


class CountingFramer(JsonFramer):
    """Counts the bytes that are looked at: the measure of linear work that no clock disturbs."""

    looked_at = 0

    def _scan(self, window: bytes) -> int:
        self.looked_at += len(window)
        return super()._scan(window)


def large(kind: str, size: int) -> bytes:
    entry = {"name": "virtio-net-pci", "meta-type": "object", "members": [{"name": "id", "type": "str"}]}
    if kind == "string":
        return json.dumps({"return": 'a line {"[\r\n\x1b\\' * (size // 20)}).encode()
    entries = [entry] * (size // len(json.dumps(entry)))
    return json.dumps({"return": entries}, indent=4 if kind == "pretty" else None).encode()


@pytest.mark.parametrize("kind", ["compact", "pretty", "string"])
@pytest.mark.parametrize("chunk", [100, 65536, 10 * MIB])
def test_work_is_linear_in_the_size_of_a_message(kind: str, chunk: int) -> None:
    data = large(kind, 2 * MIB)
    subject = CountingFramer(max_message=64 * MIB, max_depth=512)
    found: list[str] = []
    for at in range(0, len(data), chunk):
        subject.receive(data[at : at + chunk])
        found += iter(subject.next_text, None)
    assert found == [data.decode()]
    assert subject.looked_at <= 1.1 * len(data)


def test_work_is_linear_byte_by_byte() -> None:
    data = large("compact", 200_000)
    subject = CountingFramer(max_message=MIB, max_depth=512)
    found: list[str] = []
    for at in range(len(data)):
        subject.receive(data[at : at + 1])
        found += iter(subject.next_text, None)
    assert found == [data.decode()]
    assert subject.looked_at == len(data)


@pytest.mark.parametrize("indent", [None, 4])
def test_work_is_linear_in_many_short_messages(indent: int | None) -> None:
    message = json.dumps({"event": "RTC_CHANGE", "data": {"offset": 0}}, indent=indent) + "\r\n"
    data = message.encode() * 5000
    subject = CountingFramer(max_message=MIB, max_depth=512)
    subject.receive(data)
    assert sum(1 for _ in iter(subject.next_text, None)) == 5000
    # Messages over several lines have no line end to go by: a window of 512 bytes is looked at for each.
    assert subject.looked_at <= (len(data) if indent is None else len(data) + 512 * 5000)


@pytest.mark.parametrize("kind", ["compact", "string"])
def test_memory_is_the_bytes_and_the_text(kind: str) -> None:
    data = large(kind, 4 * MIB)
    subject = framer()
    tracemalloc.start()
    try:
        for at in range(0, len(data), 65536):
            subject.receive(data[at : at + 65536])
            text = subject.next_text()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert text is not None
    assert peak < 2.6 * len(data)
    assert subject.unfinished == 0


def nested(seed: int, size: int) -> str:
    """Return a large object of mixed nesting (also deeper than what is struck out), brackets in strings."""
    random = Random(seed)
    parts = []
    length = 0
    while length < size:
        depth = random.choice([0, 1, 2, 5, 15, 16, 17, 18, 40, 200])
        inner = random.choice(['"]}{["', '"\\\\\\""', "1", '"x"', "[]", "{}"])
        part = '{"a": [' * (depth // 2) + inner + "]}" * (depth // 2)
        parts.append(part)
        length += len(part)
    return '{"return": [' + ", ".join(parts) + "]}"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [1000, 4096, 65536, 10**6])
def test_large_values_of_any_nesting_are_found(seed: int, size: int) -> None:
    wanted = [nested(seed, 150_000), '{"next": 1}', nested(seed + 100, 70_000)]
    json.loads(wanted[0])
    data = "\r\n".join(wanted).encode() + b"\r\n"
    framer = JsonFramer(max_message=1 << 20, max_depth=512)
    found = []
    for start in range(0, len(data), size):
        framer.receive(data[start : start + size])
        while (text := framer.next_text()) is not None:
            found.append(text)
    assert found == wanted


@pytest.mark.parametrize("at", [0, 100_000])
def test_depth_limit_holds_in_the_midst_of_a_large_value(at: int) -> None:
    def read(depth: int) -> str | None:
        filler = "{}, " * (at // 4)
        framer = JsonFramer(max_message=1 << 20, max_depth=20)
        framer.receive(("[" + filler + "[" * depth + "]" * depth + ", {}" * 50_000 + "]").encode())
        return framer.next_text()

    assert read(19) is not None
    with pytest.raises(ProtocolError, match="deeper than 20"):
        read(20)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"a": 1}\r\n{"b"', b'{"a": 1}\r\n'),
        (b'{"a": 1}', b""),
        (b"", b""),
        (b'[1]\n{"a": 1}\n', b""),
        (b"{\n}\n", b"{\n"),
        (b'{"a": "' + b"x" * 2000 + b'"}\n', b""),
    ],
)
def test_short_line_shows_a_line_that_may_be_an_object(data: bytes, line: bytes) -> None:
    framer = JsonFramer(max_message=1 << 20, max_depth=512)
    framer.receive(data)
    assert framer.short_line() == line
    framer.drop(len(line))
    assert framer.unfinished == len(data) - len(line)


def test_short_line_keeps_within_the_limits() -> None:
    line = b'{"a": {"a": {}}}\n'
    for limits in ({"max_message": 16, "max_depth": 512}, {"max_message": 1000, "max_depth": 8}):
        framer = JsonFramer(**limits)
        framer.receive(line)
        assert framer.short_line() == b""


@pytest.mark.parametrize("filler", [b"", b'{"b": "' + b"x" * 300 + b'"}\r\n'])
@pytest.mark.parametrize("space", [b"\r\n", b"\n", b" \r\n\r\n"])
def test_short_line_is_found_behind_the_line_end_of_a_value_cut_in_two(space: bytes, filler: bytes) -> None:
    framer = JsonFramer(max_message=1 << 20, max_depth=512)
    framer.receive(b'{"cut": ')
    assert framer.next_text() is None
    framer.receive(b"1}" + space + b'{"a": 1}\r\n' + filler)
    assert framer.short_line() == b"", "its start has been looked at"
    assert framer.next_text() == '{"cut": 1}'
    assert framer.short_line() == b'{"a": 1}\r\n'
