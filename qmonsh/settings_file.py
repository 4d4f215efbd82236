"""The configuration file and the environment, read and checked: everything wrong is told with file and line.

Knows TOML and which keys, tables and values there are, whoever they are for: a one-shot refuses a misspelt
setting of the shell, too. Must not know what any of them does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from qmonsh.errors import UsageError
from qmonsh.settings import CHOICES, FILE_KEYS, UNITS, Settings, config_path

#: How a type of TOML is called in messages.
_KINDS: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    (int, float): "a number",
    list: "a list",
    dict: "a table",
}
#: A part of a key; a key, or the name of a table in brackets, at the beginning of a line.
_PART = r"(?:\"[^\"]*\"|'[^']*'|[\w-]+)"
_KEY = rf"\s*(?P<bracket>\[*)\s*(?P<name>{_PART}(?:\s*\.\s*{_PART})*)"


def load(path: str = "") -> Settings:
    """Return the settings of the configuration file (``path``, or XDG's if there is one) and environment.

    Raises UsageError naming file, line and key.
    """
    settings = Settings()
    where = path or config_path()
    if where and (path or os.path.exists(where)):
        for key, value in _File(where).values():
            setattr(settings, key, value)
    for key, choices in CHOICES.items():
        name = f"QMONSH_{key.upper()}"
        value = os.environ.get(name)
        if value:
            if value not in choices:
                raise _error("the environment", f"'{name}' must be {_one_of(choices)}, not {value!r}")
            setattr(settings, key, value)
    return settings


class _File:
    """A configuration file as text and as values."""

    def __init__(self, path: str) -> None:
        import tomllib

        self.path = path
        try:
            with open(path, "rb") as file:
                self.text = file.read().decode("utf-8")
            self.read = tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"the configuration {path} is not TOML: {error}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", error)
            raise UsageError(f"cannot read the configuration {path}: {reason}") from None

    def values(self) -> Iterator[tuple[str, Any]]:
        """Yield every setting with its value; raises UsageError at the first that is wrong."""
        for key, value in self.read.items():
            if key not in FILE_KEYS:
                raise self._unknown(key)
            self._check_type(key, value)
            if isinstance(value, dict):
                self._check_table(key, value)
            else:
                self._check_value(key, value)
            yield key, value

    def _unknown(self, key: str) -> UsageError:
        from qmonsh.settings_names import not_one_of

        what = "table" if isinstance(self.read[key], dict) else "setting"
        names = sorted(name for name, kind in FILE_KEYS.items() if (kind is dict) is (what == "table"))
        if key in FILE_KEYS or not names:
            names = sorted(FILE_KEYS)
        wrong = not_one_of(f"there is no {what} '{key}'", key, names, f"{what}s are")
        return self._error(wrong.problem, key, advice=wrong.advice)

    def _check_type(self, key: str, value: Any) -> None:
        wanted = FILE_KEYS[key]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise self._error(f"'{key}' must be {_KINDS[wanted]}, not {value!r}", key)

    def _check_value(self, key: str, value: Any) -> None:
        unit, most = UNITS.get(key, ("seconds", 1e9))
        if isinstance(value, int | float) and not isinstance(value, bool) and not 0 < value <= most:
            wish = f"a number of {unit} above 0 and up to {most:.0f}"
            raise self._error(f"'{key}' must be {wish}, not {value!r}", key)
        if key in CHOICES and value not in CHOICES[key]:
            raise self._error(f"'{key}' must be {_one_of(CHOICES[key])}, not {value!r}", key)
        if isinstance(value, list) and not all(isinstance(text, str) for text in value):
            raise self._error(f"'{key}' must be a list of texts, not {value!r}", key)

    def _check_table(self, table: str, entries: dict[str, Any]) -> None:
        check = _ENTRY_CHECKS.get(table)
        for name, value in entries.items():
            texts = value if table == "groups" and isinstance(value, list) else [value]
            if not all(isinstance(text, str) for text in texts):
                dotted = "a name with a dot stands in quotes" if isinstance(value, dict) else ""
                problem = f"'{table}.{name}' must be a text, not {value!r}"
                raise self._error(problem, name, table, advice=dotted)
            wrong = None if check is None else check(name, value)
            if wrong is not None:
                raise self._error(wrong[0], name, table, advice=wrong[1])

    def _error(self, problem: str, key: str, table: str = "", *, advice: str = "") -> UsageError:
        line = line_of(self.text, key, table)
        return _error(f"{self.path}:{line}" if line else self.path, problem, advice=advice)


def _error(place: str, problem: str, *, advice: str = "") -> UsageError:
    return UsageError(f"{place}: {problem}", advice=advice)


def _one_of(choices: tuple[str, ...]) -> str:
    return f"one of {', '.join(choices)}"


def line_of(text: str, key: str, table: str = "") -> int:
    """Return the number of the line that sets a key of a table, or of none; 0 when it is not found.

    An entry of a table that stands on one line is found where the table is. tomllib does not tell.
    """
    import re

    wanted = [table, key] if table else [key]
    inside: list[str] = []
    begun = 0
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(_KEY, line)
        if found is None:
            continue
        parts = [part.strip("\"'") for part in re.findall(_PART, found["name"])]
        whole = parts if found["bracket"] else inside + parts
        inside = parts if found["bracket"] else inside
        if whole[: len(wanted)] == wanted:
            return number
        if whole[:1] == wanted[:1] and not begun:
            begun = number
    return begun


# -- entries of tables: (problem, advice) of what is wrong, or None ---------------------------------------


def _wrong_alias(name: str, meaning: str) -> tuple[str, str] | None:
    if len(name.split()) != 1 or name != name.strip():
        return f"[aliases] has '{name}', which is not one word", "it stands for the first word of a line"
    if not meaning.strip():
        return f"[aliases] gives '{name}' no meaning", "it stands for the beginning of a line"
    return None


def _wrong_target(name: str, address: str) -> tuple[str, str] | None:
    from qmonsh.target import parse_target

    try:
        parse_target(address)
    except UsageError as error:
        return f"[targets] has '{name}': {error.problem}", error.advice
    return None


def _wrong_credential(name: str, value: str) -> tuple[str, str] | None:
    from qmonsh.credentials import KEYS
    from qmonsh.settings_names import not_one_of

    return None if name in KEYS else not_one_of(f"[tls] has no '{name}'", name, KEYS, "there are")


def _wrong_style(name: str, value: str) -> tuple[str, str] | None:
    from qmonsh.settings_names import wrong_style

    return wrong_style(name, value)


def _wrong_key(name: str, value: str) -> tuple[str, str] | None:
    from qmonsh.settings_names import wrong_key

    return wrong_key(name, value)


_ENTRY_CHECKS: dict[str, Callable[[str, str], tuple[str, str] | None]] = {
    "aliases": _wrong_alias,
    "keys": _wrong_key,
    "targets": _wrong_target,
    "theme": _wrong_style,
    "tls": _wrong_credential,
}
