from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.chardev import chardev_arguments, chardev_options
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema
from tests.qapi.captured import VERSIONS, needs_captures, options, pointed_at, schema

pytestmark = needs_captures
every_version = pytest.mark.parametrize("version", VERSIONS)


def unix(path: str, **more: Any) -> dict[str, Any]:
    return {"addr": {"type": "unix", "data": {"path": path}}, **more}


def inet(host: str, port: str, **more: Any) -> dict[str, Any]:
    return {"type": "inet", "data": {"host": host, "port": port, **more}}


#: Backend and data of option lists that mean the same on every version.
LINES = [
    ("null,id=c", {}),
    ("pty,id=c", {}),
    ("msmouse,id=c", {}),
    ("testdev,id=c", {}),
    ("null,id=c,logfile=/l,logappend=on", {"logfile": "/l", "logappend": True}),
    ("ringbuf,id=c,size=64k", {"size": 65536}),
    ("memory,id=c", {}),
    ("file,id=c,path=/x", {"out": "/x"}),
    ("file,id=c,path=/x,append,input-path=/y", {"out": "/x", "append": True, "in": "/y"}),
    ("pipe,id=c,path=/x", {"device": "/x"}),
    ("serial,id=c,path=/dev/ttyS0", {"device": "/dev/ttyS0"}),
    ("parallel,id=c,path=/dev/lp0", {"device": "/dev/lp0"}),
    ("stdio,id=c,signal=off", {"signal": False}),
    ("vc,id=c,cols=80,rows=25", {"cols": 80, "rows": 25}),
    ("mux,id=c,chardev=d", {"chardev": "d"}),
    ("spicevmc,id=c,name=vdagent", {"type": "vdagent"}),
    ("spiceport,id=c,name=org.x", {"fqdn": "org.x"}),
    ("socket,id=c,path=/x", unix("/x", server=False)),
    ("socket,id=c,path=/x,server=on", unix("/x", server=True, wait=True)),
    ("socket,id=c,path=/x,server,nowait", unix("/x", server=True, wait=False)),
    ("socket,id=c,path=/x,server=on,wait=off", unix("/x", server=True, wait=False)),
    ("socket,id=c,path=/x,noserver", unix("/x", server=False)),
    ("socket,id=c,path=/x,delay=off", unix("/x", server=False, nodelay=True)),
    ("socket,id=c,path=/x,nodelay", unix("/x", server=False, nodelay=True)),
    (
        "socket,id=c,path=@x,abstract=on,tight=off",
        {"addr": {"type": "unix", "data": {"path": "@x", "abstract": True, "tight": False}}, "server": False},
    ),
    ("socket,id=c,host=h,port=1,telnet=on", {"addr": inet("h", "1"), "telnet": True, "server": False}),
    ("socket,id=c,host=,port=1", {"addr": inet("", "1"), "server": False}),
    (
        "socket,id=c,host=h,port=1,to=9,ipv4,noipv6,server=on,wait=off,tls-creds=t",
        {
            "addr": inet("h", "1", to=9, ipv4=True, ipv6=False),
            "server": True,
            "wait": False,
            "tls-creds": "t",
        },
    ),
    ("socket,id=c,fd=5", {"addr": {"type": "fd", "data": {"str": "5"}}, "server": False}),
    (
        "socket,id=c,cid=3,port=9",
        {"addr": {"type": "vsock", "data": {"cid": "3", "port": "9"}}, "server": False},
    ),
    ("udp,id=c,port=1", {"remote": inet("localhost", "1")}),
    ("udp,id=c,host=,port=1", {"remote": inet("localhost", "1")}),
    (
        "udp,id=c,host=h,port=1,localport=2",
        {"remote": inet("h", "1"), "local": inet("", "2")},
    ),
    (
        "udp,id=c,host=h,port=1,localaddr=a,ipv4=on",
        {"remote": inet("h", "1", ipv4=True), "local": inet("a", "0")},
    ),
]


@every_version
@pytest.mark.parametrize(("line", "data"), LINES)
def test_option_list_becomes_the_backend(version: str, line: str, data: dict[str, Any]) -> None:
    assert chardev_arguments(schema(version), options(f"backend={line}")) == {
        "id": "c",
        "backend": {"type": line.split(",")[0], "data": data},
    }


@every_version
def test_old_names_of_backends(version: str) -> None:
    for alias, name in (("tty", "serial"), ("parport", "parallel")):
        found = chardev_arguments(schema(version), options(f"backend={alias},id=c,path=/x"))
        assert found is not None and found["backend"]["type"] == name


@every_version
@pytest.mark.parametrize("option", ["reconnect=3", "reconnect-ms=3000"])
def test_reconnect_in_the_unit_that_the_monitor_has(version: str, option: str) -> None:
    found = chardev_arguments(schema(version), options(f"backend=socket,id=c,path=/x,{option}"))
    assert found is not None
    data = found["backend"]["data"]
    known = {"reconnect": 3} if "reconnect" in data else {"reconnect-ms": 3000}
    assert data == unix("/x", **known, server=False)
    members = {one.name for one in chardev_options(schema(version), "socket")}
    assert known.keys() <= members


def test_reconnect_that_old_monitors_cannot_say() -> None:
    with pytest.raises(ValueProblem, match="'reconnect-ms' is not known here"):
        chardev_arguments(schema("5.2"), options("backend=socket,id=c,path=/x,reconnect-ms=1500"))


@pytest.mark.parametrize("version", ["10.0", "11.1"])
def test_hub_takes_a_list(version: str) -> None:
    found = chardev_arguments(schema(version), options("backend=hub,id=c,chardevs.0=a,chardevs.1=b"))
    assert found == {"id": "c", "backend": {"type": "hub", "data": {"chardevs": ["a", "b"]}}}


REFUSED = [
    ("backend=null", "'id' is missing", "", ""),
    ("id=c", "'backend' is missing", "", ""),
    ("backend=null,id=5", "identifier", "5", ""),
    ("backend=soket,id=c", "'soket' is not a character device backend", "soket", "socket"),
    ("backend=null,id=c,foo=1", "'foo' is not known here", "foo", ""),
    ("backend=file,id=c", "'path' is missing", "", ""),
    ("backend=file,id=c,pth=/x", "'pth' is not known here", "pth", "path"),
    ("backend=serial,id=c", "'path' is missing", "", ""),
    ("backend=socket,id=c", "'path' or 'host' or 'fd' is missing", "", ""),
    ("backend=socket,id=c,host=h", "'port' is missing", "", ""),
    ("backend=socket,id=c,path=/x,host=h", "different kinds of address", "host", ""),
    ("backend=socket,id=c,path=/x,server=maybe", "'maybe' is not a boolean", "maybe", ""),
    ("backend=socket,id=c,path=/x,delay=maybe", "'maybe' is not a boolean", "maybe", ""),
    ("backend=socket,id=c,path=/x,telnt=on", "'telnt' is not known here", "telnt", "telnet"),
    ("backend=udp,id=c", "'port' is missing", "", ""),
    ("backend=ringbuf,id=c,size=x", "'x' is not a number", "x", ""),
    ("backend=null,id=c,mux=x", "'x' is not a boolean", "x", ""),
]


@every_version
@pytest.mark.parametrize(("line", "said", "at", "nearest"), REFUSED)
def test_option_list_that_cannot_be_right(version: str, line: str, said: str, at: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        chardev_arguments(schema(version), options(line))
    assert said in problem.value.problem
    assert pointed_at(line, problem.value) == at
    assert problem.value.nearest == nearest


@every_version
def test_two_devices_at_once_cannot_be_said(version: str) -> None:
    assert chardev_arguments(schema(version), options("backend=null,id=c,mux=on")) is None
    assert chardev_arguments(schema(version), options("backend=null,id=c,mux")) is None
    assert chardev_arguments(schema(version), options("backend=null,id=c,mux=off")) is not None


def test_monitor_without_the_command() -> None:
    assert chardev_arguments(Schema([]), options("backend=null,id=c")) is None
    assert chardev_options(Schema([]), "socket") == ()


@every_version
def test_options_of_every_backend(version: str) -> None:
    index = schema(version)
    (tag,) = [one for one in index.members_for("chardev-add", {}, "backend.") if one.name == "type"]
    for backend in tag.type.values:  # type: ignore[union-attr]
        names = [one.name for one in chardev_options(index, backend)]
        assert len(names) == len(set(names))
        assert {"logfile", "logappend"} <= set(names)
        assert not {"addr", "remote", "local", "out", "data"} & set(names)
    assert {"path", "host", "port", "fd", "server"} <= {one.name for one in chardev_options(index, "socket")}
    assert {"host", "localaddr"} <= {one.name for one in chardev_options(index, "udp")}
    assert {"path", "input-path"} <= {one.name for one in chardev_options(index, "file")}
    assert [one.name for one in chardev_options(index, "tty")] == [
        one.name for one in chardev_options(index, "serial")
    ]
    assert chardev_options(index, "nosuch") == ()
