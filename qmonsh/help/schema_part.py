"""What this monitor's schema says on a command or an event: arguments, nested ones too, and what comes back.

Knows the types of the schema. Must not ask anything, and must not know HMP or the manual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from qmonsh.help.columns import table
from qmonsh.help.units import fact_of
from qmonsh.language.danger import REASONS
from qmonsh.language.danger_live import asks_first
from qmonsh.qapi.entity import ArrayType, EnumType, Member, ObjectType, Type, is_text_wrapper
from qmonsh.qapi.schema import Schema
from qmonsh.qapi.signature import signature_of, type_word
from qmonsh.render.escape import one_line
from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of, wrap
from qmonsh.render.style import paint

#: Members of members are shown so far down; deeper ones are JSON that nobody types.
_DEEPEST = 3
#: A list shows usages in full up to so many columns.
_LONGEST_USAGE = 70
#: More variants than this are shown one at a time, when asked for.
_MOST_VARIANTS = 12

Rows = Iterator[tuple[str, str]]


def command_section(
    command: str, schema: Schema | None, given: Mapping[str, str], form: Form
) -> Iterator[str]:
    """Yield the help on a QMP command; ``given`` holds tags by dotted key, which choose their variants."""
    known = schema.command(command) if schema is not None else None
    if schema is None or known is None:
        what = "command of the guest agent" if command.startswith("guest-") else "QMP command"
        yield f"{paint('head', one_line(command))}  a {what}"
        return
    marks = [word for word in ("deprecated", "unstable") if getattr(known, word)]
    yield from heading("QMP " + str(schema.signature_parts(command, given)), form, *marks)
    yield from _indented(asks_first(REASONS.get(command, ""), [command]), form)
    if known.arguments is not None:
        yield from table(_rows(known.arguments, given, command), form)
    yield from _indented(_returned(known.returns), form)


def short_usage(command: str, schema: Schema) -> str:
    """Return a command with its arguments; with the required ones only when that is too long for a list."""
    whole = schema.signature_parts(command)
    if len(str(whole)) <= _LONGEST_USAGE:
        return str(whole)
    required = [str(part) for part in whole.parts if part.required]
    return " ".join([command, *required, "..."])


def words_of(command: str, schema: Schema) -> str:
    """Return the names of a command's arguments and the values that they may have, to be searched."""
    members = schema.members_for(command, {})
    values = (value for one in members if isinstance(one.type, EnumType) for value in one.type.values)
    return " ".join([*(one.name for one in members), *values])


def event_section(name: str, schema: Schema, form: Form) -> Iterator[str]:
    """Yield the help on an event, nothing when there is none of that name."""
    event = schema.event(name)
    if event is None:
        return
    marks = [word for word in ("deprecated", "unstable") if getattr(event, word)]
    yield from heading(f"{name}  an event", form, *marks)
    if event.data is not None:
        yield from table(_rows(event.data, {}, ""), form)
    yield from _indented(f".wait {name} waits for it, .events only {name} shows no other", form)


def heading(text: str, form: Form, *marks: str) -> list[str]:
    """Return a painted head line, as many as it needs, with marks such as "deprecated" behind it."""
    first, *rest = wrap(one_line(text), form.width)
    room = None if form.width is None else form.width - 4
    lines = [first, *(f"    {part}" for part in wrap(text[len(first) :].strip(), room))] if rest else [first]
    painted = [paint("head", line) for line in lines]
    behind = "".join(f"  {paint('warn', mark)}" for mark in marks)
    if form.width is not None and columns_of(painted[-1]) + columns_of(behind) > form.width:
        return [*painted, behind]
    return [*painted[:-1], painted[-1] + behind]


def _indented(text: str, form: Form) -> list[str]:
    room = None if form.width is None else form.width - 2
    return [f"  {line}" for line in wrap(one_line(text), room)] if text else []


def _returned(kind: Type) -> str:
    element = kind.element if isinstance(kind, ArrayType) else kind
    if not isinstance(element, ObjectType):
        return f"returns {type_word(kind)}"
    names = ", ".join(one.name for one in element.members)
    return f"returns {type_word(kind)} with {names}" if names else ""


def _rows(kind: ObjectType, given: Mapping[str, str], command: str, prefix: str = "", depth: int = 0) -> Rows:
    """Yield (name=type, notes) of each member, those of nested objects under their dotted names."""
    members, tag = kind.chosen(_chooser(given, prefix))
    for one in sorted(members, key=lambda one: not one.required):
        yield (
            f"{prefix}{one.name}={type_word(one.type)}",
            "; ".join(_notes(one, fact_of(command, prefix + one.name))),
        )
        inner, further = one.type, f"{prefix}{one.name}."
        if isinstance(inner, ArrayType):
            inner, further = inner.element, f"{further}0."
        if isinstance(inner, ObjectType) and depth < _DEEPEST and not is_text_wrapper(inner):
            yield from _rows(inner, given, command, further, depth + 1)
    if tag:
        yield from _variants(kind, given, command, prefix, tag)


def _chooser(
    given: Mapping[str, str], prefix: str, tag: str = "", case: str = ""
) -> Callable[[str], str | None]:
    """Return what gives the value of a tag: ``case`` for ``tag``, else what the user gave."""
    return lambda name: case if name == tag else given.get(prefix + name)


def _notes(one: Member, fact: str) -> Iterator[str]:
    yield "required" if one.required else "optional"
    yield from (word for word in ("deprecated", "unstable") if getattr(one, word))
    if isinstance(one.type, EnumType) and type_word(one.type) != "|".join(one.type.values):
        yield f"one of {', '.join(one.type.values)}"
    yield from [fact] if fact else []


def _variants(kind: ObjectType, given: Mapping[str, str], command: str, prefix: str, tag: str) -> Rows:
    """Yield what each value of an undecided tag adds, or how to ask for that."""
    common = kind.chosen(_chooser(given, prefix))[0]
    known = {one.name for one in common}
    values = next((one.type for one in common if one.name == tag), None)
    added: dict[str, list[Member]] = {}
    for case in values.values if isinstance(values, EnumType) else ():
        chosen, _ = kind.chosen(_chooser(given, prefix, tag, case))
        added[case] = [one for one in chosen if one.name not in known]
    added = {case: members for case, members in added.items() if members}
    if len(added) > _MOST_VARIANTS and command:
        example = f"help {command} {prefix}{tag}={next(iter(added))}"
        yield f"{prefix}{tag}=...", f"decides about further arguments: {example}"
        return
    for case, members in added.items():
        parts = [part for one in members for part in _flat(one, prefix)]
        yield f"with {prefix}{tag}={case}", str(signature_of("", parts, is_open=False)).strip()


def _flat(one: Member, prefix: str) -> Iterator[Member]:
    """Yield a member under its dotted name, or the members of the plain object that it is."""
    name = prefix + one.name
    if isinstance(one.type, ObjectType) and one.type.members:
        for inner in one.type.members:
            yield inner.called(f"{name}.{inner.name}", required=one.required and inner.required)
    else:
        yield one.called(name, required=one.required)


def tag_key(command: str, schema: Schema) -> str:
    """Return the dotted key of the first tag that chooses arguments ("type", "backend.type"), or ``""``."""
    known = schema.command(command)
    return _tag_in(known.arguments, "") if known is not None and known.arguments is not None else ""


def _tag_in(kind: ObjectType, prefix: str, depth: int = 0) -> str:
    if kind.tag is not None:
        return prefix + kind.tag
    for one in kind.members:
        if isinstance(one.type, ObjectType) and depth < _DEEPEST:
            found = _tag_in(one.type, f"{prefix}{one.name}.", depth + 1)
            if found:
                return found
    return ""
