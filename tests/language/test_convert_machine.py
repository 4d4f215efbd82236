"""Commands that need more than renaming."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import BLOCK, careful, frozen


def sent(line: str, version: str = "7.2", **more: Any) -> Any:
    return translate(line, frozen(version, **more)).steps[0].arguments


def test_announcement_takes_the_migration_parameters() -> None:
    answers = {"query-migrate-parameters": {"announce-initial": 60, "announce-max": 600}}
    assert sent("announce_self a,b", answers=answers) == {
        "initial": 60,
        "max": 600,
        "rounds": 5,
        "step": 100,
        "interfaces": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("line", "version", "expected"),
    [
        ("dump-guest-memory f", "5.2", {"paging": False, "protocol": "file:f", "detach": False}),
        ("dump-guest-memory -pd f", "5.2", {"paging": True, "protocol": "file:f", "detach": True}),
        (
            "dump-guest-memory -s f",
            "5.2",
            {"paging": False, "protocol": "file:f", "detach": False, "format": "kdump-snappy"},
        ),
        (
            "dump-guest-memory -w f 1 2",
            "7.2",
            {
                "paging": False,
                "protocol": "file:f",
                "detach": False,
                "begin": 1,
                "length": 2,
                "format": "win-dmp",
            },
        ),
        (
            "dump-guest-memory -l -R f",
            "11.1",
            {"paging": False, "protocol": "file:f", "detach": False, "format": "kdump-raw-lzo"},
        ),
        ("calc_dirty_rate 1", "5.2", {"calc-time": 1}),
        ("calc_dirty_rate -b 1 5", "10.0", {"calc-time": 1, "sample-pages": 5, "mode": "dirty-bitmap"}),
    ],
)
def test_flags_become_members(line: str, version: str, expected: Any) -> None:
    assert sent(line, version) == expected


def test_unplugging_a_disk_in_use_asks_first() -> None:
    known = frozen(answers=BLOCK)
    for line in (
        "device_del vd1",
        "device_del id=vd1",
        '{"execute": "device_del", "arguments": {"id": "vd1"}}',
    ):
        assert "disk1" in careful(line, known).danger
    for line in ("device_del cd0", "device_del nic0", '{"execute": "device_del", "arguments": {"id": 5}}'):
        assert not careful(line, known).danger


def test_watchdog_goes_where_it_is() -> None:
    assert sent("watchdog_action pause") == {"action": "pause"}
    assert sent("watchdog_action pause", drop=["watchdog-set-action"]) == {"watchdog": "pause"}
    with pytest.raises(LineError):
        sent("watchdog_action paus", drop=["watchdog-set-action"])


def test_statistics_of_a_vcpu_are_those_of_the_chosen_one() -> None:
    plan = translate("info stats vcpu", frozen(), cpu=1)
    assert plan.steps[0].arguments == {"target": "vcpu", "vcpus": ["/machine/unattached/device[2]"]}
    assert translate("info stats vcpu", frozen(), cpu=9).way is Way.PASSTHROUGH


def test_chosen_cpu_and_units_of_statistics_are_told_to_the_view() -> None:
    assert translate("info cpus", frozen(), cpu=1).options == {"cpu": 1}
    assert translate("info cpus", frozen()).options == {}
    schemas = [{"provider": "kvm", "target": "vm", "stats": []}]
    plan = translate("info stats vm", frozen(answers={"query-stats-schemas": schemas}))
    assert plan.options == {"schemas": schemas}


def test_block_nodes_are_shown_with_the_graph_they_hang_in() -> None:
    graph = {"nodes": [], "edges": []}
    plan = translate("info block -nv nod", frozen(answers={**BLOCK, "x-debug-query-block-graph": graph}))
    assert plan.options == {"graph": graph, "verbose": True, "device": "nod"}
    assert [step.command for step in plan.steps] == ["query-named-block-nodes"]


def test_statistics_by_name_ask_every_provider() -> None:
    answers = {"query-stats-schemas": [{"provider": "kvm"}, {"provider": "cryptodev"}, {"provider": "kvm"}]}
    assert sent("info stats vm a,b", answers=answers) == {
        "target": "vm",
        "providers": [
            {"provider": "kvm", "names": ["a", "b"]},
            {"provider": "cryptodev", "names": ["a", "b"]},
        ],
    }
    assert sent("info stats vm * kvm") == {"target": "vm", "providers": [{"provider": "kvm"}]}
    with pytest.raises(LineError):
        sent("info stats host")


@pytest.mark.parametrize(
    ("line", "command", "options"),
    [
        ("info block", "query-block", {}),
        ("info block -v", "query-block", {"verbose": True}),
        ("info block dr0", "query-block", {"device": "dr0"}),
        ("info block vd1", "query-block", {"device": "vd1"}),
        ("info block disk1", "query-block", {"device": "disk1"}),
        ("info block nod", "query-named-block-nodes", {"device": "nod"}),
        ("info block -n", "query-named-block-nodes", {}),
        ("info block -nv nod", "query-named-block-nodes", {"verbose": True, "device": "nod"}),
        ("info block nosuch", "query-block", {"device": "nosuch"}),
        ("info migrate -a", "query-migrate", {"all": True}),
    ],
)
def test_what_the_twin_cannot_leave_out_is_the_views(
    line: str, command: str, options: dict[str, Any]
) -> None:
    plan = translate(line, frozen(answers=BLOCK))
    assert (plan.way, plan.steps[0].command, plan.options) == (Way.TWIN, command, options)


def test_globals_of_migration_are_taken_from_hmp() -> None:
    said = (
        "globals:\r\nonly-migratable: off\r\nclear-bitmap-shift: 18\r\nMigration status: active\r\na: b\r\n"
    )
    plan = translate("info migrate", frozen(answers={"human-monitor-command info migrate": said}))
    assert plan.steps[0].command == "query-migrate" and len(plan.steps) == 1
    assert plan.options == {"globals": {"only-migratable": "off", "clear-bitmap-shift": "18"}}
    newer = "Status: active\nGlobals:\n  only-migratable: on\n"
    plan = translate(
        "info migrate -a", frozen("11.1", answers={"human-monitor-command info migrate -a": newer})
    )
    assert plan.options == {"all": True, "globals": {"only-migratable": "on"}}


@pytest.mark.parametrize("said", ["", "globals:", "globals:\n\x1b", 5, None])
def test_migration_without_globals_is_as_before(said: Any) -> None:
    plan = translate("info migrate", frozen(answers={"human-monitor-command info migrate": said}))
    assert (plan.steps[0].command, plan.options) == ("query-migrate", {})


def test_words_without_a_twin_are_told_otherwise_without_hmp() -> None:
    plan = translate("info snapshots", frozen(has_hmp=False))
    assert (plan.steps[0].command, plan.view) == ("query-named-block-nodes", "info snapshots")
    assert translate("info qdm", frozen(has_hmp=False)).steps[0].command == "qom-list-types"


def test_qom_list_without_path_is_the_root() -> None:
    assert sent("qom-list") == {"path": "/"}


def test_qom_set_of_an_unknown_object_is_left_to_qemu() -> None:
    assert translate("qom-set /nosuch a 5", frozen()).way is Way.PASSTHROUGH
    assert sent("qom-set /nosuch a 5", has_hmp=False) == {"path": "/nosuch", "property": "a", "value": 5}
