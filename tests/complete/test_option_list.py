"""Option lists, cut at the cursor."""

from __future__ import annotations

import pytest

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.option_list import OptionList, complete_list, read_list
from qmonsh.complete.question import Question, question
from tests.complete.frozen import facts

LISTS = [
    ("", OptionList("", {}, None, "", 0, True)),
    ("virt", OptionList("", {}, None, "virt", 0, True)),
    ("e1000,", OptionList("e1000", {"driver": "e1000"}, None, "", 6, False)),
    ("e1000,m", OptionList("e1000", {"driver": "e1000"}, None, "m", 6, False)),
    ("e1000,mac=", OptionList("e1000", {"driver": "e1000"}, "mac", "", 10, False)),
    ("e1000,id=a,mac=5", OptionList("e1000", {"driver": "e1000", "id": "a"}, "mac", "5", 15, False)),
    ("driver=e1000", OptionList("", {}, "driver", "e1000", 7, True)),
    ("id=a,driver=e1000,", OptionList("e1000", {"id": "a", "driver": "e1000"}, None, "", 18, False)),
    ("x,file=a,,b,r", OptionList("x", {"driver": "x", "file": "a,b"}, None, "r", 12, False)),
    ("x,file=a,,b", OptionList("x", {"driver": "x"}, "file", "a,,b", 7, False)),
    ("x,mq,", OptionList("x", {"driver": "x", "mq": "on"}, None, "", 5, False)),
    (",,", OptionList("", {}, None, ",,", 0, True)),
    ("SUNW,,fd,", OptionList("SUNW,fd", {"driver": "SUNW,fd"}, None, "", 9, False)),
]


@pytest.mark.parametrize(("text", "wanted"), LISTS, ids=[row[0] for row in LISTS])
def test_a_list_up_to_the_cursor(text: str, wanted: OptionList) -> None:
    assert read_list(text, "driver") == wanted


def offered(kind: str, text: str, version: str = "11.1") -> dict[str, str]:
    _, typed, found = complete_list(Inquiry(facts(version)), kind, text, "")
    return {one.text: one.meta for one in found if one.text.startswith(typed)}


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("device-options", "virtio-net-pci,disable-legacy=", ["on", "off", "auto"]),
        ("device-options", "ide-hd,werror=", ["report", "ignore", "enospc", "stop", "auto"]),
        ("device-options", "nvme,drive=", ["disk0"]),
        ("device-options", "isa-serial,chardev=", ["rb0"]),
        ("device-options", "virtio-rng-pci,rng=", []),
        ("netdev-options", "user,", ["id", "hostfwd", "restrict"]),
        ("netdev-options", "tap,vhost=", ["on", "off"]),
        ("netdev-options", "hubport,netdev=", ["net0"]),
        ("netdev-options", "stream,addr.", ["addr.type"]),
        ("netdev-options", "stream,addr.type=unix,addr.", ["addr.path"]),
        ("object-options", "qom-type=iothread,", ["id", "poll-max-ns"]),
        ("object-options", "tls-creds-x509,endpoint=", ["client", "server"]),
        ("chardev-options", "file,", ["id", "path", "append"]),
        ("chardev-options", "ringbuf,", ["size"]),
        ("drive-options", "if=", ["none", "virtio"]),
        ("drive-options", "format=", ["qcow2", "raw"]),
        ("node-options", "driver=", ["qcow2", "file"]),
        ("nosuch-options", "x", []),
    ],
)
def test_lists_of_each_kind(kind: str, text: str, wanted: list[str]) -> None:
    assert set(wanted) <= offered(kind, text).keys()


def test_objects_before_the_union_have_their_table() -> None:
    assert {"size", "share", "id"} <= offered("object-options", "memory-backend-ram,", "5.2").keys()


def test_commas_in_a_value_are_doubled() -> None:
    answers = {
        question("query-commands"): [{"name": "human-monitor-command"}],
        Question("hmp:device_add help"): 'name "a,b", bus PCI\n',
    }
    _, _, found = complete_list(Inquiry(FrozenFacts(answers)), "device-options", "", "")
    assert [one.text for one in found] == ["a,,b"]
