"""What is built here, sent to real QEMUs: each takes it, and has then what the line said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.monitor.connection import Connection
from qmonsh.qapi.chardev import chardev_arguments
from qmonsh.qapi.danger import may_introspect
from qmonsh.qapi.objects import object_arguments
from qmonsh.qapi.property import Property, device_arguments, parse_properties, typed_property
from qmonsh.qapi.schema import Schema
from qmonsh.qapi.value import build_arguments, build_object
from tests.qapi.captured import options, words
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM

BUS = ("-device", "pcie-root-port,id=rp0,chassis=1", "-device", "pcie-pci-bridge,id=pb,bus=rp0")


@pytest.fixture
def monitor(vm: Callable[..., VM]) -> Iterator[Connection]:
    with connect(vm(*BUS).target) as connection:
        yield connection


@pytest.fixture
def schema(monitor: Connection) -> Schema:
    return Schema(monitor.execute("query-qmp-schema"))


def value_of(monitor: Connection, path: str, name: str) -> Any:
    return monitor.execute("qom-get", {"path": path, "property": name})


CHARDEVS = [
    "null,id=c1",
    "ringbuf,id=c2,size=64k",
    "file,id=c3,path={folder}/file,append",
    "file,id=c4,path={folder}/file,input-path=/dev/null",
    "serial,id=c5,path=/dev/null",
    "udp,id=c6,host=127.0.0.1,port=5,localaddr=127.0.0.1",
    "socket,id=c7,path={folder}/c7,server=on,wait=off",
    "socket,id=c8,path={folder}/c8,server,nowait,telnet",
    "socket,id=c9,host=127.0.0.1,port=0,server=on,wait=off,nodelay=on,ipv4=on",
    "socket,id=c10,path={folder}/none,reconnect=100",
    "socket,id=c11,path={folder}/none,reconnect-ms=100000",
    "mux,id=c12,chardev=c1",
    "null,id=c13,logfile={folder}/log,logappend=on",
    "vc,id=c14,cols=80,rows=25",
    "pty,id=c15",
    "memory,id=c16,size=4096",
]


def test_chardevs(vm: Callable[..., VM]) -> None:
    machine = vm()
    with connect(machine.target) as monitor:
        schema = Schema(monitor.execute("query-qmp-schema"))
        for line in CHARDEVS:
            arguments = chardev_arguments(schema, options(f"backend={line.format(folder=machine.folder)}"))
            monitor.execute("chardev-add", arguments)
        labels = {row["label"]: row["filename"] for row in monitor.execute("query-chardev")}
    assert {f"c{number}" for number in range(1, len(CHARDEVS) + 1)} <= labels.keys()
    assert "server" in labels["c7"] and "server" not in labels["c10"]
    assert labels["c8"].startswith("disconnected:unix:") or "telnet" in labels["c8"]


OBJECTS: list[tuple[str, dict[str, Any]]] = [
    (
        "memory-backend-ram,id=o1,size=1.5M,share=on,nodump,merge=off",
        {"size": 3 << 19, "share": True, "dump": False},
    ),
    ("memory-backend-memfd,id=o2,size=0x200000,seal=off", {"size": 1 << 21, "seal": False}),
    ("iothread,id=o3,poll-max-ns=1000", {"poll-max-ns": 1000}),
    ("secret,id=o4,data=123", {}),
    ("throttle-group,id=o5,limits.iops-total=100", {}),
    ("throttle-group,id=o6,x-bps-read=1M", {"x-bps-read": 1 << 20}),
    ("rng-random,id=o7,filename=/dev/urandom", {"filename": "/dev/urandom"}),
    ("authz-list,id=o8,policy=allow,rules.0.match=x,rules.0.policy=deny", {"policy": "allow"}),
    ("can-bus,id=o9", {}),
    ("cryptodev-backend-builtin,id=o10,queues=1", {}),
    ("tls-creds-anon,id=o11,endpoint=server,verify-peer=off", {"verify-peer": False}),
]


def test_objects(monitor: Connection, schema: Schema) -> None:
    for line, expected in OBJECTS:
        arguments = object_arguments(schema, options(f"qom-type={line}"))
        assert arguments is not None
        monitor.execute("object-add", arguments)
        for name, value in expected.items():
            assert value_of(monitor, f"/objects/{arguments['id']}", name) == value, line


NETDEVS = [
    "type=user,id=n1,hostfwd=tcp:127.0.0.1:0-:22,hostfwd=udp:127.0.0.1:0-:23,restrict=off,dnssearch=a.b",
    "type=user,id=n2,norestrict,ipv6=off,net=10.9.0.0/24",
    "type=hubport,id=n3,hubid=010",
]


def test_netdevs(monitor: Connection, schema: Schema) -> None:
    for line in NETDEVS:
        monitor.execute("netdev_add", build_object(schema, "netdev_add", options(line), last_wins=True))


BLOCKDEVS = [
    "driver=null-co node-name=b1 size=1M read-zeroes=on",
    "node-name=b2 file.read-zeroes=on driver=raw file.driver=null-co file.size=0x100000 read-only=yes",
    "driver=raw node-name=b3 file=b1",
    "driver=quorum node-name=b4 vote-threshold=1 children.0.driver=null-co children.1.driver=null-co",
    "driver=quorum node-name=b5 vote-threshold=1 children=[{'driver':'null-co'},{'driver':'null-co'}]",
    "driver=blkdebug node-name=b6 image.driver=null-co set-state.0.event=l1_update set-state.0.new_state=2",
]


def test_blockdevs(monitor: Connection, schema: Schema) -> None:
    for line in BLOCKDEVS:
        monitor.execute("blockdev-add", build_arguments(schema, "blockdev-add", words(line)))
    nodes = {row["node-name"]: row for row in monitor.execute("query-named-block-nodes")}
    assert {f"b{number}" for number in range(1, len(BLOCKDEVS) + 1)} <= nodes.keys()
    assert nodes["b2"]["ro"] is True and nodes["b1"]["image"]["virtual-size"] == 1 << 20


DEVICES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "virtio-net-pci",
        "netdev=n0,mq=on,vectors=010,mac=52:54:00:11:22:33,addr=0x3.0,disable-legacy=on,host_mtu=1500,speed=100",
        {"mq": True, "vectors": 8, "mac": "52:54:00:11:22:33", "disable-legacy": "on", "speed": 100},
    ),
    ("virtio-rng-pci", "rng=r0,max-bytes=1024,period=0x3e8,addr=04.0", {"max-bytes": 1024, "period": 1000}),
    ("virtio-balloon-pci", "deflate-on-oom,nopage-per-vq,addr=5", {"deflate-on-oom": True}),
    (
        "virtio-blk-pci",
        "drive=b0,addr=6,logical_block_size=4k,physical_block_size=4096,serial=5,write-cache=on,rerror=stop,bootindex=3,nohotplug",
        {"logical_block_size": 4096, "serial": "5", "write-cache": "on", "rerror": "stop", "bootindex": 3},
    ),
    ("virtio-serial-pci", "addr=7,max_ports=4", {"max_ports": 4}),
    ("virtio-scsi-pci", "addr=8,iothread=i0,num_queues=1", {"num_queues": 1}),
    ("e1000", "addr=9,mac=52:54:00:11:22:34", {"mac": "52:54:00:11:22:34"}),
    ("nec-usb-xhci", "addr=0xa,p2=4,p3=4", {"p2": 4}),
    ("secondary-vga", "addr=0xb,vgamem_mb=8", {"vgamem_mb": 8}),
    ("pci-testdev", "addr=0xc,membar=1M", {"membar": 1 << 20}),
    ("edu", "addr=0xd,dma_mask=0xfffffff", {"dma_mask": 0xFFFFFFF}),
    ("ivshmem-plain", "addr=0xe,memdev=m0,master=on", {"master": "on"}),
]


def test_devices(vm: Callable[..., VM]) -> None:
    backends = (
        "-netdev hubport,id=n0,hubid=0 -object rng-builtin,id=r0 -object iothread,id=i0"
        " -object memory-backend-ram,id=m0,size=1M -blockdev null-co,node-name=b0,size=1048576,read-zeroes=on"
    ).split()
    with connect(vm(*BUS, *backends).target) as monitor:
        names = {row["name"] for row in monitor.execute("qom-list-types")}
        for number, (driver, line, expected) in enumerate(DEVICES):
            assert may_introspect(driver, names) is None
            properties = parse_properties(monitor.execute("device-list-properties", {"typename": driver}))
            pairs = [one for one in options(f"id=d{number},bus=pb,{line}") if _is_known(one.key, properties)]
            monitor.execute("device_add", device_arguments(driver, pairs, properties))
            for name, value in expected.items():
                assert value_of(monitor, f"/machine/peripheral/d{number}", name) == value, f"{driver} {name}"


def _is_known(key: str, properties: dict[str, Property]) -> bool:
    """Return whether this version's driver has what an option sets ("nohotplug" came late)."""
    return key in ("id", "bus") or key in properties or key.removeprefix("no") in properties


def test_a_property_of_a_living_object_is_set_by_its_type(monitor: Connection) -> None:
    monitor.execute("device_add", {"driver": "virtio-balloon-pci", "id": "bal", "bus": "pb", "addr": "0x1.0"})
    path = "/machine/peripheral/bal"
    rows = {
        row["name"]: Property(row["name"], row["type"]) for row in monitor.execute("qom-list", {"path": path})
    }
    name = "guest-stats-polling-interval"
    monitor.execute("qom-set", {"path": path, "property": name, "value": typed_property(rows[name], "7")})
    assert value_of(monitor, path, name) == 7
