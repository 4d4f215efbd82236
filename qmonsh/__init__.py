"""An interactive QEMU monitor shell; this docstring is the map of the house.

A line goes down and a reply comes up through these layers (imports point downwards only,
tests/test_layers.py says so)::

    cli.py            options in, one of the faces out
    shell/            the prompt, the only user of prompt_toolkit          (face)
    batch.py          one-shot and scripts                                 (face)
    demo.py           a small real VM to try things on                     (face)
    monitor/          a live connection: reader thread, execute, events, deadlines;
                      Session: what this monitor knows, cpu index, carries plans out
    transport/        how bytes travel: sockets, children, inherited descriptors
    target.py         text -> Target (address and kind); parses, opens nothing

    language/  PURE   a line -> Plan (what to send): reader, rule tables, option lists
    complete/  PURE   text before the cursor + knowledge -> candidates
    render/    PURE   value -> text: views, tables, trees, JSON; escaping of foreign text
    qapi/      PURE   the schema as an index; text -> typed value; signatures
    wire/      PURE   bytes <-> messages: QMP and HMP text as state machines without I/O
    errors.py         the error tree; each class carries its facts and the exit status

To add a thing, go to the one place: a translation is a row in language/rules.py, a view a
function in render/views*.py, a completion source a function in complete/sources.py, a
transport a class in transport/ plus a row in target.py's table of schemes.

For Python scripts: ``from qmonsh import connect``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qmonsh.monitor.connection import Connection as Connection
    from qmonsh.monitor.connection import connect as connect

__version__ = "0.1.0"
__all__ = ["Connection", "connect", "__version__"]


def __getattr__(name: str) -> Any:
    """Load the Python API on first use, so that ``qmonsh --version`` imports no socket."""
    if name in ("connect", "Connection"):
        from qmonsh.monitor import connection

        return getattr(connection, name)
    raise AttributeError(f"module 'qmonsh' has no attribute {name!r}")
