"""The nine scenes that qmonsh replaces ``nc`` in (issue 2), on a real QEMU and through the real command line.

What qmonsh prints is compared with what the bare socket shows (tests/real/raw.py).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peer import ScriptedPeer, greet, serve
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM, accelerators
from tests.real.raw import RawHmp, RawQmp

CHECKOUT = Path(__file__).resolve().parent.parent
NETWORK = ("-netdev", "user,id=n0", "-device", "virtio-net-pci,id=net0,netdev=n0,romfile=")

StartVM = Callable[..., VM]


def qmonsh(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qmonsh", *words],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        timeout=120,
    )


def shown(*words: str, stdin: str = "") -> str:
    """Return stdout of a run that has to succeed and to say nothing else."""
    done = qmonsh(*words, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, ""), f"{words}: {done}"
    return done.stdout


def answer(*words: str, stdin: str = "") -> object:
    """Return the one JSON document that ``--json`` prints."""
    text = shown(*words, stdin=stdin)
    assert text.endswith("\n") and text.count("\n") == 1
    return json.loads(text)


def child_words(qemu: str, *args: str) -> list[str]:
    base = [qemu, "-no-user-config", "-nodefaults", "-display", "none", "-S", "-machine", "q35", "-m", "64"]
    return [*base, *accelerators(), *NETWORK, *args]


def exec_target(words: list[str], pid_file: Path) -> str:
    """Return the target of a child that notes its process id before it becomes QEMU."""
    script = f"echo $$ > {shlex.quote(str(pid_file))}; exec {shlex.join(words)}"
    return "exec:" + shlex.join(["sh", "-c", script])


def assert_gone(pid_file: Path) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def facts(text: str) -> set[str]:
    """Return the words of a text that carry facts: numbers, ids, names; punctuation is layout."""
    return set(re.findall(r"[\w./#:-]*[\w/]", text.lower()))


# -- 1 ------------------------------------------------------------------------------------------------


def test_1_hmp_on_stdio_of_a_child(qemu: str, tmp_path: Path) -> None:
    words = child_words(qemu, "-monitor", "stdio")
    with RawHmp.of_child(words) as raw:
        wanted = [raw.ask("info status"), raw.ask("info network"), raw.ask("info version")]
    pid_file = tmp_path / "pid"
    target = exec_target(words, pid_file)
    lines = ["-c", "info status", "-c", "info network", "-c", "info version"]
    assert shown(target, *lines) == "".join(wanted)
    assert_gone(pid_file)


# -- 2 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("monitor", ["qmp-unix", "hmp-unix"])
def test_2_hot_added_device_stands_in_info_pci(vm: StartVM, monitor: str) -> None:
    machine = vm(*NETWORK, monitor=[monitor, "hmp-unix"], machine="pc")
    with RawHmp(machine.monitors[1].connect()) as raw:
        assert shown(machine.target, "info", "network") == raw.ask("info network")
        assert "1af4:1110" not in shown(machine.target, "info", "pci")
        memory = "memory-backend-ram,id=shm0,size=1M,share=on"
        assert shown(machine.target, "object_add", memory) == ""
        assert shown(machine.target, "device_add", "ivshmem-plain,memdev=shm0,id=iv0") == ""
        text, wanted = shown(machine.target, "info pci"), raw.ask("info pci")
    assert "1af4:1110" in wanted and "1af4:1110" in text
    assert re.findall(r"\b[0-9a-f]{4}:[0-9a-f]{4}\b", text) == re.findall(
        r"\b[0-9a-f]{4}:[0-9a-f]{4}\b", wanted
    )
    assert '"iv0"' in wanted and "iv0" in text


# -- 3 ------------------------------------------------------------------------------------------------


def test_3_hmp_over_tcp(vm: StartVM) -> None:
    machine = vm(*NETWORK, monitor="hmp-tcp")
    with RawHmp(machine.monitors[0].connect()) as raw:
        wanted = {line: raw.ask(line) for line in ("info network", "info status", "info qtree")}
    for line, text in wanted.items():
        assert shown(machine.host, str(machine.port), *line.split()) == text  # as nc and telnet take it
        assert shown(f"{machine.host}:{machine.port}", line) == text
    script = "".join(f"{line}\n" for line in wanted)
    assert shown(machine.target, stdin=script) == "".join(wanted.values())


# -- 4 ------------------------------------------------------------------------------------------------


def test_4_pretty_qmp_over_stdio(qemu: str, tmp_path: Path) -> None:
    chardev = ["-chardev", "stdio,id=m", "-mon", "chardev=m,mode=control,pretty=on"]
    words = child_words(qemu, *chardev)
    with RawQmp.of_child(words) as raw:
        wanted = raw.value("query-status")
        network = raw.human("info network")
    pid_file = tmp_path / "pid"
    target = exec_target(words, pid_file)
    assert answer(target, "--json", "query-status") == wanted
    assert_gone(pid_file)
    assert shown(target, "info", "network") == network


# -- 5 ------------------------------------------------------------------------------------------------


def test_5_negotiation_and_query_status(vm: StartVM) -> None:
    machine = vm(monitor="qmp-unix")
    with RawQmp(machine.monitors[0].connect()) as raw:
        wanted = raw.execute("query-status")
    assert answer(machine.target, "-o", "raw", "query-status") == wanted
    assert answer(machine.target, "-o", "raw", '{"execute": "query-status"}') == wanted
    assert answer(machine.target, "--json", "query-status") == wanted["return"]
    assert wanted["return"]["status"] in shown(machine.target, "query-status")
    pasted = '{"execute": "qmp_capabilities"}\n{"execute": "query-status", "id": "mine"}\n'
    replies = [json.loads(line) for line in shown(machine.target, "-o", "raw", stdin=pasted).splitlines()]
    assert replies == [{"return": {}}, {**wanted, "id": "mine"}]


# -- 6 ------------------------------------------------------------------------------------------------


def test_6_pretty_qmp_over_a_unix_socket(vm: StartVM) -> None:
    machine = vm(*NETWORK, monitor="pretty-unix")
    with RawQmp(machine.monitors[0].connect()) as raw:
        status, commands, network = (
            raw.value("query-status"),
            raw.value("query-commands"),
            raw.human("info network"),
        )
    assert answer(machine.target, "--json", "query-status") == status
    assert answer("-U", machine.path, "--json", "query-commands") == commands
    assert shown(machine.target, "info", "network") == network


# -- 7 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["server=on,wait=off", "server,nowait"])
def test_7_target_as_on_the_command_line_of_qemu(vm: StartVM, tmp_path: Path, spelling: str) -> None:
    option = f"unix:{tmp_path}/vm.sock,{spelling}"
    vm("-qmp", option, monitor="qmp-unix")
    for target in (option, f"{tmp_path}/vm.sock", f"unix:{tmp_path}/vm.sock"):
        assert answer(target, "--json", "query-status")["status"] in ("prelaunch", "paused")  # type: ignore[index]


# -- 8 ------------------------------------------------------------------------------------------------


def test_8_query_block_as_json_and_as_text(vm: StartVM, tmp_path: Path) -> None:
    image = tmp_path / "disk.raw"
    image.write_bytes(bytes(1 << 20))
    drives = ["-drive", f"if=none,id=disk0,format=raw,file={image}", "-device", "virtio-blk-pci,drive=disk0"]
    drives += ["-drive", "if=none,id=cd0,media=cdrom", "-device", "ide-cd,drive=cd0"]
    machine = vm(*drives, monitor=["qmp-unix", "hmp-unix"])
    with RawQmp(machine.monitors[0].connect()) as raw:
        wanted = raw.value("query-block")
    with RawHmp(machine.monitors[1].connect()) as hmp:
        human = hmp.ask("info block")
    assert answer(machine.target, "--json", "query-block") == wanted
    assert answer(machine.target, "--json", "info", "block") == wanted
    for text in (shown(machine.target, "query-block"), shown(machine.target, "info", "block")):
        assert {"disk0", "cd0", str(image).lower(), "raw"} <= facts(text)
        assert "writeback" in human and "writeback" in text
        assert "not inserted" in human and re.search("not inserted|empty|no medium", text)
    assert shown(machine.monitors[1].target, "info", "block") == human


# -- 9 ------------------------------------------------------------------------------------------------

VENDOR = {
    "QMP": {
        "version": {
            "qemu": {"micro": 0, "minor": 3, "major": 2},
            "package": " (qemu-kvm-ev-2.3.0-31.0.el7_2.21.1)",
        },
        "capabilities": [],
    }
}
#: What a QEMU of 2015 did not have yet; the rest of its answers are those of the real one behind it.
YOUNGER = {"query-qmp-schema", "query-cpus-fast", "query-hotpluggable-cpus", "query-named-block-nodes"}


def test_9_greeting_of_a_vendor_build(vm: StartVM) -> None:
    machine = vm(*NETWORK, monitor="qmp-unix")
    with RawQmp(machine.monitors[0].connect()) as raw:

        def relay(command: dict[str, object]) -> object:
            if command["execute"] in YOUNGER:
                raise LookupError
            reply = raw.execute(str(command["execute"]), **command.get("arguments", {}))  # type: ignore[arg-type]
            if "error" in reply:
                raise LookupError
            if command["execute"] == "query-commands":
                return [item for item in reply["return"] if item["name"] not in YOUNGER]
            return reply["return"]

        def old_qemu() -> ScriptedPeer:
            return ScriptedPeer([*greet(VENDOR), serve(relay)])

        with old_qemu() as peer:
            assert answer(peer.target, "--json", "query-status") == raw.value("query-status")
        with old_qemu() as peer:
            assert shown(peer.target, "info", "network") == raw.human("info network")
        with old_qemu() as peer:
            assert shown(peer.target, "netdev_add", "user,id=n1") == ""
        assert "n1: " in raw.human("info network")
        with old_qemu() as peer:
            assert qmonsh(peer.target, '{"execute": "query-qmp-schema"}').returncode == 1
