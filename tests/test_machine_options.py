"""QEMU command lines, and what they say about names and monitors."""

from __future__ import annotations

import shlex

import pytest

from qmonsh.machine_options import declared_monitors, kind_of, name_of, properties

KINDS = [
    ("qemu-system-x86_64 -M none", "vm"),
    ("/usr/bin/qemu-system-aarch64", "vm"),
    ("/usr/libexec/qemu-kvm -m 1", "vm"),
    ("/o/lib/ld.so --library-path /o/lib /o/libexec/qemu-system-x86_64 -L /o/share", "vm"),
    ("qemu-storage-daemon --monitor chardev=c", "storage"),
    ("/usr/sbin/qemu-ga -m unix-listen", "agent"),
    ("vim qemu.txt", ""),
    ("qemu-img info x", ""),
    ("", ""),
]

NAMES = [
    ("-name web", "web"),
    ("-name web,debug-threads=on", "web"),
    ("-name guest=web,process=q", "web"),
    ("--name guest=web", "web"),
    ("-name 'a,,b'", "a,b"),
    ("""-name '{"guest": "web", "debug-threads": true}'""", "web"),
    ("-m 1", ""),
    ("-name", ""),
]

MONITORS = [
    ("-qmp unix:/p,server=on,wait=off", [("qmp", "unix:/p,server=on,wait=off")]),
    ("-qmp-pretty unix:/p,server", [("qmp", "unix:/p,server")]),
    ("--qmp tcp::4444,server,nowait", [("qmp", "tcp::4444,server,nowait")]),
    ("-monitor unix:/p,server", [("hmp", "unix:/p,server")]),
    ("-monitor stdio", [("hmp", "stdio")]),
    ("-chardev socket,id=m,path=/p -mon chardev=m,mode=control", [("qmp", "socket,id=m,path=/p")]),
    ("-mon m,mode=control -chardev socket,path=/p,id=m", [("qmp", "socket,path=/p,id=m")]),
    ("-mon mode=control,chardev=m -chardev socket,id=m,path=/p", [("qmp", "socket,id=m,path=/p")]),
    ("-chardev socket,id=m,path=/p -mon m", [("hmp", "socket,id=m,path=/p")]),
    ("-chardev socket,id=m,path=/p -mon m,mode=readline", [("hmp", "socket,id=m,path=/p")]),
    ("-chardev socket,id=m,path=/p -qmp chardev:m", [("qmp", "socket,id=m,path=/p")]),
    ("-chardev socket,id=m,path=/p -monitor chardev:m", [("hmp", "socket,id=m,path=/p")]),
    ("-serial mon:unix:/p,server", [("hmp", "unix:/p,server")]),
    ("-chardev socket,id=m,path=/p -object monitor-qmp,id=x,chardev=m", [("qmp", "socket,id=m,path=/p")]),
    (
        """-chardev socket,id=m,path=/p -object '{"qom-type":"monitor-hmp","id":"x","chardev":"m"}'""",
        [("hmp", "socket,id=m,path=/p")],
    ),
    (
        "-chardev socket,id=a,path=/ga,server=on"
        " -device virtserialport,chardev=a,name=org.qemu.guest_agent.0",
        [("agent", "socket,id=a,path=/ga,server=on")],
    ),
    ("-object iothread,id=i -serial null -parallel none", []),
    ("-chardev socket,id=s,path=/serial -serial chardev:s", []),
    ("-mon chardev=gone,mode=control", [("qmp", "")]),
    (
        "-qmp unix:/q,server -monitor unix:/h,server",
        [("qmp", "unix:/q,server"), ("hmp", "unix:/h,server")],
    ),
]


@pytest.mark.parametrize(("line", "kind"), KINDS)
def test_kind_of(line: str, kind: str) -> None:
    assert kind_of(shlex.split(line)) == kind


@pytest.mark.parametrize(("line", "name"), NAMES)
def test_name_of(line: str, name: str) -> None:
    assert name_of(["qemu-system-x86_64", *shlex.split(line)]) == name


@pytest.mark.parametrize(("line", "monitors"), MONITORS)
def test_declared_monitors(line: str, monitors: list[tuple[str, str]]) -> None:
    found = declared_monitors(["qemu-system-x86_64", *shlex.split(line)])
    assert [(one.dialect, one.spelling) for one in found] == monitors


@pytest.mark.parametrize(
    ("line", "dialect", "spelling"),
    [
        (
            "qemu-storage-daemon --chardev socket,id=c,path=/p --monitor chardev=c",
            "qmp",
            "socket,id=c,path=/p",
        ),
        ("qemu-storage-daemon --chardev=socket,id=c,path=/p --monitor=c", "qmp", "socket,id=c,path=/p"),
        ("qemu-ga -m unix-listen -p /p", "agent", "unix:/p"),
        ("qemu-ga --method=unix-listen --path=/p", "agent", "unix:/p"),
    ],
)
def test_declared_monitors_of_the_others(line: str, dialect: str, spelling: str) -> None:
    found = declared_monitors(shlex.split(line))
    assert [(one.dialect, one.spelling) for one in found] == [(dialect, spelling)]


def test_properties_of_odd_values_are_no_error() -> None:
    assert properties("{broken", implied="x") == {}
    assert properties("", implied="x") == {"x": ""}
    assert properties("a,b,c=d", implied="x") == {"x": "a", "b": "on", "c": "d"}
