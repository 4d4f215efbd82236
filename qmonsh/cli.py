"""The command line: options in, one of the faces out, an exit status at the end.

Knows which face the options ask for (DESIGN section 1; how they are spelled: options.py). Must not know what
a line means or how anything is sent or shown. Faces are imported when they are chosen, and click when there
is something to say: start-up is most of a one-shot's time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from qmonsh import streams
from qmonsh.errors import InterruptError, QmonshError, UsageError
from qmonsh.options import EACH, Words, read_options, take_apart
from qmonsh.settings import Settings


def merge(settings: Settings, options: dict[str, Any]) -> Settings:
    """Return the settings with the options that were given laid over them."""
    for name in ("output", "color", "timeout", "connect_timeout", "dialect", "record", "explain_as"):
        if options[name] is not None:
            setattr(settings, name, options[name])
    for name in ("timeout", "connect_timeout"):
        if options[name] is not None and not 0 < options[name] < 1e9:
            raise UsageError(f"{options[name]:g} is no deadline", advice="it is a number of seconds above 0")
    for name in ("keep_going", "events", "read_only", "yes", "explain", "verbose", "debug"):
        if options[name]:
            setattr(settings, name, True)
    if options["output_json"]:
        settings.output = "json"
    settings.pager = settings.pager and not options["no_pager"]
    settings.introspect = settings.introspect and not options["no_introspect"]
    settings.explain = settings.explain or options["explain_as"] is not None
    settings.tls = merge_tls(settings.tls, options)
    return settings


def merge_tls(configured: dict[str, str], options: dict[str, Any]) -> dict[str, str]:
    """Return the credentials for tls:// targets: those of the options, else those of the configuration."""
    given = {key: options[f"tls_{key}"] for key in ("dir", "ca", "cert", "key", "name")}
    given = {key: value for key, value in given.items() if value}
    if "dir" in given:  # a directory in place of the configuration's files
        configured = {key: value for key, value in configured.items() if key == "name"}
    return {**configured, **given} if given else configured


def dispatch(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Run the face that the words ask for and return the exit status."""
    if options["complete_target"] is not None or options["complete"] is not None:
        return complete(words, settings, options)
    if options["replay"] is not None:
        from qmonsh.replay import replay

        return replay(options["replay"], settings)
    if words.target == ["demo"] and not os.path.exists("demo"):
        return run_demo(words, settings, options)
    if words.target == ["ls"] and not os.path.exists("ls"):
        return list_machines(words, settings)
    if words.target == ["run"] and not os.path.exists("run"):
        return start_and_run(words, settings, options)
    if words.target == EACH and not os.path.exists("each"):
        return run_on_each(words, settings, options)
    from qmonsh.target import with_credentials

    target = with_credentials(choose_target(words, settings, options), settings.tls)
    return run_target(target, words, settings, options)


def complete(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Print candidates for other shells; nothing is ever said on stderr, nor a VM started."""
    from qmonsh.completion_face import print_candidates, print_targets

    if options["complete_target"] is not None:
        return print_targets(options["complete_target"], settings)
    from qmonsh.target import with_credentials

    def find() -> Any:
        return with_credentials(choose_target(words, settings, options), settings.tls)

    return print_candidates(find, options["complete"], settings)


def run_demo(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Start the demo VM and run the shell, or the lines given, on it; ``info status`` without a terminal."""
    from qmonsh.demo import demo_vm
    from qmonsh.target import parse_target

    with demo_vm() as vm:
        if not (words.command or words.sources or settings.terminal.stdin):
            words.command = ["info", "status"]
        elif not (words.command or words.sources):
            streams.complain(vm.banner(streams.columns()))
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
    from qmonsh.run import ask_on_terminal, run_qemu

    command, words.command = words.command, []
    interactive = settings.terminal.stdin and settings.terminal.stdout and not words.sources

    return run_qemu(
        command,
        lambda target: run_target(target, words, settings, options),
        keep=options["keep"],
        kill=options["kill_on_exit"],
        ask=ask_on_terminal if interactive else None,
    )


def run_on_each(words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Run one line, behind ``--`` or of one -c, on the many monitors that WHO names."""
    from qmonsh.fleet.each import run_each

    lines = [text for _, text in words.sources]
    is_script = any(kind != "command_lines" for kind, _ in words.sources)
    if "--" in words.command:
        at = words.command.index("--")
        words.command, line = words.command[:at], " ".join(words.command[at + 1 :])
        lines += [line] if line else []
    if len(lines) > 1 or is_script or options["wait"] or options["unix_path"]:
        raise UsageError("qmonsh each runs one line, and no script", advice="qmonsh each WHO... -- COMMAND")
    return run_each(words.command, "".join(lines), settings, table=options["table"])


def choose_target(words: Words, settings: Settings, options: dict[str, Any]) -> Any:
    """Return the Target of the command line, -U, the configuration's names, or the default one."""
    from qmonsh.target import parse_target, parse_words, unix_target

    if options["unix_path"]:
        return unix_target(options["unix_path"])
    if options["fd"]:
        return parse_target(f"fd:{options['fd']}")
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

    return only_target(chooser(words, settings, options))


def chooser(words: Words, settings: Settings, options: dict[str, Any]) -> Any:
    """Return the function that lets the user choose among several VMs; None where nobody is to be asked."""
    is_asked = options["complete"] is None and not (words.command or words.sources or options["wait"])
    if not (is_asked and settings.terminal.stdin and settings.terminal.stdout):
        return None

    def choose(machines: Any) -> Any:
        from qmonsh.shell.chooser import choose

        return choose(machines, dumb=settings.terminal.term.lower() in ("dumb", "unknown", ""))

    return choose


def located(target: Any) -> Any:
    """Return the monitor behind a target that is a name or pid."""
    if target.scheme not in ("name", "pid"):
        return target
    from qmonsh.discover import located as look

    return look(target)


def is_interactive(target: Any, settings: Settings) -> bool:
    """Return whether somebody is there to type; a monitor on stdin and stdout leaves them /dev/tty."""
    if target.scheme != "stdio":
        return settings.terminal.stdin and settings.terminal.stdout
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def run_target(target: Any, words: Words, settings: Settings, options: dict[str, Any]) -> int:
    """Run the shell or the lines on a target and return the exit status."""
    scripted = words.command or words.sources
    # With --wait alone there is nothing to type: connect and wait.
    if not scripted and not options["wait"] and is_interactive(target, settings):
        from qmonsh.shell.app import run_shell

        return run_shell(target, settings)
    from qmonsh.one_shot import run_lines

    def run_batch() -> int:
        return run_lines(target, words.sources, " ".join(words.command), options["wait"] or "", settings)

    owns_child = target.scheme in ("exec", "ssh")
    may_report = settings.events or words.sources or not words.command  # a script may say .events on
    if not owns_child and not may_report:
        return run_batch()
    from contextlib import nullcontext

    from qmonsh.signals import orderly_end, second_interrupt_ends

    # The child goes with us; events may be stuck in a pipe that nobody reads.
    with orderly_end() if owns_child else nullcontext(), second_interrupt_ends():
        return run_batch()


def main(args: Sequence[str] | None = None) -> None:
    """Run qmonsh and exit with its status; no failure shows a traceback without --debug."""
    given = list(sys.argv[1:] if args is None else args)
    streams.mend()
    status = 0
    try:
        status = run(given)
    except (KeyboardInterrupt, EOFError):
        status = say(InterruptError(), given)
    except QmonshError as error:
        status = say(error, given)
    except BrokenPipeError:
        streams.silence_stdout()
    except Exception as error:
        status = confess(error, given)
    sys.exit(streams.flush(status))


def run(args: Sequence[str]) -> int:
    """Carry out a command line and return the exit status; raises QmonshError."""
    words = take_apart(args)
    options = read_options(words.options)
    if options is None:
        from qmonsh.command import parse

        parsed = parse(args)
        if isinstance(parsed, int):
            return parsed
        words, options = parsed
    from qmonsh.settings_file import load

    return dispatch(words, merge(load(options["config"] or ""), options), options)


def say(error: QmonshError, args: Sequence[str]) -> int:
    """Print an error to stderr and return its status."""
    from qmonsh.render.error import render_error
    from qmonsh.render.form import Form

    if "--debug" in args:
        streams.complain(trace(error))
    settings = Settings()
    form = Form(width=streams.columns(), colour=settings.colour_for(settings.terminal.stderr))
    streams.complain(render_error(error, form).removesuffix("\n"))
    return error.status


def confess(error: Exception, args: Sequence[str]) -> int:
    """Print that we made a mistake, and with --debug where; returns the status."""
    from qmonsh.render.escape import one_line

    if "--debug" in args:
        streams.complain(trace(error))
    streams.complain(f"qmonsh: internal error: {one_line(repr(error))} (run with --debug for details)")
    return 1


def trace(error: BaseException) -> str:
    """Return a traceback without the newline at its end."""
    from qmonsh.render.error import render_traceback

    return render_traceback(error).rstrip("\n")
