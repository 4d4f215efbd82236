"""What click makes of the table of options: --help, --version, and the complaints about a command line.

Knows how the table of options.py becomes a click command. Must not know what any option does.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

import click

from qmonsh import __version__
from qmonsh.errors import OutputError
from qmonsh.options import OPTIONS, Option, Words, take_apart

EPILOG = """\b
Exit status:
  0 done   1 the monitor refused a command   2 not understood, nothing was sent
  3 cannot connect, or connection lost   4 a deadline passed   130 interrupted

\b
TARGET is /path.sock, unix:PATH, HOST:PORT, HOST PORT, abstract:NAME, fd:N, stdio, exec:COMMAND,
ssh://HOST/PATH, libvirt:DOMAIN, a name that `qmonsh ls` shows, what
stands behind -qmp or -monitor on a QEMU command line, or "-" for the default one ($QMONSH_TARGET).

\b
Examples:
  qmonsh /tmp/vm0.monitor                     the shell
  qmonsh /tmp/vm0.monitor info network        one line
  qmonsh /tmp/vm0.qmp --json query-block      JSON for scripts
  qmonsh localhost 4444 -c stop -c 'info status'
  qmonsh ls                                   the VMs of this host
  qmonsh each 'web*' -- info status           one line on many VMs (names, sockets, groups)
  qmonsh run -- qemu-system-x86_64 -M q35     start QEMU and attach
  qmonsh demo                                 try it on a small VM
"""


def parse(args: Sequence[str]) -> tuple[Words, dict[str, Any]] | int:
    """Return the words and option values of a command line, or the exit status when all is said."""
    try:
        found: tuple[Words, dict[str, Any]] | int = qmonsh.main(
            list(args), prog_name="qmonsh", standalone_mode=False
        )
        return found
    except click.ClickException as error:
        from qmonsh.render.escape import printable

        said = StringIO()
        error.show(said)
        click.echo(printable(said.getvalue()), err=True, nl=False)
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except BrokenPipeError:
        raise
    except OSError as error:  # --help into a full disk, a complaint into a closed stderr
        raise OutputError("stdout", error.strerror or str(error)) from None


class Line(click.Command):
    """A click command whose words are taken apart by ``take_apart`` first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = take_apart(args)
        ctx.obj = words
        return super().parse_args(ctx, list(words.options))


def _click_option(option: Option) -> click.Option:
    if not option.takes_value:
        return click.Option([*option.names, option.name], is_flag=True, help=option.help)
    kind: Any = click.Choice(option.choices) if option.choices else float if option.is_number else str
    return click.Option(
        [*option.names, option.name],
        type=kind,
        metavar=option.metavar or None,
        multiple=option.is_repeatable,
        hidden=option.is_hidden,
        help=option.help,
    )


@click.version_option(__version__, "-V", "--version", message="qmonsh %(version)s")
@click.command(
    cls=Line,
    params=[_click_option(option) for option in OPTIONS],
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="[OPTIONS] [TARGET] [COMMAND...]",
)
@click.pass_context
def qmonsh(ctx: click.Context, /, **options: Any) -> tuple[Words, dict[str, Any]]:
    """The shell for QEMU monitors: HMP and QMP lines on any running VM, typed, checked and completed.

    Without COMMAND, -c or -f: the interactive shell, or a script on stdin. `qmonsh demo` starts a small
    VM to try things on.
    """
    return ctx.obj, options
