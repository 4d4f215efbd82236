"""The command line: options in, one of the faces out, an exit status at the end.

Knows the spelling of options and which face they ask for (DESIGN section 1). Must not know what a line
means or how anything is sent or shown. Faces are imported when they are chosen: start-up is most of a
one-shot's time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from qmonsh import __version__
from qmonsh.errors import InterruptError, QmonshError, UsageError
from qmonsh.settings import COLOURS, OUTPUTS, Settings, load

EPILOG = """\b
Exit status:
  0 done   1 the monitor refused a command   2 not understood, nothing was sent
  3 cannot connect, or connection lost   4 a deadline passed   130 interrupted

\b
TARGET is /path.sock, unix:PATH, HOST:PORT, HOST PORT, abstract:NAME, fd:N, stdio, exec:COMMAND, what
stands behind -qmp or -monitor on a QEMU command line, or "-" for the default one ($QMONSH_TARGET).

\b
Examples:
  qmonsh /tmp/vm0.monitor                     the shell
  qmonsh /tmp/vm0.monitor info network        one line
  qmonsh /tmp/vm0.qmp --json query-block      JSON for scripts
  qmonsh localhost 4444 -c stop -c 'info status'
  qmonsh ls                                   the VMs of this host
  qmonsh run -- qemu-system-x86_64 -M q35     start QEMU and attach
  qmonsh demo                                 try it on a small VM
"""


#: QEMU's options whose value is a TARGET, accepted as pasted: ``-qmp unix:/p,server=on``.
PASTED = ("qmp", "qmp-pretty", "monitor", "chardev", "mon")


@dataclass(slots=True)
class Words:
    """A command line taken apart: option words, the TARGET's words, COMMAND, and -c/-f in their order."""

    options: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    sources: list[tuple[str, str]] = field(default_factory=list)


def take_apart(args: Sequence[str], params: Sequence[click.Parameter]) -> Words:
    """Split the command line: options may stand before or after TARGET and end at COMMAND's first word.

    ``-c`` and ``-f`` are kept in the order given, which click would lose. Raises click.UsageError.
    """
    words = Words()
    rest = list(args)
    while rest:
        word = rest[0]
        if word == "--":
            words.command += rest[1:]
            break
        if not words.target and _is_pasted(word):
            taken = 1 if " " in word else 2
            words.target, rest = [" ".join(rest[:taken])], rest[taken:]
        elif word.startswith("-") and word != "-":
            _take_option(rest, params, words)
        elif not words.target and not any(name == "-U" for name in words.options):
            taken = _target_length(rest)
            words.target, rest = rest[:taken], rest[taken:]
        else:
            words.command += rest
            break
    return words


def _is_pasted(word: str) -> bool:
    """Tell whether a word is an option of QEMU's, pasted together with the address behind it."""
    return word.split(" ", 1)[0].lstrip("-") in PASTED and word.startswith("-")


def _target_length(words: Sequence[str]) -> int:
    """Return how many leading words are the TARGET: two for HOST PORT, as for nc and telnet."""
    from qmonsh.target import parse_words

    return max(1, parse_words(words)[1])


def _take_option(rest: list[str], params: Sequence[click.Parameter], words: Words) -> None:
    """Move one option with its value from ``rest`` to ``words``."""
    word = rest.pop(0)
    name, glued = _option_name(word)
    option = next((p for p in params if name in p.opts), None)
    takes_value = isinstance(option, click.Option) and not option.is_flag and not option.count
    if option is not None and takes_value and glued is None:
        if not rest:
            raise click.BadOptionUsage(name, f"Option '{name}' requires an argument.")
        glued = rest.pop(0)
    if option is not None and option.name in ("command_lines", "files"):
        words.sources.append((option.name, glued or ""))
    elif takes_value:
        words.options += [name, glued or ""]
    else:
        words.options.append(word)


def _option_name(word: str) -> tuple[str, str | None]:
    """Split "--output=json" and "-ojson" into name and glued value (None when there is none)."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


class Line(click.Command):
    """A click command whose words are taken apart by ``take_apart`` first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = take_apart(args, self.params)
        ctx.obj = words
        return super().parse_args(ctx, words.options)


@click.command(
    cls=Line,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="[OPTIONS] [TARGET] [COMMAND...]",
)
@click.option("-U", "unix_path", metavar="PATH", help="TARGET, for fingers that type nc -U.")
@click.option("-c", "--command", "command_lines", metavar="LINE", multiple=True, help="Run LINE; repeatable.")
@click.option("-f", "--file", "files", metavar="FILE", multiple=True, help="Run a script (- is stdin).")
@click.option("-o", "--output", type=click.Choice(OUTPUTS), help="How results are printed.")
@click.option("--json", "output_json", is_flag=True, help="The same as -o json.")
@click.option("-n", "--explain", is_flag=True, help="Print what each line becomes; send nothing that acts.")
@click.option(
    "--explain-as", type=click.Choice(["qmp", "python", "virsh", "shell"]), help="The form of --explain."
)
@click.option("--complete", metavar="LINE", help="Print the candidates for the end of LINE.")
@click.option("--complete-target", metavar="WORD", hidden=True)  # for the shell completions
@click.option("--wait", metavar="EVENT[,k=v...]", help="After the commands, wait for this event.")
@click.option("-t", "--timeout", type=float, metavar="S", help="Deadline of one command (default: none).")
@click.option(
    "--connect-timeout", type=float, metavar="S", help="Deadline of connection and greeting (default: 5)."
)
@click.option("--keep-going", is_flag=True, help="Do not stop at the first failure; the worst status counts.")
@click.option("--events", is_flag=True, help="Report events in scripts too.")
@click.option("--read-only", is_flag=True, help="Refuse whatever could change the VM.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before dangerous commands.")
@click.option(
    "--dialect",
    type=click.Choice(["auto", "qmp", "hmp", "agent"]),
    help="What the other end speaks (default: auto); agent: a guest agent.",
)
@click.option("--no-introspect", is_flag=True, help="Never ask QEMU for device properties.")
@click.option("--record", metavar="FILE", help="Append every message to FILE as JSON lines.")
@click.option("-v", "--verbose", is_flag=True, help="Print the QMP of each line to stderr.")
@click.option("--color", type=click.Choice(COLOURS), help="Colours (default: auto).")
@click.option("--no-pager", is_flag=True, help="Never page long output.")
@click.option("--kill-on-exit", is_flag=True, help="With run: end QEMU on leaving, without asking.")
@click.option("--keep", is_flag=True, help="With run: leave QEMU running, and say how to come back.")
@click.option("--all", "everything", is_flag=True, help="With ls: storage daemons and guest agents too.")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.option("--config", metavar="FILE", help="Use this configuration file.")
@click.version_option(__version__, "-V", "--version", message="qmonsh %(version)s")
@click.pass_context
def qmonsh(ctx: click.Context, /, **options: Any) -> None:
    """The shell for QEMU monitors: HMP and QMP lines on any running VM, typed, checked and completed.

    Without COMMAND, -c or -f: the interactive shell, or a script on stdin. `qmonsh demo` starts a small
    VM to try things on.
    """
    words: Words = ctx.obj
    settings = merge(load(options["config"] or ""), options)
    ctx.exit(dispatch(words, settings, options))


def merge(settings: Settings, options: dict[str, Any]) -> Settings:
    """Return the settings with the options that were given laid over them."""
    for name in ("output", "color", "timeout", "connect_timeout", "dialect", "record", "explain_as"):
        if options[name] is not None:
            setattr(settings, name, options[name])
    for name in ("keep_going", "events", "read_only", "yes", "explain", "verbose", "debug"):
        if options[name]:
            setattr(settings, name, True)
    if options["output_json"]:
        settings.output = "json"
    settings.pager = settings.pager and not options["no_pager"]
    settings.introspect = settings.introspect and not options["no_introspect"]
    settings.explain = settings.explain or options["explain_as"] is not None
    return settings


def dispatch(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Run the face that the words ask for and return the exit status."""
    if options["complete_target"] is not None or options["complete"] is not None:
        return complete(words, settings, options)
    if words.target == ["demo"] and not os.path.exists("demo"):
        return run_demo(words, settings, options)
    if words.target == ["ls"] and not os.path.exists("ls"):
        return list_machines(words, settings)
    if words.target == ["run"] and not os.path.exists("run"):
        return start_and_run(words, settings, options)
    target = choose_target(words, settings, options)
    return run_target(target, words, settings, options)


def complete(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Print candidates for other shells; nothing is ever said on stderr, nor a VM started."""
    from qmonsh.completion_face import print_candidates, print_targets

    if options["complete_target"] is not None:
        return print_targets(options["complete_target"], settings)
    return print_candidates(lambda: choose_target(words, settings, options), options["complete"], settings)


def run_demo(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Start the demo VM and run the shell, or the lines given, on it; ``info status`` without a terminal."""
    from qmonsh.demo import demo_vm
    from qmonsh.target import parse_target

    with demo_vm() as vm:
        if not (words.command or words.sources or settings.terminal.stdin):
            words.command = ["info", "status"]
        elif not (words.command or words.sources):
            click.echo(vm.banner(), err=True)
        return run_target(parse_target(f"unix:{vm.qmp_path}"), words, settings, options)


def list_machines(words: Words, settings: Settings) -> int:
    """Print the running machines; ``--all`` and ``--json`` may stand behind ``ls`` too."""
    from qmonsh.ls import run_ls

    unknown = [word for word in words.command if word not in ("--all", "--json")]
    if unknown:
        raise UsageError(f"qmonsh ls takes no '{unknown[0]}'", advice="it has --all and --json")
    if "--json" in words.command:
        settings.output = "json"
    return run_ls(settings, everything="--all" in words.command or "--all" in words.options)


def start_and_run(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Start the QEMU that COMMAND names and run the shell, or the -c and -f lines, on its monitor."""
    from qmonsh.run import run_qemu

    command, words.command = words.command, []
    interactive = settings.terminal.stdin and settings.terminal.stdout and not words.sources

    def ask(question: str) -> bool:
        return click.confirm(question, default=False, err=True)

    return run_qemu(
        command,
        lambda target: run_target(target, words, settings, options),
        keep=options["keep"],
        kill=options["kill_on_exit"],
        ask=ask if interactive else None,
    )


def choose_target(words: Words, settings: Settings, options: dict[str, Any]) -> Any:
    """Return the Target of the command line, -U, the configuration's names, or the default one."""
    from qmonsh.target import parse_target, parse_words, unix_target

    if options["unix_path"]:
        return unix_target(options["unix_path"])
    if words.target and words.target != ["-"]:
        if words.target[0] in settings.targets:
            return parse_target(settings.targets[words.target[0]])
        target, _ = parse_words(words.target)
        if target is not None:
            return located(target)
    default = os.environ.get("QMONSH_TARGET") or os.environ.get("QMP_SOCKET")
    if default:
        return located(parse_target(default))
    from qmonsh.discover import only_target

    return only_target()


def located(target: Any) -> Any:
    """Return the monitor behind a target that is a name or pid."""
    if target.scheme not in ("name", "pid"):
        return target
    from qmonsh.discover import located as look

    return look(target)


def run_target(target: Any, words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Run the shell or the lines on a target and return the exit status."""
    scripted = words.command or words.sources
    # With --wait alone there is nothing to type: connect and wait.
    if not scripted and not options["wait"] and settings.terminal.stdin and settings.terminal.stdout:
        from qmonsh.shell.app import run_shell

        return run_shell(target, settings)
    from qmonsh.batch import run_lines

    return run_lines(target, words.sources, " ".join(words.command), options["wait"] or "", settings)


def main(args: Sequence[str] | None = None) -> None:
    """Run qmonsh and exit with its status; no failure shows a traceback without --debug."""
    given = list(sys.argv[1:] if args is None else args)
    status = 0
    try:
        status = qmonsh.main(given, prog_name="qmonsh", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        status = say(InterruptError(), given)
    except QmonshError as error:
        status = say(error, given)
    except BrokenPipeError:
        silence_stdout()
    except Exception as error:
        if "--debug" in given:
            raise
        click.echo(f"qmonsh: internal error: {error!r} (run with --debug for details)", err=True)
        status = 1
    sys.exit(flush(status))


def say(error: QmonshError, args: Sequence[str]) -> int:
    """Print an error to stderr and return its status."""
    from qmonsh.render.error import render_error
    from qmonsh.render.form import Form

    if "--debug" in args:
        import traceback

        traceback.print_exception(error)
    settings = Settings()
    form = Form(colour=settings.colour_for(settings.terminal.stderr))
    click.echo(render_error(error, form), err=True, nl=False, color=True)
    return error.status


def flush(status: int) -> int:
    """Flush stdout before the interpreter does: an unwritable one is said, a closed pipe is silent."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except (OSError, ValueError) as error:
        click.echo(f"qmonsh: cannot write to stdout: {getattr(error, 'strerror', error)}", err=True)
        silence_stdout()
        return max(status, 1)
    return status


def silence_stdout() -> None:
    """Point stdout at /dev/null, so that the interpreter's last flush cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
