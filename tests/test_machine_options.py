"""QEMU command lines, and what they say about names and monitors."""

from __future__ import annotations

import shlex

import pytest

from qmonsh.machine_options import (
    config_arguments,
    config_files,
    declared_monitors,
    kind_named,
    kind_of,
    monitors_in,
    name_of,
    properties,
)

KINDS = [
    ("qemu-system-x86_64 -M none", "vm"),
    ("/usr/bin/qemu-system-aarch64", "vm"),
    ("/usr/libexec/qemu-kvm -m 1", "vm"),
    ("/usr/bin/kvm -id 100", "vm"),
    ("/nix/store/x/bin/.qemu-system-x86_64-wrapped -M none", "vm"),
    ("timeout 10 qemu-system-x86_64 -M none", ""),
    ("sudo qemu-system-x86_64 -M none", ""),
    ("sh -c 'qemu-system-x86_64 -M none'", ""),
    ("kvmtool", ""),
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
    ("-name a -m 1 -name b", "b"),
    ("-name a -name debug-threads=on", "a"),
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
    assert kind_of("", shlex.split(line)) == kind


def test_kind_by_the_program_whatever_it_is_called() -> None:
    assert kind_of("/usr/bin/qemu-system-x86_64", ["my vm", "-M", "none"]) == "vm"
    assert kind_of("/usr/bin/python3", ["qemu-system-x86_64"]) == "vm", "a wrapper that goes by its name"
    assert kind_of("/usr/bin/vim", ["vim", "qemu-system-x86_64"]) == ""
    assert kind_of("", []) == ""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/o/lib/ld.so --library-path /o/lib /o/libexec/qemu-system-x86_64 -L /o/share", "vm"),
        ("valgrind --leak-check=no qemu-storage-daemon", "storage"),
        ("ld.so --argv0 qemu-ga /x/y", "agent"),
        ("ld.so /bin/ls a b c d e f g h i qemu-system-x86_64", ""),
    ],
)
def test_kind_behind_a_carrier(line: str, kind: str) -> None:
    assert kind_of("/o/lib/ld.so", shlex.split(line), is_carrier=True) == kind


@pytest.mark.parametrize(("line", "name"), NAMES)
def test_name_of(line: str, name: str) -> None:
    assert name_of(["qemu-system-x86_64", *shlex.split(line)]) == name


@pytest.mark.parametrize(("line", "monitors"), MONITORS)
def test_declared_monitors(line: str, monitors: list[tuple[str, str]]) -> None:
    found = declared_monitors("vm", ["qemu-system-x86_64", *shlex.split(line)])
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
    arguments = shlex.split(line)
    found = declared_monitors(kind_named(arguments[0]), arguments)
    assert [(one.dialect, one.spelling) for one in found] == [(dialect, spelling)]


def test_properties_of_odd_values_are_no_error() -> None:
    assert properties("{broken", implied="x") == {}
    assert properties("", implied="x") == {"x": ""}
    assert properties("a,b,c=d", implied="x") == {"x": "a", "b": "on", "c": "d"}


CONFIG = """# made by -writeconfig
[machine]
  type = "none"

[name]
  guest = "web, two"

[chardev "c0"]
  backend = "socket"
  path = "/run/a,b.sock"
  server = "on"

[mon "m"]
  chardev = "c0"
  mode = "control"

[object "q1"]
  qom-type = "monitor-qmp"
  chardev = "c0"
"""


def test_configuration_says_what_a_command_line_says() -> None:
    words = config_arguments(CONFIG)
    assert name_of(words) == "web, two"
    spelled = "socket,id=c0,path=/run/a,,b.sock,server=on"
    assert [(one.dialect, one.spelling) for one in declared_monitors("vm", words)] == [("qmp", spelled)] * 2


def test_configuration_that_is_none() -> None:
    assert config_arguments("") == [] and config_arguments("\0\x1b[x]\n= = =\npath = ") == []
    assert config_arguments('[chardev "x"\npath = "y"') == []


def test_process_that_is_ending_has_no_arguments() -> None:
    assert kind_of("/usr/bin/qemu-system-x86_64", []) == ""
    assert kind_of("/o/ld.so", [], is_carrier=True) == ""
    assert (name_of([]), config_files([]), declared_monitors("vm", [])) == ("", [], [])


def test_config_files() -> None:
    assert config_files(["q", "-readconfig", "a", "-m", "1", "--readconfig", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "monitors"),
    [
        ("qemu -m 64", []),
        ("qemu -qmp unix:/p,server=on", ["unix:/p,server=on"]),
        ("qemu --qmp unix:/p -monitor stdio", ["unix:/p", "stdio"]),
        ("qemu -monitor tcp::1 -qmp-pretty unix:/p", ["tcp::1", "unix:/p"]),
        ("qemu -chardev socket,id=a,path=/p -mon chardev=a,mode=control", ["socket,id=a,path=/p"]),
        ("qemu -mon mode=control,chardev=a -chardev socket,path=/p,id=a", ["socket,path=/p,id=a"]),
        ("qemu -mon a,mode=control -chardev pty,id=a", ["pty,id=a"]),
        ("qemu -mon a", ["chardev:a"]),
        ("qemu -chardev socket,id=a,path=/p -qmp chardev:a", ["socket,id=a,path=/p"]),
        ("qemu -object monitor-qmp,id=m,chardev=a -chardev socket,id=a,path=/p", ["socket,id=a,path=/p"]),
        ("qemu -object rng-random,id=m -qmp unix:/p", ["unix:/p"]),
        ("qemu -serial mon:stdio", ["mon:stdio"]),
        ("qemu -serial unix:/s,server -qmp unix:/p", ["unix:/p"]),
        ("-chardev socket,id=a,path=/p", ["socket,id=a,path=/p"]),
        ("qemu -chardev socket,id=s,path=/s -device isa-serial,chardev=s -qmp unix:/p", ["unix:/p"]),
        ("qemu -serial mon:unix:/s,server", ["mon:unix:/s,server"]),
        (
            "-chardev socket,id=a,path=/p -device virtserialport,chardev=a,name=org.qemu.guest_agent.0",
            ["socket,id=a,path=/p"],
        ),
        ("qemu -qmp", []),
    ],
)
def test_monitors_are_found_in_a_command_line(line: str, monitors: list[str]) -> None:
    assert monitors_in(line.split()) == monitors
