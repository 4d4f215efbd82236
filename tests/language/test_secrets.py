"""Secret words of lines, whole or being typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.language.secrets import mask, mask_value, secrets_of, words_hidden_in


@pytest.mark.parametrize(
    ("line", "masked", "secrets"),
    [
        ("set_password vnc hush", "set_password vnc ***", ("hush",)),
        ('set_password vnc "a b" -d x', 'set_password vnc "***" -d x', ("a b",)),
        ("set_password vnc", "set_password vnc", ()),
        ('set_password vnc "hu', 'set_password vnc "***', ("hu",)),
        ("hmp set_password spice x keep", "hmp set_password spice *** keep", ("x",)),
        ("set_password protocol=vnc password=hush", "set_password protocol=vnc password=***", ("hush",)),
        ("change vnc password abc", "change vnc password ***", ("abc",)),
        ("change vnc passwd abc", "change vnc passwd ***", ("abc",)),
        ("block_passwd d hush", "block_passwd d ***", ("hush",)),
        (
            "object_add secret,id=s,data=a b,format=raw",
            "object_add secret,id=s,data=***,format=raw",
            ("a b",),
        ),
        ("object_add secret,data=abc,id=s", "object_add secret,data=***,id=s", ("abc",)),
        (
            'object-add qom-type=secret id=s data="a b"',
            'object-add qom-type=secret id=s data="***"',
            ("a b",),
        ),
        ("drive_add 0 file.password=abc,x=y", "drive_add 0 file.password=***,x=y", ("abc",)),
        (
            '{"execute":"set_password","arguments":{"password":"h\\"u"}}',
            '{"execute":"set_password","arguments":{"password":"***"}}',
            ('h"u',),
        ),
        ("{'arguments': {'password': 'hush'}}", "{'arguments': {'password': '***'}}", ("hush",)),
        ('{"data":"abc","qom-type":"secret"}', '{"data":"***","qom-type":"secret"}', ("abc",)),
        ('{"command-line":"set_password vnc hush"}', '{"command-line":"set_password vnc ***"}', ("hush",)),
        ('{"arguments": {"password": "unfin', '{"arguments": {"password": "***', ("unfin",)),
        ("change cd0 http://u:pw@h/x", "change cd0 http://u:***@h/x", ("pw",)),
        ("device_add x,password-secret=s0", "device_add x,password-secret=s0", ()),
        ("object_add tls-creds-x509,id=t,passwordid=s0", "object_add tls-creds-x509,id=t,passwordid=s0", ()),
        ("netdev_add user,id=password", "netdev_add user,id=password", ()),
        ("ringbuf_write c data=x", "ringbuf_write c data=x", ()),
        ("expire_password vnc never", "expire_password vnc never", ()),
        ("info block", "info block", ()),
    ],
)
def test_secret_words_are_masked(line: str, masked: str, secrets: tuple[str, ...]) -> None:
    assert mask(line) == masked
    assert secrets_of(line) == secrets


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "x", "protocol": "vnc"}, {"password": "***", "protocol": "vnc"}),
        (
            {"qom-type": "secret", "id": "data", "data": "abc"},
            {"qom-type": "secret", "id": "data", "data": "***"},
        ),
        ({"qom-type": "secret", "props": {"data": "abc"}}, {"qom-type": "secret", "props": {"data": "***"}}),
        ({"command-line": "set_password vnc x"}, {"command-line": "set_password vnc ***"}),
        (
            {"return": "set_password protocol password -- set it"},
            {"return": "set_password protocol password -- set it"},
        ),
        ([{"a": ["hush"]}, 5, None, True], [{"a": ["***"]}, 5, None, True]),
    ],
)
def test_values_are_masked_by_key_and_by_word(value: Any, masked: Any) -> None:
    assert mask_value(value, ["hush"]) == masked


def test_deep_values_are_masked_and_lose_nothing() -> None:
    value: Any = {"password": "hush", "kept": "as it is"}
    for level in range(100_000):
        value = [value] if level % 2 else {"a": value}
    assert words_hidden_in(value) == ("hush",)
    masked = mask_value(value)
    for level in reversed(range(100_000)):
        masked, value = (masked[0], value[0]) if level % 2 else (masked["a"], value["a"])
    assert masked == {"password": "***", "kept": "as it is"}
    assert value == {"password": "hush", "kept": "as it is"}, "the value itself stays"


@given(st.text(alphabet="set_pawordchngvk data=:,\"'\\{} secret@/", max_size=80))
def test_any_text_is_masked_without_growing_wild(line: str) -> None:
    masked = mask(line)
    for secret in secrets_of(line):
        assert secret in line.replace("\\", "") or secret in line
    assert len(masked) <= 4 * len(line) + 3


@pytest.mark.parametrize(
    "piece", ["a", "-", "=", "password=", "://a:", "set_password a ", '"', "\\", '"command-line":"']
)
def test_long_line_is_read_once(piece: str) -> None:
    """Quadratic reading would take minutes here."""
    assert mask(piece * 50_000)
