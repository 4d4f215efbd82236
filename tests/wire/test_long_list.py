"""A list decoded while it is walked: the same messages and values as if all had been decoded at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.wire.exchange import JsonExchange, State
from qmonsh.wire.long_list import LongList
from qmonsh.wire.message import Message, Return, whole

#: The id of the command that waits.
ID = "p-1"


def exchange(long_reply: int) -> JsonExchange:
    subject = JsonExchange(State.READY, id_prefix="p-", long_reply=long_reply)
    subject.pending[ID] = "query-things"
    return subject


def messages(data: bytes, *, long_reply: int = 0, size: int = 0) -> list[Message]:
    """Return the messages in ``data``, received in chunks of ``size`` bytes."""
    subject = exchange(long_reply)
    found: list[Message] = []
    for at in range(0, len(data), size or len(data) or 1):
        subject.receive_data(data[at : at + (size or len(data))])
        found += iter(subject.next_message, None)
    return found


def long_return(text: str) -> Return:
    """Return the only message, whose value must be a LongList, padded so that no line is short."""
    (message,) = messages(text.encode() + b" " * 2000, long_reply=1)
    assert isinstance(message, Return) and isinstance(message.value, LongList)
    return message


def comparable(data: bytes, *, long_reply: int, size: int) -> list[Any]:
    """Return the messages as plain values, ``ProtocolError`` where and when one is not JSON."""
    try:
        found = messages(data, long_reply=long_reply, size=size)
        return [(type(one), plain(getattr(one, "raw", None))) for one in found]
    except ProtocolError:
        return [ProtocolError]


def plain(raw: Any) -> Any:
    """Return a message with its list walked."""
    if not isinstance(raw, dict):
        return raw
    return {key: list(item) if isinstance(item, LongList) else item for key, item in raw.items()}


LONG: list[tuple[str, list[Any]]] = [
    ('{"return": [1, 2, {"id": "x", "return": [3]}], "id": "p-1"}', [1, 2, {"id": "x", "return": [3]}]),
    ('{"id": "p-1", "return": [[], {}]}', [[], {}]),
    ('{"return":[null,true],"id":"p-1"}', [None, True]),
    ('{\r\n\t"return" : [\r\n  "a" ,\t"b"\n]\n,\n"id" : "p-1"\r\n}', ["a", "b"]),
    ('{"return": ["], \\"id\\": \\"p-9\\"}", "]}"], "id": "p-1"}', ['], "id": "p-9"}', "]}"]),
    ('{"return": ["\\ud800", "\\ud83d\\ude00", "\\u0000\\\\"], "id": "p-1"}', ["\ud800", "😀", "\0\\"]),
    ('{"return": ["é€😀"], "id": "p-1"}', ["é€😀"]),
    ('{"return": [1234567890123456789012, -0.5e-7], "id": "p-1"}', [1234567890123456789012, -0.5e-7]),
]


@pytest.mark.parametrize(("text", "value"), LONG)
def test_a_list_in_a_reply_is_decoded_while_it_is_walked(text: str, value: list[Any]) -> None:
    message = long_return(text)
    assert message.id == ID
    assert list(message.value) == list(message.value) == whole(message.value) == value
    assert len(message.value) == len(value) and message.value
    assert list(message.raw) == list(json.loads(text)) and message.raw["return"] is message.value


# Replies that are decoded at once, as something stands in them that QEMU would not have sent so.
ODD = [
    '{"return": [], "id": "p-1"}',
    '{"return": [ \n ], "id": "p-1"}',
    '{"return": {"a": [1]}, "id": "p-1"}',
    '{"return": "[1]", "id": "p-1"}',
    '{"return": [1]}',
    '{"return": [1], "id": 7}',
    '{"return": [1], "id": ["p-1"]}',
    '{"return": [1], "id": "p\\u002d1"}',
    '{"id": "p-1", "return": [1], "id": "p-1"}',
    '{"return": [1], "return": [2], "id": "p-1"}',
    '{"return": [1], "error": {"desc": "x"}, "id": "p-1"}',
    '{"error": {"desc": "x"}, "return": [1], "id": "p-1"}',
    '{"return": [1], "error": "x]", "id": "p-1"}',
    '{"error": "x", "return": [1], "id": "p-1"}',
    '{"return": [1], "more": [2], "id": "p-1"}',
    '{"more": [2], "return": [1], "id": "p-1"}',
    '{"return": [1], "more": "]", "id": "p-1"}',
    '{"return": [1], "more": "], \\"id\\": \\"p-1\\"}", "id": "p-1"}',
    '{"event": "E", "data": {"return": [1]}}',
    '{"event": "E", "return": [1], "id": "p-1"}',
    '[{"return": [1], "id": "p-1"}]',
    '["return", [1], {"id": "p-1"}]',
]


@pytest.mark.parametrize("text", ODD)
def test_what_is_odd_is_decoded_at_once(text: str) -> None:
    data = text.encode() + b" " * 2000
    assert messages(data, long_reply=1) == messages(data)


@pytest.mark.parametrize(
    "text",
    [
        '{"return": [1} , "id": "p-1"}',
        '{"return": [1], "id": "p-1",}',
        '{"return": [1],, "id": "p-1"}',
        '{"return": [1] "id": "p-1"}',
        '{"return": [1], "id": "p-1" x}',
        '{"return": [1], "id": "p\n1"}',
        '{x"return": [1], "id": "p-1"}',
    ],
)
def test_an_envelope_that_is_no_json_is_refused_at_once(text: str) -> None:
    with pytest.raises(ProtocolError):
        messages(text.encode() + b" " * 2000, long_reply=1)


# Elements, how many of them are fine, and what is wrong with the next.
BROKEN: list[tuple[str, int, str]] = [
    ("1, 2, x", 2, "invalid JSON at character 18: Expecting value"),
    ("1, 2 3", 2, "invalid JSON at character 16: Expecting ',' delimiter"),
    ("1, 2,", 2, "invalid JSON at character 17: Expecting value"),
    (", 1", 0, "invalid JSON at character 12: Expecting value"),
    ("1, tru", 1, "invalid JSON at character 15: Expecting value"),
    ('1, {"a"}', 1, "invalid JSON at character 19: Expecting ':' delimiter"),
    ("1, {1}}, {2", 1, "invalid JSON at character 16: Expecting property name enclosed in double quotes"),
    ("1, [2}", 1, "invalid JSON at character 17: Expecting ',' delimiter"),
    ('1, "\t"', 1, "invalid JSON at character 16: Invalid control character at"),
    ("1, NaN", 1, "NaN is not JSON"),
    ("1, -Infinity", 1, "-Infinity is not JSON"),
    ("1, 1e400", 1, "the number 1e400 is too large for JSON's peers"),
    (f"1, {'9' * 5000}", 1, "a number of 5000 digits"),
]


@pytest.mark.parametrize(("inner", "fine", "reason"), BROKEN)
def test_an_element_that_is_no_json_is_told_after_those_before_it(inner: str, fine: int, reason: str) -> None:
    walk = iter(LongList(f'{{"return": [{inner}], "id": "p-1"}}', 12, 12 + len(inner)))
    for _ in range(fine):
        next(walk)
    with pytest.raises(ProtocolError) as caught:
        next(walk)
    assert caught.value.reason == f"{reason}; the list goes no further"
    assert caught.value.excerpt
    assert caught.value.__context__ is None  # it could hold the whole text


def test_a_reply_of_another_id_stays_ignored() -> None:
    (message,) = messages(b'{"return": [1], "id": "p-7"}' + b" " * 2000, long_reply=1)
    assert not isinstance(message, Return)


def test_a_reply_at_the_limit_is_decoded_at_once() -> None:
    text = '{"return": [1], "id": "p-1"}'
    data = text.encode() + b" " * 2000
    for limit, kind in ((len(text), list), (len(text) - 1, LongList)):
        (message,) = messages(data, long_reply=limit)
        assert isinstance(message, Return) and isinstance(message.value, kind)


def test_nothing_but_lists_has_to_be_made_whole() -> None:
    for value in (None, 1, "text", {"whole": 1}, [1]):
        assert whole(value) is value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "return": st.lists(JSON) | JSON,
        "id": st.just(ID) | JSON,
        "error": JSON,
        "more": JSON,
    },
)
LIKELY = st.fixed_dictionaries({"return": st.lists(JSON, min_size=1), "id": st.just(ID)})


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """Return a message in one of the ways to spell it."""
    members = draw(LIKELY | MEMBERS)
    ordered = {key: members[key] for key in draw(st.permutations(sorted(members)))}
    separators = draw(st.sampled_from([(", ", ": "), (",", ":"), (" ,\n", "\t:  ")]))
    indent = draw(st.sampled_from([None, None, 4]))
    # A lone surrogate cannot be sent but as an escape.
    text = json.dumps(ordered, separators=separators, indent=indent, ensure_ascii=False)
    return text if draw(st.booleans()) and text.isprintable() else json.dumps(ordered, separators=separators)


@given(spelled(), st.integers(0, 40))
def test_any_message_is_the_same_decoded_early_or_late(text: str, size: int) -> None:
    data = text.encode() + b" " * 2000
    assert comparable(data, long_reply=1, size=size) == comparable(data, long_reply=0, size=size)


@given(spelled(), st.data())
def test_a_message_with_a_mistake_is_the_same_decoded_early_or_late(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.sampled_from([*'{}[]",:\\ x1', ""])) + text[at + 1 :]
    sent = broken.encode() + b" " * 2000
    assert comparable(sent, long_reply=1, size=0) == comparable(sent, long_reply=0, size=0)
