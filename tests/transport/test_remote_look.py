"""Lists of another host's VMs, and which socket a name means; the words run here in a POSIX shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError
from qmonsh.target import parse_target
from qmonsh.transport import remote_look
from tests.real.fixtures import qemu, vm  # noqa: F401
from tests.real.machine import VM

LOOKED = """pid 7
exe /usr/bin/qemu-system-x86_64 (deleted)
cwd /
pwd /home/u
fd 9 100
fd 10 101
arg qemu-system-x86_64
arg -name
arg guest=web
arg -qmp
arg unix:rel.sock,server=on,wait=off
arg -chardev
arg socket,id=c,fd=10,server=on
arg -mon
arg c
pid 8
exe /usr/bin/vim
cwd /root
arg vim
arg qemu-system-x86_64
pid 9
exe
cwd
arg /usr/bin/kvm
arg -name
arg two\1lines
arg -monitor
arg unix:/run/two.hmp,server,nowait
arg -qmp
arg unix:/run/closed.qmp,server,nowait
pid 10
exe /o/lib/ld.so
cwd /srv
arg /o/lib/ld.so
arg /o/libexec/qemu-system-arm
arg -qmp
arg tcp:127.0.0.1:4444,server
pid 11
exe /usr/bin/qemu-kvm
cwd /
arg qemu-kvm
arg -name
arg guest=dom
arg -chardev
arg socket,id=charmonitor,fd=3,server=on
arg -mon
arg chardev=charmonitor,id=monitor,mode=control
fd 3 103
unix 100 rel.sock
unix 101 /run/inherited.hmp
unix 102 /run/two.hmp
unix 103 /var/lib/libvirt/qemu/domain-1-dom/monitor.sock
"""

HIDDEN = """pid 7
exe /usr/bin/qemu-system-x86_64
fd 9 100
fd 10 200
fd 11 201
arg qemu-system-x86_64
arg -name
arg hidden
arg -qmp
arg tcp::5000,server=on,to=5010
arg -monitor
arg tcp:127.0.0.1:6000,server=on
arg -chardev
arg socket,id=i,fd=11,server=on
arg -mon
arg i
arg -chardev
arg socket,id=c,path=monitor,abstract=on,server=on
arg -mon
arg c
pid 8
exe /usr/bin/qemu-system-x86_64
arg qemu-system-x86_64
arg -name
arg calls
arg -qmp
arg tcp:127.0.0.1:5555
unix 100 @monitor
tcp 200 00000000:138A
tcp 201 00000000000000000000000001000000:115C
tcp 202 0100007F:1770
tcp 203 odd
"""


def looked(text: str = LOOKED) -> bytes:
    return b"Welcome to this host!\n\0looked\n" + text.encode() + b"\0."


def listed(*machines: object) -> bytes:
    return b"\0listed\n" + json.dumps(machines).encode() + b"\n\0."


def way(address: str, dialect: str = "qmp", **changes: bool) -> dict[str, object]:
    return {"dialect": dialect, "address": address, "reachable": True, "busy": False, **changes}


def vm_listed(name: str, *monitors: object, pid: int = 7) -> dict[str, object]:
    return {"kind": "vm", "name": name, "pid": pid, "monitors": monitors}


def test_what_the_posix_tools_saw() -> None:
    ending = "pid 12\nexe /usr/bin/qemu-kvm\ncwd /\n"
    found = remote_look.machines(looked(ending + LOOKED))
    assert found is not None
    assert [(one.title, [way[1:] for way in one.monitors]) for one in found] == [
        ("web", [("qmp", "/home/u/rel.sock"), ("hmp", "/run/inherited.hmp")]),
        ("two\nlines", [("hmp", "/run/two.hmp")]),
        ("pid:10", [("qmp", "tcp:127.0.0.1:4444")]),
        ("dom", [("qmp", "/var/lib/libvirt/qemu/domain-1-dom/monitor.sock")]),
    ]


@pytest.mark.parametrize(
    "data", [b"", b"\0looked\npid 7\n", b"\0listed\n{\0.", b"\0listed\n[1]\0.", b"sh: no\n"]
)
def test_no_list_at_all(data: bytes) -> None:
    assert remote_look.machines(data) is None
    with pytest.raises(ConnectError, match="could not be listed"):
        remote_look.choose(parse_target("ssh://host#web"), data)


@pytest.mark.parametrize(
    ("spelled", "data", "path"),
    [
        ("#web", looked(), "/home/u/rel.sock"),
        ("#pid:7", looked(), "/home/u/rel.sock"),
        ("", listed(vm_listed("web", way("/p"))), "/p"),
        ("#web", listed(vm_listed("web", way("unix:/h", "hmp"), way("unix:/q,,x"))), "/q,x"),
        ("#web", listed(vm_listed("web", way("unix:/q", busy=True), way("unix:/h", "hmp"))), "/h"),
        ("#web", listed(vm_listed("web", way("stdio", reachable=False), way("/u", "unknown"))), "/u"),
        ("#pid:10", looked(), "tcp:127.0.0.1:4444"),
        ("#web", listed(vm_listed("web", way("tcp:0.0.0.0:1"))), "tcp:127.0.0.1:1"),
        (
            "#web",
            listed(vm_listed("web", way("tcp:[::]:1", "hmp"), way("tcp:h:2", busy=True))),
            "tcp:[::1]:1",
        ),
        ("#web", listed(vm_listed("web", way("abstract:a,,b"))), "abstract:a,b"),
        ("#web", listed(vm_listed("web", way("abstract:a"), way("/h", "hmp"))), "/h"),
        ("#hidden", looked(HIDDEN), "tcp:localhost:5002"),
        ("#web", listed(vm_listed("db", way("/d")), vm_listed("web", way("/w"), pid=8)), "/w"),
    ],
)
def test_socket_of_a_name(spelled: str, data: bytes, path: str) -> None:
    assert remote_look.choose(parse_target(f"ssh://host{spelled}"), data) == path


def test_open_ports_and_abstract_sockets() -> None:
    found = remote_look.machines(looked(HIDDEN))
    assert found is not None and found[0].monitors == [
        (False, "qmp", "tcp:localhost:5002"),
        (False, "hmp", "tcp:[::1]:4444"),
        (False, "hmp", "abstract:monitor"),
    ]


@pytest.mark.parametrize(
    ("pattern", "found"), [("*", ["web", "two\nlines", "pid:10", "dom"]), ("[wd]*", ["web", "dom"])]
)
def test_names_of_a_pattern(pattern: str, found: list[str]) -> None:
    assert remote_look.titles(parse_target(f"ssh://host#{pattern}"), looked()) == found


@pytest.mark.parametrize(
    ("data", "words"), [(looked(), "These run: web"), (b"sh: no", "could not be listed")]
)
def test_pattern_that_no_name_matches(data: bytes, words: str) -> None:
    with pytest.raises(ConnectError, match=words):
        remote_look.titles(parse_target("ssh://host#x*"), data)


LIBVIRTS = way("unix:/var/lib/libvirt/qemu/domain-1-web/monitor.sock", busy=True)


@pytest.mark.parametrize(
    ("spelled", "data", "words"),
    [
        ("#nosuch", looked(), "these run: web"),
        ("", looked(), "say which: #web, "),
        ("", looked(""), "no QEMU on host"),
        ("#web", listed(vm_listed("web", way("/a")), vm_listed("web", way("/b"), pid=8)), "#pid:7, #pid:8"),
        ("#web", listed(vm_listed("web", way("tls://h:1"))), "it has tls://h:1 there"),
        ("#calls", looked(HIDDEN), "-qmp unix:"),
        ("#dom", looked(), "qmonsh 'libvirt+qemu+ssh://me@host:2/system#dom'"),
        ("#web", listed(vm_listed("web", way("libvirt+qemu:///system#web"), LIBVIRTS)), "/system#web'"),
        ("#web", listed(vm_listed("web")), "-qmp unix:"),
    ],
)
def test_name_without_a_socket(spelled: str, data: bytes, words: str) -> None:
    with pytest.raises(ConnectError) as caught:
        remote_look.choose(parse_target(f"ssh://me@host:2{spelled}"), data)
    assert words.lower() in str(caught.value).lower()


def run(path: str) -> bytes:
    environment = {"PATH": path, "HOME": "/nonexistent", "LC_ALL": "C"}
    return subprocess.run(["sh", "-c", remote_look.COMMAND], stdout=subprocess.PIPE, env=environment).stdout


@pytest.mark.real
def test_words_find_a_real_vm_without_qmonsh(vm: Callable[..., VM], tmp_path: Path) -> None:  # noqa: F811
    if shutil.which("qmonsh", path="/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin"):
        pytest.skip("qmonsh is installed here")
    name = f"qmonsh look {os.getpid()}"
    machine = vm("-name", name)
    path = remote_look.choose(parse_target(f"ssh://host#{name}"), run("/usr/bin:/bin"))
    assert os.path.samefile(path, machine.path)


def test_words_ask_qmonsh_where_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "qmonsh").write_text(f"#!/bin/sh\necho '{json.dumps([vm_listed('web', way('/w'))])}'\n")
    (tmp_path / "qmonsh").chmod(0o755)
    assert remote_look.choose(parse_target("ssh://host#web"), run(f"{tmp_path}:/usr/bin:/bin")) == "/w"
    (tmp_path / "qmonsh").write_text("#!/bin/sh\nexit 1\n")
    assert b"\0looked" in run(f"{tmp_path}:/usr/bin:/bin"), "a broken one is passed over"


def test_list_beyond_the_limit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_look, "MOST_BYTES", 1 << 20)
    for read in (remote_look.choose, remote_look.titles):
        with pytest.raises(ConnectError, match="longer than 1 MiB"):
            read(parse_target("ssh://h#web"), b"\0looked\n" + b"x" * (1 << 20))
