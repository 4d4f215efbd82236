"""What the commands of qmonsh itself (``.word``) do in one-shots and scripts, and what help says there.

Knows the batch that runs. Those that need somebody at a terminal are refused by name. Imported when a line
calls for it: most one-shots have no such line.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from qmonsh.errors import CommandError, LineError, RefusedError, UsageError
from qmonsh.monitor import monitors
from qmonsh.own_words import (
    find_word,
    parse_wait,
    read_setting,
    setting_text,
    split_setting,
    split_style,
)
from qmonsh.script import Line, Statements, script_lines
from qmonsh.settings import OUTPUTS

if TYPE_CHECKING:
    from qmonsh.batch import Batch

#: Commands of the shell that need somebody at a terminal.
SHELL_ONLY = frozenset({".connect", ".edit", ".history", ".reconnect", ".screen", ".watch"})
#: Settings that mean something without a terminal.
SETTABLE = ("output", "timeout", "verbose", "read_only", "yes", "debug")
#: Scripts that read scripts that read scripts...
_DEEPEST = 16


class ScriptWord(NamedTuple):
    """One of them; the function is called with the batch, the words behind it and the line."""

    name: str
    usage: str
    summary: str
    function: Callable[[Batch, str, Line], None]

    @property
    def synopsis(self) -> str:
        """The command with its arguments."""
        return f"{self.name} {self.usage}".rstrip()


def run_word(batch: Batch, line: Line) -> None:
    """Run a ``.word`` line of a script; raises LineError, UsageError and what its own lines raise."""
    name, words = find_word(line.text, [*WORDS, *SHELL_ONLY], whose="qmonsh has")
    if words == "?" and name in WORDS:
        show_help(batch, name, line)
        return
    if name in SHELL_ONLY:
        raise LineError(
            f"'{name}' needs the interactive shell", line=line.text, start=0, end=len(line.text.split()[0])
        )
    WORDS[name].function(batch, words, line)


def show_help(batch: Batch, topic: str, line: Line) -> None:
    """Print the help on a topic, or what there is help on."""
    from qmonsh.help.topic import find_help, find_more, overview, topics

    known, form = batch.session.knowledge, batch.printer.form
    if not topic:
        batch.printer.page(overview(known, WORDS, form))
        return
    text = find_help(topic, known, WORDS, form)
    if not text:
        from qmonsh.qapi.nearest import nearest

        near = nearest(topic, topics(known, WORDS))
        advice = f"did you mean '{near}'?" if near else f".apropos {topic} searches all help"
        raise UsageError(f"there is no help on '{topic}'", advice=advice)
    batch.printer.page(text + find_more(topic, known, form))


def _apropos(batch: Batch, words: str, line: Line) -> None:
    from qmonsh.help.topic import search

    if not words:
        raise _wrong_usage(".apropos", "a word is needed", line)
    found = search(words, batch.session.knowledge, WORDS, batch.printer.form)
    if not found:
        raise UsageError(f"nothing has '{words}' in its name or description")
    batch.printer.page(found)


def _explain(batch: Batch, words: str, line: Line) -> None:
    style, rest = split_style(words)
    if not rest:
        raise _wrong_usage(".explain", "a line is needed", line)
    batch.explain(batch.session.plan(rest), style)


def _output(batch: Batch, words: str, line: Line) -> None:
    if words not in OUTPUTS:
        raise _wrong_usage(".output", f"'{words}' is none of {', '.join(OUTPUTS)}", line)
    batch.settings.output = words


def _set(batch: Batch, words: str, line: Line) -> None:
    key, value = split_setting(words, SETTABLE)
    if not value:
        for name in (key,) if key else SETTABLE:
            batch.printer.say(f"{name} is {setting_text(batch.settings, name)}")
        return
    chosen = read_setting(batch.settings, key, value)
    if key == "read_only" and batch.settings.read_only and not chosen:
        raise RefusedError(line.text, "--read-only is not for a script to end")
    setattr(batch.settings, key, chosen)
    batch.session.deadline = batch.settings.timeout


def _events(batch: Batch, words: str, line: Line) -> None:
    if words not in ("on", "off"):
        raise _wrong_usage(".events", "on or off", line)
    batch.settings.events = words == "on"


def _wait(batch: Batch, words: str, line: Line) -> None:
    from qmonsh.monitor.event_names import raise_if_unknown
    from qmonsh.monitor.waiting import raise_if_eventless

    event, match, seconds = parse_wait(words)
    raise_if_eventless(batch.session.connection)
    raise_if_unknown(event, batch.session.knowledge.schema)
    batch.wait_for(event, match, batch.settings.timeout if seconds is None else seconds)


def _time(batch: Batch, words: str, line: Line) -> None:
    if words in ("on", "off"):
        batch.timing = words == "on"
        return
    if not words:
        raise _wrong_usage(".time", "a line is needed, on or off", line)
    started = monotonic()
    try:
        batch.run_line(line._replace(text=words))
    finally:
        batch.say_time(started)


def _source(batch: Batch, words: str, line: Line) -> None:
    if not words:
        raise _wrong_usage(".source", "a file is needed", line)
    if batch.sourcing >= _DEEPEST:
        raise UsageError(f"{words} is read by itself, over and over")
    batch.sourcing += 1
    lines = Statements(script_lines(words))
    try:
        batch.run(lines)
    finally:
        lines.close()
        batch.sourcing -= 1


def _record(batch: Batch, words: str, line: Line) -> None:
    if not words:
        raise _wrong_usage(".record", "a file is needed, or off", line)
    batch.record("" if words == "off" else words)


def _exit(batch: Batch, words: str, line: Line) -> None:
    batch.left = True


def _jobs(batch: Batch, words: str, line: Line) -> None:
    known = batch.session.knowledge.commands() if not batch.session.speaks_text else frozenset()
    chosen = next((name for name in ("query-jobs", "query-block-jobs") if name in known), "info block-jobs")
    batch.run_line(line._replace(text=chosen))


def _monitor(batch: Batch, words: str, line: Line) -> None:
    verb, _, rest = words.partition(" ")
    verbs = {"": _list_monitors, "list": _list_monitors, "add": _add_monitor, "del": _remove_monitor}
    if verb not in verbs:
        raise _wrong_usage(monitors.NAME, f"'{verb}' is none of list, add, del", line)
    verbs[verb](batch, rest.strip())


def _list_monitors(batch: Batch, rest: str) -> None:
    found = monitors.rows(batch.session.connection)
    if not found:
        batch.printer.say("this monitor does not tell of others, nor can its process be seen from here")
    batch.printer.value(found)


def _add_monitor(batch: Batch, path: str) -> None:
    made = monitors.new_monitor(batch.session.connection, path)
    first, second = monitors.lines_to_add(made, is_text=batch.session.speaks_text)
    _carry_out(batch, first)
    try:
        _carry_out(batch, second)
    except CommandError:
        _carry_out(batch, monitors.lines_to_remove(made, is_text=batch.session.speaks_text)[1])
        raise
    if not batch.settings.explain:
        batch.printer.value(made.row())


def _remove_monitor(batch: Batch, word: str) -> None:
    chosen = monitors.named_monitor(batch.session.connection, word)
    for line in monitors.lines_to_remove(chosen, is_text=batch.session.speaks_text):
        _carry_out(batch, line)
    if not batch.settings.explain:
        batch.printer.value({})


def _carry_out(batch: Batch, line: str) -> None:
    """Carry out a line of ours as one of the user's, but for its result."""
    plan = batch.session.plan(line)
    if batch.settings.explain:
        batch.explain(plan, batch.settings.explain_as)
        return
    if batch.settings.read_only and plan.acts:
        raise RefusedError(plan.name, "--read-only allows only what cannot change the VM")
    if batch.settings.verbose:
        batch.printer.say(f"-> {line}")
    batch.session.run(plan, progress=None)


def _wrong_usage(name: str, problem: str, line: Line) -> LineError:
    return LineError(problem, line=line.text, synopsis=WORDS[name].synopsis)


WORDS: dict[str, ScriptWord] = {
    word.name: word
    for word in (
        ScriptWord(".apropos", "WORD", "search names and descriptions", _apropos),
        ScriptWord(".events", "on|off", "report events", _events),
        ScriptWord(".exit", "", "end the script; the VM goes on", _exit),
        ScriptWord(".explain", "[qmp|python|virsh|shell] LINE", "show what a line becomes", _explain),
        ScriptWord(".help", "[WORD]", "help on a command, an info word, an event, a device", show_help),
        ScriptWord(".jobs", "", "the jobs of the VM", _jobs),
        ScriptWord(monitors.NAME, monitors.USAGE, monitors.SUMMARY, _monitor),
        ScriptWord(".output", "text|json|raw", "how results are printed", _output),
        ScriptWord(".quit", "", "the same as .exit; `quit` without the dot ends the VM", _exit),
        ScriptWord(".record", "FILE|off", "append every message of both directions to a file", _record),
        ScriptWord(".set", "[KEY [VALUE]]", "change a setting, or show all", _set),
        ScriptWord(".source", "FILE", "run the lines of a file, until one fails", _source),
        ScriptWord(".time", "on|off|LINE", "say how long lines take, on stderr", _time),
        ScriptWord(
            ".wait",
            "EVENT [KEY=VALUE...] [SECONDS]",
            "wait for an event since the last command was sent",
            _wait,
        ),
    )
}
