"""Option lists as typed QMP, on every captured monitor."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import VERSIONS, FrozenKnowledge, frozen


@pytest.mark.parametrize("version", VERSIONS)
def test_lists_collect_and_ipv6_net_is_split(version: str) -> None:
    plan = translate(
        "netdev_add user,id=n,hostfwd=tcp::1-:2,hostfwd=tcp::3-:4,ipv6-net=fec0::/64", frozen(version)
    )
    assert plan.steps[0].arguments == {
        "type": "user",
        "id": "n",
        "hostfwd": [{"str": "tcp::1-:2"}, {"str": "tcp::3-:4"}],
        "ipv6-prefix": "fec0::",
        "ipv6-prefixlen": 64,
    }


def test_json_object_is_taken_as_it_is() -> None:
    for line in ('netdev_add {"type": "user", "id": "n"}', 'object_add {"qom-type": "iothread", "id": "n"}'):
        arguments = translate(line, frozen()).steps[0].arguments
        assert arguments is not None and arguments["id"] == "n"
    with pytest.raises(LineError):
        translate('device_add {"driver": }', frozen())


def test_chardev_change_has_the_id_in_front() -> None:
    assert translate("chardev-change c0 ringbuf,size=1k", frozen()).steps[0].arguments == {
        "id": "c0",
        "backend": {"type": "ringbuf", "data": {"size": 1024}},
    }


@pytest.mark.parametrize(
    "line", ["device_add help", "device_add x,help", "object_add help", "netdev_add help", "chardev-add help"]
)
def test_help_is_hmps_to_give_and_harmless(line: str) -> None:
    plan = translate(line, frozen())
    assert (plan.way, plan.acts) == (Way.PASSTHROUGH, False)


def test_help_without_hmp_asks_qom() -> None:
    plan = translate("device_add virtio-gpu-gl-pci,help", frozen(has_hmp=False))
    assert plan.steps[0].command == "device-list-properties"
    assert plan.danger
    assert translate("device_add help", frozen(has_hmp=False)).steps[0].command == "qom-list-types"
    with pytest.raises(LineError):
        translate("netdev_add help", frozen(has_hmp=False))


def test_without_schema_hmp_is_used() -> None:
    class Old(FrozenKnowledge):
        def schema(self) -> None:
            return None

    frozen()
    for line in ("object_add iothread,id=a", "chardev-add null,id=c"):
        assert translate(line, Old("7.2")).way is Way.PASSTHROUGH


def test_mux_is_hmps_alone() -> None:
    assert translate("chardev-add ringbuf,id=a,mux=on", frozen()).way is Way.PASSTHROUGH


@pytest.mark.parametrize(
    "line", ["chardev-add nosuch,id=a", "object_add nosuch,id=a", "netdev_add user,id=n,nosuch=1"]
)
def test_unknown_word_is_refused(line: str) -> None:
    with pytest.raises(LineError) as caught:
        translate(line, frozen())
    assert "nosuch" in line[caught.value.start : caught.value.end]


def test_old_object_add_nests_the_properties() -> None:
    arguments: Any = translate("object_add memory-backend-ram,id=m,size=1M", frozen("5.2")).steps[0].arguments
    assert arguments == {"qom-type": "memory-backend-ram", "id": "m", "props": {"size": 1 << 20}}
