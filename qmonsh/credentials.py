"""What a TLS client trusts and shows, as spelled behind ``tls://HOST:PORT?`` and in the options; pure.

Knows the words of that list. Must not know files or TLS: whether a certificate can be used is found out by
transport/tls.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qmonsh.errors import UsageError


class Credentials(NamedTuple):
    """Paths of PEM files and a name, each ``""`` when not given.

    ``ca`` signs the certificate of QEMU's end (without it the system's authorities are trusted), ``cert`` and
    ``key`` are what we show, ``name`` is the name that its certificate must have in place of the host's.
    ``dir`` holds the others under the names that QEMU's tls-creds-x509 uses for a client: ca-cert.pem,
    client-cert.pem, client-key.pem.
    """

    dir: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    name: str = ""


NO_CREDENTIALS = Credentials()

#: The words behind the ``?``, which are the fields.
KEYS = Credentials._fields

SPELLING = "?dir=DIR, or ?ca=FILE&cert=FILE&key=FILE, and name=NAME for another name than HOST"


def read_credentials(text: str, query: str) -> Credentials:
    """Return what ``KEY=VALUE&...`` says, ``%XX`` decoded; ``text`` is the whole address, for messages.

    Raises UsageError for an unknown key, one without a value, one given twice.
    """
    from urllib.parse import unquote

    given: dict[str, str] = {}
    for item in filter(None, query.split("&")):
        key, _, value = item.partition("=")
        if key not in KEYS:
            raise UsageError(f"'{text}' cannot be used: there is no '{key}'", advice=f"TLS has {SPELLING}")
        if not value or key in given:
            problem = "is given twice" if key in given else "has no value"
            raise UsageError(f"'{text}' cannot be used: '{key}' {problem}", advice=f"TLS has {SPELLING}")
        given[key] = unquote(value)
    return Credentials(**given)


def spelled(credentials: Credentials) -> str:
    """Return credentials as ``?KEY=VALUE&...``, ``""`` when nothing is given."""
    from urllib.parse import quote

    items = [f"{key}={quote(value, safe='/~:@,+')}" for key, value in credentials._asdict().items() if value]
    return "?" + "&".join(items) if items else ""


def completed(given: Credentials, defaults: Mapping[str, str]) -> Credentials:
    """Return credentials with what is not given taken from the options or the configuration.

    A directory of the address comes before the single files of the defaults.
    """
    missing = {key: value for key, value in defaults.items() if not getattr(given, key)}
    if given.dir:
        missing = {key: value for key, value in missing.items() if key == "name"}
    return given._replace(**missing)
