"""Knowledge: what is asked, how often, and what is never asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.errors import RefusedError
from qmonsh.monitor.knowledge import LiveKnowledge, is_question
from tests.peer import ScriptedPeer, greet, serve

HELP = """\
device_add driver[,prop=value][,...] -- add device
cont|c  -- resume emulation
drive_add [-n] [[<domain>:]<bus>:]<slot>
[file=file][,if=type] -- add drive
\t\t\t more words
"""
INFO = "info block [-n] [-v] [device] -- show info\ninfo kvm  -- show KVM\n"
DRIVERS = """\
Network devices:
name "virtio-net-pci", bus PCI, alias "virtio-net"
name "e1000", bus PCI, alias "e1000-82540em", desc "Intel Gigabit Ethernet"
name "isa-debugcon", bus ISA
"""


def answers(**more: Any) -> dict[str, Any]:
    names = ["query-commands", "human-monitor-command", "device-list-properties", "qom-list-types"]
    return {
        "query-commands": [{"name": name} for name in names],
        "qom-list-types": [
            {"name": "virtio-net-pci"},
            {"name": "virtio-net-device"},
            {"name": "virtio-gpu-gl-pci"},
        ],
        "device-list-properties": [{"name": "mq", "type": "bool"}],
        **more,
    }


def human(command: dict[str, Any]) -> Any:
    lines = {"help": HELP, "help info": INFO, "device_add help": DRIVERS}
    if command["execute"] == "human-monitor-command":
        return lines[command["arguments"]["command-line"]].replace("\n", "\r\n")
    return answers()[command["execute"]]


def asked(peer: ScriptedPeer) -> list[str]:
    return [command["execute"] for command in peer.commands[1:]]


def test_each_fact_is_fetched_once() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        knowledge = LiveKnowledge(monitor)
        for _ in range(3):
            assert knowledge.has_hmp() and knowledge.schema() is None
            assert knowledge.hmp_help()["c"] == "cont|c  -- resume emulation"
    assert asked(peer) == ["query-commands", "human-monitor-command", "human-monitor-command"]


def test_drivers_and_aliases() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        knowledge = LiveKnowledge(monitor)
        assert knowledge.resolve_driver("virtio-net") == "virtio-net-pci"
        assert knowledge.resolve_driver("nosuch") == "nosuch"
        assert knowledge.drivers()["e1000"] == ("PCI", "e1000-82540em", "Intel Gigabit Ethernet")


def test_properties_of_a_driver_that_can_end_qemu_are_never_asked_for() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        knowledge = LiveKnowledge(monitor)
        assert knowledge.device_properties("virtio-gpu-gl-pci") is None
        assert knowledge.device_properties("virtio-net-pci") is not None
    asked_for = [
        c["arguments"]["typename"] for c in peer.commands if c["execute"] == "device-list-properties"
    ]
    assert asked_for == ["virtio-net-pci"]


def test_no_introspection_when_told_so() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        assert LiveKnowledge(monitor, introspect=False).device_properties("virtio-net-pci") is None
    assert "device-list-properties" not in asked(peer)


@pytest.mark.parametrize("command", ["stop", "device_add", "human-monitor-command", "qom-list-properties"])
def test_ask_refuses_what_is_no_question(command: str) -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        with pytest.raises(RefusedError):
            LiveKnowledge(monitor).ask(command)
    assert asked(peer) == []


@pytest.mark.parametrize(
    ("command", "wanted"),
    [("query-status", True), ("x-query-numa", True), ("qom-get", True), ("qom-set", False), ("cont", False)],
)
def test_is_question(command: str, wanted: bool) -> None:
    assert is_question(command) is wanted


@pytest.mark.parametrize(
    ("line", "wanted"), [("info migrate", True), ("info status", False), ("quit", False)]
)
def test_is_question_of_hmp_lines(line: str, wanted: bool) -> None:
    assert is_question("human-monitor-command", {"command-line": line}) is wanted
    assert not is_question("human-monitor-command")


def test_file_that_qemu_would_overwrite_is_one_with_something_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").write_text("x")
    (tmp_path / "empty").touch()
    monkeypatch.chdir(tmp_path)  # the folder of the peer, too: it is this process
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        knowledge = LiveKnowledge(monitor)
        assert knowledge.has_file("full") and knowledge.has_file(str(tmp_path / "full"))
        for path in ("empty", "nosuch", ".", "/dev/null", "full/x", "\0", ""):
            assert not knowledge.has_file(path), path
    assert asked(peer) == []
