"""The completions of bash, zsh and fish: the shells press Tab, on a program that notes its calls."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import click
import pytest

from qmonsh.command import qmonsh
from tests.conftest import CHECKOUT
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM

FILES = CHECKOUT / "completions"
DEADLINE = 30.0

#: A qmonsh that answers from a table: line -> the candidates.
PROGRAM = r"""#!/bin/bash
printf '%s\n' "$*" >> "$QMONSH_CALLS"
if [[ $1 == --complete-target ]]; then
    printf 'web01\tqemu, pid 5\n/run/x.sock\tqmp of web01\n'
    exit
fi
case ${@: -1} in
    'device_add virtio-net-pci,m') printf 'virtio-net-pci,mac=\tstr, MAC\n' ;;
    'device_add virtio-net-pci,mq='*) printf 'virtio-net-pci,mq=off\tdefault\nvirtio-net-pci,mq=on\t\n' ;;
    'device_add virtio-n'*) printf 'virtio-net-pci\tPCI, Network\nvirtio-net-device\tvirtio-bus\n' ;;
    'info bl'*) printf 'block\tshow block devices\nblockstats\tcounts\nramblock\tno prefix\n' ;;
    'info k'*) printf 'kvm\tshow KVM: a colon\n' ;;
    'block_resize #b'*) printf '#block1\tqcow2\n' ;;
    'hostfwd_remove tcp::2'*) printf 'tcp::2222\tto 10.0.2.15:22\n' ;;
    'qom-list /mac'*) printf '/machine/\ta machine\n' ;;
    'eject we'*) printf 'we $(touch x)\ta hostile name\n' ;;
    '--wait JOB'*) printf 'JOB_STATUS_CHANGE\tid status\n' ;;
esac
"""

#: (what is typed before Tab, the line after it, what the program was asked)
LINES = [
    ("qmonsh x.sock device_add virtio-n", "qmonsh x.sock device_add virtio-net-", "--complete device_add"),
    ("qmonsh x.sock device_add virtio-net-pci,m", "qmonsh x.sock device_add virtio-net-pci,mac=", ""),
    ("qmonsh x.sock device_add virtio-net-pci,mq=", "qmonsh x.sock device_add virtio-net-pci,mq=o", ""),
    ("qmonsh x.sock device_add virtio-net-pci,mq=of", "qmonsh x.sock device_add virtio-net-pci,mq=off", ""),
    ("qmonsh x.sock info bl", "qmonsh x.sock info block", "x.sock --complete info bl"),
    ("qmonsh x.sock info k", "qmonsh x.sock info kvm ", ""),
    ("qmonsh x.sock hostfwd_remove tcp::2", "qmonsh x.sock hostfwd_remove tcp::2222 ", ""),
    ("qmonsh x.sock qom-list /mac", "qmonsh x.sock qom-list /machine/", ""),
    ("qmonsh x.sock --wait JOB", "qmonsh x.sock --wait JOB_STATUS_CHANGE", "x.sock --complete --wait JOB"),
    ("qmonsh x.sock --js", "qmonsh x.sock --json ", ""),
    ("qmonsh -o r", "qmonsh -o raw ", ""),
    ("qmonsh we", "qmonsh web01 ", "--complete-target we"),
    ("qmonsh localhost 4444 info k", "qmonsh localhost 4444 info kvm ", "localhost 4444 --complete info k"),
    ("qmonsh localhost:4444 info k", "qmonsh localhost:4444 info kvm ", "localhost:4444 --complete info k"),
    ("qmonsh -U x.sock info k", "qmonsh -U x.sock info kvm ", "-U x.sock --complete info k"),
    ("qmonsh --json x.sock info k", "qmonsh --json x.sock info kvm ", "x.sock --complete info k"),
    ("qmonsh x --no-introspect info k", "qmonsh x --no-introspect info kvm ", "--no-introspect x --complete"),
    ("qmonsh x.sock info nosuch", "qmonsh x.sock info nosuch", "x.sock --complete info nosuch"),
    ("qmonsh demo info k", "qmonsh demo info k", ""),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to be in, with the noting program first on PATH."""
    program = tmp_path / "bin" / "qmonsh"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("QMONSH_CALLS", str(tmp_path / "calls"))
    (tmp_path / "calls").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Terminal:
    """An interactive shell on a terminal of its own, with qmonsh's completion loaded."""

    STARTS = {
        "bash": (
            ["bash", "--norc", "--noprofile", "-i"],
            "bind 'set bell-style none'; n=0; source {files}/qmonsh.bash; "
            'bind -x \'"\\C-xl": printf "\\nLINE<%s:%s>\\n" $((++n)) "$READLINE_LINE"\'; '
            "PS1='$ '; echo REA''DY\n",
        ),
        "zsh": (
            ["zsh", "-f", "-i"],
            "n=0; fpath=({files} $fpath); autoload -U compinit; compinit -u -D; unsetopt beep; PS1='$ '; "
            'show() {{ print -r "LINE<$((++n)):$BUFFER>" }}; zle -N show; bindkey "^Xl" show; echo REA""DY\n',
        ),
    }

    def __init__(self, shell: str) -> None:
        argv, start = self.STARTS[shell]
        self.count = 0
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb" if shell == "bash" else "vt100")
            os.execvp(argv[0], argv)
        self.send(start.format(files=FILES))
        self.until(rb"READY\r?\n")

    def send(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def until(self, pattern: bytes) -> re.Match[bytes]:
        """Return what the terminal shows once it matches."""
        ends = monotonic() + DEADLINE
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.fd], [], [], max(0.0, ends - monotonic()))
            assert ready, f"{pattern!r} never came: {self.seen[-2000:]!r}"
            self.seen += os.read(self.fd, 65536)
        return found

    def tab(self, line: str) -> str:
        """Return the line that Tab makes of ``line``."""
        self.count += 1
        self.send(f"{line}\t\x18l")
        found = self.until(rb"LINE<%d:(.*)>\r?\n" % self.count)
        self.send("\x15")
        return found[1].decode()

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture(params=["bash", "zsh"])
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param} here")
    shell = Terminal(request.param)
    yield shell
    shell.close()


def test_tab_in_bash_and_zsh(terminal: Terminal, folder: Path) -> None:
    for line, wanted, asked in LINES:
        (folder / "calls").write_text("")
        assert terminal.tab(line) == wanted
        assert asked in (folder / "calls").read_text()


@pytest.mark.parametrize("quote", ['"', "'"])
def test_tab_in_the_line_of_an_option(terminal: Terminal, folder: Path, quote: str) -> None:
    found = terminal.tab(f"qmonsh x.sock -c {quote}info k")
    assert found.rstrip(quote) == f"qmonsh x.sock -c {quote}info kvm"
    assert "x.sock --complete info k\n" in (folder / "calls").read_text()


def test_a_name_that_the_shell_would_expand_is_quoted(terminal: Terminal, folder: Path) -> None:
    found = terminal.tab("qmonsh x.sock eject we")
    assert found == r"qmonsh x.sock eject we\ \$\(touch\ x\)" + (" " if found.endswith(" ") else "")
    found = terminal.tab("qmonsh x.sock block_resize #b")
    assert found in ("qmonsh x.sock block_resize #block1 ", r"qmonsh x.sock block_resize \#block1 ")
    assert not (folder / "x").exists()


def test_sockets_and_folders_are_targets(terminal: Terminal, folder: Path) -> None:
    import socket

    (folder / "vm-notes.txt").touch()
    (folder / "vm-dir").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("vm-one.sock")
        assert terminal.tab("qmonsh ./vm-o") == "qmonsh ./vm-one.sock "
        assert terminal.tab("qmonsh ./vm-n") == "qmonsh ./vm-n"
        assert terminal.tab("qmonsh ./vm-d") == "qmonsh ./vm-dir/"


def fish(line: str) -> dict[str, str]:
    """Return what fish offers at the end of a line, with descriptions."""
    script = f"source {FILES}/qmonsh.fish; complete -C {fish_word(line)}"
    done = subprocess.run(
        ["fish", "-N", "-c", script], capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    assert done.stderr == ""
    rows = [row.partition("\t") for row in done.stdout.splitlines()]
    return {row[0]: row[2] for row in rows}


def fish_word(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here")
def test_tab_in_fish(folder: Path) -> None:
    assert fish("qmonsh x.sock device_add virtio-n") == {
        "virtio-net-pci": "PCI, Network",
        "virtio-net-device": "virtio-bus",
    }
    assert fish("qmonsh x.sock device_add virtio-net-pci,mq=") == {
        "virtio-net-pci,mq=off": "default",
        "virtio-net-pci,mq=on": "",
    }
    assert fish("qmonsh -U x.sock info k") == {"kvm": "show KVM: a colon"}
    assert fish("qmonsh localhost 4444 info k") == {"kvm": "show KVM: a colon"}
    assert fish("qmonsh x.sock --wait JOB") == {"JOB_STATUS_CHANGE": "id status"}
    assert fish("qmonsh x.sock -c 'info k") == {"info kvm": "show KVM: a colon"}
    assert fish("qmonsh we") == {"web01": "qemu, pid 5"}
    assert fish("qmonsh x.sock --js") == {"--json": "The same as -o json"}
    assert set(fish("qmonsh -o ")) == {"text", "json", "raw"}
    assert fish("qmonsh demo info k") == {}
    assert fish("qmonsh x.sock info nosuch") == {}
    calls = (folder / "calls").read_text().splitlines()
    assert "-U x.sock --complete info k" in calls and "localhost 4444 --complete info k" in calls


def command_line_options() -> dict[str, bool]:
    """Return every option of the command line, and whether it takes a value."""
    found = {"-h": False, "--help": False}
    for one in qmonsh.params:
        if isinstance(one, click.Option) and not one.hidden:
            found |= dict.fromkeys(one.opts, not one.is_flag)
    return found


def test_the_scripts_know_every_option() -> None:
    options = command_line_options()
    bash, zsh, fish_text = ((FILES / name).read_text() for name in ("qmonsh.bash", "_qmonsh", "qmonsh.fish"))
    listed = re.search(r"_qmonsh_options='([^']*)'", bash)
    assert listed is not None and set(listed[1].split()) == set(options)
    assert set(re.findall(r"^ {8}'(-[\w-]+):", zsh, re.MULTILINE)) == set(options)
    rows = [row for row in fish_text.splitlines() if row.startswith("complete -c qmonsh -n $options")]
    known = {f"-{name}" for row in rows for name in re.findall(r" -s (\w)", row)}
    known |= {f"--{name}" for row in rows for name in re.findall(r" -l ([\w-]+)", row)}
    assert known == set(options)


def test_the_scripts_know_which_options_take_a_value() -> None:
    with_value = {name for name, takes in command_line_options().items() if takes} - {"-U"}
    for name in ("qmonsh.bash", "_qmonsh", "qmonsh.fish"):
        text = (FILES / name).read_text().replace("\\\n", " ")
        row = next(
            row
            for row in text.splitlines()
            if "-c" in row and "--connect-timeout" in row and "--config" in row
        )
        assert set(re.findall(r"(?<![\w-])--?[\w-]+", row)) == with_value, name


def test_each_option_is_described_as_in_the_help() -> None:
    text = (FILES / "qmonsh.fish").read_text() + (FILES / "_qmonsh").read_text()
    for one in qmonsh.params:
        if isinstance(one, click.Option) and not one.hidden and one.help:
            words = re.split(r"[.(:]", one.help)[0].strip()
            assert words.split(",")[0].split(";")[0] in text, one.opts


@pytest.mark.real
def test_tab_asks_the_live_vm(vm: Callable[..., VM], folder: Path) -> None:
    machine = vm("-netdev", "user,id=lan0")
    program = folder / "bin" / "qmonsh"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={CHECKOUT} exec {sys.executable} -m qmonsh "$@"\n')
    shell = Terminal("bash")
    try:
        line = f"qmonsh {machine.path} device_add virtio-net-pci,netd"
        assert shell.tab(line) == f"qmonsh {machine.path} device_add virtio-net-pci,netdev="
        line = f"qmonsh {machine.path} netdev_del la"
        assert shell.tab(line) == f"qmonsh {machine.path} netdev_del lan0 "
        machine.close()
        assert shell.tab(line) == line
        assert b"rror" not in shell.seen
    finally:
        shell.close()
