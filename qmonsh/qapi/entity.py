"""The QAPI types of one monitor as values: what a command takes and returns.

Knows the meta-types of query-qmp-schema (qapi/introspect.json). Types refer to each other by name and
recursively (a block driver contains block drivers), so each resolves its parts when it is asked for them.
Must not know how a schema is written down (introspection.py) nor how text becomes a value (value.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Resolve = Callable[[str], "Type"]

#: Variants of variants are followed so far; a foreign schema may go in circles.
_DEEPEST_VARIANT = 8

# Plain classes: making eight dataclasses takes longer than all that a one-shot does with them.


class Builtin:
    """A built-in type: ``name`` is str, int, number, bool, null or any.

    Sizes are "int" too: the schema does not tell bytes from counts.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Builtin) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Builtin({self.name!r})"


ANY = Builtin("any")


class EnumType:
    """An enumeration; ``deprecated`` and ``unstable`` name the values so marked (QEMU 6.2 and later)."""

    __slots__ = ("deprecated", "name", "unstable", "values")

    def __init__(
        self,
        name: str,
        values: tuple[str, ...],
        deprecated: frozenset[str] = frozenset(),
        unstable: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.values = values
        self.deprecated = deprecated
        self.unstable = unstable


class ArrayType:
    """A list of ``element``."""

    __slots__ = ("_resolve", "element_name", "name")

    def __init__(self, name: str, element_name: str, resolve: Resolve) -> None:
        self.name = name
        self.element_name = element_name
        self._resolve = resolve

    @property
    def element(self) -> Type:
        """The type of the elements."""
        return self._resolve(self.element_name)


class Member:
    """A member of an object, which is also an argument of a command."""

    __slots__ = ("_resolve", "deprecated", "name", "required", "type_name", "unstable")

    def __init__(
        self,
        name: str,
        type_name: str,
        resolve: Resolve,
        *,
        required: bool = True,
        deprecated: bool = False,
        unstable: bool = False,
    ) -> None:
        self.name = name
        self.type_name = type_name
        self.required = required
        self.deprecated = deprecated
        self.unstable = unstable
        self._resolve = resolve

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self._resolve(self.type_name)

    def called(self, name: str, *, required: bool) -> Member:
        """Return the same member under another name, or with another need for it."""
        return Member(
            name,
            self.type_name,
            self._resolve,
            required=required,
            deprecated=self.deprecated,
            unstable=self.unstable,
        )

    def __repr__(self) -> str:
        return f"Member({self.name!r}, {self.type_name!r})"


class ObjectType:
    """An object; with a ``tag``, the value of that member chooses one of ``variants``.

    ``members`` are those that every variant has (the tag included); ``case_names`` has the names of the
    variants' types by the value of the tag.
    """

    __slots__ = ("_resolve", "case_names", "members", "name", "tag")

    def __init__(
        self,
        name: str,
        members: tuple[Member, ...],
        *,
        tag: str | None = None,
        case_names: Mapping[str, str] | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self.name = name
        self.members = members
        self.tag = tag
        self.case_names: Mapping[str, str] = case_names or {}
        self._resolve: Resolve = resolve or (lambda name: ANY)

    @property
    def variants(self) -> dict[str, ObjectType]:
        """The further members by the tag's value."""
        found = {case: self._resolve(name) for case, name in self.case_names.items()}
        return {case: kind for case, kind in found.items() if isinstance(kind, ObjectType)}

    def variant(self, case: str) -> ObjectType | None:
        """Return the further members that the tag's value ``case`` brings."""
        name = self.case_names.get(case)
        found = None if name is None else self._resolve(name)
        return found if isinstance(found, ObjectType) else None

    def chosen(self, tags: Callable[[str], object]) -> tuple[tuple[Member, ...], str]:
        """Return the members that the tags' values bring, and the tag that is still undecided or ``""``.

        ``tags`` gives the value of a tag by its name (``None`` when not given). A variant can be a union
        itself (migrate's channels: transport=socket, then type=inet), so tags are followed to the end.
        """
        kind, members = self, self.members
        for _ in range(_DEEPEST_VARIANT):
            if kind.tag is None:
                return members, ""
            case = tags(kind.tag)
            variant = kind.variant(case) if isinstance(case, str) else None
            if variant is None:
                return members, kind.tag
            kind, members = variant, members + variant.members
        return members, ""

    def member(self, name: str) -> Member | None:
        """Return the common member called ``name``, or ``None``."""
        return next((one for one in self.members if one.name == name), None)


class AlternateType:
    """A value of any one of several types, told apart by its JSON type."""

    __slots__ = ("_resolve", "member_names", "name")

    def __init__(self, name: str, member_names: tuple[str, ...], resolve: Resolve) -> None:
        self.name = name
        self.member_names = member_names
        self._resolve = resolve

    @property
    def members(self) -> tuple[Type, ...]:
        """The types it may have."""
        return tuple(self._resolve(name) for name in self.member_names)


Type = Builtin | EnumType | ArrayType | ObjectType | AlternateType


class CommandType:
    """A QMP command; ``returns_text`` says that it returns the text HMP would print (x-query-*)."""

    __slots__ = ("allow_oob", "arguments", "deprecated", "name", "returns", "unstable")

    def __init__(
        self,
        name: str,
        arguments: ObjectType | None,
        returns: Type,
        *,
        allow_oob: bool = False,
        deprecated: bool = False,
        unstable: bool = False,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.returns = returns
        self.allow_oob = allow_oob
        self.deprecated = deprecated
        self.unstable = unstable

    @property
    def returns_text(self) -> bool:
        """Whether the return is an object whose only member is human-readable-text."""
        kind = self.returns
        return isinstance(kind, ObjectType) and [one.name for one in kind.members] == ["human-readable-text"]


class EventType:
    """A QMP event and its data."""

    __slots__ = ("data", "deprecated", "name", "unstable")

    def __init__(self, name: str, data: ObjectType | None, *, deprecated: bool, unstable: bool) -> None:
        self.name = name
        self.data = data
        self.deprecated = deprecated
        self.unstable = unstable


def is_text_wrapper(kind: Type) -> bool:
    """Return whether ``kind`` is QAPI's String: {"str": "..."}, as the elements of hostfwd are."""
    return (
        isinstance(kind, ObjectType)
        and kind.tag is None
        and [member.name for member in kind.members] == ["str"]
        and kind.members[0].type == Builtin("str")
    )
