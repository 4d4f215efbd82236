"""Text becomes a Target: what kind of address it is and its parts; pure, opens nothing.

Knows every kind of target of DESIGN section 2, each scheme one row of SCHEMES; how sockets and VMs elsewhere
are spelled say socket_spelling.py and remote_spelling.py. Must not know sockets, files or processes: whether
something is there is found out by transport/open.py.

A word without ``/`` and ``:`` is a file name when it ends as sockets do (``vm.sock``, ``vm0.monitor``);
any other becomes the scheme "name", which transport/open.py first looks for as a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from qmonsh import chardev
from qmonsh.address import Target as Target
from qmonsh.address import is_digits, is_ipv6, tcp_at, unix_at
from qmonsh.credentials import completed
from qmonsh.errors import UsageError
from qmonsh.remote_spelling import read_libvirt, read_libvirt_uri, read_ssh, read_tls
from qmonsh.socket_spelling import (
    of_socket,
    read_abstract,
    read_tcp,
    read_telnet,
    read_telnet_unix,
    read_unix,
)


class Scheme(NamedTuple):
    """A kind of target: ``parse`` makes it from what follows ``NAME:``; ``spelling`` is for --help."""

    name: str
    spelling: str
    meaning: str
    parse: Callable[[str], Target]


#: File name endings that make a bare word a socket's path.
_ENDINGS = (".sock", ".socket", ".monitor", ".mon", ".qmp", ".hmp", ".qga", ".s")

#: Chardev backends of QEMU that cannot be connected to: word -> why.
_UNREACHABLE = {
    "pty": "use exec:'socat - /dev/pts/N,raw,echo=0' with the path that QEMU printed",
    "vc": "a monitor in QEMU's own window cannot be reached from outside",
    "file": "a monitor that writes to a file hears nobody",
    "pipe": "two fifos are no connection; use exec:'socat PIPE:P.out!!PIPE:P.in' with QEMU's path P",
    "udp": "a monitor over UDP loses its greeting",
    "null": "a monitor on null hears nobody",
    "mon": "it shares its line with a serial port; give the VM a monitor of its own",
    "chardev": "it only names a chardev; give the option list of that -chardev",
    "vsock": "QEMU has no monitor over vsock",
    "ws": "QEMU does not answer QMP commands over a websocket",
    "wss": "QEMU does not answer QMP commands over a websocket",
    "ringbuf": "a monitor on a ring buffer hears nobody",
}


def parse_target(text: str) -> Target:
    """Return the target that a text spells.

    Raises UsageError, with the nearest scheme or the list of spellings, when there is none.
    """
    text = text.strip()
    if not text or "\0" in text:
        raise UsageError("an empty target" if not text else f"{text!r} has a zero byte", advice=spellings())
    if text == "-":
        raise UsageError("'-' stands for the default target", advice="set QMONSH_TARGET")
    if text[0] == "-":
        return _pasted(text)
    for starts, parse in _BY_FIRST_CHARACTERS:
        if text.startswith(starts):
            return parse(text)
    backend = chardev.split_options(text)[0]
    if backend == "socket" and backend != text:
        return of_socket(text, chardev.read_socket(text, chardev.split_options(text)[1:]))
    if backend in _UNREACHABLE and backend != text:
        raise UsageError(f"'{text}' cannot be connected to: {_UNREACHABLE[backend]}")
    return _by_scheme(text) or _without_scheme(text)


def parse_words(words: Sequence[str]) -> tuple[Target | None, int]:
    """Return the target that leading words spell, and how many words it took.

    ``HOST PORT`` takes two words, as for nc and telnet, and so does a QEMU option with its value;
    ``-`` is (None, 1), the default target; no words are (None, 0). Raises UsageError.
    """
    if not words:
        return None, 0
    if words[0] == "-":
        return None, 1
    if len(words) > 1:
        if words[0].startswith("-") and words[0].lstrip("-") in chardev.FLAGS:
            return _from_arguments(f"{words[0]} {words[1]}", words[:2]), 2
        if is_digits(words[1]) and _is_host(words[0]):
            host = words[0].strip("[]") if words[0].startswith("[") else words[0]
            return tcp_at(host, words[1], text=f"{words[0]} {words[1]}"), 2
    return parse_target(words[0]), 1


def unix_target(path: str) -> Target:
    """Return the target of a path that is nothing but a path, whatever it looks like (``-U PATH``)."""
    if "\0" in path:
        raise UsageError(f"{path!r} has a zero byte")
    return unix_at(path)


def with_credentials(target: Target, defaults: Mapping[str, str]) -> Target:
    """Return a TLS target with what its address does not say taken from ``defaults``; others as they are."""
    if target.scheme != "tls" or not defaults:
        return target
    return target._replace(credentials=completed(target.credentials, defaults))


def spellings() -> str:
    """Return one line that lists how a target can be spelled."""
    return "a target is one of: " + ", ".join(row.spelling for row in SCHEMES)


# -- without a scheme ---------------------------------------------------------------------------


def _without_scheme(text: str) -> Target:
    """Return a HOST:PORT, a path or a name."""
    first = text.split(",", 1)[0]
    head, colon, tail = first.rpartition(":")
    if colon and is_digits(tail) and "/" not in head and (":" not in head or is_ipv6(head)):
        return read_tcp(text)
    scheme = text.partition(":")[0]
    if ":" in text and "/" not in scheme:
        raise _unknown_scheme(text, scheme)
    if "/" in text or first.endswith(_ENDINGS):
        return _path(text)
    return Target("name", text, path=text)


def _unknown_scheme(text: str, scheme: str) -> UsageError:
    import difflib

    rest = text[len(scheme) + 1 :]
    near = difflib.get_close_matches(scheme.lower(), [row.name for row in SCHEMES], n=1)
    if near:
        return UsageError(
            f"'{text}' is not a target: there is no '{scheme}:'", advice=f"did you mean '{near[0]}:{rest}'?"
        )
    return UsageError(
        f"'{text}' is not a target: '{rest}' is not a port number and '{scheme}:' is not a scheme",
        advice=f"a file of that name is './{text}'; {spellings()}",
    )


def _path(text: str) -> Target:
    """Return a plain path; QEMU's options after it are dropped, any other comma is part of the name."""
    items = chardev.split_options(text)
    if len(items) > 1 and all(chardev.is_option(item) for item in items[1:]):
        return read_unix(text)
    return unix_at(text)


# -- a scheme's rest ----------------------------------------------------------------------------


def _by_scheme(text: str) -> Target | None:
    """Return the target of a text that begins with a known scheme, None when it does not."""
    if text == "stdio":
        return Target("stdio", "stdio")
    name, colon, rest = text.partition(":")
    if name.startswith("libvirt+"):
        return read_libvirt_uri(text)
    if not colon:
        return None
    if name in _UNREACHABLE:
        raise UsageError(f"'{text}' cannot be connected to: {_UNREACHABLE[name]}")
    scheme = _BY_NAME.get(name)
    if scheme is None:
        return None
    if not rest and name != "stdio":
        raise UsageError(f"'{text}' is not complete", advice=f"it is spelled {scheme.spelling}")
    return scheme.parse(rest)


def _fd(rest: str) -> Target:
    if not is_digits(rest) or len(rest) > 9:
        raise UsageError(
            f"'fd:{rest}' has no descriptor number", advice="it is spelled fd:N, for example fd:3"
        )
    return Target("fd", f"fd:{int(rest)}", fd=int(rest))


def _stdio(rest: str) -> Target:
    if rest:
        raise UsageError(f"'stdio:{rest}' says too much", advice="it is spelled stdio")
    return Target("stdio", "stdio")


def _exec(rest: str) -> Target:
    import shlex

    try:
        words = tuple(shlex.split(rest))
    except ValueError as error:
        raise UsageError(f"'exec:{rest}' cannot be split into words: {error}") from None
    if not words or not words[0]:
        raise UsageError("'exec:' has no command", advice="it is spelled exec:'COMMAND ARGUMENTS'")
    return Target("exec", f"exec:{rest}", words=words)


def _pid(rest: str) -> Target:
    if not is_digits(rest) or not 0 < int(rest[:12]) < 1 << 31:
        raise UsageError(
            f"'pid:{rest}' has no process id", advice="it is spelled pid:N, for example pid:4711"
        )
    return Target("pid", f"pid:{int(rest)}", pid=int(rest))


def _name(rest: str) -> Target:
    return Target("name", f"name:{rest}" if _needs_prefix(rest) else rest, path=rest)


# -- pasted from QEMU's command line ------------------------------------------------------------


def _pasted(text: str) -> Target:
    """Return the monitor of a piece of a QEMU command line (``-qmp unix:/p,server=on``)."""
    import shlex

    try:
        arguments = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"'{text}' cannot be split into words: {error}") from None
    return _from_arguments(text, arguments)


def _from_arguments(text: str, arguments: Sequence[str]) -> Target:
    from qmonsh.machine_options import monitors_in

    monitors = monitors_in(arguments)
    if not monitors:
        raise UsageError(f"'{text}' has no monitor of QEMU in it", advice=spellings())
    if monitors[0] == "stdio":
        raise UsageError(
            f"'{text}' cannot be connected to: that monitor is QEMU's own stdin and stdout",
            advice="only the process that starts QEMU can use it: exec:'qemu-system-... -qmp stdio'",
        )
    return parse_target(monitors[0])


# -- small things -------------------------------------------------------------------------------


def _needs_prefix(word: str) -> bool:
    try:
        return parse_target(word).scheme != "name"
    except UsageError:
        return True


def _is_host(word: str) -> bool:
    """Return whether a word before a number is a host: a name, an address, never a path."""
    if word.startswith("[") and word.endswith("]"):
        return True
    if ":" in word:
        return is_ipv6(word)
    return "/" not in word and "," not in word and word[:1] not in "@~.-" and not word.endswith(_ENDINGS)


#: The kinds of targets, in the order of --help.
SCHEMES = (
    Scheme(
        "unix", "/path/to.sock", "a unix socket; also unix:PATH, with QEMU's ,server=on,wait=off", read_unix
    ),
    Scheme("tcp", "HOST:PORT", "a TCP port; also tcp:HOST:PORT, [::1]:PORT, or two words", read_tcp),
    Scheme("telnet", "telnet:HOST:PORT", "a TCP port with QEMU's telnet=on", read_telnet),
    Scheme("abstract", "abstract:NAME", "an abstract unix socket; also @NAME", read_abstract),
    Scheme("fd", "fd:N", "an inherited descriptor", _fd),
    Scheme("stdio", "stdio", "our own stdin and stdout are the monitor", _stdio),
    Scheme("exec", "exec:COMMAND", "the monitor is a child's stdin and stdout; no shell runs", _exec),
    Scheme(
        "ssh", "ssh://[user@]host[:port]/path.sock", "a socket on another host, or ssh://host#NAME", read_ssh
    ),
    Scheme("libvirt", "libvirt:DOMAIN", "a domain of libvirt; also libvirt+URI#DOMAIN", read_libvirt),
    Scheme("tls", "tls://HOST:PORT", "a TCP port with tls-creds; ?ca=FILE&cert=FILE&key=FILE", read_tls),
    Scheme("pid", "pid:N", "the QEMU with that process id", _pid),
    Scheme("name", "NAME", "the running VM of that name", _name),
)

_BY_NAME = {row.name: row for row in SCHEMES} | {
    "telnet+unix": Scheme("telnet+unix", "telnet+unix:PATH", "a unix socket with telnet=on", read_telnet_unix)
}

_BY_FIRST_CHARACTERS: tuple[tuple[str | tuple[str, ...], Callable[[str], Target]], ...] = (
    (("/", "./", "../", "~"), _path),
    (("[", ":"), read_tcp),
    ("@", lambda text: read_abstract(text[1:])),
)
