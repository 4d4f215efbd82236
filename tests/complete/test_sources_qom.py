"""The objects of a VM."""

from __future__ import annotations

from typing import Any

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import question
from qmonsh.complete.sources_qom import absolute, objects_of
from tests.complete.look import look_at, metas, offered


def child(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "type": f"child<{kind}>"}


TREE: dict[str, Any] = {
    "qom-list /": [child("machine", "pc-machine"), child("objects", "container")],
    "qom-list /machine": [child("peripheral", "container"), {"name": "ram", "type": "link<memory-backend>"}],
    "qom-list /machine/peripheral": [child("nic0", "virtio-net-pci"), child("gpu0", "virtio-gpu-pci")],
    "qom-list /machine/peripheral-anon": [child("device[0]", "ide-cd")],
    "qom-list /machine/peripheral/nic0": [
        {"name": "mq", "type": "bool"},
        {"name": "romfile", "type": "str"},
        {"name": "netdev", "type": "link<rng-backend>"},
        {"name": "password", "type": "str"},
        child("bus", "PCI"),
    ],
    "qom-list /objects": [
        child("rng0", "rng-random"), child("mem0", "memory-backend-ram"), child("io0", "iothread"),
        child("sec0", "secret"), child("acl0", "authz-list"), child("tls0", "tls-creds-x509"),
    ],
    "query-memdev": [{"id": "mem0", "size": 1 << 24, "share": True}, {"id": "ram", "size": 1 << 26}],
    "query-iothreads": [{"id": "io0", "thread-id": 77}],
}  # fmt: skip
LOOK = look_at(TREE)


def test_virtio_devices_by_their_paths() -> None:
    found = metas("virtio-path", LOOK)
    assert found == {
        "/machine/peripheral/gpu0/virtio-backend": "virtio-gpu-pci",
        "/machine/peripheral/nic0/virtio-backend": "virtio-net-pci",
    }
    assert metas("virtio-path", look_at({"qom-list /": TREE["qom-list /"]})) == {
        "/machine": "pc-machine",
        "/objects": "container",
    }


def test_paths_level_by_level() -> None:
    assert list(metas("qom-path", LOOK, typed=""))[:2] == ["/machine", "/objects"]
    assert metas("qom-path", LOOK, typed="/machine/per") == {
        "/machine/peripheral": "container",
        "/machine/ram": "link to memory-backend",
    }
    found = offered("qom-path", LOOK, typed="/machine/peripheral/")
    assert [(one.text, one.display, one.suffix) for one in found] == [
        ("/machine/peripheral/gpu0", "gpu0", "/"),
        ("/machine/peripheral/nic0", "nic0", "/"),
    ]


def test_ids_are_paths_too() -> None:
    assert "nic0" in metas("qom-path", LOOK, typed="")
    assert absolute(LOOK, "nic0") == "/machine/peripheral/nic0" and absolute(LOOK, "rng0") == "/objects/rng0"
    assert absolute(LOOK, "nosuch") == "" and absolute(LOOK, "/machine/") == "/machine"


def with_value(value: Any, name: str) -> Inquiry:
    look = look_at(TREE)
    asked = question("qom-get", path="/machine/peripheral/nic0", property=name)
    look.facts.answers[asked] = value  # type: ignore[attr-defined]
    return look


def test_properties_with_types_and_values() -> None:
    found = metas("qom-property", with_value(True, "mq"), given={"path": "nic0"})
    assert found["mq"] == "bool, true" and found["romfile"] == "str" and "bus" not in found


def test_passwords_are_not_asked_for() -> None:
    look = with_value("hush", "password")
    assert metas("qom-property", look, given={"path": "nic0"})["password"] == "str"


def test_the_present_value_comes_first() -> None:
    given = {"path": "/machine/peripheral/nic0", "property": "mq"}
    found = metas("qom-value", with_value(True, "mq"), given=given)
    assert found == {"true": "its present value", "false": "bool"}
    given["property"] = "netdev"
    assert list(metas("qom-value", LOOK, given=given)) == ["rng0"]


def test_objects_and_devices() -> None:
    assert metas("object", LOOK)["rng0"] == "rng-random"
    assert list(metas("device", LOOK)) == ["gpu0", "nic0", "/machine/peripheral-anon/device[0]"]


def test_monitors_are_offered_last_of_the_objects() -> None:
    rows = [child("compat_monitor0", "monitor-qmp"), child("io0", "iothread")]
    assert list(metas("object", look_at({"qom-list /objects": rows}))) == ["io0", "compat_monitor0"]


def names(kind: str) -> list[str]:
    return [one.text for one in objects_of(LOOK, kind)]


def test_objects_of_a_type_and_of_types_below_it() -> None:
    assert names("rng-backend") == ["rng0"]
    assert names("secret") == ["sec0"] and names("authz") == ["acl0"] and names("tls-creds") == ["tls0"]
    look = look_at({**TREE, "qom-list-types": None})
    types = question("qom-list-types", abstract=False)
    look.facts.answers[types] = [{"name": "rng-random", "parent": "rng-backend"}]  # type: ignore[attr-defined]
    assert [one.text for one in objects_of(look, "rng-backend")] == ["rng0"]


def test_memory_backends_and_iothreads_say_more() -> None:
    assert {one.text: one.meta for one in objects_of(LOOK, "memory-backend")} == {
        "mem0": "16 MiB, shared",
        "ram": "64 MiB",
    }
    assert {one.text: one.meta for one in objects_of(LOOK, "iothread")} == {"io0": "thread 77"}


def test_memory_in_use_comes_last() -> None:
    look = look_at({**TREE, "query-memory-devices": [{"data": {"memdev": "/objects/mem0"}}]})
    asked = question("qom-get", path="/machine", property="memory-backend")
    look.facts.answers[asked] = "/objects/ram"  # type: ignore[attr-defined]
    assert {one.text: one.rank for one in objects_of(look, "memory-backend")} == {"mem0": 2, "ram": 2}


def test_a_text_monitor() -> None:
    look = look_at({"hmp:qom-list /machine": "peripheral (child<container>)\ntype (string)\n"}, dialect="hmp")
    assert metas("qom-path", look, typed="/machine/") == {"/machine/peripheral": "container"}
