"""How a Plan is carried out: what is sent next, and what the replies come to, as generators.

Knows steps, failures (in replies and in text), undoing and the end of ``quit``. Must not know connections,
threads or asyncio: a generator yields what it needs, and who drives it sends that and hands the reply back.
One monitor at a time (session.py) and many at once (fleet) are two drivers of the same generators.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

from qmonsh.errors import CommandError, ConnectionLostError, QmonshError
from qmonsh.language.plan import MISSING, Plan, Step, Wait, Way
from qmonsh.wire.message import Command, ErrorReply, Return

Q = TypeVar("Q")
R = TypeVar("R")


class Say(NamedTuple):
    """A line for a text monitor; the driver hands back the text of its answer."""

    line: str


#: What a plan needs next: a Command (handed back: Return or ErrorReply), a line (its text), or that the
#: driver waits for what goes on after the command was accepted (nothing).
Need = Command | Say | Wait


class Outcome:
    """What a plan came to: the value to show, and every reply as it came (user ids restored)."""

    __slots__ = ("value", "replies")

    def __init__(self, value: Any = None, replies: list[dict[str, Any]] | None = None) -> None:
        self.value = value
        self.replies = [] if replies is None else replies


def drive(steps: Generator[Q, Any, R], answer: Callable[[Q], Any]) -> R:
    """Run a generator to its end with a function that answers what it needs; raises what it raises."""
    try:
        need = next(steps)
        while True:
            try:
                given = answer(need)
            except QmonshError as error:
                need = steps.throw(error)
            else:
                need = steps.send(given)
    except StopIteration as done:
        result: R = done.value
        return result


def carry_out(plan: Plan) -> Generator[Need, Any, Outcome]:
    """Yield what the plan needs, one after another, and return its outcome.

    Raises CommandError (also for error text in the answer of an HMP line, DESIGN section 4), and whatever
    is thrown in: the end of the stream is how ``quit`` succeeds (DESIGN section 10). A monitor that quotes a
    secret of the line in its refusal is not repeated.
    """
    outcome = Outcome()
    values: list[Any] = []
    if plan.way is Way.LOCAL:
        outcome.value = plan.answer if plan.answer else {}
        reply = {"return": outcome.value}
        outcome.replies.append(restore_id(reply, plan.steps[0]) if plan.steps else reply)
        return outcome
    try:
        yield from _steps(plan, values, outcome)
    except ConnectionLostError:
        if plan.name != "quit":
            raise
        values = [{}]
        outcome.replies.append({"return": {}})
    except CommandError as error:
        if plan.secrets:
            from qmonsh.language.secrets import hidden

            error.description = hidden(error.description, plan.secrets)
        raise
    if plan.wait is not None:
        yield plan.wait
    outcome.value = values[plan.result] if values else None
    return outcome


def restore_id(raw: dict[str, Any], step: Step) -> dict[str, Any]:
    """Return a reply object with the id that the user wrote, or without ours."""
    restored = {key: value for key, value in raw.items() if key != "id"}
    if step.id is not MISSING:
        restored["id"] = step.id
    return restored


def _steps(plan: Plan, values: list[Any], outcome: Outcome) -> Generator[Need, Any, None]:
    """Send the steps one after another; a failure after the first undoes what the plan can undo."""
    try:
        for step in plan.steps:
            values.append((yield from _step(plan, step, outcome)))
            if step.wait is not None:
                yield step.wait
    except CommandError:
        for step in plan.undo if values else ():
            yield Command(step.command, step.arguments)
        raise


def _step(plan: Plan, step: Step, outcome: Outcome) -> Generator[Need, Any, Any]:
    if plan.way is Way.TEXT:
        text: str = yield Say(step.command)
        outcome.replies.append({"return": text})
        _raise_text_failure(plan, step.command, text)
        return text
    reply: Return | ErrorReply = yield Command(step.command, step.arguments, step.oob)
    outcome.replies.append(restore_id(reply.raw, step))
    if isinstance(reply, ErrorReply):
        if reply.class_name in step.ignore:
            return {}
        raise CommandError(
            reply.class_name, reply.description, command=step.command, reply=outcome.replies[-1]
        )
    return _text_of(plan, step, reply.value) if step.text else reply.value


def _text_of(plan: Plan, step: Step, value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("human-readable-text"), str):
        value = value["human-readable-text"]
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n")
    if plan.way is Way.PASSTHROUGH and step.arguments is not None:
        _raise_text_failure(plan, str(step.arguments.get("command-line", "")), text)
    return text


def _raise_text_failure(plan: Plan, line: str, text: str) -> None:
    from qmonsh.language.hmp_errors import failure_of

    failure = failure_of(line, text)
    if failure is not None:
        raise CommandError("GenericError", failure, command=plan.name)
