"""Option lists: ``device_add virtio-net-pci,netdev=net0,mq=on`` and its like.

Knows how such a list is cut at the cursor, and which keys and values each command's list takes; those of a
device are in device_list.py. Must not know the rest of the line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.device_list import Values, device_keys, device_values
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.members import keys, values
from qmonsh.complete.sources import Place, items, values_of
from qmonsh.qapi.chardev import chardev_options
from qmonsh.qapi.entity import Member
from qmonsh.qapi.objects import object_type


@dataclass(frozen=True, slots=True)
class OptionList:
    """A list up to the cursor.

    ``first`` is the word that stands for the driver, type or backend (``key`` when it is written so).
    ``key`` is None while a key (or the first word) is typed, ``typed`` the text at the cursor that begins at
    ``start`` in the list; ``is_first`` says that nothing stands before it.
    """

    first: str
    given: Mapping[str, str]
    key: str | None
    typed: str
    start: int
    is_first: bool


def read_list(text: str, implied: str) -> OptionList:
    """Return the option list ``text`` cut at its end; ``implied`` is the key of the first bare word.

    ``,,`` is a comma inside a value.
    """
    given: dict[str, str] = {}
    start = 0
    item_start = 0
    position = 0
    while position < len(text):
        if text[position] != ",":
            position += 1
        elif text.startswith(",,", position):
            position += 2
        else:
            _note(given, text[start:position], implied if start == item_start == 0 else "")
            start = position = position + 1
    item = text[start:]
    key, equals, value = item.partition("=")
    is_first = start == 0
    if not equals:
        return OptionList(given.get(implied, ""), given, None, item, start, is_first)
    typed = value.replace(",,", ",") if value.endswith(",,") else value
    return OptionList(given.get(implied, ""), given, key, typed, start + len(key) + 1, is_first)


def _note(given: dict[str, str], item: str, implied: str) -> None:
    key, equals, value = item.partition("=")
    if equals:
        given[key] = value.replace(",,", ",")
    elif implied and implied not in given:
        given[implied] = key.replace(",,", ",")
    else:
        given[key] = "on"


def complete_list(look: Inquiry, kind: str, text: str, command: str) -> tuple[int, str, Sequence[Candidate]]:
    """Return what may stand at the end of an option list of this kind (a kind of language/rules.py).

    The first number is where in ``text`` the replaced part begins, the text what of it is typed.
    """
    form = _FORMS.get(kind)
    if form is None:
        return len(text), "", ()
    options = read_list(text, form.implied)
    place = Place(options.typed, command, options.given, options.given.get(form.implied, ""))
    if options.key is None:
        found = form.keys(look, place) if place.driver or not form.implied else ()
        if options.is_first and form.implied:
            # The list may also begin with another key.
            found = _escaped(values_of(form.first, look, place)[1])
        return options.start, options.typed, found
    if options.key == form.implied:
        skip, given = values_of(form.first, look, place)
    else:
        skip, given = form.values(look, options.key, place)
    return options.start + skip, options.typed[skip:], _escaped(given)


def _escaped(found: Sequence[Candidate]) -> Sequence[Candidate]:
    """Return values as an option list writes them: commas doubled."""
    if "," not in "".join([one.text for one in found]):
        return found
    return [one._replace(text=one.text.replace(",", ",,")) for one in found]


# -- netdevs, objects, chardevs, drives -------------------------------------------------------------------


def _netdev_members(look: Inquiry, place: Place) -> Sequence[Member]:
    schema = look.schema()
    return schema.members_for("netdev_add", dict(place.given), _prefix(place.typed)) if schema else ()


def _object_members(look: Inquiry, place: Place) -> Sequence[Member]:
    schema = look.schema()
    union = object_type(schema) if schema is not None else None
    if schema is None or union is None:
        return ()
    return schema.members_at(union, {**place.given, "qom-type": place.driver}, _prefix(place.typed))


def _chardev_members(look: Inquiry, place: Place) -> Sequence[Member]:
    schema = look.schema()
    return chardev_options(schema, place.driver) if schema is not None and place.driver else ()


def _prefix(key: str) -> str:
    return key[: key.rfind(".") + 1]


def _node_members(look: Inquiry, place: Place) -> Sequence[Member]:
    schema = look.schema()
    return schema.members_for("blockdev-add", dict(place.given), _prefix(place.typed)) if schema else ()


def _members_form(
    members_of: Callable[[Inquiry, Place], Sequence[Member]], command: str, *, has_id: bool = True
) -> tuple[Callable[[Inquiry, Place], Sequence[Candidate]], Callable[[Inquiry, str, Place], Values]]:
    """Return the keys and values of a list whose members a schema describes."""

    def list_keys(look: Inquiry, place: Place) -> Sequence[Candidate]:
        found = keys(members_of(look, place), place.given, _prefix(place.typed))
        if (
            has_id
            and "id" not in place.given
            and not any(one.text == "id" for one in found)
            and not _prefix(place.typed)
        ):
            found.insert(0, Candidate("id", "str, required", "key", "=", rank=0))
        return found

    def list_values(look: Inquiry, key: str, place: Place) -> Values:
        at = Place(key, place.command, place.given, place.driver)
        member = next((one for one in members_of(look, at) if one.name == key[len(_prefix(key)) :]), None)
        return (0, ()) if member is None else values(look, command, key, member.type, place)

    return list_keys, list_values


def _drive_keys(look: Inquiry, place: Place) -> Sequence[Candidate]:
    return [
        Candidate(name, items(kind, text), "key", "=", rank=0 if name in ("file", "if", "id") else 1)
        for name, kind, text in _drive_options(look)
        if name not in place.given
    ]


def _drive_values(look: Inquiry, key: str, place: Place) -> Values:
    if key == "file":
        return values_of("image", look, place)
    if key == "format":
        return values_of("image-format", look, place)
    types = {name: kind for name, kind, _ in _drive_options(look)}
    allowed = _DRIVE_VALUES.get(key, ("on", "off") if types.get(key) == "boolean" else ())
    return 0, [Candidate(word, "", "value") for word in allowed]


def _drive_options(look: Inquiry) -> list[tuple[str, str, str]]:
    answer = look.ask("query-command-line-options", option="drive")
    known = look.derived("drive options", _option_rows, answer)
    return known or [
        (name, "", "") for name in ("if", "file", "format", "id", "media", "index", "snapshot", "cache")
    ]


def _option_rows(answer: Any) -> list[tuple[str, str, str]]:
    found = []
    for group in answer if isinstance(answer, list) else ():
        for row in group.get("parameters", ()) if isinstance(group, dict) else ():
            found.append((str(row.get("name")), str(row.get("type", "")), str(row.get("help", ""))))
    return found


_DRIVE_VALUES: Mapping[str, Sequence[str]] = {
    "if": ("none", "virtio", "ide", "scsi", "sd", "floppy", "mtd", "pflash", "xen"),
    "media": ("disk", "cdrom"),
    "cache": ("none", "writeback", "writethrough", "directsync", "unsafe"),
    "aio": ("threads", "native", "io_uring"),
    "discard": ("ignore", "unmap"),
    "detect-zeroes": ("off", "on", "unmap"),
    "werror": ("enospc", "report", "ignore", "stop"),
    "rerror": ("report", "ignore", "stop"),
}


@dataclass(frozen=True, slots=True)
class _Form:
    """How a command's list is completed; ``first`` is the kind of the word that ``implied`` names."""

    implied: str
    first: str
    keys: Callable[[Inquiry, Place], Sequence[Candidate]]
    values: Callable[[Inquiry, str, Place], Values]


_FORMS: Mapping[str, _Form] = {
    "device-options": _Form("driver", "driver", device_keys, device_values),
    "netdev-options": _Form("type", "netdev-type", *_members_form(_netdev_members, "netdev_add")),
    "object-options": _Form("qom-type", "object-type", *_members_form(_object_members, "object-add")),
    "chardev-options": _Form("backend", "chardev-backend", *_members_form(_chardev_members, "chardev-add")),
    "drive-options": _Form("", "", _drive_keys, _drive_values),
    # drive_add -n
    "node-options": _Form("", "", *_members_form(_node_members, "blockdev-add", has_id=False)),
}
