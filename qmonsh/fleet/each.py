"""``qmonsh each WHO... -- COMMAND``: the same line on many monitors at once.

Knows how many are asked at a time and what is done with each. Must not know how a line is translated, sent or
shown. Nothing is ever sent twice: a monitor that fails is reported, not tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from qmonsh.errors import (
    CommandError,
    ConnectionLostError,
    InterruptError,
    ProtocolError,
    QmonshError,
    RefusedError,
    UsageError,
)
from qmonsh.fleet.answers import Answers, SharedSchemas, plan_line
from qmonsh.fleet.consent import Ask, Consent, ask_on_terminal
from qmonsh.fleet.hosts import Hosts
from qmonsh.fleet.monitor import Monitor
from qmonsh.fleet.names import fold_names
from qmonsh.fleet.places import Places
from qmonsh.fleet.report import Report
from qmonsh.fleet.stream import Open
from qmonsh.fleet.who import Member, Roll
from qmonsh.language.plan import Plan, Wait
from qmonsh.monitor.carrying import Outcome, Say, carry_out
from qmonsh.monitor.waiting import POLL, follow
from qmonsh.printer import OutputClosed
from qmonsh.wire.message import Command, ErrorReply

if TYPE_CHECKING:
    from qmonsh.settings import Settings
    from qmonsh.target import Target

#: Monitors asked at a time; more only makes each of them slower (TRANSPORT-FACTS 4).
MOST_AT_A_TIME = 32
#: When progress is first shown, and how often (seconds).
FIRST_PROGRESS, NEXT_PROGRESS = 0.5, 0.2

R = TypeVar("R")


def run_each(who: Sequence[str], line: str, settings: Settings, *, table: bool = False) -> int:
    """Run the line on every member, print the report, and return the worst status; raises UsageError."""
    if not who or not line.strip():
        missing = "a COMMAND behind --" if who else "WHO"
        raise UsageError(f"qmonsh each needs {missing}", advice="try qmonsh each 'web*' -- info status")
    if settings.dialect == "agent":
        raise UsageError("qmonsh each speaks to monitors, not to guest agents yet")
    if settings.record:
        raise UsageError("--record is for one monitor", advice="leave it out with each")
    roll = Roll(settings)
    members = roll.members(who)
    if not members:
        raise UsageError("nobody is left to be asked", advice="!WHO leaves out whom another WHO names")
    targets = [member.target for member in members if not isinstance(member.target, UsageError)]
    hosts = Hosts(targets, way=settings.each_ssh, seconds=settings.connect_timeout)
    report = Report([member.name for member in members], settings, table=table)
    try:
        asyncio.run(Fleet(line, settings, report, roll=roll, hosts=hosts).run(members))
    except KeyboardInterrupt:
        report.status = InterruptError.status
    except OutputClosed:
        return report.status
    with contextlib.suppress(OutputClosed):
        report.finish()
    return report.status


class Fleet:
    """One line for many monitors."""

    def __init__(
        self,
        line: str,
        settings: Settings,
        report: Report,
        *,
        roll: Roll,
        hosts: Hosts,
        ask: Ask = ask_on_terminal,
    ) -> None:
        self._line = line
        self._roll = roll
        self._hosts = hosts
        self._listings: set[asyncio.Task[None]] = set()
        self._settings = settings
        self._report = report
        self._consent = Consent(settings, names=self._whom, ask=report.asking(ask))
        self._places = Places(MOST_AT_A_TIME)
        self._schemas = SharedSchemas()

    async def run(self, members: Sequence[Member]) -> None:
        """Return when every member has answered, failed or passed its deadline; raises OutputClosed."""
        progress = asyncio.create_task(self._show_progress())
        is_closed = False
        try:
            async with asyncio.TaskGroup() as group:
                self._begin(group, members)
        except* OutputClosed:
            is_closed = True  # raised here it would come out in a group of its own
        finally:
            progress.cancel()
            self._consent.close()
            await self._hosts.close()
        if is_closed:
            raise OutputClosed

    def _begin(self, group: asyncio.TaskGroup, members: Sequence[Member]) -> None:
        _raise_descriptor_limit(len(members))
        for member in members:
            if member.is_pattern:
                task = group.create_task(self._several(group, member))
                self._listings.add(task)
                task.add_done_callback(self._listings.discard)
            else:
                group.create_task(self._one(member))

    async def _several(self, group: asyncio.TaskGroup, pattern: Member) -> None:
        """Ask all monitors that a pattern stands for on another host."""
        assert not isinstance(pattern.target, UsageError)
        try:
            found = self._roll.matched(await self._hosts.matching(pattern.target))
        except QmonshError as error:
            self._report.failure(pattern.name, error)
        except asyncio.CancelledError:
            self._report.failure(pattern.name, InterruptError())
        else:
            self._report.replace(pattern.name, [member.name for member in found])
            self._begin(group, found)

    async def _one(self, member: Member) -> None:
        """Ask one monitor and report what came of it; nothing of it reaches the others."""
        in_flight: list[Monitor] = []
        try:
            if isinstance(member.target, UsageError):
                raise member.target
            target = await self._hosts.located(member.target)
            opener = await self._hosts.opener(target)
            async with self._places.one():
                plan, outcome = await self._ask(member, target, opener, in_flight)
            self._report.result(member.name, plan, outcome)
        except QmonshError as error:
            self._report.failure(member.name, error)
        except asyncio.CancelledError:
            sent = in_flight[0].in_flight if in_flight else ""
            self._report.failure(member.name, InterruptError(sent))
        except OutputClosed:
            raise
        except Exception as error:  # a defect of ours is one monitor's failure, not everybody's
            if self._settings.debug:
                raise
            self._report.failure(member.name, ProtocolError(f"internal error: {error!r}"))

    async def _ask(
        self, member: Member, target: Target, opener: Open, in_flight: list[Monitor]
    ) -> tuple[Plan, Outcome]:
        settings = self._settings
        observe = (lambda event: self._report.event(member.name, event)) if settings.events else None
        monitor = Monitor(
            target,
            dialect=settings.dialect,
            observe=observe,
            max_reply=settings.max_reply << 20,
            max_depth=settings.max_depth,
        )
        try:
            await monitor.open(seconds=settings.connect_timeout, by=opener)
            monitor.set_deadline(settings.timeout)
            answers = Answers(dialect=monitor.dialect, target=target, peer_pid=monitor.peer_pid)

            async def put(need: Command | Say) -> Any:
                try:
                    return await (monitor.say(need.line) if isinstance(need, Say) else monitor.request(need))
                except ConnectionLostError as error:
                    # It was only a question: nothing of the line was sent, so no outcome is unknown.
                    raise ConnectionLostError(error.reason, address=error.address) from None

            plan = await plan_line(
                self._line,
                answers,
                put,
                introspect=settings.introspect,
                schemas=self._schemas,
                careful=self._consent.may_ask,
            )
            in_flight.append(monitor)  # from now on it is the line, no question of ours
            return plan, await self._carry(member, monitor, plan)
        finally:
            monitor.close()

    async def _carry(self, member: Member, monitor: Monitor, plan: Plan) -> Outcome:
        """Carry a plan out, or say what it is (--explain); raises RefusedError under --read-only."""
        if self._settings.explain:
            from qmonsh.language.explain import explain

            return Outcome(explain(plan, self._settings.explain_as, target=member.name) or "null")
        if self._settings.read_only and plan.acts:
            raise RefusedError(plan.name, "--read-only allows only what cannot change the VM")
        if await self._consent.require(plan):
            monitor.set_deadline(self._settings.timeout)  # the time that the answer took is nobody's
        if self._settings.verbose:
            self._trace(member, plan)

        async def answer(need: Command | Say | Wait) -> Any:
            if isinstance(need, Command):
                return await monitor.request(need)
            if isinstance(need, Say):
                return await monitor.say(need.line)
            return await wait_for(monitor, need, name=plan.name)

        return await drive(carry_out(plan), answer)

    async def _whom(self) -> str:
        """Return whom the line would reach, in words, when it is known what patterns stand for."""
        while self._listings:
            await asyncio.wait(self._listings)
        names = self._report.unanswered()
        return f"{fold_names(names)} ({len(names)} monitors)" if len(names) > 1 else fold_names(names)

    def _trace(self, member: Member, plan: Plan) -> None:
        from qmonsh.language.explain import traced
        from qmonsh.render.json_text import dumps

        for sent in traced(plan):
            self._report.trace(member.name, dumps(sent))

    async def _show_progress(self) -> None:
        terminal = self._settings.terminal
        if not terminal.stderr or terminal.term == "dumb":
            return
        await asyncio.sleep(FIRST_PROGRESS)
        while True:
            if not self._hosts.may_be_asking:
                self._report.progress()
            await asyncio.sleep(NEXT_PROGRESS)


async def wait_for(monitor: Monitor, wait: Wait, *, name: str) -> None:
    """Return when what goes on after the command is over; raises CommandError when it failed."""

    async def answer(need: Any) -> Any:
        if not isinstance(need, Command):
            return await monitor.rest(POLL, name=name)
        reply = await monitor.request(need)
        if isinstance(reply, ErrorReply):
            raise CommandError(reply.class_name, reply.description, command=need.name, reply=reply.raw)
        return reply.value

    await drive(follow(wait, name=name), answer)


async def drive(steps: Generator[Any, Any, R], answer: Any) -> R:
    """Run a generator to its end, as carrying.drive() does, with a coroutine that answers what it needs."""
    try:
        need = next(steps)
        while True:
            try:
                given = await answer(need)
            except QmonshError as error:
                need = steps.throw(error)
            else:
                need = steps.send(given)
    except StopIteration as done:
        result: R = done.value
        return result


def _raise_descriptor_limit(wanted: int) -> None:
    """Let this process have a socket for each member, as far as the system allows."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + 256
    if soft != resource.RLIM_INFINITY and soft < needed:
        with contextlib.suppress(ValueError, OSError):
            most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
