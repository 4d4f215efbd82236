"""Any value as text, by its shape alone: the rendering of replies that no view knows.

A list of flat records is a table, a record its members one under the other, nesting is indentation, a
list of scalars one line each, text is text. Must not know commands; the only guess made from a name is
that members called "...size" or "...bytes" hold bytes. Deep or odd nesting ends in highlighted JSON, so a
value of any depth is fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from qmonsh.render.escape import one_line
from qmonsh.render.form import PLAIN, Form
from qmonsh.render.json_text import dumps, is_long, json_lines
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
        return _long_items(value, form) if is_long(value) else iter((cell(value),))
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
        keys = _columns(items)
        if keys:
            return _rows(items, keys, sample, form, depth)
    return map(cell, items) if _all_scalars(sample) else _blocks(items, form, depth)


def _long_items(items: Iterable[Any], form: Form) -> Iterator[str]:
    """Return the lines of a list of which only the first elements are known while they are shown."""
    stream = iter(items)
    sample = list(islice(stream, BLOCK))
    if _is_odd(sample):
        return json_lines(items, form)
    if _all_scalars(sample):
        return map(cell, chain(sample, stream))
    return _tables(sample, stream, form)


def _tables(block: list[Any], stream: Iterator[Any], form: Form) -> Iterator[str]:
    """Yield ``block`` and what follows it as a table, a new one where there comes a member without a column.

    What no table can show is shown in blocks, from there to the end.
    """
    shown = 0
    while block:
        if shown:
            yield ""
        keys = _columns(block) if all(map(_is_flat, block)) else []
        if not keys:
            yield from _blocks(chain(block, stream), form, 0, start=shown)
            return
        records = _Alike(chain(block, stream), keys)
        yield from _rows(records, keys, block, form, 0)
        shown += records.count
        block = [*records.other, *islice(stream, BLOCK - len(records.other))]


class _Alike:
    """The items at the front of a stream that are records with no members but ``keys``; walked once."""

    def __init__(self, items: Iterable[Any], keys: list[str]) -> None:
        self._items = items
        self._keys = frozenset(keys)
        self.count = 0
        #: The item that ended the walk, if one did.
        self.other: list[Any] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for item in self._items:
            if not (isinstance(item, dict) and item.keys() <= self._keys):
                self.other.append(item)
                return
            self.count += 1
            yield item


def _columns(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return the members that records have, in the order of columns; none when they are too many."""
    keys = list(islice(dict.fromkeys(chain.from_iterable(records)), _MOST_COLUMNS + 1))
    return sorted(keys, key=_rank) if len(keys) <= _MOST_COLUMNS else []


def _rows(
    records: Iterable[dict[str, Any]],
    keys: list[str],
    sample: list[dict[str, Any]],
    form: Form,
    depth: int,
) -> Iterator[str]:
    if len(keys) == 1:
        return (cell(record.get(keys[0]), keys[0]) for record in records)
    right = "".join(["r" if _is_numeric(sample, key) else " " for key in keys])
    rows = ([cell(r[key], key) if key in r else "" for key in keys] for r in records)
    return table(rows, [one_line(key) for key in keys], right=right, width=_room(form, depth))


def _is_numeric(records: list[dict[str, Any]], key: str) -> bool:
    return not _holds_bytes(key) and all([is_number(r[key]) for r in records if key in r])


def _blocks(items: Iterable[Any], form: Form, depth: int, start: int = 0) -> Iterator[str]:
    """Yield items one after the other, each under its name; the first one's number is ``start``."""
    for n, item in enumerate(items, start):
        key = _title_key(item)
        yield paint("head", one_line(item[key]) if key else f"[{n}]")
        body = {k: v for k, v in item.items() if k != key} if key else item
        yield from indented(shape(body, form=form, depth=depth + 1), 2)


def _title_key(item: Any) -> str:
    """Return the member that names a record, or ``""``."""
    if not isinstance(item, dict):
        return ""
    return next((key for key in _TITLES if isinstance(item.get(key), str) and item[key]), "")
