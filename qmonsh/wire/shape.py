"""Which message a JSON value is, by the members that the QMP specification gives each kind.

Knows the shapes of docs/interop/qmp-spec: greeting, response, event. Must not know states or which
ids are pending: a response is handed over with the id that it carries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qmonsh.wire.message import ErrorReply, Event, Greeting, Ignored, Message, Return


def message_of(value: Any) -> Message:
    """Return the message that ``value`` is; Ignored for unknown shapes and ids that are not strings.

    A response without an id is an ErrorReply with id None, or Ignored when it is a success.
    """
    if isinstance(value, dict):
        for member, reader in _READERS.items():
            if member in value:
                return reader(value)
    return Ignored("unknown message", value)


def _error(raw: dict[str, Any]) -> Message:
    name = raw.get("id")
    if "id" in raw and not isinstance(name, str):
        return Ignored("unknown id", raw)
    error = raw["error"]
    # An id of ours in a reply of odd shape still ends the wait for it.
    facts = error if isinstance(error, dict) else {"desc": str(error)}
    class_name, description = facts.get("class"), facts.get("desc")
    return ErrorReply(
        id=name,
        class_name=class_name if isinstance(class_name, str) else "GenericError",
        description=description if isinstance(description, str) else "no description",
        raw=raw,
    )


def _return(raw: dict[str, Any]) -> Message:
    name = raw.get("id")
    if not isinstance(name, str):
        return Ignored("unknown id" if "id" in raw else "response without id", raw)
    return Return(id=name, value=raw["return"], raw=raw)


def _event(raw: dict[str, Any]) -> Message:
    name, data, timestamp = raw["event"], raw.get("data"), raw.get("timestamp")
    if not isinstance(name, str):
        return Ignored("unknown message", raw)
    stamp = timestamp if isinstance(timestamp, dict) else {}
    return Event(
        name=name,
        data=data if isinstance(data, dict) else {},
        seconds=_whole(stamp.get("seconds"), -1),
        microseconds=_whole(stamp.get("microseconds"), -1),
        raw=raw,
    )


def _greeting(raw: dict[str, Any]) -> Message:
    facts = raw["QMP"]
    if not isinstance(facts, dict):
        return Ignored("unknown message", raw)
    version = facts.get("version")
    version = version if isinstance(version, dict) else {}
    numbers = version.get("qemu")
    numbers = numbers if isinstance(numbers, dict) else {}
    package = version.get("package")
    capabilities = facts.get("capabilities")
    return Greeting(
        version=(
            _whole(numbers.get("major"), 0),
            _whole(numbers.get("minor"), 0),
            _whole(numbers.get("micro"), 0),
        ),
        package=package if isinstance(package, str) else "",
        capabilities=tuple(name for name in capabilities if isinstance(name, str))
        if isinstance(capabilities, list)
        else (),
        raw=raw,
    )


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


# In the order of decision: an error wins over a return, so that no failure is taken for a success.
_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "error": _error,
    "return": _return,
    "event": _event,
    "QMP": _greeting,
}
