"""Records what HMP says and what QMP returns at the same moment, on a VM with something of everything.

    python -m tests.render.record FOLDER-OF-QEMU-BINARIES tests/render/data/qemu-VERSION.json.gz

The files are the truth that test_facts.py holds the views against; run this again to add a QEMU. Each
record has "scene", "hmp" (the line), "text" (HMP's answer, and "again" when it changed meanwhile), "qmp",
"arguments" and "return" or "error". Needs KVM (vCPU statistics, dirty ring), takes a minute. Not a test.
"""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: HMP line -> QMP command (and arguments), asked in every VM; unknown ones are left out of the record.
TWINS: dict[str, str] = {
    f"info {word}": f"query-{word}"
    for word in (
        "accelerators balloon block block-jobs blockstats chardev cryptodev dump hotpluggable-cpus iothreads "
        "kvm memdev memory-devices mice migrate name pci replay sev sgx spice status tpm uuid version "
        "vm-generation-id"
    ).split()
} | {
    "info cpus": "query-cpus-fast",
    "info dirty_rate": "query-dirty-rate",
    "info memory_size_summary": "query-memory-size-summary",
    "info migrate_cache_size": "query-migrate-cache-size",
    "info migrate_capabilities": "query-migrate-capabilities",
    "info migrate_parameters": "query-migrate-parameters",
    "info vcpu_dirty_limit": "query-vcpu-dirty-limit",
    "info virtio": "x-query-virtio",
    "info vnc": "query-vnc-servers",
    "info block -v": "query-block",
    "info block -n": "query-named-block-nodes",
    "info block -n -v": "query-named-block-nodes",
}
ROCKER = {f"info rocker{part} sw1": f"query-rocker{part}" for part in ("", "-ports", "-of-dpa-flows")}
#: Asked once, as HMP has no words for them.
ALONE = (
    "query-acpi-ospm-status query-audiodevs query-block-exports query-chardev-backends query-colo-status "
    "query-current-machine query-display-options query-dump-guest-memory-capability query-fdsets query-jobs "
    "query-pr-managers query-rx-filter query-target query-tpm-models query-tpm-types query-vnc query-yank "
    "query-stats-schemas query-xen-replication-status"
).split()
VIRTIO = {"status": {}, "queue-status": {"queue": 0}, "queue-element": {"queue": 0}}


class Monitor:
    """A minimal QMP client; events are dropped."""

    def __init__(self, path: Path) -> None:
        connection = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                connection.connect(str(path))
                break
            except OSError:
                time.sleep(0.05)
        self.file = connection.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        self.file.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
        self.file.flush()
        while True:
            message: dict[str, Any] = json.loads(self.file.readline())
            if "event" not in message:
                return message

    def line(self, line: str) -> str:
        return str(self.ask("human-monitor-command", {"command-line": line}).get("return"))

    def wait(self, command: str, states: tuple[str, ...]) -> None:
        for _ in range(300):
            if self.ask(command).get("return", {}).get("status") in states:
                return
            time.sleep(0.1)


class Recorder:
    """Collects pairs of HMP text and QMP reply."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.records: list[dict[str, Any]] = []

    def pair(self, scene: str, hmp: str, qmp: str, arguments: dict[str, Any] | None = None) -> None:
        text = self.monitor.line(hmp) if hmp else ""
        reply = self.monitor.ask(qmp, arguments)
        again = self.monitor.line(hmp) if hmp else ""
        if reply.get("error", {}).get("class") == "CommandNotFound":
            return
        record = {"scene": scene, "hmp": hmp, "text": text, "again": None if again == text else again}
        self.records.append({**record, "qmp": qmp, "arguments": arguments, **reply})

    def scene(self, scene: str, *lines: str) -> None:
        for line in lines or TWINS:
            self.pair(scene, line, TWINS[line])


def images(folder: Path, img: str) -> None:
    """Create the disks: a backing chain, an internal snapshot, luks, vmdk, raw."""
    for arguments in (
        "create -q -f qcow2 base.qcow2 64M",
        "create -q -f qcow2 -b base.qcow2 -F qcow2 over.qcow2",
        "create -q -f qcow2 d1.qcow2 1G",
        "snapshot -c before\N{NO-BREAK SPACE}upgrade d1.qcow2",
        "create -q -f raw cd.iso 2M",
        "create -q -f raw target.img 1G",
        "create -q -f luks --object secret,id=s,data=abc -o key-secret=s luks.img 4M",
        "create -q -f vmdk x.vmdk 16M",
    ):
        words = [word.replace("\N{NO-BREAK SPACE}", " ") for word in arguments.split(" ")]
        subprocess.run([img, *words], cwd=folder, check=True)


THROTTLING = (
    "throttling.bps-total=1000000,throttling.iops-read=10,throttling.iops-write=20,"
    "throttling.iops-write-max=100,throttling.iops-write-max-length=5,throttling.group=g1"
)
#: Options that every version takes, one a line.
OPTIONS = f"""
-M q35
-m 128,slots=8,maxmem=2G
-smp 2,maxcpus=4
-display none
-serial null
-uuid 12345678-1234-1234-1234-123456789abc
-object memory-backend-ram,id=mem0,size=64M
-object memory-backend-ram,id=dm,size=128M,prealloc=on
-device pc-dimm,id=dimm0,memdev=dm
-object memory-backend-ram,id=vm0,size=256M
-object iothread,id=iot0
-device pcie-root-port,id=rp1,chassis=1
-device virtio-net-pci,bus=rp1,netdev=n0,id=nic0
-netdev user,id=n0
-device pcie-root-port,id=rp2,chassis=2
-device pcie-pci-bridge,id=br1,bus=rp2
-device e1000,bus=br1,addr=3,id=e1,netdev=n1
-netdev user,id=n1
-device ivshmem-plain,bus=br1,addr=4,memdev=mem0,id=ivs,master=on
-blockdev driver=file,filename=base.qcow2,node-name=basefile
-blockdev driver=qcow2,file=basefile,node-name=base
-blockdev driver=file,filename=over.qcow2,node-name=overfile
-blockdev driver=qcow2,file=overfile,backing=base,node-name=over
-device virtio-blk-pci,drive=over,id=vblk0,iothread=iot0
-drive if=none,id=d1,file=d1.qcow2,format=qcow2,detect-zeroes=on,cache=none,{THROTTLING}
-device virtio-blk-pci,drive=d1,id=vblk1
-drive if=none,id=cd0,file=cd.iso,media=cdrom,readonly=on,format=raw
-device ide-cd,drive=cd0,id=cdrom,bus=ide.1
-device ide-cd,id=emptycd,bus=ide.3
-object secret,id=s,data=abc
-drive if=none,id=lk,file=luks.img,format=luks,key-secret=s
-device virtio-blk-pci,drive=lk,id=vblk2
-device virtio-balloon-pci,id=bal0
-device qemu-xhci,id=xhci
-device usb-tablet,id=tab
-chardev ringbuf,id=rb0
-chardev null,id=vs
-device vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87,id=vmg
-object cryptodev-backend-builtin,id=cr0
-device virtio-serial-pci
-device virtserialport,chardev=vs,name=org.x
"""
#: These cannot be migrated, so they are not in the VM that is.
STUCK = """
-drive if=none,id=nodev,file=x.vmdk,format=vmdk,discard=unmap,cache=unsafe
-netdev hubport,hubid=0,id=hp0
-netdev hubport,hubid=1,id=hp1
"""


def command(binary: Path, folder: Path, *, stuck: bool, old: bool, vnc: int) -> list[str]:
    """Return QEMU's command line; ``old`` means 5.2."""
    lines = (OPTIONS + (STUCK if stuck else "")).split("\n")
    words = [word for line in lines if line for word in line.split(" ", 1)]
    words += ["-accel", "kvm" if old else "kvm,dirty-ring-size=4096", "-name", "rich vm"]
    words += ["-vnc", f"127.0.0.1:{vnc}", "-qmp", f"unix:{folder}/qmp.sock,server,nowait"]
    if not old:
        words += ["-device", "virtio-mem-pci,id=vmem0,memdev=vm0,requested-size=64M,block-size=2M"]
    if stuck:
        ports = ",len-ports=2,ports[0]=hp0,ports[1]=hp1" if old else ""
        words += ["-device", f"rocker,name=sw1,id=rk1{ports}"]
    return [str(binary), *words]


def vnc_viewer(port: int) -> socket.socket:
    """Connect a viewer, so that ``info vnc`` has a client to tell of."""
    viewer = socket.create_connection(("127.0.0.1", port))
    for size, answer in ((12, b"RFB 003.008\n"), (2, b"\1"), (4, b"\1")):
        viewer.recv(size)
        viewer.sendall(answer)
    return viewer


def everything(recorder: Recorder) -> None:
    """Record a stopped VM, jobs, virtio, dirty rate and dumps."""
    ask = recorder.monitor.ask
    ask("block-dirty-bitmap-add", {"node": "over", "name": "bm0", "persistent": True})
    ask("stop")
    recorder.scene("stopped")
    for hmp, qmp in ROCKER.items():
        recorder.pair("stopped", hmp, qmp, {"name": "sw1"})
    recorder.pair("stopped", "info trace-events qemu_*", "trace-event-get-state", {"name": "qemu_*"})
    recorder.pair("stopped", "info snapshots", "query-named-block-nodes")
    for target in ("vm", "vcpu", "cryptodev"):
        recorder.pair("stopped", f"info stats {target}", "query-stats", {"target": target})
    for qmp in ALONE:
        recorder.pair("stopped", "", qmp)
    ask("blockdev-add", {"driver": "file", "filename": "target.img", "node-name": "target"})
    slow = {"sync": "full", "speed": 65536}
    ask("blockdev-mirror", {"device": "d1", "target": "target", "job-id": "m0", **slow})
    ask("block-stream", {"device": "over", "job-id": "s0", "speed": 65536})
    recorder.scene("jobs", "info block-jobs", "info block")
    recorder.pair("jobs", "", "query-jobs")
    for job in ("m0", "s0"):
        ask("block-job-cancel", {"device": job, "force": True})
    ask("calc-dirty-rate", {"calc-time": 1})
    recorder.scene("measuring", "info dirty_rate")
    recorder.monitor.wait("query-dirty-rate", ("measured",))
    recorder.scene("measured", "info dirty_rate")
    ask("dump-guest-memory", {"paging": False, "protocol": "file:dump", "detach": True})
    recorder.scene("dumping", "info dump", "info status")
    recorder.monitor.wait("query-dump", ("completed", "failed"))
    recorder.scene("dumped", "info dump")
    ask("set-vcpu-dirty-limit", {"dirty-rate": 10})
    recorder.scene("limit", "info vcpu_dirty_limit")


def virtio(recorder: Recorder, version: str) -> None:
    """Record virtio devices; QEMU 11.1 dies of being asked (QEMU-FACTS n)."""
    if version.startswith("11."):
        return
    for device in recorder.monitor.ask("x-query-virtio").get("return", ()):
        for what, arguments in VIRTIO.items():
            line = " ".join([f"info virtio-{what}", device["path"], *map(str, arguments.values())])
            recorder.pair("virtio", line, f"x-query-virtio-{what}", {"path": device["path"], **arguments})


def migration(recorder: Recorder) -> None:
    """Record migrations to nowhere: slow, cancelled, failed, completed."""
    ask, wait = recorder.monitor.ask, recorder.monitor.wait
    states = [{"capability": name, "state": True} for name in ("xbzrle", "auto-converge")]
    ask("migrate-set-capabilities", {"capabilities": states})
    ask("migrate-set-parameters", {"max-bandwidth": 200000})
    ask("migrate", {"uri": "exec:cat > /dev/null"})
    wait("query-migrate", ("active",))
    time.sleep(1)  # let it have numbers to show
    recorder.scene("migrating", "info migrate", "info migrate_parameters", "info migrate_capabilities")
    ask("migrate_cancel")
    wait("query-migrate", ("cancelled",))
    recorder.scene("cancelled", "info migrate")
    ask("migrate", {"uri": "tcp:127.0.0.1:1"})
    wait("query-migrate", ("failed",))
    recorder.scene("failed", "info migrate")
    ask("migrate-set-parameters", {"max-bandwidth": 1 << 40})
    ask("migrate", {"uri": "exec:cat > /dev/null"})
    wait("query-migrate", ("completed", "failed"))
    recorder.scene("migrated", "info migrate", "info status")


def record(binaries: Path, *, stuck: bool) -> Iterator[dict[str, Any]]:
    """Run one VM and yield its records."""
    binary = binaries / "qemu-system-x86_64"
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    version = told.split()[3]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images(folder, str(binaries / "qemu-img"))
        words = command(binary, folder, stuck=stuck, old=version.startswith("5."), vnc=77)
        with subprocess.Popen(words, cwd=folder) as process:
            try:
                recorder = Recorder(Monitor(folder / "qmp.sock"))
                time.sleep(4)  # the firmware assigns PCI addresses
                scenes: Callable[[Recorder], None] = everything if stuck else migration
                with vnc_viewer(5977):
                    scenes(recorder)
                if stuck:
                    virtio(recorder, version)
            finally:
                process.kill()
        yield from json.loads(json.dumps(recorder.records).replace(name, "/vm"))


if __name__ == "__main__":
    rows = [row for stuck in (True, False) for row in record(Path(sys.argv[1]), stuck=stuck)]
    Path(sys.argv[2]).write_bytes(gzip.compress(json.dumps(rows).encode(), 9, mtime=0))
