"""When commands overwrite a file on QEMU's host: QEMU itself never asks.

Functions as in danger_block.py. Which files there are is known where QEMU runs on this host. Commands that
overwrite guest data in any case (pmemsave...) are in danger.py. Must not know how lines say their arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qmonsh.language.call import Request, records

_FILE = "file:"


def named(request: Request, arguments: Mapping[str, Any]) -> str:
    """A command that writes the file which its argument names."""
    return _overwritten(request, arguments.get("filename") or arguments.get("path"))


def new_image(request: Request, arguments: Mapping[str, Any]) -> str:
    """A command that creates an image, unless it is told to take what is there."""
    if arguments.get("mode") == "existing" or arguments.get("n"):
        return ""
    names = ("target", "snapshot-file", "new-image-file")
    return _overwritten(request, next((arguments[name] for name in names if name in arguments), None))


def created_image(request: Request, arguments: Mapping[str, Any]) -> str:
    """``blockdev-create`` of a file."""
    options = arguments.get("options")
    if not isinstance(options, Mapping) or options.get("driver") != "file":
        return ""
    return _overwritten(request, options.get("filename"))


def chardev(request: Request, arguments: Mapping[str, Any]) -> str:
    """``chardev-add`` of a file that is not appended to."""
    backend = arguments.get("backend")
    data = backend.get("data") if isinstance(backend, Mapping) and backend.get("type") == "file" else None
    if not isinstance(data, Mapping) or data.get("append"):
        return ""
    return _overwritten(request, data.get("out"))


def dumped_packets(request: Request, arguments: Mapping[str, Any]) -> str:
    """``object-add`` of what writes packets to a file."""
    if arguments.get("qom-type") != "filter-dump":
        return ""
    properties = arguments.get("props")  # before QEMU 6.0
    given = properties if isinstance(properties, Mapping) else arguments
    return _overwritten(request, given.get("file"))


def migration(request: Request, arguments: Mapping[str, Any]) -> str:
    """``migrate`` into a file (since QEMU 8.2)."""
    return next((why for one in _migration_files(arguments) if (why := _overwritten(request, one))), "")


def _migration_files(arguments: Mapping[str, Any]) -> Iterator[Any]:
    uri = arguments.get("uri")
    if isinstance(uri, str) and uri.startswith(_FILE):
        yield uri.partition(",offset=")[0]
    for channel in records(arguments.get("channels")):
        address = channel.get("addr")
        if isinstance(address, Mapping) and address.get("transport") == "file":
            yield address.get("filename")


def _overwritten(request: Request, path: Any) -> str:
    if not isinstance(path, str) or not path:
        return ""
    path = path.removeprefix(_FILE)
    return f"it overwrites {path} on QEMU's host" if request.knowledge.has_file(path) else ""
