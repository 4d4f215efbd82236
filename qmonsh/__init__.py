"""An interactive QEMU monitor shell; this docstring is the map of the house.

A line goes down and a reply comes up through these layers (imports point downwards only,
tests/test_layers.py says so)::

    cli.py             options in, one of the faces out: options.py is their table, command.py what
                       click makes of it
    shell/             the prompt, the only user of prompt_toolkit          (face)
    one_shot.py        one-shots and scripts: script.py reads lines, batch.py runs them, script_words.py
                       those that are qmonsh's own (.wait, help), ahead.py says what may be sent before
                       its turn, printer.py writes results, transcript.py records, replay.py shows it
                       again                                                (face)
    completion_face.py --complete, for the shells' own Tab                  (face)
    ls.py run.py demo.py  what runs here; a QEMU of yours or ours: launch.py starts it (faces)
    fleet/             each: one line on many monitors at once, asyncio     (face)
    own_words.py       the commands of qmonsh itself (.word), as far as the shell and scripts share them
    help/              what a monitor, the schema and QEMU's installed manual say about a command
    settings.py        options, environment and configuration file as values: settings_file.py reads the file,
                       settings_names.py knows the names of styles and keys
    streams.py signals.py  closed standard streams; SIGTERM as an orderly end
    manual.py          the table of options as a manual page

    monitor/           a live connection: execute, events, deadlines, whose turn it is to read, facts;
                       Session: what this monitor knows, cpu index, carries plans out
    discover.py        running machines by name: machine_process.py makes a machine.py of a process,
                       machine_options.py reads its command line, machine_monitors.py finds what of it is
                       open, domains.py asks libvirt
    transport/         how bytes travel: sockets, children, inherited descriptors; why they do not
    target.py          text -> Target, which address.py defines: socket_spelling.py reads sockets, with
                       chardev.py QEMU's own options, remote_spelling.py VMs elsewhere, credentials.py what a
                       tls:// address says

    complete/  PURE    text before the cursor + facts -> candidates
    language/  PURE    a line -> Plan (what to send): reader, rule tables, option lists
    render/    PURE    value -> text: views, tables, trees, JSON; escaping of foreign text
    qapi/      PURE    the schema as an index; text -> typed value; signatures
    wire/      PURE    bytes <-> messages: QMP, HMP text and the guest agent as state machines
    errors.py          the error tree; each class carries its facts and the exit status

To add a thing, go to the one place: a translation is a row in language/rules_command.py or
rules_info.py, a view a function in render/views_*.py, a completion source a function in
complete/sources_*.py, a transport a class in transport/ plus a row in open.py and in target.py.
README's recipes are followed to the letter by tests/test_contributing.py.

For Python scripts: ``from qmonsh import connect``.
"""

from __future__ import annotations

# What the type checker takes for the name in typing, whose import would be the longest part of the start in
# which a Ctrl-C finds nobody to tell.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

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
