"""Keys and values of what a schema describes: for key=value words, option lists and raw JSON alike.

Knows how a member is offered and which values its type or its name allows. Must not know how a line is
written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qmonsh.complete.arguments import CHOICES, kind_of
from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.schema_values import flag_of, of_type
from qmonsh.complete.sources import Place, items, values_of
from qmonsh.complete.sources_qom import objects_of
from qmonsh.qapi.entity import (
    AlternateType,
    ArrayType,
    Member,
    Type,
    is_text_wrapper,
)
from qmonsh.qapi.schema import as_object
from qmonsh.qapi.signature import type_word


def keys(members: Iterable[Member], given: Iterable[str], prefix: str = "") -> list[Candidate]:
    """Return the members that are not given yet as keys, required ones first.

    ``prefix`` is the dotted key that they are below. A list may be given again.
    """
    taken = {key[len(prefix) :].split(".", 1)[0] for key in given if key.startswith(prefix)}
    whole = {key[len(prefix) :] for key in given if key.startswith(prefix)}
    found = []
    for member in members:
        kind = member.type
        if member.name in whole or (member.name in taken and not _is_nested(kind)):
            continue
        found += _key(member, kind, prefix, is_begun=member.name in taken)
    return found


def values(
    look: Inquiry, command: str, key: str, kind: Type, place: Place
) -> tuple[int, Sequence[Candidate]]:
    """Return the values of an argument, and how many characters of ``place.typed`` stay before them."""
    while isinstance(kind, ArrayType):
        kind = kind.element
    found = of_type(kind)
    if isinstance(kind, AlternateType):
        found = [one for branch in kind.members for one in of_type(branch)]
    wanted = kind_of(command, key)
    if found and wanted not in CHOICES and not isinstance(kind, AlternateType):
        return 0, found
    skip, named = of_kind(look, wanted, place)
    if not found:
        return skip, named
    known = {one.text for one in named}
    return 0, [*(one._replace(suffix="") for one in named), *(one for one in found if one.text not in known)]


def of_kind(look: Inquiry, kind: str, place: Place) -> tuple[int, Sequence[Candidate]]:
    """Return the values of a kind, ``objects:TYPE`` among them."""
    if kind.startswith("objects:"):
        return 0, objects_of(look, kind.partition(":")[2])
    return values_of(kind, look, place)


def describe(member: Member) -> str:
    """Return what a member is: its type, whether it is required, its mark."""
    return items(flag_of(member), type_word(member.type), "required" if member.required else "")


def _is_nested(kind: Type) -> bool:
    return as_object(kind) is not None or isinstance(kind, ArrayType)


def _key(member: Member, kind: Type, prefix: str, *, is_begun: bool) -> list[Candidate]:
    """Return the ways to go on with a member: a value, a member of it, an element of it."""
    text, meta, flag = prefix + member.name, describe(member), flag_of(member)
    rank = 0 if member.required else 1
    inner = as_object(kind)
    if isinstance(kind, ArrayType):
        element = kind.element
        if as_object(element) is not None and not is_text_wrapper(element):
            return [Candidate(f"{text}.0", meta, "key", ".", rank, flag)]
        return [Candidate(text, meta, "key", "=", rank, flag)]
    if inner is None or not (inner.members or inner.tag):
        return [] if is_begun else [Candidate(text, meta, "key", "=", rank, flag)]
    found = [Candidate(f"{text}.", meta, "key", "", rank, flag)]
    if isinstance(kind, AlternateType) and not is_begun:
        found.insert(0, Candidate(text, meta, "key", "=", rank, flag))
    return found
