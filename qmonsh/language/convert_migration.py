"""HMP's migration commands as QMP: waiting, capabilities, parameters with their units."""

from __future__ import annotations

from typing import Any

from qmonsh.language.call import Call, Inexact, Twin, records, single
from qmonsh.language.expression import NumberProblem, read_size
from qmonsh.language.plan import Wait
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.scalar import ValueProblem

#: Parameters that HMP takes in MiB/s when no suffix is given; all others are taken as they are.
_MEBIBYTES = frozenset({"max-bandwidth", "avail-switchover-bandwidth"})


def migrate(call: Call) -> Twin:
    """``migrate URI`` waits for the end as HMP's own monitor does; ``-d`` does not."""
    arguments = call.members("d")
    wait = None if call.has("d") else Wait("migration", what="migrate")
    return single(call.twin, arguments, wait=wait)


def set_capability(call: Call) -> Twin:
    """``migrate_set_capability NAME on|off``."""
    word = call.place("capability").text
    known = [row.get("capability") for row in records(call.ask("query-migrate-capabilities"))]
    names = [name for name in known if isinstance(name, str)]
    if names and word not in names:
        raise call.error(
            f"there is no capability '{word}'", "capability", expected=names, nearest=nearest(word, names)
        )
    return single(call.twin, {"capabilities": [{"capability": word, "state": call.get("state")}]})


def set_parameter(call: Call) -> Twin:
    """``migrate_set_parameter NAME VALUE`` by the type that the schema tells; some sizes are in MiB/s."""
    word = call.place("parameter").text
    kind = call.member_type(word)
    if kind is None:
        schema = call.knowledge.schema()
        names = [one.name for one in schema.members_for(call.twin, {})] if schema is not None else []
        raise call.error(
            f"there is no parameter '{word}'", "parameter", expected=names, nearest=nearest(word, names)
        )
    return single(call.twin, {word: _value(call, word, kind)})


def _value(call: Call, word: str, kind: Any) -> Any:
    from qmonsh.qapi.entity import ArrayType
    from qmonsh.qapi.value import typed_text

    given = call.place("value")
    if isinstance(kind, ArrayType):
        return _list(call, word)
    if word in _MEBIBYTES:
        try:
            value, end = read_size(given.text, 0)
        except NumberProblem as problem:
            raise call.error(f"{word}: {problem.problem}", "value") from None
        if end == len(given.text):
            return value
        raise call.error(f"{word}: '{given.text}' is not a size", "value")
    if given.end < len(call.request.text.rstrip()):
        raise call.request.error("one value is expected", given.end + 1, synopsis=call.rule.synopsis)
    try:
        return typed_text(call.knowledge.schema(), kind, given.text, key=word)
    except ValueProblem as problem:
        raise call.error(
            problem.problem, "value", expected=problem.expected, nearest=problem.nearest
        ) from None


def _list(call: Call, word: str) -> list[str]:
    """Return the words of a command line (cpr-exec-command), as a shell splits them."""
    import shlex

    given = call.place("value")
    text = call.request.text[given.start :].rstrip()
    if text.startswith("["):
        raise Inexact(f"{word} as JSON is a matter of key=value words")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise call.error(f"{word}: {str(error).lower()}", "value") from None
