"""The shell's own commands about events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qmonsh.monitor.event_names import raise_if_unknown
from qmonsh.monitor.waiting import EventWatch, raise_if_eventless
from qmonsh.own_words import parse_wait
from qmonsh.render.event import render_event
from qmonsh.shell.registry import builtin, wrong_usage
from qmonsh.wire.message import Event

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell


@builtin(".events", "on|off|only PATTERN...|last [N]|to FILE|to off", "which events are shown")
async def events(shell: Shell, words: str) -> None:
    """Set or tell what is shown of events."""
    verb, _, rest = words.partition(" ")
    rest = rest.strip()
    chosen = {"on": _all, "off": _none, "only": _only, "last": _last, "to": _to, "": _tell}.get(verb)
    if chosen is None:
        raise wrong_usage(".events", f"'{verb}' is none of on, off, only, last, to")
    if rest and verb in ("on", "off"):
        raise wrong_usage(".events", f"'{rest}' means nothing after '{verb}'")
    await chosen(shell, rest)


async def _all(shell: Shell, rest: str) -> None:
    shell.monitor.events.shown = ("*",)


async def _none(shell: Shell, rest: str) -> None:
    shell.monitor.events.shown = ()


async def _only(shell: Shell, rest: str) -> None:
    patterns = tuple(rest.replace(",", " ").upper().split())
    if not patterns:
        raise wrong_usage(".events", "name the events, * and ? are allowed")
    shell.monitor.events.shown = patterns


async def _last(shell: Shell, rest: str) -> None:
    if rest and not (rest.isdecimal() and int(rest)):
        raise wrong_usage(".events", f"'{rest}' is not a number of events")
    lines = shell.monitor.events.show_last(int(rest) if rest else 20)
    await shell.show([line + "\n" for line in lines] or ["no event came yet\n"])


async def _to(shell: Shell, rest: str) -> None:
    if not rest:
        raise wrong_usage(".events", "name the file, or off")
    shell.monitor.events.to_file("" if rest == "off" else rest)


async def _tell(shell: Shell, rest: str) -> None:
    shown = shell.monitor.events.shown
    what = "all" if shown == ("*",) else "none" if not shown else " ".join(shown)
    into = f", all go to {shell.monitor.events.path}" if shell.monitor.events.path else ""
    shell.say(f"events shown: {what}; {shell.monitor.events.total} came so far{into}")


@builtin(
    ".wait", "EVENT [KEY=VALUE...] [SECONDS]", "wait for an event with these data since the last command"
)
async def wait(shell: Shell, words: str) -> None:
    """Wait for an event that came since the last command was sent, or will come; Ctrl-C ends that."""
    name, match, seconds = parse_wait(words)
    shell.monitor.raise_if_lost(f".wait {words}")
    connection = shell.monitor.session.connection
    raise_if_eventless(connection)
    known = shell.monitor.known()
    await shell.call(lambda: raise_if_unknown(name, known.schema), what=f"whether there is an event {name}")
    watch = EventWatch()
    watch.start()
    end = connection.observe(watch)
    # What comes at this moment is counted twice: the first is the one that is waited for.
    for earlier in shell.monitor.events.since_mark():
        watch(earlier)

    def alive() -> None:
        shell.waiting.raise_if_cancelled()
        if connection.lost is not None:
            raise connection.lost

    try:
        seen: Event = await shell.call(
            lambda: watch.wait(name, match, seconds=seconds, alive=alive), what=f"the event {name}"
        )
    finally:
        end()
    shell.emit(f"came: {render_event(seen, shell.speech.form)}\n")
