"""Any value as text, by its shape alone: the rendering of replies that no view knows.

A list of flat records is a table, a record its members one under the other, nesting is indentation, a
list of scalars one line each, text is text. Must not know commands; the only guess made from a name is
that members called "...size" or "...bytes" hold bytes. Deep or odd nesting ends in highlighted JSON, so a
value of any depth is fine.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from qmonsh.render.escape import one_line
from qmonsh.render.form import PLAIN, Form
from qmonsh.render.json_text import dumps, json_lines
from qmonsh.render.layout import BLOCK, indented, pairs, table
from qmonsh.render.number import is_number, plain, size
from qmonsh.render.style import paint, state

#: Members that name a record, best first.
_TITLES = ("id", "name", "device", "node-name", "label", "job-id", "path", "qom-path", "capability", "option")
_DEEPEST = 8
_NESTED = (list, dict)
#: Longer lists of scalars stand one per line, so that they can stream.
_LONGEST_LIST = 5000
#: Members that hold sentences; they go last, where a table can wrap them.
_PROSE = ("description", "help", "desc", "reason", "error", "unavailable-features", "features")
_RANKS = {key: (1000, key) for key in _PROSE} | {key: (n, key) for n, key in enumerate(_TITLES)}
#: More columns than this cannot be read as a table.
_MOST_COLUMNS = 24


def shape(value: Any, *, form: Form = PLAIN, depth: int = 0) -> Iterator[str]:
    """Return the lines (painted) of any JSON value, made as they are wanted.

    What it chooses among is handed on, not yielded from: each line of a huge reply would pass through all.
    """
    if not isinstance(value, _NESTED):
        return iter((cell(value),))
    if depth >= _DEEPEST or _is_odd(value):
        return json_lines(value, form)
    return _record(value, form, depth) if isinstance(value, dict) else _items(value, form, depth)


def cell(value: Any, key: str = "") -> str:
    """Return a value on one line: scalars as they are, lists with commas, small records as k=v."""
    if isinstance(value, str):
        return state(one_line(value))
    if not isinstance(value, _NESTED):
        return size(value) if is_number(value) and _holds_bytes(key) else plain(value)
    if isinstance(value, list) and _all_scalars(value):
        return ", ".join(map(plain, value)) or "(none)"
    if isinstance(value, dict) and _all_scalars(list(value.values())):
        return " ".join(f"{one_line(str(k))}={plain(v)}" for k, v in _sorted(value))
    return one_line(dumps(value))


def _holds_bytes(key: str) -> bool:
    return key.endswith(("size", "bytes")) and not key.endswith(("sector-size", "in-bytes"))


def _all_scalars(values: list[Any]) -> bool:
    return not any([isinstance(value, _NESTED) for value in values])


def _is_flat(value: Any) -> bool:
    """Return whether each member of a record fits one cell."""
    return isinstance(value, dict) and all(
        [_fits_cell(member) for member in value.values() if isinstance(member, _NESTED)]
    )


def _fits_cell(value: list[Any] | dict[str, Any]) -> bool:
    if isinstance(value, list):
        return len(value) < 20 and _all_scalars(value)
    return len(value) < 8 and _all_scalars(list(value.values()))


def _rank(key: str) -> tuple[int, str]:
    return _RANKS.get(key) or (100, key)


def _sorted(record: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return members in an order that does not depend on QEMU's hash tables: the name first, then a-z."""
    return sorted(record.items(), key=lambda member: _rank(member[0]))


def _record(record: dict[str, Any], form: Form, depth: int) -> Iterator[str]:
    short, long = [], []
    for key, value in _sorted(record):
        if isinstance(value, _NESTED) and not _is_small(value):
            long.append((key, value))
        else:
            short.append((one_line(key), cell(value, key)))
    yield from pairs(short, width=_room(form, depth))
    for key, value in long:
        yield f"{one_line(key)}:"
        yield from indented(shape(value, form=form, depth=depth + 1), 2)


def _is_small(value: Any) -> bool:
    """Return whether a nested value is better read on its parent's line."""
    if isinstance(value, dict):
        return len(value) <= 4 and _all_scalars(list(value.values()))
    return len(value) <= _LONGEST_LIST and _all_scalars(value)


def _room(form: Form, depth: int) -> int | None:
    return None if form.width is None else form.width - 2 * depth


def _is_odd(value: Any) -> bool:
    """Return whether a list is neither records nor scalars: only JSON says it clearly."""
    if not isinstance(value, list):
        return False
    kinds = {kind if kind in _NESTED else None for kind in map(type, value[:BLOCK])}
    return list in kinds or len(kinds) > 1


def _items(items: list[Any], form: Form, depth: int) -> Iterator[str]:
    sample = items[:BLOCK]
    if not items:
        return iter(("(none)",))
    if all(map(_is_flat, sample)) and all(isinstance(item, dict) for item in items):
        return _rows(items, form, depth)
    return map(cell, items) if _all_scalars(sample) else _blocks(items, form, depth)


def _rows(records: list[dict[str, Any]], form: Form, depth: int) -> Iterator[str]:
    keys = list(islice(dict.fromkeys(chain.from_iterable(records)), _MOST_COLUMNS + 1))
    if len(keys) == 1:
        return (cell(record.get(keys[0]), keys[0]) for record in records)
    if len(keys) > _MOST_COLUMNS or not keys:
        return _blocks(records, form, depth)
    keys.sort(key=_rank)
    right = "".join(["r" if _is_numeric(records, key) else " " for key in keys])
    rows = ([cell(r[key], key) if key in r else "" for key in keys] for r in records)
    return table(rows, [one_line(key) for key in keys], right=right, width=_room(form, depth))


def _is_numeric(records: list[dict[str, Any]], key: str) -> bool:
    return not _holds_bytes(key) and all([is_number(r[key]) for r in records[:BLOCK] if key in r])


def _blocks(items: list[Any], form: Form, depth: int) -> Iterator[str]:
    """Yield items one after the other, each under its name."""
    for n, item in enumerate(items):
        key = _title_key(item)
        yield paint("head", one_line(item[key]) if key else f"[{n}]")
        body = {k: v for k, v in item.items() if k != key} if key else item
        yield from indented(shape(body, form=form, depth=depth + 1), 2)


def _title_key(item: Any) -> str:
    """Return the member that names a record, or ``""``."""
    if not isinstance(item, dict):
        return ""
    return next((key for key in _TITLES if isinstance(item.get(key), str) and item[key]), "")
