"""Keys and values of QMP arguments, also where the schema does not tell them."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.qmp_arguments import argument_keys, argument_members, argument_values
from tests.complete.frozen import VERSIONS, facts


def look(version: str = "11.1") -> Inquiry:
    return Inquiry(facts(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_device_add_has_the_properties_of_its_driver(version: str) -> None:
    bare = [one.text for one in argument_keys(look(version), "device_add", {}, "")]
    assert set(bare) == {"driver", "bus", "id"}
    found = [one.text for one in argument_keys(look(version), "device_add", {"driver": "e1000"}, "")]
    assert {"mac", "netdev", "bus", "id"} <= set(found) and len(found) == len(set(found))


@pytest.mark.parametrize("version", VERSIONS)
def test_object_add_has_the_members_of_its_type(version: str) -> None:
    members = argument_members(look(version), "object-add", {"qom-type": "memory-backend-file"}, "")
    assert {"size", "mem-path", "share", "id"} <= {one.name for one in members}


def test_values_of_a_device_property() -> None:
    kind, (skip, found) = argument_values(look(), "device_add", "mq", {"driver": "virtio-net-pci"}, "")
    assert kind is None and skip == 0 and {one.text for one in found} == {"off", "on"}


def test_features_of_a_cpu_model() -> None:
    given = {"model.name": "qemu64"}
    command = "query-cpu-model-expansion"
    keys = [one.text for one in argument_keys(look(), command, given, "model.")]
    assert "model.props." in keys
    keys = [one.text for one in argument_keys(look(), command, given, "model.props.")]
    assert "model.props.aes" in keys
    _, (_, found) = argument_values(look(), command, "model.props.aes", given, "")
    assert [one.text for one in found] == ["on", "off"]


def test_unknown_arguments_have_no_values() -> None:
    assert argument_values(look(), "stop", "nosuch", {}, "") == (None, (0, ()))


@pytest.mark.parametrize("version", VERSIONS)
def test_values_before_the_tag_that_chooses_the_variant(version: str) -> None:
    given = {"qom-type": "", "id": "m"}
    kind, (_, found) = argument_values(look("11.1"), "object-add", "share", given, "")
    assert kind is not None and {one.text for one in found} == {"on", "off"}
    for given in ({"driver": "qcow2"}, {"driver": "qcow2", "file.driver": "file"}):
        kind, (_, found) = argument_values(look(version), "blockdev-add", "file.aio", given, "")
        assert kind is not None and {"threads", "native"} <= {one.text for one in found}
    given = {"driver": "qcow2", "file.driver": "null-co"}
    assert argument_values(look(version), "blockdev-add", "file.aio", given, "") == (None, (0, ()))
