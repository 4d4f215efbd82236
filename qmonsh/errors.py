"""The error tree: who is at fault, the facts, and the exit status (DESIGN section 1).

    QmonshError
    +-- UsageError           2  the command line, a target or the configuration is wrong
    +-- LineError            2  an input line was not understood; nothing was sent
    +-- RefusedError         2  --read-only or an unconfirmed danger; nothing was sent
    +-- CommandError         1  the monitor refused a command
    +-- OutputError          1  a result could not be written where it should go
    +-- ConnectError         3  no connection could be made
    +-- ConnectionLostError  3  the connection ended; a command in flight has an unknown outcome
    +-- ProtocolError        3  the other end broke the protocol
    +-- DeadlineError        4  -t passed while waiting
    +-- InterruptError     130  Ctrl-C while waiting

Knows the facts of a failure and the one sentence that says them. Must not know how they are
shown (carets, colours, escaping of foreign text belong to render/) and imports nothing of qmonsh.
``OSError``, JSON and Unicode errors never leave transport/ and wire/: they become these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class QmonshError(Exception):
    """Is the root of all failures that qmonsh reports; never raised itself."""

    status: ClassVar[int] = 1
    #: QMP-like class name for ``{"error": {"class", "desc"}}`` documents.
    class_name: str = "GenericError"

    def document(self) -> dict[str, Any]:
        """Return the error as the JSON document of DESIGN section 1 (``--json``)."""
        return {"error": {"class": self.class_name, "desc": str(self)}}


class UsageError(QmonshError):
    """The command line, a target's spelling or the configuration cannot be used."""

    status = 2
    class_name = "UsageError"

    def __init__(self, problem: str, *, advice: str = "") -> None:
        self.problem = problem
        self.advice = advice
        super().__init__(problem, advice)

    def __str__(self) -> str:
        return _sentence(self.problem, self.advice)


class LineError(QmonshError):
    """An input line was not understood, and nothing was sent.

    ``start``/``end`` are positions in ``line`` (characters) of the wrong word, for the caret.
    ``expected`` lists allowed values, ``nearest`` the likeliest intended one, ``synopsis`` the
    command's signature, ``mended`` a whole corrected line. ``origin`` is "FILE:LINE" in scripts.
    """

    status = 2
    class_name = "LineError"

    def __init__(
        self,
        problem: str,
        *,
        line: str,
        start: int = 0,
        end: int | None = None,
        expected: Sequence[str] = (),
        nearest: str = "",
        synopsis: str = "",
        mended: str = "",
        advice: str = "",
    ) -> None:
        self.problem = problem
        self.line = line
        self.start = start
        self.end = len(line) if end is None else end
        self.expected = tuple(expected)
        self.nearest = nearest
        self.synopsis = synopsis
        self.mended = mended
        self.advice = advice
        self.origin = ""
        super().__init__(problem)

    def __str__(self) -> str:
        hint = f"did you mean '{self.nearest}'?" if self.nearest else ""
        return _sentence(self.problem, hint, self.advice)


class IncompleteLineError(LineError):
    """The line ends inside an open JSON object or ``transaction(``; more lines may complete it."""


class RefusedError(QmonshError):
    """A command was refused by qmonsh itself before it was sent (``--read-only``)."""

    status = 2
    class_name = "RefusedError"

    def __init__(self, command: str, reason: str) -> None:
        self.command = command
        self.reason = reason
        super().__init__(command, reason)

    def __str__(self) -> str:
        return f"{self.command} was not sent: {self.reason}"


class CommandError(QmonshError):
    """The monitor answered a command with an error.

    ``class_name`` is QMP's error class; ``reply`` the whole reply object as it came (for ``-o raw``),
    or ``None`` when the failure was recognised in the text of a human-monitor-command. ``synopsis`` is how
    the command is written, when its arguments were at fault and that is known.
    """

    synopsis = ""

    def __init__(self, class_name: str, description: str, *, command: str = "", reply: Any = None) -> None:
        self.class_name = class_name
        self.description = description
        self.command = command
        self.reply = reply
        super().__init__(class_name, description)

    def __str__(self) -> str:
        return self.description

    def document(self) -> dict[str, Any]:
        """Return ``{"error": {"class", "desc"}}`` as the monitor gave it."""
        return {"error": {"class": self.class_name, "desc": self.description}}


class OutputError(QmonshError):
    """A result could not be written; what was sent before was carried out."""

    status = 1
    class_name = "OutputError"

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(where, reason)

    def __str__(self) -> str:
        return f"cannot write to {self.where}: {self.reason}"


class ConnectError(QmonshError):
    """No connection to a monitor could be made.

    ``address`` is what was tried, ``cause`` a stable word for the case ("no-such-file",
    "not-a-socket", "refused", "permission", "busy", "silent", "not-a-monitor", "negotiation",
    "unresolvable", "unreachable", "held-by-libvirt", "child-exited", "closed", "unsupported", ...),
    ``reason`` says why in words, ``advice`` what to do next.
    """

    status = 3
    class_name = "ConnectError"

    def __init__(self, address: str, reason: str, *, cause: str, advice: str = "") -> None:
        self.address = address
        self.reason = reason
        self.cause = cause
        self.advice = advice
        super().__init__(address, reason)

    def __str__(self) -> str:
        return _sentence(f"cannot connect to {self.address}: {self.reason}", self.advice)


class ConnectionEndedError(QmonshError):
    """There is no connection any more; ``command`` names the one in flight, whose outcome is then unknown."""

    status = 3

    def __init__(self, reason: str, *, command: str = "") -> None:
        self.reason = reason
        self.command = command
        super().__init__(reason)

    @property
    def outcome(self) -> str:
        """Return a sentence on the command in flight, ``""`` when there was none."""
        if not self.command:
            return ""
        return f"the outcome of '{self.command}' is unknown: QEMU may or may not have carried it out"


class ConnectionLostError(ConnectionEndedError):
    """The connection ended."""

    class_name = "ConnectionLostError"

    def __init__(self, reason: str, *, address: str = "", command: str = "") -> None:
        super().__init__(reason, command=command)
        self.address = address

    def __str__(self) -> str:
        where = f" to {self.address}" if self.address else ""
        return _sentence(f"the connection{where} was lost: {self.reason}", self.outcome)


class ProtocolError(ConnectionEndedError):
    """The other end sent what the protocol does not allow; ``excerpt`` shows the start of it."""

    class_name = "ProtocolError"

    def __init__(self, reason: str, *, excerpt: str = "", command: str = "") -> None:
        super().__init__(reason, command=command)
        self.excerpt = excerpt

    def __str__(self) -> str:
        shown = f" (at: {self.excerpt!r})" if self.excerpt else ""
        return _sentence(f"the monitor broke the protocol: {self.reason}{shown}", self.outcome)


class DeadlineError(QmonshError):
    """A command's deadline passed, QEMU may still be carrying it out; or that of a wait for an event.

    ``is_answered`` says that no reply is to come any more: what was waited for is work that goes on.
    """

    status = 4
    class_name = "DeadlineError"

    def __init__(
        self, what: str, seconds: float, *, is_event: bool = False, is_answered: bool = False
    ) -> None:
        self.what = what
        self.seconds = seconds
        self.is_event = is_event
        self.is_answered = is_answered
        super().__init__(what, seconds)

    def __str__(self) -> str:
        within = f"within {self.seconds:g} s"
        if self.is_event:
            return f"no {self.what} event came {within}"
        if self.is_answered:
            return f"{self.what} was not over {within}; QEMU goes on with it"
        return f"no answer to {self.what} {within}; QEMU may still carry it out"


class InterruptError(QmonshError):
    """The user stopped waiting (Ctrl-C); QEMU still carries the command out.

    ``is_answered`` says that no reply is to come any more: what was waited for is work that goes on.
    """

    status = 130
    class_name = "InterruptError"

    def __init__(self, what: str = "", *, is_answered: bool = False) -> None:
        self.what = what
        self.is_answered = is_answered
        super().__init__(what)

    def __str__(self) -> str:
        if not self.what:
            return "interrupted"
        return f"interrupted: stopped waiting for '{self.what}'; QEMU still carries it out"


def _sentence(*parts: str) -> str:
    """Join the given parts to "what failed: why. what to do." skipping empty ones."""
    said = [part.rstrip(".") if part.endswith(".") else part for part in parts if part]
    return ". ".join(s[0].upper() + s[1:] if n and s else s for n, s in enumerate(said))
