"""The words behind ``tls://HOST:PORT?``."""

from __future__ import annotations

import pytest

from qmonsh.credentials import KEYS, Credentials, completed, read_credentials, spelled
from qmonsh.errors import UsageError


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", Credentials()),
        ("ca=/a&cert=/b&key=/c&name=n", Credentials(ca="/a", cert="/b", key="/c", name="n")),
        ("dir=/d&", Credentials(dir="/d")),
        ("ca=/a%20b%26c", Credentials(ca="/a b&c")),
        ("ca=/a=b", Credentials(ca="/a=b")),
    ],
)
def test_words_are_read(query: str, found: Credentials) -> None:
    assert read_credentials("x", query) == found
    assert read_credentials("x", spelled(found).removeprefix("?")) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [("ca", "no value"), ("ca=", "no value"), ("ca=1&ca=2", "twice"), ("cafile=/x", "no 'cafile'")],
)
def test_wrong_word_is_named(query: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_credentials("tls://h:1?" + query, query)


def test_nothing_is_spelled_as_nothing() -> None:
    assert spelled(Credentials()) == ""


def test_defaults_fill_what_is_not_given() -> None:
    defaults = {"ca": "/a", "cert": "/b", "key": "/c", "name": "n"}
    assert completed(Credentials(ca="/mine"), defaults) == Credentials("", "/mine", "/b", "/c", "n")
    assert completed(Credentials(dir="/d"), defaults) == Credentials(dir="/d", name="n")
    assert completed(Credentials(), {}) == Credentials()
    assert set(defaults) | {"dir"} == set(KEYS)
