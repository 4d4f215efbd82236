"""Every spelling of a target, and what is said about the others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.credentials import Credentials
from qmonsh.errors import UsageError
from qmonsh.target import SCHEMES, Target, parse_target, parse_words, spellings, unix_target


def unix(path: str, **more: Any) -> dict[str, Any]:
    return {"scheme": "unix", "path": path, **more}


def tcp(host: str, port: int, **more: Any) -> dict[str, Any]:
    return {"scheme": "tcp", "host": host, "port": port, **more}


def abstract(name: str, **more: Any) -> dict[str, Any]:
    return {"scheme": "abstract", "path": name, **more}


SPELLINGS: dict[str, dict[str, Any]] = {
    # paths
    "/p": unix("/p", address="unix:/p"),
    "/run/my vm.sock": unix("/run/my vm.sock"),
    "./p": unix("./p"),
    "../p": unix("../p"),
    "~/vm.sock": unix("~/vm.sock"),
    "a/b": unix("a/b"),
    "vm.sock": unix("vm.sock"),
    "vm0.monitor": unix("vm0.monitor"),
    "mon.qmp": unix("mon.qmp"),
    "vm.socket": unix("vm.socket"),
    "unix:/p": unix("/p"),
    "unix:p": unix("p"),
    "unix:///run/p": unix("/run/p"),
    "///": unix("/"),
    "////run/p": unix("/run/p"),
    "unix:a:b": unix("a:b"),
    "/run/a:b.sock": unix("/run/a:b.sock"),
    "/run/a:4444": unix("/run/a:4444"),
    "./a:4444": unix("./a:4444"),
    " /p ": unix("/p"),
    "/päth": unix("/päth"),
    # a comma in a plain path is one, unless QEMU's options follow
    "/a,b.sock": unix("/a,b.sock", address="unix:/a,,b.sock"),
    "/a,b,server": unix("/a,b,server"),
    "/p,server,nowait": unix("/p"),
    "vm.sock,server=on,wait=off": unix("vm.sock"),
    # QEMU's option lists
    "unix:/tmp/vm0.monitor,server,nowait": unix("/tmp/vm0.monitor"),
    "unix:/p,server=on,wait=off": unix("/p"),
    "unix:/p,wait=off,server=on": unix("/p"),
    "unix:/p,server=yes,wait=no": unix("/p"),
    "unix:path=/p,server=on": unix("/p"),
    "unix:/a,,b,server": unix("/a,b"),
    "unix:/a,,,server": unix("/a,"),
    "unix:/p,server,nowait,nodelay,logfile=/tmp/l,logappend=on,mux=on,id=x": unix("/p"),
    "unix:/p,reconnect=1": unix("/p"),
    "unix:/p,reconnect-ms=500": unix("/p"),
    "unix:/p,server=on,websocket=off": unix("/p"),
    "unix:/p,telnet=on,server=on": unix("/p", telnet=True, address="unix:/p,telnet=on"),
    "unix:/p,telnet,server": unix("/p", telnet=True),
    "unix:/p,notelnet": unix("/p"),
    "telnet+unix:/p": unix("/p", telnet=True),
    "socket,id=mon0,path=/p,server=on,wait=off": unix("/p"),
    "socket,path=/p,id=mon0,server=on,wait=off": unix("/p"),
    "socket,server=on,wait=off,path=/a,,b,id=x": unix("/a,b"),
    "socket,id=m,path=/p,path=/q": unix("/q"),
    "socket,id=m,host=127.0.0.1,port=4444,server=on": tcp("127.0.0.1", 4444),
    "socket,id=m,port=4444,server=on": tcp("localhost", 4444),
    "socket,id=m,host=h,port=4444,telnet=on": tcp("h", 4444, telnet=True),
    "socket,id=m,path=n,abstract=on": abstract("n"),
    "socket,id=m,path=n,abstract=on,tight=off": abstract("n", tight=False),
    "unix:n,abstract=on,tight=on": abstract("n", tight=True, address="abstract:n,tight=on"),
    "unix:n,tight=off,abstract=on,server=on,wait=off": abstract("n", tight=False),
    "-qmp unix:/p,server=on,wait=off": unix("/p"),
    "--qmp unix:/p": unix("/p"),
    "-qmp-pretty unix:/p": unix("/p"),
    "-monitor telnet:127.0.0.1:4444,server,nowait": tcp("127.0.0.1", 4444, telnet=True),
    "-monitor 'unix:/my vm,server'": unix("/my vm"),
    "-chardev socket,id=a,path=/x,server=on": unix("/x"),
    "-chardev socket,id=a,path=/x -mon chardev=a,mode=control": unix("/x"),
    "-mon chardev=a,mode=control -chardev socket,path=/x,id=a": unix("/x"),
    "-mon a,mode=control -chardev socket,path=/y,id=b -chardev socket,path=/x,id=a": unix("/x"),
    "-chardev socket,id=a,path=/x -object monitor-qmp,id=m,chardev=a": unix("/x"),
    "-chardev socket,id=a,path=/x -qmp chardev:a": unix("/x"),
    # TCP
    "localhost:4444": tcp("localhost", 4444, address="tcp:localhost:4444"),
    "127.0.0.1:4444": tcp("127.0.0.1", 4444),
    "my-host.example.org:1": tcp("my-host.example.org", 1),
    "h:65535": tcp("h", 65535),
    "h:04444": tcp("h", 4444, address="tcp:h:4444"),
    "tcp:h:4444": tcp("h", 4444),
    "tcp://h:4444": tcp("h", 4444),
    "tcp://h:4444/": tcp("h", 4444),
    "tcp::4444": tcp("localhost", 4444),
    ":4444": tcp("localhost", 4444),
    "[::1]:4444": tcp("::1", 4444, address="tcp:[::1]:4444"),
    "[fe80::1%eth0]:4444": tcp("fe80::1%eth0", 4444),
    "tcp:[::1]:4444": tcp("::1", 4444),
    "tcp:127.0.0.1:4444,server=on,wait=off": tcp("127.0.0.1", 4444),
    "127.0.0.1:4444,server,nowait": tcp("127.0.0.1", 4444),
    "tcp:[::1]:4444,server,nowait,ipv6=on": tcp("::1", 4444),
    "tcp::4444,to=4450,server": tcp("localhost", 4444),
    "tcp:host=h,port=4444": tcp("h", 4444),
    "tcp:h:4444,telnet=on": tcp("h", 4444, telnet=True, address="telnet:h:4444"),
    "telnet:h:23": tcp("h", 23, telnet=True),
    "telnet:127.0.0.1:4444,server,nowait": tcp("127.0.0.1", 4444, telnet=True),
    # the others
    "abstract:name": abstract("name", address="abstract:name"),
    "abstract:a/b:c": abstract("a/b:c"),
    "abstract:name,tight=off": abstract("name", tight=False),
    "@name": abstract("name"),
    "@/tmp/dbus-x": abstract("/tmp/dbus-x"),
    "fd:3": {"scheme": "fd", "fd": 3},
    "fd:03": {"scheme": "fd", "fd": 3, "address": "fd:3"},
    "stdio": {"scheme": "stdio", "address": "stdio"},
    "exec:cat x": {"scheme": "exec", "words": ("cat", "x"), "address": "exec:cat x"},
    "exec:ssh h 'nc -U /p'": {"scheme": "exec", "words": ("ssh", "h", "nc -U /p")},
    'exec:sh -c "a | b"': {"scheme": "exec", "words": ("sh", "-c", "a | b")},
    "ssh://host/p.sock": {"scheme": "ssh", "host": "host", "path": "/p.sock", "port": 0, "user": ""},
    "ssh://host#web": {"scheme": "ssh", "host": "host", "path": "", "domain": "web"},
    "ssh://me@host:22#a/b #c": {
        "scheme": "ssh", "host": "host", "port": 22, "user": "me", "domain": "a/b #c"
    },
    "ssh://host/run/a#b": {"scheme": "ssh", "host": "host", "path": "/run/a#b"},
    "ssh://host": {"scheme": "ssh", "host": "host", "path": "", "domain": ""},
    "ssh://host/": {"scheme": "ssh", "host": "host", "path": "", "domain": ""},
    "ssh://me@host:22/p": {"scheme": "ssh", "host": "host", "path": "/p", "port": 22, "user": "me"},
    "ssh://me@[::1]:22/p": {"scheme": "ssh", "host": "::1", "path": "/p", "port": 22, "user": "me"},
    "libvirt:dom": {"scheme": "libvirt", "domain": "dom", "uri": ""},
    "libvirt+qemu:///system#dom": {"scheme": "libvirt", "domain": "dom", "uri": "qemu:///system"},
    "libvirt+qemu+ssh://h/system": {"scheme": "libvirt", "domain": "", "uri": "qemu+ssh://h/system"},
    "pid:4711": {"scheme": "pid", "pid": 4711},
    "tls://h:4444": {"scheme": "tls", "host": "h", "port": 4444},
    "tls://[::1]:4444": {"scheme": "tls", "host": "::1", "port": 4444},
    "tls:h:4444": {"scheme": "tls", "host": "h", "port": 4444, "address": "tls://h:4444"},
    "tls://h:4444?dir=/c": {"scheme": "tls", "host": "h", "port": 4444, "credentials": Credentials("/c")},
    "tls://h:4444/?name=a%26b&ca=~/c": {
        "scheme": "tls",
        "host": "h",
        "port": 4444,
        "credentials": Credentials(name="a&b", ca="~/c"),
        "address": "tls://h:4444?ca=~/c&name=a%26b",
    },
    "tcp:h:2,tls-creds=t": {"scheme": "tls", "host": "h", "port": 2, "address": "tls://h:2"},
    "socket,id=m,host=h,port=2,server=on,tls-creds=t": {"scheme": "tls", "host": "h", "port": 2},
    "vm1": {"scheme": "name", "path": "vm1"},
    "qmp-sock": {"scheme": "name", "path": "qmp-sock"},
    "4444": {"scheme": "name", "path": "4444"},
    "unix": {"scheme": "name", "path": "unix"},
    "name:vm.sock": {"scheme": "name", "path": "vm.sock", "address": "name:vm.sock"},
    "name:vm1": {"scheme": "name", "path": "vm1", "address": "vm1"},
}


@pytest.mark.parametrize("text", SPELLINGS)
def test_spelling_is_understood(text: str) -> None:
    target = parse_target(text)
    wanted = SPELLINGS[text]
    assert {name: getattr(target, name) for name in wanted} == wanted
    untouched = set(Target._fields) - {"scheme", "address", "user"} - set(wanted)
    default = Target("", "")
    assert {name: getattr(target, name) for name in untouched} == {
        name: getattr(default, name) for name in untouched
    }


@pytest.mark.parametrize("text", SPELLINGS)
def test_address_parses_to_the_same_target(text: str) -> None:
    target = parse_target(text)
    assert parse_target(target.address) == target


REFUSED = {
    "": "empty target",
    "  ": "empty target",
    "-": "default target",
    "/a\0b": "zero byte",
    "unx:/p": "did you mean 'unix:/p'",
    "UNIX:/p": "did you mean 'unix:/p'",
    "tpc:h:4": "did you mean 'tcp:h:4'",
    "tcp:a:b:4": "more than one ':'",
    "foo:bar": "'./foo:bar'",
    "unix:": "/path/to.sock",
    "unix:,server": "neither a path",
    "unix:/p,foo=1": "',,'",
    "unix:/p,serve=on": "did you mean 'server'",
    "unix:/p,server=maybe": "'on' or 'off'",
    "unix:/p,websocket=on": "websocket",
    "unix:/p,websocket": "websocket",
    "tls://h": "no port",
    "tls://h?ca=/c": "no port",
    "tls://h:4?cacert=/c": "there is no 'cacert'",
    "tcp:h:2,tn3270=on": "tn3270",
    "socket,id=m,fd=19,server=on": "inside QEMU",
    "socket,id=m": "neither a path nor a port",
    "tcp:4444": "did you mean 'tcp::4444'",
    "tcp:h": "no port",
    "tcp:h:": "port",
    "tcp:h:x": "from 1 to 65535",
    "tcp:h:0": "from 1 to 65535",
    "h:65536": "from 1 to 65535",
    "h:99999999999999999999": "from 1 to 65535",
    "tcp:a b:1": "host name",
    "tcp:a/b:1": "host name",
    "::1:4444": "[::1]:4444",
    "tcp:::1:4444": "in brackets",
    "abstract:": "abstract:NAME",
    "@": "no name",
    "fd:": "fd:N",
    "fd:x": "fd:3",
    "fd:-1": "fd:3",
    "fd:9999999999": "fd:3",
    "stdio:x": "spelled stdio",
    "exec:": "exec:COMMAND",
    "exec:  ": "exec:COMMAND",
    "exec:''": "no command",
    "exec:a 'b": "No closing quotation",
    "ssh://": "ssh://",
    "ssh://#web": "ssh://",
    "ssh:host:/p": "ssh://",
    "ssh://h:x/p": "ssh://",
    "pid:x": "pid:4711",
    "pid:0": "pid:4711",
    "libvirt:": "libvirt:DOMAIN",
    "libvirt://h/system": "libvirt:DOMAIN",
    "libvirt+foo": "libvirt+qemu:///system",
    "chardev:mon0": "only names a chardev",
    "mon:stdio": "serial port",
    "pty,id=x": "socat",
    "pty:": "socat",
    "pipe:/tmp/p": "fifos",
    "udp:h:1": "UDP",
    "vc:80x24": "outside",
    "-monitor stdio": "QEMU's own stdin",
    "-mon chardev=a": "only names a chardev",
    "-foo x": "no monitor",
    "-qmp": "no monitor",
    "-qmp 'x": "No closing quotation",
}


@pytest.mark.parametrize("text", REFUSED)
def test_spelling_is_refused_with_advice(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    said = str(caught.value)
    assert REFUSED[text].lower() in said.lower()


@pytest.mark.parametrize(
    ("words", "address", "taken"),
    [
        (["localhost", "4444"], "tcp:localhost:4444", 2),
        (["localhost", "4444", "info", "status"], "tcp:localhost:4444", 2),
        (["127.0.0.1", "4444"], "tcp:127.0.0.1:4444", 2),
        (["::1", "4444"], "tcp:[::1]:4444", 2),
        (["[::1]", "4444"], "tcp:[::1]:4444", 2),
        (["fe80::1%lo", "4444"], "tcp:[fe80::1%lo]:4444", 2),
        (["vm1", "4444"], "tcp:vm1:4444", 2),
        (["vm.sock", "4444"], "unix:vm.sock", 1),
        (["./vm", "4444"], "unix:./vm", 1),
        (["a/b", "4444"], "unix:a/b", 1),
        (["h:1", "4444"], "tcp:h:1", 1),
        (["fd:3", "4444"], "fd:3", 1),
        (["@n", "4444"], "abstract:n", 1),
        (["vm.sock", "info", "status"], "unix:vm.sock", 1),
        (["vm1", "info"], "vm1", 1),
        (["unix:/p,server", "info"], "unix:/p", 1),
        (["-qmp", "unix:/p,server", "info"], "unix:/p", 2),
        (["-qmp unix:/p,server", "info"], "unix:/p", 1),
    ],
)
def test_words_take_what_is_the_target(words: list[str], address: str, taken: int) -> None:
    target, count = parse_words(words)
    assert target is not None
    assert (target.address, count) == (address, taken)


@pytest.mark.parametrize(("words", "taken"), [([], 0), (["-"], 1), (["-", "info"], 1), (["-", "4444"], 1)])
def test_words_without_a_target_mean_the_default(words: list[str], taken: int) -> None:
    assert parse_words(words) == (None, taken)


def test_words_with_a_port_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="65535"):
        parse_words(["localhost", "99999"])


@pytest.mark.parametrize("path", ["/p", "p", "a:b", "unix:/p", "/a,server", "-x"])
def test_unix_target_takes_any_path_as_it_is(path: str) -> None:
    target = unix_target(path)
    assert (target.scheme, target.path) == ("unix", path)
    assert parse_target(target.address) == target


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_unix_target_refuses_what_is_no_path(path: str) -> None:
    with pytest.raises(UsageError):
        unix_target(path)


def test_schemes_are_listed_with_their_spelling() -> None:
    assert len({row.name for row in SCHEMES}) == len(SCHEMES)
    assert all(row.spelling in spellings() and row.meaning for row in SCHEMES)


@pytest.mark.parametrize("row", SCHEMES, ids=lambda row: row.name)
def test_unknown_scheme_names_the_nearest(row: Any) -> None:
    with pytest.raises(UsageError, match=row.name):
        parse_target(f"{row.name}x:abc")


@given(st.text(max_size=30))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except UsageError:
        return
    assert parse_target(target.address) == target


@given(st.text(alphabet="/:,=@[]%.~ -1aunixtcpsocketserver", max_size=30))
def test_any_near_text_is_a_target_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except UsageError:
        return
    assert parse_target(target.address) == target
