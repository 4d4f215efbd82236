"""Migration's settings with what they are now, and the addresses that one migrates to.

Knows the replies about migration, as values and as text, and what the schema says of each setting. Must not
know lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.schema_values import flag_in, flag_of, marked, of_type
from qmonsh.complete.sources import Place, source, values_of
from qmonsh.qapi.entity import EnumType
from qmonsh.qapi.schema import Schema

#: More of the line follows a setting.
_BLANK = " "


@source("capability")
def capabilities(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the migration capabilities with their present state."""
    if look.facts.dialect == "hmp":
        return look.derived("text capabilities", _text_settings, look.text("info migrate_capabilities"))
    return look.derived("capability", _capabilities, look.ask("query-migrate-capabilities"), look.schema())


@source("parameter")
def parameters(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the migration parameters with their present value."""
    if look.facts.dialect == "hmp":
        return look.derived("text parameters", _text_settings, look.text("info migrate_parameters"))
    return look.derived("parameter", _parameters, look.ask("query-migrate-parameters"), look.schema())


@source("parameter-value")
def parameter_values(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the present value of the parameter on the line, and the values of one that has few."""
    name = place.first("parameter")
    settings = look.ask("query-migrate-parameters")
    value = settings.get(name) if isinstance(settings, dict) else None
    shown = _shown(value) if value is not None else ""
    found = [Candidate(shown, "its present value", "value", rank=0)] if shown else []
    schema = look.schema()
    member = schema.member_for("migrate-set-parameters", name, {}) if schema is not None else None
    if member is None:
        return found
    return [*found, *(one for one in of_type(member.type) if one.text != shown)]


@source("uri")
def uris(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the schemes of migration addresses, and the files of those that name one."""
    scheme, colon, rest = place.typed.partition(":")
    if colon and scheme in ("unix", "file"):
        found = values_of("file", look, Place(rest, place.command, place.given))[1]
        return [Candidate(f"{scheme}:{one.text}", one.meta, one.kind, one.suffix) for one in found]
    return values_of("uri-scheme", look, place)[1]


def _capabilities(answer: Any, schema: Schema | None) -> tuple[Candidate, ...]:
    known = _capability_enum(schema)
    rows = objects_in(answer)
    found = []
    for row in rows:
        name = str(row.get("capability", ""))
        flag = flag_in(known, name) if known is not None else ""
        flag = flag or ("unstable" if name.startswith("x-") else "")
        meta = marked(flag, "on" if row.get("state") else "off")
        found.append(Candidate(name, meta, "capability", _BLANK, flag=flag))
    return tuple(found)


def _capability_enum(schema: Schema | None) -> EnumType | None:
    key = "capabilities.0.capability"
    member = schema.member_for("migrate-set-capabilities", key, {}) if schema is not None else None
    return member.type if member is not None and isinstance(member.type, EnumType) else None


def _parameters(answer: Any, schema: Schema | None) -> tuple[Candidate, ...]:
    command = schema.command("migrate-set-parameters") if schema is not None else None
    members = {one.name: one for one in command.arguments.members} if command and command.arguments else {}
    values = answer if isinstance(answer, dict) else {}
    found = []
    for name in sorted({*members, *map(str, values)}):
        member = members.get(name)
        flag = flag_of(member) if member is not None else ""
        shown = _shown(values[name]) if name in values else "not set"
        found.append(Candidate(name, marked(flag, shown), "parameter", _BLANK, flag=flag))
    return tuple(found)


def _text_settings(text: str) -> tuple[Candidate, ...]:
    found = re.findall(r"^([\w-]+): ?(.*)$", text, re.MULTILINE)
    return tuple(Candidate(name, value.strip("' "), "parameter", _BLANK) for name, value in found)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if isinstance(value, list | dict) else str(value)
