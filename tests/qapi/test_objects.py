from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.objects import object_arguments, object_type
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema
from tests.qapi.captured import VERSIONS, needs_captures, options, pointed_at, reply, schema, words

pytestmark = needs_captures
every_version = pytest.mark.parametrize("version", VERSIONS)

LINES = [
    ("memory-backend-ram,id=m,size=1M", {"size": 1048576}),
    ("memory-backend-ram,id=m,size=0x1000,share", {"size": 4096, "share": True}),
    ("memory-backend-ram,id=m,size=1G,nodump", {"size": 1 << 30, "dump": False}),
    ("memory-backend-ram,id=m,size=1M,size=2M", {"size": 2 << 20}),
    (
        "memory-backend-ram,id=m,size=1M,host-nodes=0-1,policy=bind",
        {"size": 1048576, "host-nodes": [0, 1], "policy": "bind"},
    ),
    (
        "memory-backend-file,id=m,size=1.5M,mem-path=/x,align=2M",
        {"size": 3 << 19, "mem-path": "/x", "align": 2 << 20},
    ),
    ("iothread,id=i,poll-max-ns=5", {"poll-max-ns": 5}),
    ("iothread,id=i", {}),
    ("secret,id=s,data=123,format=base64", {"data": "123", "format": "base64"}),
    ("rng-random,id=r,filename=/dev/urandom", {"filename": "/dev/urandom"}),
    ("throttle-group,id=t,x-iops-total=100", {"x-iops-total": 100}),
    (
        "throttle-group,id=t,limits.iops-total=100,limits.bps-read=1M",
        {"limits": {"iops-total": 100, "bps-read": 1 << 20}},
    ),
    (
        "authz-list,id=a,rules.0.match=x,rules.0.policy=allow,rules.1.match=y,rules.1.policy=deny",
        {"rules": [{"match": "x", "policy": "allow"}, {"match": "y", "policy": "deny"}]},
    ),
    (
        "tls-creds-x509,id=t,dir=/x,endpoint=server,verify-peer=no",
        {"dir": "/x", "endpoint": "server", "verify-peer": False},
    ),
    (
        "filter-dump,id=f,netdev=n,file=/x,maxlen=64k,queue=rx",
        {"netdev": "n", "file": "/x", "maxlen": 65536, "queue": "rx"},
    ),
    ("can-bus,id=c", {}),
]


@every_version
@pytest.mark.parametrize(("line", "properties"), LINES)
def test_object_of_an_option_list(version: str, line: str, properties: dict[str, Any]) -> None:
    found = object_arguments(schema(version), options(f"qom-type={line}"))
    assert found is not None
    head = {"qom-type": line.split(",")[0], "id": line.split("id=")[1].split(",")[0]}
    if version == "5.2":
        assert found == ({**head, "props": properties} if properties else head)
    else:
        assert found == head | properties


REFUSED = [
    ("qom-type=memory-backend-ram,id=m", "'size' is missing", "", ""),
    ("qom-type=memory-backend-ram,size=1M", "'id' is missing", "", ""),
    ("id=m,size=1M", "'qom-type' is missing", "", ""),
    ("qom-type=memory-backend-ram,id=m,size=1M,shar=on", "'shar' is not known", "shar", "share"),
    ("qom-type=memory-backend-ram,id=m,size=big", "'big' is not a number", "big", ""),
    ("qom-type=memory-backend-ram,id=m,size=1M,policy=bnd", "'bnd' is not allowed", "bnd", "bind"),
    ("qom-type=memory-backend-ram,id=5,size=1M", "identifier", "5", ""),
    ("qom-type=memory-backend-ram,id=m,size=1M,share=maybe", "'maybe' is not a boolean", "maybe", ""),
]


@every_version
@pytest.mark.parametrize(("line", "said", "at", "nearest"), REFUSED)
def test_object_that_cannot_be_right(version: str, line: str, said: str, at: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        object_arguments(schema(version), options(line))
    assert said in problem.value.problem
    assert pointed_at(line, problem.value) == at
    assert problem.value.nearest == nearest


def test_unknown_type_is_left_to_the_monitor_only_where_no_schema_tells() -> None:
    line = options("qom-type=future-thing,id=f,x=1")
    assert object_arguments(schema("5.2"), line) is None
    with pytest.raises(ValueProblem, match="'future-thing' is not allowed"):
        object_arguments(schema("7.2"), line)


@every_version
def test_qmp_words_refuse_what_is_given_twice(version: str) -> None:
    with pytest.raises(ValueProblem, match="'size' is given twice"):
        line = words("qom-type=memory-backend-ram id=m size=1M size=2M")
        object_arguments(schema(version), line, last_wins=False)


def test_props_prefix_keeps_the_caret() -> None:
    line = "qom-type=memory-backend-ram id=m props.sze=1M"
    with pytest.raises(ValueProblem) as problem:
        object_arguments(schema("5.2"), words(line), last_wins=False)
    assert pointed_at(line, problem.value) == "sze"


@every_version
def test_every_user_creatable_type_is_offered(version: str) -> None:
    kind = object_type(schema(version))
    assert kind is not None
    creatable = {row["name"] for row in reply(version, "qom-list-types-user-creatable")}
    # QEMU's own slips: its schemas say authz-listfile, and dbus-display is made by -display only.
    assert creatable - set(kind.case_names) <= {"authz-list-file", "dbus-display"}


def test_monitor_without_the_command() -> None:
    assert object_type(Schema([])) is None
    assert object_arguments(Schema([]), options("qom-type=x,id=y")) is None
