"""Tab on real QEMUs: everything completes, nothing is changed, nothing dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.complete.candidate import Candidate
from qmonsh.complete.engine import complete
from qmonsh.complete.help_text import parse_drivers, parse_help
from qmonsh.complete.question import Question, question, rule_of
from qmonsh.completion_face import gather
from qmonsh.monitor.connection import Connection
from qmonsh.monitor.facts import FactStore
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM

DEVICES = (
    "-device pcie-root-port,id=rp1,chassis=1 -device pcie-root-port,id=rp2,chassis=2"
    " -netdev user,id=net0 -device virtio-net-pci,netdev=net0,id=nic0,bus=rp1 -netdev user,id=net1"
    " -device virtio-scsi-pci,id=scsi0 -device qemu-xhci,id=usb0 -device virtio-serial-pci,id=ser0"
    " -object memory-backend-ram,id=mem0,size=16M -object iothread,id=io0 -object secret,id=sec0,data=hush"
    " -object rng-builtin,id=rng0 -chardev ringbuf,id=ring0 -smp 1,maxcpus=3"
    " -blockdev null-co,node-name=free0,size=1048576"
    " -blockdev null-co,node-name=used0,size=1048576 -device virtio-blk-pci,id=vd0,drive=used0"
    " -drive if=none,id=cd0,media=cdrom -device ide-cd,drive=cd0,id=drive0"
).split()


class Tabs:
    """A connection that remembers what was sent, and Tab on it."""

    def __init__(self, connection: Connection, sent: list[Any]) -> None:
        self.connection = connection
        self.sent = sent
        self.store = FactStore(connection)

    def press(self, line: str) -> tuple[Candidate, ...]:
        """Return the candidates of a line, everything wanted fetched."""
        return gather(line, self.store, {}, deadline=30).candidates

    def texts(self, line: str) -> list[str]:
        return [one.text for one in self.press(line)]

    def meta(self, line: str, text: str) -> str:
        return next(one.meta for one in self.press(line) if one.text == text)

    def harmful(self) -> list[Any]:
        """Return what was sent that is on no list of questions."""
        return [one for one in self.sent if not is_question(one)]


def is_question(sent: Any) -> bool:
    if isinstance(sent, str):
        return rule_of(Question(f"hmp:{sent}")) is not None
    given = sent.get("arguments", {})
    if sent["execute"] == "human-monitor-command":
        return rule_of(Question(f"hmp:{given['command-line']}")) is not None
    return rule_of(Question(sent["execute"], tuple(sorted(given.items())))) is not None


@contextmanager
def tabs(target: str) -> Iterator[Tabs]:
    sent: list[Any] = []

    def tap(direction: str, message: Any) -> None:
        if direction == "sent":
            sent.append(message)

    with connect(target, tap=tap) as connection:
        sent.clear()  # the negotiation
        yield Tabs(connection, sent)


def test_tab_through_every_driver_harms_nothing(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES)
    with tabs(machine.target) as tab:
        tab.press("device_add ")
        drivers = parse_drivers(tab.store.get(Question("hmp:device_add help")))
        types = tab.store.fetch(question("qom-list-types", abstract=False, implements="device"))
        names = {row["name"] for row in types} | set(drivers) | {one.alias for one in drivers.values()}
        before = tab.connection.execute("query-status"), tab.connection.human("info qtree")
        told = [
            name for name in sorted(names) if len(tab.press(f"device_add {name.replace(',', ',,')},")) > 2
        ]
        tab.sent = [one for one in tab.sent if one != {"execute": "query-status"}]
        assert (tab.connection.execute("query-status"), tab.connection.human("info qtree")) == before
        assert not [name for name in told if "-gl" in name]
        assert len(told) > len(drivers) * 0.9, "nearly every driver tells its properties"
    machine.child.process.poll()
    assert machine.child.process.returncode is None


def test_tab_after_every_command_sends_questions_only(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES)
    with tabs(machine.target) as tab:
        commands = tab.texts("")
        words = [f"info {name}" for name in tab.texts("info ")]
        for name in [*commands, *words]:
            for rest in (" ", " -", " /", " x", " /machine/peripheral/nic0 ", " d x "):
                tab.press(name + rest)
        for line in (
            "blockdev-add driver=qcow2 file.driver=",
            '{"execute": "device_add", "arguments": {"driver": "',
        ):
            assert tab.press(line)
        assert tab.harmful() == []
        assert tab.connection.execute("query-status")["status"] == "prelaunch"


def test_live_names_say_what_they_are(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES)
    with tabs(machine.target) as tab:
        assert tab.texts("device_add e1000e,netdev=") == ["net1", "net0"]
        assert tab.meta("device_add e1000e,netdev=", "net0") == "user, 10.0.2.0, used by nic0"
        assert tab.texts("device_add e1000e,bus=")[0] == "rp2"
        assert "taken by virtio-net-pci nic0" in tab.meta("device_add e1000e,bus=", "rp1")
        assert tab.texts("device_add e1000e,bus=")[-1] == "pcie.0"
        assert tab.texts("device_add scsi-hd,bus=") == ["scsi0.0"]
        assert tab.texts("device_add usb-kbd,bus=") == ["usb0.0"]
        assert tab.texts("device_add virtconsole,bus=") == ["ser0.0"]
        assert tab.texts("device_add virtconsole,chardev=")[0] == "ring0"
        assert tab.texts("device_add virtio-blk-pci,drive=")[0] == "free0"
        assert "used by" in tab.meta("device_add virtio-blk-pci,drive=", "used0")
        assert tab.texts("device_add virtio-blk-pci,iothread=") == ["io0"]
        assert tab.texts("device_add pc-dimm,memdev=") == ["mem0", "pc.ram"]
        assert tab.texts("device_add virtio-rng-pci,rng=") == ["rng0"]
        assert {"nic0", "scsi0", "vd0"} <= set(tab.texts("device_del "))
        assert {"io0", "mem0", "sec0"} <= set(tab.texts("object_del "))
        assert tab.texts("netdev_del ") == ["net1", "net0"]
        assert tab.texts("set_link n")[0] == "nic0"
        assert tab.texts("eject ")[0] == "cd0"
        assert "ring0" in tab.texts("chardev-remove ")
        assert tab.texts("cpu ") == ["0"]
        assert tab.texts("blockdev-del node-name=")[0] == "free0"
        assert tab.texts("qom-list /machine/peripheral/ni") == ["/machine/peripheral/nic0"]
        assert "false" in tab.texts("qom-set /machine/peripheral/nic0 hotplugged ")
        assert "bool, true" in tab.meta("qom-get nic0 ", "realized")
        assert tab.meta("migrate_set_parameter ", "downtime-limit") == "300"
        assert len(tab.texts("trace-event ")) > 1000


def test_free_cpu_slots(vm: Callable[..., VM]) -> None:
    machine = vm("-smp", "1,maxcpus=3", "-cpu", "qemu64")
    with tabs(machine.target) as tab:
        slots = [one.text for one in tab.press("device_add qemu64-x86_64-cpu,") if one.kind == "cpu-slot"]
        assert len(slots) == 2
        line = f"device_add qemu64-x86_64-cpu,id=c1,{slots[0]}"
        tab.connection.human(line)
        tab.store.acted()
        slots = [one.text for one in tab.press("device_add qemu64-x86_64-cpu,") if one.kind == "cpu-slot"]
        assert len(slots) == 1 and "c1" in tab.texts("device_del ")


def test_a_secret_is_never_shown(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES)
    with tabs(machine.target) as tab:
        found = tab.press("qom-get /objects/sec0 ") + tab.press("qom-set /objects/sec0 data ")
        assert "data" in [one.text for one in found]
        assert not [one for one in found if "hush" in one.text + one.meta]


def test_changes_are_seen(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES)
    with tabs(machine.target) as tab:
        assert "late0" not in tab.texts("netdev_del ")
        tab.connection.human("netdev_add user,id=late0")
        tab.store.acted()
        assert tab.texts("netdev_del ")[0] == "net1" and "late0" in tab.texts("netdev_del ")
        assert "usbdev" not in tab.texts("device_del ")
        tab.connection.human("device_add usb-kbd,id=usbdev,bus=usb0.0")
        tab.store.acted()
        assert "usbdev" in tab.texts("device_del ")


def test_a_text_monitor_completes_from_its_own_words(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES, monitor="hmp-unix")
    with tabs(machine.target) as tab:
        assert set(parse_help("cont|c  -- x")) <= set(tab.texts(""))
        assert "network" in tab.texts("info ")
        assert "virtio-net-pci" in tab.texts("device_add ")
        assert tab.texts("device_add virtio-net-pci,netdev=") == ["net1", "net0"]
        assert tab.texts("device_add virtio-net-pci,mq=") == ["off", "on"]
        assert "cd0" in tab.texts("eject ")
        assert "downtime-limit" in tab.texts("migrate_set_parameter ")
        assert "/machine/peripheral" in tab.texts("qom-list /machine/per")
        assert tab.texts("chardev-remove ri") == ["ring0"]
        assert tab.harmful() == []


def test_registers_are_those_that_print_knows(vm: Callable[..., VM]) -> None:
    machine = vm()
    with tabs(machine.target) as tab:
        names = tab.texts("print $")
        assert "$pc" in names and len(names) > 20
        unknown = [name for name in names if "unknown" in tab.connection.human(f"print {name}")]
        assert unknown == []


def test_no_introspection_leaves_the_rest(vm: Callable[..., VM]) -> None:
    machine = vm(*DEVICES)
    with connect(machine.target) as connection:
        store = FactStore(connection, introspect=False)
        found = gather("device_add virtio-net-pci,", store, {}, deadline=30).candidates
        assert [one.text for one in found] == ["id", "bus"]
        assert gather("device_add virtio-n", store, {}, deadline=30).candidates


def test_completion_without_a_round_trip_is_what_is_known(vm: Callable[..., VM]) -> None:
    machine = vm()
    with connect(machine.target) as connection:
        store = FactStore(connection)
        found = complete("info ", 5, store)
        assert found.candidates == () and found.wanted
        store.ensure(found.wanted)
        assert complete("info ", 5, store).candidates


@pytest.mark.parametrize("line", ["device_add virtio-gpu-gl-pci,", "device_add virtio-vga-gl,"])
def test_tab_on_a_driver_that_kills_some_qemus(vm: Callable[..., VM], line: str) -> None:
    machine = vm()
    with tabs(machine.target) as tab:
        assert set(tab.texts(line)) <= {"id", "bus"}
        assert tab.connection.execute("query-status")
        assert tab.harmful() == [{"execute": "query-status"}]
