"""What a word names among the block devices, and the commands that take one."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.call import Request
from qmonsh.language.convert_block import find_device
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import BLOCK, FrozenKnowledge, frozen


def block(**more: Any) -> FrozenKnowledge:
    return frozen(answers=BLOCK, **more)


@pytest.mark.parametrize(
    ("word", "by_id", "by_node", "by_name"),
    [
        ("dr0", {"device": "dr0"}, {"device": "dr0"}, "dr0"),
        ("vd0", {"id": "/machine/peripheral/vd0/virtio-backend"}, {"node-name": "#block1"}, "dr0"),
        ("vd1", {"id": "/machine/peripheral/vd1/virtio-backend"}, {"node-name": "disk1"}, "disk1"),
        ("disk1", {"id": "/machine/peripheral/vd1/virtio-backend"}, {"node-name": "disk1"}, "disk1"),
        ("cd0", {"id": "cd0"}, {"device": "cd0"}, "cd0"),
        ("nod", {"device": "nod"}, {"node-name": "nod"}, "nod"),
        ("nosuch", {"device": "nosuch"}, {"device": "nosuch"}, "nosuch"),
        ("ide1-cd0", {"device": "ide1-cd0"}, {"device": "ide1-cd0"}, "ide1-cd0"),
    ],
)
def test_word_is_said_as_each_command_takes_it(
    word: str, by_id: dict[str, str], by_node: dict[str, str], by_name: str
) -> None:
    assert translate(f"eject {word}", block()).steps[0].arguments == by_id
    assert translate(f"block_resize {word} 1", block()).steps[0].arguments == {**by_node, "size": 1 << 20}
    assert translate(f"nbd_server_add {word}", block()).steps[0].arguments == {"device": by_name}


def test_monitor_without_query_block_gets_the_word_as_a_drive() -> None:
    assert translate("eject x", block(drop=["query-block"])).steps[0].arguments == {"device": "x"}


def test_device_is_found_by_id_and_path() -> None:
    request = Request("", "", block())
    for word in ("vd1", "/machine/peripheral/vd1", "/machine/peripheral/vd1/virtio-backend"):
        found = find_device(request, word)
        assert found is not None and found.node == "disk1"
    assert find_device(request, "vd") is None
    assert find_device(request, "dr0") is None


def test_job_of_a_node_has_a_name_that_qemu_takes() -> None:
    arguments = translate("drive_mirror #block1 /vm/t", block()).steps[0].arguments
    assert arguments is not None and "job-id" not in arguments  # it is in the drive dr0
    arguments = translate("block_stream /machine/peripheral/vd1", block()).steps[0].arguments
    assert arguments == {"job-id": "job0", "device": "disk1"}


def test_nbd_with_all_disks_stops_again_when_one_fails() -> None:
    plan = translate("nbd_server_start -a -w 127.0.0.1:0", block(has_hmp=False))
    assert [step.command for step in plan.steps] == ["nbd-server-start", "nbd-server-add", "nbd-server-add"]
    assert plan.steps[1].arguments == {"device": "dr0", "writable": True}
    assert [step.command for step in plan.undo] == ["nbd-server-stop"]
    assert translate("nbd_server_start -a 127.0.0.1:0", block()).way is Way.PASSTHROUGH


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:10809", {"type": "inet", "data": {"host": "127.0.0.1", "port": "10809"}}),
        (":10809", {"type": "inet", "data": {"host": "", "port": "10809"}}),
        ("tcp:h:1", {"type": "inet", "data": {"host": "h", "port": "1"}}),
        ("[::1]:1", {"type": "inet", "data": {"host": "::1", "port": "1"}}),
        ("unix:/a b", {"type": "unix", "data": {"path": "/a b"}}),
        ("fd:mine", {"type": "fd", "data": {"str": "mine"}}),
        ("vsock:3:10809", {"type": "vsock", "data": {"cid": "3", "port": "10809"}}),
    ],
)
def test_nbd_address_is_read(address: str, expected: dict[str, object]) -> None:
    assert translate(f'nbd_server_start "{address}"', block()).steps[0].arguments == {"addr": expected}


@pytest.mark.parametrize(
    "line", ["nbd_server_start x", "nbd_server_start -w h:1", "change vnc password", "change cd0 f raw rw"]
)
def test_wrong_line_is_refused(line: str) -> None:
    with pytest.raises(LineError):
        translate(line, block())


def test_address_with_options_is_hmps() -> None:
    assert translate("nbd_server_start h:1,ipv4=on", block()).way is Way.PASSTHROUGH
