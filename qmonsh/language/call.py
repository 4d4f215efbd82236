"""A line that is being understood: what it says, what the monitor knows, what became of it so far.

Request is the line, Call an HMP command of it with its rule and arguments, Twin the native way found for it.
Must not know single commands: those are rows, and functions in convert_*.py. Plain classes where no face
sees them: they cost no start-up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from qmonsh.errors import CommandError, LineError
from qmonsh.language.plan import NOTHING, Output, Step, Wait

if TYPE_CHECKING:
    from qmonsh.language.knowledge import Knowledge
    from qmonsh.language.rule import Argument, Rule
    from qmonsh.qapi.entity import Type
    from qmonsh.qapi.scalar import ValueProblem


#: A line without any of these holds no secret (secrets.py says which are).
_SECRET_HINTS = ("pass", "secret", "cookie", "://")


class Inexact(Exception):
    """What was typed cannot be said in the QMP twin; ``reason`` says what.

    ``argument`` names the argument that this monitor's twin lacks: an older HMP may lack it too.
    """

    def __init__(self, reason: str, argument: str = "") -> None:
        self.reason = reason
        self.argument = argument
        super().__init__(reason)


class Value(NamedTuple):
    """What stands at one argument: ``value`` typed (None for an expression that needs a register).

    ``text`` is the word without quotes, ``start``/``end`` its place in the line.
    """

    value: Any
    text: str
    start: int
    end: int


class Arguments:
    """The arguments of a line by name; a flag without value is True where it is given.

    ``as_typed`` tells whether the monitor itself would read the line so.
    """

    __slots__ = ("values", "as_typed")

    def __init__(self, values: Mapping[str, Value], as_typed: bool = True) -> None:
        self.values = values
        self.as_typed = as_typed

    def get(self, name: str) -> Any:
        """Return the typed value of an argument, or None when it is not given."""
        found = self.values.get(name)
        return None if found is None else found.value

    def has(self, name: str) -> bool:
        """Tell whether an argument was given."""
        return name in self.values


class Request:
    """A line and who asks: ``text`` is the line without its redirection, at the same positions."""

    __slots__ = ("line", "text", "knowledge", "cpu", "output")

    def __init__(
        self,
        line: str,
        text: str,
        knowledge: Knowledge,
        cpu: int | None = None,
        output: Output | None = None,
    ) -> None:
        self.line = line
        self.text = text
        self.knowledge = knowledge
        self.cpu = cpu
        self.output = output

    def error(
        self,
        problem: str,
        start: int,
        end: int | None = None,
        *,
        expected: Collection[str] = (),
        nearest: str = "",
        synopsis: str = "",
        mended: str = "",
        advice: str = "",
    ) -> LineError:
        """Return a LineError that points into this line; at the end of the text when ``start`` is -1."""
        if start < 0:
            start = len(self.text.rstrip())
            end = start + 1
        return LineError(
            problem,
            line=self.line,
            start=start,
            end=end,
            expected=tuple(expected),
            nearest=nearest,
            synopsis=synopsis,
            mended=mended,
            advice=advice,
        )

    def value_error(self, problem: ValueProblem, synopsis: str = "") -> LineError:
        """Return the LineError for something that the typed reading refused."""
        end = problem.end if problem.start >= 0 else None
        return self.error(
            problem.problem,
            problem.start,
            end,
            expected=problem.expected,
            nearest=problem.nearest,
            synopsis=synopsis,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret words of the line."""
        if not any(hint in self.line for hint in _SECRET_HINTS):
            return ()
        from qmonsh.language.secrets import secrets_of

        return secrets_of(self.line)

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to a question, or None when the monitor refuses it or has it not."""
        if command not in self.knowledge.commands():
            return None
        try:
            return self.knowledge.ask(command, arguments)
        except CommandError:
            return None

    def signature(self, command: str) -> str:
        """Return the QMP signature of a command, for the errors about it."""
        schema = self.knowledge.schema()
        return command if schema is None else schema.signature(command)


class Twin(NamedTuple):
    """The native way of an HMP command: the QMP to send, and how its end is known and shown.

    ``view`` is the key of the rendering (the command of the last step when empty); ``acts`` overrides the
    rule's when given.
    """

    steps: tuple[Step, ...]
    why: str = ""
    view: str = ""
    wait: Wait | None = None
    options: Mapping[str, Any] = NOTHING
    undo: tuple[Step, ...] = ()
    acts: bool | None = None
    result: int = -1


class Call:
    """An HMP command of a line; ``twin`` is the QMP command of its rule that this monitor has, or ``""``."""

    __slots__ = ("request", "rule", "arguments", "twin")

    def __init__(self, request: Request, rule: Rule, arguments: Arguments, twin: str) -> None:
        self.request = request
        self.rule = rule
        self.arguments = arguments
        self.twin = twin

    @property
    def knowledge(self) -> Knowledge:
        """What the monitor knows."""
        return self.request.knowledge

    def get(self, name: str) -> Any:
        """Return the typed value of an argument, or None when it is not given."""
        return self.arguments.get(name)

    def has(self, name: str) -> bool:
        """Return whether an argument was given."""
        return self.arguments.has(name)

    def place(self, name: str) -> Value:
        """Return an argument with its position."""
        return self.arguments.values[name]

    def error(
        self,
        problem: str,
        name: str = "",
        *,
        expected: Collection[str] = (),
        nearest: str = "",
        advice: str = "",
    ) -> LineError:
        """Return a LineError under the argument called ``name``, or at the end of the line."""
        found = self.arguments.values.get(name)
        return self.request.error(
            problem,
            -1 if found is None else found.start,
            None if found is None else found.end,
            expected=expected,
            nearest=nearest,
            synopsis=self.rule.synopsis,
            advice=advice,
        )

    def member_type(self, member: str) -> Type | None:
        """Return the type of an argument of the twin, or None when this monitor's twin lacks it."""
        from qmonsh.qapi.entity import ANY

        schema = self.knowledge.schema()
        if schema is None:
            return ANY
        given = {
            argument.member: self.place(argument.name).text
            for argument in self.rule.arguments
            if self.arguments.has(argument.name)
        }
        return next((one.type for one in schema.members_for(self.twin, given) if one.name == member), None)

    def need_member(self, member: str, argument: str = "") -> None:
        """Raise Inexact when the twin of this monitor has no such member, which ``argument`` wants."""
        if self.member_type(member) is None:
            raise Inexact(f"{self.twin} of this QEMU has no '{member}'", argument)

    def members(self, *left_out: str) -> dict[str, Any]:
        """Return the given arguments as members of the twin, but those whose names are left out.

        Raises Inexact for what only the monitor can evaluate and for members that this twin lacks.
        """
        found: dict[str, Any] = dict(self.rule.const)
        for argument in self.rule.arguments:
            if self.arguments.has(argument.name) and argument.name not in left_out:
                found[argument.member] = self._member(argument)
        return found

    def _member(self, argument: Argument) -> Any:
        value = self.arguments.get(argument.name)
        if value is None:
            raise Inexact("a CPU register is only known to the monitor")
        if not argument.is_sure:
            self.need_member(argument.member, argument.name)
        if argument.values:
            self.check_word(argument)
        return value

    def check_word(self, argument: Argument, allowed: Sequence[str] = (), *, fold: bool = False) -> None:
        """Refuse a word that is not among the rule's nor among those of this monitor's schema.

        With ``fold`` its case does not matter.
        """
        given = self.place(argument.name).text
        if fold:
            given = given.lower()
        if given in (allowed or argument.values):
            return
        kind = self.member_type(argument.member) if self.twin else None
        values = getattr(kind, "values", None) or allowed or argument.values
        if given not in values:
            from qmonsh.qapi.nearest import nearest

            raise self.error(
                f"{argument.name} cannot be '{given}'",
                argument.name,
                expected=values,
                nearest=nearest(given, values),
            )

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to a question, or None when the monitor refuses it or has it not."""
        return self.request.ask(command, arguments)


def single(command: str, arguments: Mapping[str, Any] | None = None, **more: Any) -> Twin:
    """Return a twin of one step."""
    return Twin((Step(command, dict(arguments) if arguments else None),), **more)


def records(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list that a monitor answered; whatever else is there is left out."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
