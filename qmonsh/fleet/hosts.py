"""Other hosts, one ssh connection each, however many monitors are asked there.

With the extra qmonsh[fleet] asyncssh carries them (ssh_channel.py), else, or where asyncssh is not let in,
the user's own OpenSSH (ssh_forward.py). Knows which of them is taken. Must not know how they work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from importlib.util import find_spec
from typing import Protocol, TypeVar

from qmonsh.errors import ConnectError, UsageError
from qmonsh.fleet.places import Places
from qmonsh.fleet.stream import Open, open_stream
from qmonsh.target import Target

#: Hosts that are connected to at a time: each costs the processors of both sides a key exchange.
MOST_AT_A_TIME = 16

Place = tuple[str, str, int]
R = TypeVar("R")


class Host(Protocol):
    """An open connection to a host."""

    async def sockets(self, target: Target, *, seconds: float) -> list[str]:
        """Return the paths of the sockets that the target's path, a pattern, matches; raises ConnectError."""

    async def look(self, target: Target, *, seconds: float) -> bytes:
        """Return what remote_look.py's words print over there; raises ConnectError."""

    async def opener(self, target: Target) -> Open:
        """Return what opens a stream to the target, having prepared for it; raises ConnectError."""

    async def close(self) -> None:
        """End the connection; leaves nothing behind."""


class Hosts:
    """The hosts of some targets; each is connected to when it is first needed.

    ``way`` is "auto", "asyncssh" or "openssh". Raises UsageError for asyncssh without the extra.
    """

    def __init__(self, targets: Iterable[Target], *, way: str, seconds: float) -> None:
        places = {_place(target) for target in targets if target.scheme == "ssh"}
        #: Several that ask for passwords at once would not be understood by anybody.
        self._may_ask = None if len(places) == 1 else False
        self._seconds = seconds
        self._way = way
        if places and way == "asyncssh" and not _has_asyncssh():
            raise UsageError(
                "asyncssh is not installed", advice="pip install 'qmonsh[fleet]', or each_ssh = \"openssh\""
            )
        self._hosts: dict[Place, asyncio.Task[Host]] = {}
        #: What runs over there, looked for once however many names are asked for.
        self._looks: dict[Place, asyncio.Task[bytes]] = {}
        self._places = Places(MOST_AT_A_TIME)

    @property
    def may_be_asking(self) -> bool:
        """Whether ssh may be asking for a password on the terminal, which nothing should be written over."""
        connecting = any(not task.done() for task in self._hosts.values())
        return connecting and self._may_ask is None

    async def opener(self, target: Target) -> Open:
        """Return what opens a stream to any target; raises ConnectError."""
        return await (await self._at(target)).opener(target) if target.scheme == "ssh" else open_stream

    async def located(self, target: Target) -> Target:
        """Return an ssh target with the end that its VM's name means over there, others as they are.

        Raises ConnectError.
        """
        if target.scheme != "ssh" or target.path:
            return target
        from qmonsh.transport import remote_look

        return target._replace(path=remote_look.choose(target, await self._look(target)))

    async def matching(self, target: Target) -> list[Target]:
        """Return what an ssh target's pattern, path or name, matches over there; raises ConnectError."""
        if not target.path:
            return await self._named(target)
        paths = await (await self._at(target)).sockets(target, seconds=self._seconds)
        place = target.address.removesuffix(target.path)
        return [target._replace(address=place + path, path=path) for path in paths]

    async def _named(self, target: Target) -> list[Target]:
        from qmonsh.transport import remote_look

        place = target.address.partition("#")[0]
        titles = remote_look.titles(target, await self._look(target))
        return [target._replace(address=f"{place}#{title}", domain=title) for title in titles]

    async def _look(self, target: Target) -> bytes:
        return await _once(self._looks, target, self._look_there)

    async def _look_there(self, target: Target) -> bytes:
        return await (await self._at(target)).look(target, seconds=self._seconds)

    async def close(self) -> None:
        """End all connections."""
        for task in (*self._looks.values(), *self._hosts.values()):
            task.cancel()  # one that still connects or looks; others have ended
        await asyncio.gather(*self._looks.values(), return_exceptions=True)
        found = await asyncio.gather(*self._hosts.values(), return_exceptions=True)
        closing = (one.close() for one in found if not isinstance(one, BaseException))
        await asyncio.gather(*closing, return_exceptions=True)

    async def _at(self, target: Target) -> Host:
        return await _once(self._hosts, target, self._connect)

    async def _connect(self, target: Target) -> Host:
        async with self._places.one():
            if self._way != "openssh" and _has_asyncssh():
                from qmonsh.fleet.ssh_channel import Channels

                try:
                    return await Channels.connect(target, seconds=self._seconds)
                except ConnectError as error:
                    # Keys that only OpenSSH can use, hosts that it knows otherwise: whatever asyncssh is
                    # refused for, OpenSSH may do, or tells better. But time is not spent twice.
                    if self._way == "asyncssh" or error.cause == "unreachable":
                        raise
            from qmonsh.fleet.ssh_forward import Forwards

            return await Forwards.connect(target, seconds=self._seconds, may_ask=self._may_ask)


async def _once(
    tasks: dict[Place, asyncio.Task[R]], target: Target, do: Callable[[Target], Coroutine[None, None, R]]
) -> R:
    """Return what is done once for all targets of a place; its failure is told as the target's own."""
    task = tasks.get(_place(target))
    if task is None:
        task = tasks[_place(target)] = asyncio.create_task(do(target))
    try:
        return await asyncio.shield(task)
    except ConnectError as error:
        raise ConnectError(target.address, error.reason, cause=error.cause, advice=error.advice) from error


def _has_asyncssh() -> bool:
    return find_spec("asyncssh") is not None


def _place(target: Target) -> Place:
    return target.user, target.host, target.port
