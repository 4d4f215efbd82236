"""A host by asyncssh: one connection within this process, a channel for each monitor.

For many hosts: no process and no thread for any of them. The user's ssh configuration, known hosts and agent
are used as far as asyncssh understands them; it asks for nothing on the terminal. Knows asyncssh. Must not
know protocols, nor what is done when asyncssh is refused (hosts.py).
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.fleet.listing import MOST_BYTES, list_command, listed
from qmonsh.fleet.stream import Open, Receiver, Stream, deliver
from qmonsh.target import Target
from qmonsh.transport import remote_look, ssh_end, ssh_failure
from qmonsh.transport.ssh_link import ALIVE_COUNT, ALIVE_INTERVAL

#: Read in this order, as by ssh: what is said first counts.
CONFIGURATIONS = ("~/.ssh/config", "/etc/ssh/ssh_config")
#: How long a host may take to hear our goodbye (seconds).
GRACE = 1.0
#: What is kept of what a command over there says on stderr (bytes).
MOST_WORDS = 4096


class Channels:
    """A Host over one connection; more are opened where the other side limits the sessions of one."""

    def __init__(self, connection: Any, target: Target, *, seconds: float) -> None:
        self._connections = [connection]
        self._target = target
        self._seconds = seconds
        self._lock = asyncio.Lock()

    @classmethod
    async def connect(cls, target: Target, *, seconds: float) -> Channels:
        """Return a connected host; raises ConnectError within about ``seconds``."""
        return cls(await _connect(target, seconds), target, seconds=seconds)

    async def sockets(self, target: Target, *, seconds: float) -> list[str]:
        """Return the sockets that the target's path matches over there; raises ConnectError."""
        return listed(await self._run(list_command(target.path), MOST_BYTES, seconds), target)

    async def look(self, target: Target, *, seconds: float) -> bytes:
        """Return what the words that look for VMs print over there; raises ConnectError."""
        return await self._run(remote_look.COMMAND, remote_look.MOST_BYTES, seconds)

    async def _run(self, command: str, most: int, seconds: float) -> bytes:
        """Return what a command over there prints, nothing when it is not over in time."""
        heard = Collected(most)
        await self._session(heard, command)
        try:
            async with asyncio.timeout(seconds):
                await heard.is_over.wait()
        except TimeoutError:
            return b""
        return heard.data

    async def opener(self, target: Target) -> Open:
        """Return what opens a stream to the target."""
        return self._open

    async def close(self) -> None:
        """End all connections of this host."""
        for connection in self._connections:
            connection.close()
        for connection in self._connections:
            try:
                async with asyncio.timeout(GRACE):
                    await connection.wait_closed()
            except TimeoutError:  # frozen: it does not take our goodbye
                connection.abort()

    async def _open(self, target: Target, receiver: Receiver, *, seconds: float) -> Stream:
        import asyncssh  # type: ignore[import-untyped, import-not-found, unused-ignore]

        stream = ChannelStream(target, receiver)
        connection, path = self._connections[0], target.path
        try:
            async with asyncio.timeout(seconds):
                if path.startswith(ssh_end.TCP):
                    place = ssh_end.host_and_port(path)
                    await connection.create_connection(lambda: stream, *place, encoding=None)
                    return stream
                if ssh_end.is_forwardable(path):
                    await connection.create_unix_connection(lambda: stream, path, encoding=None)
                    return stream
        except TimeoutError:
            raise ssh_failure.too_slow(target, seconds, "") from None
        except asyncssh.ChannelOpenError:
            pass  # no socket, or no forwarding: OpenSSH's server tells neither from the other
        except (asyncssh.Error, OSError, ValueError) as error:  # ValueError: a path that is no UTF-8
            raise ssh_failure.not_connected(target, words_of(error)) from error
        stream = CommandStream(target, receiver)
        await self._session(stream, ssh_end.remote_command(path))
        return stream

    async def _session(self, session: Any, command: str) -> None:
        """Run a command over there; raises ConnectError."""
        import asyncssh

        try:
            async with self._lock, asyncio.timeout(self._seconds):
                try:
                    await self._connections[-1].create_session(lambda: session, command, encoding=None)
                except asyncssh.ChannelOpenError:  # MaxSessions of one connection
                    self._connections.append(await _connect(self._target, self._seconds))
                    await self._connections[-1].create_session(lambda: session, command, encoding=None)
        except TimeoutError:
            raise ssh_failure.too_slow(self._target, self._seconds, "") from None
        except (asyncssh.Error, OSError) as error:
            raise ssh_failure.not_connected(self._target, words_of(error)) from error


async def _connect(target: Target, seconds: float) -> Any:
    import asyncssh

    found = [os.path.expanduser(path) for path in CONFIGURATIONS]
    options: dict[str, Any] = {"config": [path for path in found if os.access(path, os.R_OK)]}
    # What is not given here, the configuration may say.
    options |= {"port": target.port} if target.port else {}
    options |= {"username": target.user} if target.user else {}
    alive = {"keepalive_interval": ALIVE_INTERVAL, "keepalive_count_max": ALIVE_COUNT}
    try:
        async with asyncio.timeout(seconds):
            return await asyncssh.connect(target.host, **options, **alive)
    except TimeoutError:
        raise ssh_failure.too_slow(target, seconds, "") from None
    except (asyncssh.Error, OSError, ValueError) as error:  # ValueError: its words for a bad configuration
        raise ssh_failure.not_connected(target, words_of(error)) from error
    except Exception as error:  # a key or certificate that its libraries do not take
        raise ssh_failure.not_connected(target, f"asyncssh: {error!r}") from error


def words_of(error: Exception) -> str:
    """Return what an error says, in the words that OpenSSH has for it."""
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


class ChannelStream:
    """A Stream over a channel, as asyncssh's session that takes what comes."""

    peer_pid: int | None = None

    def __init__(self, target: Target, receiver: Receiver) -> None:
        self._target = target
        self._receiver = receiver
        self._channel: Any = None
        self._heard = False
        self._closed = False

    def write(self, data: bytes) -> None:
        """Send bytes; the channel keeps what the other side does not take at once."""
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write(data)

    def close(self) -> None:
        """End the channel."""
        self._closed = True
        if self._channel is not None:
            self._channel.abort()

    def last_words(self) -> str:
        """Return ``""``: how a channel ended was told when it did."""
        return ""

    # -- what asyncssh calls -------------------------------------------------------------------

    def connection_made(self, channel: Any) -> None:
        """Take the channel, which is not open yet."""
        self._channel = channel
        if self._closed:
            channel.abort()

    def session_started(self) -> None:
        """Do nothing: the monitor speaks first."""

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Take the next bytes."""
        self._heard = True
        rest = 0.0 if self._closed else deliver(self._receiver, data)
        if rest and not self._channel.is_closing():
            self._channel.pause_reading()
            asyncio.get_running_loop().call_later(rest, self._listen_again)

    def _listen_again(self) -> None:
        if not self._channel.is_closing():
            self._channel.resume_reading()

    def eof_received(self) -> bool:
        """Let the channel be closed: a monitor does not close one direction only."""
        return False

    def pause_writing(self) -> None:
        """Do nothing: what is sent is small."""

    def resume_writing(self) -> None:
        """Do nothing."""

    def exit_status_received(self, status: int) -> None:
        """Do nothing: a forwarded socket has no status."""

    def exit_signal_received(self, signal: str, core_dumped: bool, message: str, language: str) -> None:
        """Do nothing."""

    def connection_lost(self, error: Exception | None) -> None:
        """Take note of the end, of the channel or of all of ssh."""
        if not self._closed:
            self._closed = True
            self._receiver.ended(self._why(error))

    def _why(self, error: Exception | None) -> ConnectionLostError | ConnectError | None:
        if error is None:
            return None
        if not self._heard:
            return ssh_failure.not_connected(self._target, str(error))
        return ConnectionLostError(ssh_failure.lost(self._target, str(error)), address=self._target.address)


class CommandStream(ChannelStream):
    """A Stream over a command on the other host; tells why when no byte came."""

    def __init__(self, target: Target, receiver: Receiver) -> None:
        super().__init__(target, receiver)
        self._status = 0
        self._said = b""

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Take the next bytes, or words of stderr."""
        if datatype is not None:
            self._said = (self._said + data)[-MOST_WORDS:]
            return
        super().data_received(data, datatype)

    def exit_status_received(self, status: int) -> None:
        """Keep the status, which tells why no byte came."""
        self._status = status

    def _why(self, error: Exception | None) -> ConnectionLostError | ConnectError | None:
        if self._heard or error is not None:
            return super()._why(error)
        said = self._said.decode("utf-8", "replace").strip()
        return ssh_failure.nothing_there(self._target, f"ended with status {self._status}; it said: {said}")


class Collected(ChannelStream):
    """All that a command prints, ``most`` bytes of it at most; ``is_over`` is set at its end."""

    def __init__(self, most: int) -> None:
        self.data = b""
        self._most = most
        self.is_over = asyncio.Event()
        self._channel = None
        self._closed = False

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Keep the next bytes, but no words of stderr."""
        if datatype is None:
            self.data = (self.data + data)[: self._most]
            if len(self.data) == self._most:
                self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Take note of the end."""
        self.is_over.set()
