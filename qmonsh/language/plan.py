"""What a line becomes: a Plan of steps to send, and what the faces need to know about it.

Pure values. Made by translate.py, carried out by monitor/session.py, shown by batch.py and shell/.
Named tuples, as all values of this layer that each line needs: a dataclass costs a millisecond of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple


class Way(Enum):
    """How a line travels (DESIGN section 4); the value is the word that --explain prints."""

    RAW = "raw JSON"  # rule 1: the user's own object
    QMP = "QMP command"  # rule 4: a QMP command with key=value words
    TWIN = "QMP twin"  # (a) an HMP line through its typed twin
    TEXT_TWIN = "text twin"  # (b) a QMP command that returns human-readable-text
    PASSTHROUGH = "human-monitor-command"  # (c)
    TEXT = "text monitor"  # as typed, on a monitor that speaks HMP text only
    LOCAL = "shell"  # nothing is sent: the line sets qmonsh's own state (cpu N) or is answered here


class Missing(Enum):
    """The type of MISSING: 'the user gave no id', as null is a valid id."""

    MISSING = "missing"


MISSING = Missing.MISSING
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Wait(NamedTuple):
    """What HMP waits for after the command: ``kind`` is "migration", "job", "dump" or "event".

    For "job", ``job`` is the job-id to follow through query-jobs and dismiss; an error found there is the
    command's failure; a job that is ready is told so by ``ready``, a command and the argument that takes the
    job-id. For "migration", query-migrate is polled, for "dump" query-dump. For "event", ``event`` (matched
    by ``match``) ends the wait. ``what`` is the word shown with the progress.
    """

    kind: str
    job: str = ""
    event: str = ""
    match: Mapping[str, Any] = NOTHING
    what: str = ""
    ready: tuple[str, str] = ("job-complete", "id")


class Step(NamedTuple):
    """One QMP command of a plan.

    ``id`` is the id the user wrote in raw JSON (restored in ``-o raw``). ``text`` says that the reply is
    HMP text (a string, or an object with human-readable-text) whose words may report a failure.
    ``line`` is the HMP line that travels when the command is human-monitor-command.
    ``ignore`` lists error classes that do not fail the plan. ``wait`` is what must be over before the next
    step is sent.
    """

    command: str
    arguments: dict[str, Any] | None = None
    oob: bool = False
    id: Any = MISSING
    text: bool = False
    ignore: tuple[str, ...] = ()
    wait: Wait | None = None

    @property
    def hints(self) -> Mapping[str, Any]:
        """What the reply does not repeat and the text view shows: which object or property was asked for."""
        if not self.arguments:
            return NOTHING
        asked = {key: self.arguments.get(key) for key in ("path", "property")}
        return {key: value for key, value in asked.items() if isinstance(value, str)} or NOTHING


class Output(NamedTuple):
    """Where the rendered reply goes: ``|`` a shell command, ``>`` or ``>>`` a file."""

    operator: str
    operand: str


class Plan(NamedTuple):
    """A line, understood.

    ``name`` is the canonical command ("info network", "device_add", "query-status"); ``view`` the key of
    the rendering (the QMP command whose return it shows, or an ``info`` word); ``danger`` the reason for
    asking first, or ``""``; ``acts`` whether it can change the VM (unknown means True; --read-only);
    ``why`` says why this way was taken; ``cpu`` the new default CPU for a LOCAL ``cpu N``;
    ``answer`` the text of a LOCAL line; ``secrets`` the secret words of the line, to be masked.
    The return value of a plan is that of its last step (or of ``result``, when given an index).
    ``options`` are hints for the text view only ("device": show this one, "verbose": True, "all": True).
    ``undo`` is sent, errors ignored, when a step after the first fails, before the failure is reported.
    """

    line: str
    name: str
    way: Way
    steps: tuple[Step, ...] = ()
    why: str = ""
    view: str = ""
    danger: str = ""
    acts: bool = True
    wait: Wait | None = None
    output: Output | None = None
    cpu: int | None = None
    answer: str = ""
    secrets: tuple[str, ...] = ()
    result: int = -1
    options: Mapping[str, Any] = NOTHING
    undo: tuple[Step, ...] = ()
