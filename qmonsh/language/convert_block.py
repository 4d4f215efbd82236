"""HMP's block commands as QMP: what the word for a device means, and the flags that become enums.

HMP takes the names of drives only; here the id or QOM path of a device and a node-name do too, where QMP
has a way to say it. Which of them a word is, query-block tells.
"""

from __future__ import annotations

import re
from typing import Any

from qmonsh.language.call import Call, Inexact, Request, Twin, records, single
from qmonsh.language.plan import Step

_JOB_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
_PERIPHERAL = "/machine/peripheral/"


class Found:
    """A block device that a word names: ``entry`` is its record of query-block, if it has one.

    ``is_drive`` says that the word is the drive's own name, ``qdev`` the QOM path or id of the device that
    it is plugged into, ``node`` the name of the node in it (or that the word itself is).
    """

    def __init__(self, word: str, entry: dict[str, Any] | None, *, is_drive: bool = False) -> None:
        self.word = word
        self.is_drive = is_drive
        self.drive = _text(entry, "device")
        self.qdev = _text(entry, "qdev")
        inserted = entry.get("inserted") if entry else None
        self.node = _text(inserted, "node-name") if isinstance(inserted, dict) else ""


def find_device(request: Request, word: str) -> Found | None:
    """Return the block device whose id or QOM path is ``word``, or None."""
    return _by_qdev(records(request.ask("query-block")), word)


def _by_qdev(entries: list[dict[str, Any]], word: str) -> Found | None:
    return next((Found(word, one) for one in entries if is_device(_text(one, "qdev"), word)), None)


def find(call: Call, word: str) -> Found:
    """Return what ``word`` names; a name that the monitor does not tell of is taken for a drive's."""
    entries = records(call.ask("query-block"))
    for entry in entries:
        if word and entry.get("device") == word:
            return Found(word, entry, is_drive=True)
    plugged = _by_qdev(entries, word)
    if plugged is not None:
        return plugged
    for entry in entries:
        inserted = entry.get("inserted")
        if isinstance(inserted, dict) and inserted.get("node-name") == word:
            return Found(word, entry)
    nodes = records(call.ask("query-named-block-nodes")) if entries or not call.knowledge.has_hmp() else []
    if any(node.get("node-name") == word for node in nodes):
        found = Found(word, None)
        found.node = word
        return found
    return Found(word, None, is_drive=True)


def is_device(qdev: str, word: str) -> bool:
    """Tell whether ``word`` is a device's id or path; virtio-blk's path goes on behind its id."""
    path = word if word.startswith("/") else _PERIPHERAL + word
    return bool(qdev) and (qdev in (word, path) or qdev.startswith(path + "/"))


def _text(record: dict[str, Any] | None, key: str) -> str:
    value = record.get(key) if record else None
    return value if isinstance(value, str) else ""


def _by_id(call: Call, found: Found) -> dict[str, Any]:
    """Return how commands that take "device" or "id" say it."""
    if found.is_drive or not found.qdev:
        return {"device": found.drive or found.word}
    return {"id": found.qdev}


def _by_node(call: Call, found: Found) -> dict[str, Any]:
    """Return how commands that take "device" or "node-name" say it."""
    if found.is_drive:
        return {"device": found.word}
    return {"node-name": found.node} if found.node else {"device": found.drive or found.word}


def _by_name(call: Call, found: Found) -> dict[str, Any]:
    """Return how commands say it whose "device" is a drive or a node."""
    return {"device": found.word if found.is_drive else found.drive or found.node or found.word}


_REFERENCES = {
    "blockdev-change-medium": _by_id,
    "blockdev-snapshot-sync": _by_node,
    "block_resize": _by_node,
    "block_set_io_throttle": _by_id,
    "eject": _by_id,
}


def reference(call: Call) -> dict[str, Any]:
    """Return the members that name the block device of the call's argument "device"."""
    say = _REFERENCES.get(call.twin, _by_name)
    return say(call, find(call, call.place("device").text))


def device(call: Call) -> Twin:
    """A command that renames its members and names a block device."""
    return single(call.twin, {**reference(call), **call.members("device")})


def stream(call: Call) -> Twin:
    """``block_stream``: the job is called after the drive; a node's job needs a name of its own."""
    return single(call.twin, {**_with_job(call), **call.members("device")})


def _with_job(call: Call) -> dict[str, Any]:
    found = find(call, call.place("device").text)
    named = _by_name(call, found)
    if found.is_drive or named["device"] == found.drive:
        return named
    return {"job-id": found.word if _JOB_ID.match(found.word) else "job0", **named}


def copy(call: Call) -> Twin:
    """``drive_mirror`` and ``drive_backup``: -n keeps the target file, -f copies the whole chain."""
    arguments = {
        **_with_job(call),
        "target": call.get("target"),
        "sync": "full" if call.has("f") else "top",
        "mode": "existing" if call.has("n") else "absolute-paths",
        **call.members("device", "target", "n", "f"),
    }
    return single(call.twin, arguments)


def snapshot(call: Call) -> Twin:
    """``snapshot_blkdev``: the overlay is qcow2 unless told otherwise; -n takes the file as it is."""
    found = find(call, call.place("device").text)
    arguments = {
        **_by_node(call, found),
        "snapshot-file": call.get("new-image-file"),
        "mode": "existing" if call.has("n") else "absolute-paths",
        **call.members("device", "new-image-file", "n"),
    }
    return single(call.twin, arguments)


def change(call: Call) -> Twin:
    """``change DEVICE FILE`` changes a medium, ``change vnc password WORD`` the password."""
    if call.place("device").text == "vnc":
        return _change_vnc(call)
    if call.twin == "change":
        return single("change", {"device": call.get("device"), "target": call.get("filename")})
    arguments = {**reference(call), **call.members("device")}
    if call.has("read-only-mode"):
        modes = ("retain", "read-only", "read-write")
        call.check_word(_argument(call, "read-only-mode"), modes)
    return single(call.twin, arguments)


def _change_vnc(call: Call) -> Twin:
    target = call.place("filename").text
    if target not in ("password", "passwd"):
        raise Inexact("only the VNC password has a QMP command")
    if not call.has("format"):
        raise call.error("the password is missing: change vnc password WORD")
    if "change-vnc-password" not in call.knowledge.commands():
        raise Inexact("this QEMU lacks change-vnc-password")
    return single("change-vnc-password", {"password": call.get("format")})


def _argument(call: Call, name: str) -> Any:
    return next(one for one in call.rule.arguments if one.name == name)


def nbd_start(call: Call) -> Twin:
    """``nbd_server_start [-a] [-w] ADDRESS``: -a exports every disk, and a failure stops the server."""
    if call.has("w") and not call.has("a"):
        raise call.error("-w needs -a: what is exported must be told", "w")
    start = Step(call.twin, {"addr": _address(call, call.get("address"))})
    if not call.has("a"):
        return Twin((start,))
    if call.knowledge.has_hmp():
        raise Inexact("-a exports whatever is there when it runs")
    exports = []
    for entry in records(call.ask("query-block")):
        inserted = entry.get("inserted")
        if isinstance(inserted, dict):
            name = _text(entry, "device") or _text(inserted, "node-name")
            exports.append(Step("nbd-server-add", {"device": name, "writable": call.has("w")}))
    return Twin((start, *exports), undo=(Step("nbd-server-stop"),))


def _address(call: Call, text: str) -> dict[str, Any]:
    """Return a socket address as HMP reads it: unix:PATH, vsock:CID:PORT, fd:NAME, [tcp:]HOST:PORT[,...]."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest:
        return {"type": "unix", "data": {"path": rest}}
    if kind == "fd" and rest:
        return {"type": "fd", "data": {"str": rest}}
    if kind == "vsock" and rest.count(":") == 1:
        cid, port = rest.split(":")
        return {"type": "vsock", "data": {"cid": cid, "port": port}}
    found = re.fullmatch(
        r"(?:tcp:)?(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^:,]*)):(?P<port>[^:,]+)", text
    )
    if found is None:
        if "," in text:
            raise Inexact("options of the address are HMP's own")
        raise call.error(
            "an address is expected",
            "address",
            expected=("HOST:PORT", "[ADDRESS]:PORT", "unix:PATH", "fd:NAME"),
        )
    return {"type": "inet", "data": {"host": found["six"] or found["host"], "port": found["port"]}}


def nbd_remove(call: Call) -> Twin:
    """``nbd_server_remove [-f] NAME``: -f cuts the clients off."""
    mode = {"mode": "hard"} if call.has("f") else {}
    return single(call.twin, {"name": call.get("name"), **mode})
