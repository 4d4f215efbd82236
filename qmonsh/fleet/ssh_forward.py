"""A host by the user's own OpenSSH: one connection, with a forward for each socket that is asked for.

Forwards are added to the connection in lots (``ssh -O forward``), as each call costs a process. A connection
that the user shares (ControlMaster) is used where there is one, and left as it was. Each stream is an
SshTransport, so that nc or socat carry the bytes where forwarding is forbidden.

Knows which socket is forwarded when. Must not know how ssh is told so (ssh_master.py), nor protocols.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic

from qmonsh.errors import ConnectError
from qmonsh.fleet.listing import MOST_BYTES, list_command, listed
from qmonsh.fleet.stream import Open, Receiver, Stream, ThreadStream, in_thread
from qmonsh.target import Target
from qmonsh.transport import remote_look, ssh_failure
from qmonsh.transport.socket import SocketTransport, connect_unix
from qmonsh.transport.ssh import SshTransport
from qmonsh.transport.ssh_end import is_forwardable
from qmonsh.transport.ssh_master import Master

#: Forwards in one call of ssh; a command line is not endless.
MOST_IN_A_LOT = 100


class Forwards:
    """A Host over a Master; what blocks happens in threads of its own."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._count = 0
        self._wanted: dict[str, asyncio.Future[str]] = {}
        self._carrier: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, target: Target, *, seconds: float, may_ask: bool | None) -> Forwards:
        """Return a connected host; raises ConnectError, after about ``seconds`` when it does not answer."""

        def work() -> Master:
            until = monotonic() + seconds
            master = Master(target, until=until, may_ask=may_ask)
            try:
                master.wait_up(until)
            except BaseException:
                master.close()
                raise
            return master

        return cls(await in_thread(work, undo=Master.close))

    async def sockets(self, target: Target, *, seconds: float) -> list[str]:
        """Return the sockets that the target's path matches over there; raises ConnectError."""
        command = list_command(target.path)
        ask = partial(self._master.run, command, seconds=seconds, most=MOST_BYTES)
        return listed(await in_thread(ask), target)

    async def look(self, target: Target, *, seconds: float) -> bytes:
        """Return what the words that look for VMs print over there; raises ConnectError."""
        look = partial(self._master.run, remote_look.COMMAND, seconds=seconds, most=remote_look.MOST_BYTES)
        return await in_thread(look)

    async def opener(self, target: Target) -> Open:
        """Return what opens a stream to the target, through a forward that stands; raises ConnectError."""
        if "\n" in target.path:
            raise ConnectError(
                target.address, "a path with a line break cannot be forwarded", cause="unsupported"
            )
        if not is_forwardable(target.path):
            return self._open_otherwise
        return partial(self._open, await self._forwarded(target.path))

    async def close(self) -> None:
        """End ssh and its forwards."""
        if self._carrier is not None:
            self._carrier.cancel()
        await in_thread(self._master.close)

    async def _open(self, local: str, target: Target, receiver: Receiver, *, seconds: float) -> Stream:
        def work() -> SshTransport:
            near = Target("unix", target.address, path=local)
            try:
                stream = SocketTransport(connect_unix(near, until=monotonic() + seconds), target.address)
            except ConnectError as error:
                raise ssh_failure.not_connected(target, self._master.said()) from error
            return SshTransport(self._master, stream, target, owns_link=False)

        transport = await in_thread(work, undo=SshTransport.close)
        return ThreadStream(transport, receiver, asyncio.get_running_loop())

    async def _open_otherwise(self, target: Target, receiver: Receiver, *, seconds: float) -> Stream:
        def work() -> SshTransport:
            return SshTransport(self._master, None, target, owns_link=False)

        transport = await in_thread(work, undo=SshTransport.close)
        return ThreadStream(transport, receiver, asyncio.get_running_loop())

    async def _forwarded(self, path: str) -> str:
        """Return the local socket that is forwarded to a path."""
        wanted = self._wanted.get(path)
        if wanted is None:
            wanted = self._wanted[path] = asyncio.get_running_loop().create_future()
        if self._carrier is None or self._carrier.done():
            self._carrier = asyncio.create_task(self._carry())
        return await asyncio.shield(wanted)

    async def _carry(self) -> None:
        """Forward what is wanted, all that was asked for meanwhile in the next lot."""
        await asyncio.sleep(0)  # whoever asks now, too
        while self._wanted:
            lot = dict(list(self._wanted.items())[:MOST_IN_A_LOT])
            for path in lot:
                del self._wanted[path]
            numbers = {path: self._count + place for place, path in enumerate(lot)}
            self._count += len(lot)
            try:
                await in_thread(partial(self._master.forward, numbers))
            except ConnectError as error:
                for future in lot.values():
                    future.set_exception(error)
                    future.exception()  # whoever wanted it may have been interrupted
            else:
                for path, future in lot.items():
                    future.set_result(self._master.local(numbers[path]))
