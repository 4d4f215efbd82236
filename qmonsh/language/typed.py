"""Typing the words of a line by what this monitor's schema and device properties say.

The bridge from pairs to qapi/, which knows the types; here is which knowledge a command needs, and how a
refusal points into the line. Must not know how words are read or which way a line goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmonsh.language.call import Request
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.value import build_arguments


def command_arguments(request: Request, command: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the arguments of a QMP command given as key=value words; raises LineError."""
    schema = request.knowledge.schema()
    try:
        return build_arguments(schema, command, pairs)
    except ValueProblem as problem:
        raise request.value_error(problem, request.signature(command)) from None
