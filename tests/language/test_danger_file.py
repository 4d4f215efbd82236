"""Commands that overwrite a file on QEMU's host."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.language.frozen import VERSIONS, careful, frozen


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("screendump", {"filename": "F"}),
        ("dumpdtb", {"filename": "F"}),
        ("drive-mirror", {"device": "d", "target": "F", "sync": "full"}),
        ("drive-mirror", {"device": "d", "target": "F", "sync": "full", "mode": "absolute-paths"}),
        ("drive-backup", {"device": "d", "target": "file:F", "sync": "full"}),
        ("blockdev-snapshot-sync", {"device": "d", "snapshot-file": "F"}),
        ("blockdev-create", {"job-id": "j", "options": {"driver": "file", "filename": "F", "size": 1}}),
        ("chardev-add", {"id": "c", "backend": {"type": "file", "data": {"out": "F"}}}),
        ("object-add", {"qom-type": "filter-dump", "id": "f", "netdev": "n", "file": "F"}),
        ("object-add", {"qom-type": "filter-dump", "id": "f", "props": {"netdev": "n", "file": "F"}}),
        ("migrate", {"uri": "file:F"}),
        ("migrate", {"uri": "file:F,offset=0x1000"}),
        ("migrate", {"channels": [{"addr": {"transport": "file", "filename": "F", "offset": 0}}]}),
    ],
)
def test_file_that_is_there_is_overwritten_only_when_confirmed(command: str, arguments: Any) -> None:
    line = json.dumps({"execute": command, "arguments": arguments})
    assert careful(line, frozen("10.0", files=["F"])).danger == "it overwrites F on QEMU's host"
    assert not careful(line, frozen("10.0")).danger


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("drive-mirror", {"device": "d", "target": "F", "sync": "full", "mode": "existing"}),
        ("blockdev-create", {"job-id": "j", "options": {"driver": "qcow2", "file": "F", "size": 1}}),
        ("chardev-add", {"id": "c", "backend": {"type": "file", "data": {"out": "F", "append": True}}}),
        ("chardev-add", {"id": "c", "backend": {"type": "null", "data": {}}}),
        ("object-add", {"qom-type": "memory-backend-file", "id": "m", "mem-path": "F", "size": 4096}),
        ("migrate", {"uri": "tcp:F:1"}),
        ("blockdev-add", {"driver": "file", "filename": "F", "node-name": "n"}),
    ],
)
def test_file_that_is_only_used_does_not_ask(command: str, arguments: Any) -> None:
    line = json.dumps({"execute": command, "arguments": arguments})
    assert not careful(line, frozen("10.0", files=["F"])).danger


@pytest.mark.parametrize("version", VERSIONS)
def test_lines_of_hmp_are_judged_by_what_they_become(version: str) -> None:
    known = frozen(version, files=["/tmp/F"])
    for line in ("screendump /tmp/F", "chardev-add file,id=c,path=/tmp/F", "wavcapture /tmp/F audio0"):
        assert careful(line, known).danger == "it overwrites /tmp/F on QEMU's host", line
        assert not careful(line.replace("/tmp/F", "/tmp/G"), known).danger
