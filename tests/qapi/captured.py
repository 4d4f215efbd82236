"""What the tests of qapi/ stand on: captured replies of four QEMUs, and lines as pairs with positions."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

import pytest

from qmonsh.qapi.pair import Pair
from qmonsh.qapi.property import Property, parse_properties
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema
from tests.conftest import SHARED

CAPTURES = SHARED / "captures"
VERSIONS = ("5.2", "7.2", "10.0", "11.1")

needs_captures = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the captured replies (../shared) are not beside this checkout"
)


def reply(version: str, name: str) -> Any:
    """Return the return value of a captured command."""
    with open(CAPTURES / version / f"{name}.json", encoding="utf-8") as file:
        return json.load(file)["return"]


@cache
def schema(version: str) -> Schema:
    """Return the schema of a captured QEMU."""
    return Schema(reply(version, "query-qmp-schema"))


@cache
def drivers(version: str) -> dict[str, dict[str, Property]]:
    """Return the properties of every driver of a captured QEMU."""
    with gzip.open(CAPTURES / version / "device-list-properties.json.gz", "rt", encoding="utf-8") as file:
        return {driver: parse_properties(rows) for driver, rows in json.load(file).items()}


def words(line: str) -> list[Pair]:
    """Return the key=value words of a line, parted by spaces; ``key:=JSON`` is JSON."""
    return _pairs(line, " ")


def options(line: str) -> list[Pair]:
    """Return the options of one of HMP's option lists."""
    return _pairs(line, ",")


def _pairs(line: str, separator: str) -> list[Pair]:
    found: list[Pair] = []
    start = 0
    for word in line.split(separator) if line else []:
        end = start + len(word)
        key, equals, value = word.partition("=")
        key_end = start + len(key)
        if not equals:
            found.append(Pair(key, None, True, start, end, start, end))
        elif key.endswith(":"):
            found.append(Pair(key[:-1], json.loads(value), False, start, key_end - 1, key_end + 1, end))
        else:
            found.append(Pair(key, value, True, start, key_end, key_end + 1, end))
        start = end + 1
    return found


def pointed_at(line: str, problem: ValueProblem) -> str:
    """Return the word of the line that a problem points at; ``""`` when at none."""
    return line[problem.start : problem.end] if problem.start >= 0 else ""
