"""One-shots beside what people use for them, --complete beside a one-shot, the prompt beside a bare one."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import (
    CHECKOUT,
    Row,
    Unmeasured,
    in_turns,
    metered,
    peer,
    qmonsh,
    qmonsh_words,
    run,
)
from tests.real.machine import VM

#: The least that a Python script can do to ask for the status, without and with click's command line.
BARE_SCRIPT = """
import json, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
file = sock.makefile("rw")
file.readline()
for name in ("qmp_capabilities", "query-status"):
    file.write(json.dumps({"execute": name}) + "\\n")
    file.flush()
    reply = json.loads(file.readline())
print(f"VM status: {reply['return']['status']}")
"""
CLICK_SCRIPT = """
import json, socket, sys
import click

@click.command()
@click.argument("path")
def main(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    file = sock.makefile("rw")
    file.readline()
    for name in ("qmp_capabilities", "query-status"):
        file.write(json.dumps({"execute": name}) + "\\n")
        file.flush()
        reply = json.loads(file.readline())
    click.echo(f"VM status: {reply['return']['status']}")

main()
"""
PROMPT_SCRIPT = """
from prompt_toolkit import PromptSession
PromptSession("bare> ").prompt()
"""
#: socat has no way to know that the last reply has come: it waits for silence (seconds).
SOCAT_PATIENCE = "0.05"


def one_shots(vm: VM, folder: Path) -> Iterator[Row]:
    """Yield ``info status`` beside each peer, and its memory."""
    scripts = {"click": folder / "minimal_click.py", "bare": folder / "minimal.py"}
    scripts["click"].write_text(CLICK_SCRIPT)
    scripts["bare"].write_text(BARE_SCRIPT)

    def script(name: str) -> str:
        return run(sys.executable, str(scripts[name]), vm.path)

    def ours() -> str:
        return qmonsh(vm.path, "info", "status")

    mine, click, bare = in_turns(ours, lambda: script("click"), lambda: script("bare"))
    yield Row("one-shot info status / minimal click script", mine, click, 1.35)
    yield Row("one-shot info status / minimal script without click", mine, bare)
    words = qmonsh_words(vm.path, "info", "status")
    least = metered([sys.executable, str(scripts["click"]), vm.path])
    yield Row("  its memory / that of the click script", metered(words).memory, least.memory, unit="MiB")


def beside_qmp_shell(vm: VM) -> Row:
    shell = peer("qmp-shell")
    mine, theirs = in_turns(
        lambda: qmonsh(vm.path, "info", "status"), lambda: run(shell, vm.path, stdin="query-status\n")
    )
    return Row("one-shot info status / qmp-shell", mine, theirs, 0.75)


def beside_socat(vm: VM) -> Row:
    words = [peer("socat"), f"-t{SOCAT_PATIENCE}", "-", f"UNIX-CONNECT:{vm.path}"]
    typed = '{"execute": "qmp_capabilities"}\n{"execute": "query-status"}\n'

    def socat() -> None:
        if '"status"' not in run(*words, stdin=typed):
            raise Unmeasured(f"socat left after {SOCAT_PATIENCE} s without the reply")

    mine, theirs = in_turns(lambda: qmonsh(vm.path, "info", "status"), socat)
    return Row(f"one-shot info status / socat -t{SOCAT_PATIENCE}", mine, theirs)


def beside_virsh(vm: VM) -> Row:
    virsh = peer("virsh")
    peer("libvirtd")
    from tests.real.test_libvirt import Libvirt

    with tempfile.TemporaryDirectory(prefix="qmonsh-bench-libvirt-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            libvirt = Libvirt(folder)
        except BaseException as problem:  # pytest's way to skip is no Exception
            if isinstance(problem, KeyboardInterrupt):
                raise
            raise Unmeasured(f"virsh: {problem}") from None
        try:
            libvirt.start("bench")
            words = [
                virsh,
                "-q",
                "-c",
                libvirt.uri,
                "qemu-monitor-command",
                "bench",
                "--hmp",
                "info",
                "status",
            ]
            mine, theirs = in_turns(lambda: qmonsh(vm.path, "info", "status"), lambda: run(*words))
        finally:
            libvirt.close()
    return Row("one-shot info status / virsh qemu-monitor-command", mine, theirs)


def completions(vm: VM) -> Row:
    ours, one_shot = in_turns(
        lambda: qmonsh(vm.path, "--complete", "device_add virtio-net-pci,"),
        lambda: qmonsh(vm.path, "info", "status"),
    )
    return Row("--complete device_add properties / one-shot info status", ours, one_shot, 2.5)


def prompts(vm: VM, folder: Path) -> Row:
    script = folder / "prompt.py"
    script.write_text(PROMPT_SCRIPT)
    ours, theirs = in_turns(
        lambda: until_prompt(qmonsh_words(vm.path), rb">"),
        lambda: until_prompt([sys.executable, str(script)], rb"bare>"),
    )
    return Row("interactive prompt / bare prompt_toolkit prompt", ours, theirs, 1.3)


def until_prompt(words: list[str], prompt: bytes) -> None:
    """Start a program in a terminal and return when its prompt stands on the screen; then end it."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    child = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=CHECKOUT)
    os.close(slave)
    screen = b""
    try:
        while not re.search(prompt, screen):
            if not select.select([master], [], [], 20)[0]:
                raise Unmeasured(f"no prompt from {' '.join(words)}: {screen!r}")
            try:
                screen += os.read(master, 65536)
            except OSError:  # the program ended and its side of the terminal closed
                raise Unmeasured(f"{' '.join(words)} ended: {screen!r}") from None
    finally:
        child.kill()
        child.wait()
        os.close(master)
