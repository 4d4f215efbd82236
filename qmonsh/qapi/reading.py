"""The tree of a line's key=value words against a type of the schema: the value that both together make.

Knows how lists are given, how unions and alternates are told apart, and which text a type takes. Must not
know commands: value.py, chardev.py and objects.py say what is read as what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.qapi.check import check_value
from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, Member, ObjectType, Type, is_text_wrapper
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.pair import Node, Pair, check_id, indexed, tree_of
from qmonsh.qapi.scalar import ValueProblem, guess, parse_json
from qmonsh.qapi.schema import as_array, as_object
from qmonsh.qapi.spelling import branch_of, integers_of, typed_scalar


class Reading:
    """How pairs are read: as HMP's option list or strictly; and whether unknown keys get a guess."""

    __slots__ = ("is_guessed", "is_option_list")

    def __init__(self, *, is_option_list: bool = False, is_guessed: bool = False) -> None:
        self.is_option_list = is_option_list
        self.is_guessed = is_guessed

    def read_root(self, kind: ObjectType | None, pairs: Sequence[Pair], name: str) -> dict[str, Any]:
        """Return the object that all the pairs make."""
        tree = tree_of(pairs)
        if kind is None and not self.is_guessed:
            for child in tree.children.values():
                raise child.key_problem(f"{name or 'this'} takes no arguments")
            return {}
        if self.is_option_list and "id" in tree.children and tree.children["id"].pairs:
            check_id(tree.children["id"].pairs[-1])
        try:
            if kind is None:
                return {one: self.read_guessed(child) for one, child in tree.children.items()}
            return self.read_object(kind, tree)
        except RecursionError:
            raise ValueProblem("the arguments are nested too deeply") from None

    def read_value(self, kind: Type, node: Node) -> Any:
        """Return the value of type ``kind`` that ``node`` gives."""
        if node.pairs and node.children:
            raise node.key_problem(f"'{node.key}' is given both a value and members below it")
        match kind:
            case AlternateType():
                return self.read_alternate(kind, node)
            case ArrayType():
                return self.read_array(kind, node)
            case ObjectType() if node.children:
                return self.read_object(kind, node)
            case Builtin(name="any"):
                return self.read_guessed(node)
        if node.children:
            child = next(iter(node.children.values()))
            raise child.key_problem(f"'{node.key}' is one value and has no members")
        return self.read_single(kind, self.only(node), node.key)

    def only(self, node: Node) -> Pair:
        """Return the one pair that counts."""
        if len(node.pairs) > 1 and not self.is_option_list:
            again = node.pairs[-1]
            raise ValueProblem(f"'{node.key}' is given twice", start=again.key_start, end=again.key_end)
        return node.pairs[-1]

    def read_object(self, kind: ObjectType, node: Node) -> dict[str, Any]:
        """Return the object whose members stand below ``node``, its variants chosen by the tags given."""
        members, undecided = kind.chosen(node.text_at)
        by_name = {member.name: member for member in members}
        tag = by_name.get(undecided)
        if tag is not None and undecided in node.children:
            self.read_value(tag.type, node.children[undecided])  # says what is wrong with it
        elif tag is not None and tag.required and not by_name.keys() >= node.children.keys():
            raise _missing(node, [tag])  # rather than calling what it would bring unknown
        built: dict[str, Any] = {}
        for child in node.children.values():
            member, value = self.read_member(by_name, child, node)
            built[member] = value
        _add_missing(built, members, node)
        return built

    def read_member(self, by_name: Mapping[str, Member], child: Node, node: Node) -> tuple[str, Any]:
        """Return the name and value of the member that ``child``, a key below ``node``, gives."""
        name = child.key[child.offset :]
        member = by_name.get(name)
        if member is not None:
            return name, self.read_value(member.type, child)
        negated = by_name.get(name[2:]) if name.startswith("no") and self.is_bare(child) else None
        if negated is not None and negated.type == Builtin("bool"):
            return negated.name, False
        if self.is_guessed and not node.key:
            return name, self.read_guessed(child)
        likely = nearest(name, by_name)
        said = f"'{child.key}' is not known here" if by_name else f"'{child.key}' has no members"
        raise child.key_problem(said, expected=by_name, likely=node.below(likely) if likely else "")

    def is_bare(self, node: Node) -> bool:
        """Return whether ``node`` is a bare key of an option list."""
        return self.is_option_list and not node.children and node.pairs[-1].is_bare

    def read_array(self, kind: ArrayType, node: Node) -> list[Any]:
        """Return a list: indexed from 0 by keys, one JSON list, or one element for each time it was given."""
        element = kind.element
        if node.children:
            return [self.read_value(element, one) for one in indexed(node)]
        if len(node.pairs) == 1 and (whole := _whole_list(node.pairs[0], element)) is not None:
            return list(self.read_checked(kind, whole, node.pairs[0], node.key))
        found: list[Any] = []
        for pair in node.pairs:
            found += self.read_elements(element, pair, node.key)
        return found

    def read_elements(self, element: Type, pair: Pair, key: str) -> list[Any]:
        """Return the elements that one value stands for."""
        if pair.is_text and pair.value is not None:
            if element == Builtin("int"):
                try:
                    return integers_of(pair.value)
                except ValueProblem as problem:
                    raise pair.problem(problem, key=key) from None
            if is_text_wrapper(element) and not pair.value.startswith("{"):
                return [{"str": pair.value}]
        return [self.read_value(element, Node(key, 0, [pair]))]

    def read_alternate(self, kind: AlternateType, node: Node) -> Any:
        """Return the value of whichever type fits what was given, by its syntax."""
        array = as_array(kind)
        if array is not None and (len(node.pairs) > 1 or all(name.isdecimal() for name in node.children)):
            if node.children or len(node.pairs) > 1:
                return self.read_array(array, node)
        if node.children:
            inner = as_object(kind)
            if inner is None:
                raise node.key_problem(f"'{node.key}' is one value and has no members")
            return self.read_object(inner, node)
        pair = self.only(node)
        if not pair.is_text:
            return self.read_checked(kind, pair.value, pair, node.key)
        try:
            branch = branch_of(kind, self.text(pair, node.key))
        except ValueProblem as problem:
            raise problem if problem.start >= 0 else pair.problem(problem, key=node.key) from None
        return self.read_value(branch, node)

    def read_single(self, kind: Type, pair: Pair, key: str) -> Any:
        """Return the value of one pair."""
        if not pair.is_text:
            return self.read_checked(kind, pair.value, pair, key)
        if pair.is_bare and self.is_option_list and kind == Builtin("bool"):
            return True
        text = self.text(pair, key, hint="on" if kind == Builtin("bool") else "")
        try:
            if isinstance(kind, ObjectType):
                return self.read_checked(kind, _json_object(kind, text), pair, key)
            return typed_scalar(kind, text, as_option=self.is_option_list)
        except ValueProblem as problem:
            raise problem if problem.start >= 0 else pair.problem(problem, key=key) from None

    def text(self, pair: Pair, key: str, *, hint: str = "") -> str:
        """Return the text of a pair, which a bare key has not."""
        if pair.value is None:
            said = f"'{key}' has no value: write {key}={hint or 'VALUE'}"
            raise ValueProblem(said, start=pair.key_start, end=pair.key_end, nearest=f"{key}={hint}")
        return str(pair.value)

    def read_checked(self, kind: Type, value: Any, pair: Pair, key: str) -> Any:
        """Return JSON that the user wrote, when it has the type ``kind``."""
        try:
            check_value(kind, value)
        except ValueProblem as problem:
            raise pair.problem(problem, key=key) from None
        return value

    def read_guessed(self, node: Node) -> Any:
        """Return a value of unknown type: text in option lists, else what qmp-shell would send."""
        if node.pairs and node.children:
            raise node.key_problem(f"'{node.key}' is given both a value and members below it")
        if node.children:
            if all(name.isdecimal() for name in node.children):
                return [self.read_guessed(one) for one in indexed(node)]
            return {name: self.read_guessed(child) for name, child in node.children.items()}
        pair = self.only(node)
        if not pair.is_text:
            return pair.value
        if pair.is_bare and self.is_option_list:
            return "on"
        text = self.text(pair, node.key)
        try:
            return text if self.is_option_list else guess(text)
        except ValueProblem as problem:
            raise pair.problem(problem, key=node.key) from None


def _json_object(kind: ObjectType, text: str) -> Any:
    if not text.lstrip().startswith("{"):
        names = [member.name for member in kind.members]
        raise ValueProblem(f"'{text}' is not an object", expected=("{...}", *(f".{name}=" for name in names)))
    return parse_json(text)


def _whole_list(pair: Pair, element: Type) -> Any:
    """Return the value of a pair that holds the whole list as JSON, ``None`` when it holds one element."""
    if not pair.is_text:
        return pair.value if isinstance(pair.value, list) else None
    text = (pair.value or "").strip()
    # "[::1]:80" is a text, '["a", "b"' a list that was not closed.
    if not text.startswith("[") or (not text.endswith("]") and text[1:2] != '"' and _is_textual(element)):
        return None
    try:
        return parse_json(text)
    except ValueProblem as problem:
        raise pair.problem(problem) from None


def _is_textual(element: Type) -> bool:
    return element == Builtin("str") or is_text_wrapper(element)


def _add_missing(built: dict[str, Any], members: Sequence[Member], node: Node) -> None:
    """Refuse what lacks required members; an empty "data" of a union's branch is filled in.

    The wrapper {"type": "null", "data": {}} of QAPI's simple unions must be complete, and key=value words
    have no other way to write an empty object.
    """
    missing = [member for member in members if member.required and member.name not in built]
    for member in list(missing):
        kind = member.type
        if member.name != "data" or not isinstance(kind, ObjectType):
            continue
        if not any(one.required for one in kind.members):
            built["data"] = {}
            missing.remove(member)
    if missing:
        raise _missing(node, missing)


def _missing(node: Node, members: Sequence[Member]) -> ValueProblem:
    names = [node.below(member.name) for member in members]
    quoted = [f"'{name}'" for name in names]
    said = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
    verb = "is" if len(names) == 1 else "are"
    return ValueProblem(f"{said} {verb} missing", missing=names, expected=[f"{name}=" for name in names])
