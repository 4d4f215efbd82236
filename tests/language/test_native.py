"""Which way an HMP command goes, beyond the table of lines.txt: monitors of the future, cpu, help."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import FrozenKnowledge, frozen


def text_command(name: str) -> dict[str, Any]:
    """Return the schema of a monitor whose command ``name`` returns human-readable-text."""
    return {
        "name": name,
        "meta-type": "command",
        "arg-type": "none",
        "ret-type": "text",
    }


class Later(FrozenKnowledge):
    """A QEMU of the future: 10.0 with more text commands."""

    def __init__(self, *names: str, has_hmp: bool = True) -> None:
        super().__init__("10.0", has_hmp=has_hmp)
        self.names = names

    def commands(self) -> frozenset[str]:
        return super().commands() | set(self.names)

    def schema(self) -> Any:
        from qmonsh.qapi.schema import Schema

        self.asked.append("query-qmp-schema")
        text = {
            "name": "text",
            "meta-type": "object",
            "members": [{"name": "human-readable-text", "type": "str"}],
        }
        nothing = {"name": "none", "meta-type": "object", "members": []}
        words = {"name": "str", "meta-type": "builtin", "json-type": "string"}
        return Schema([text, nothing, words, *map(text_command, self.names)])


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("info network", "x-query-network"),
        ("info qtree", "x-query-qtree"),
        ("info usernet", "query-usernet"),
        ("info sync-profile", "x-query-sync-profile"),
        ("info vcpu_load", "x-query-vcpu-load"),
        ("info tomorrow", "x-query-tomorrow"),
    ],
)
@pytest.mark.parametrize("has_hmp", [True, False])
def test_text_twin_of_the_future_is_found_by_name(line: str, command: str, has_hmp: bool) -> None:
    frozen("10.0")
    plan = translate(line, Later(command, has_hmp=has_hmp))
    assert (plan.way, plan.steps[0].command, plan.acts) == (Way.TEXT_TWIN, command, False)
    assert plan.steps[0].text
    assert plan.view == line


def test_text_twin_with_flags_that_it_cannot_take_is_passed_on() -> None:
    frozen("10.0")
    plan = translate("info qtree -b", Later("x-query-qtree"))
    assert plan.way is Way.PASSTHROUGH


def test_newer_hmp_command_is_passed_on() -> None:
    class Newer(FrozenKnowledge):
        def hmp_help(self) -> dict[str, str]:
            return {
                **super().hmp_help(),
                "frobnicate": "frobnicate [-x] what -- do it",
                "info new": "info new",
            }

    frozen()
    known = Newer("7.2")
    assert translate("frobnicate -x y", known).way is Way.PASSTHROUGH
    assert translate("frobnicate -x y", known).acts
    assert not translate("info new", known).acts


@pytest.mark.parametrize(
    ("name", "line"), [("savevm", "savevm -x tag"), ("info qtree", "info qtree -b -z"), ("stop", "stop now")]
)
def test_argument_that_the_monitors_own_help_knows_is_passed_on(name: str, line: str) -> None:
    class Newer(FrozenKnowledge):
        def hmp_help(self) -> dict[str, str]:
            return {**super().hmp_help(), name: f"{name} [-x][-z] now and then -- new"}

    frozen()
    with pytest.raises(LineError):
        translate(line, frozen())
    assert translate(line, Newer("7.2")).way in (Way.PASSTHROUGH, Way.TWIN)


def test_typed_query_of_the_future_is_taken_only_without_hmp() -> None:
    class Typed(FrozenKnowledge):
        def commands(self) -> frozenset[str]:
            return super().commands() | {"query-network", "query-tomorrow"}

    frozen("10.0")
    assert translate("info network", Typed("10.0")).way is Way.PASSTHROUGH
    for line, command in (("info network", "query-network"), ("info tomorrow", "query-tomorrow")):
        plan = translate(line, Typed("10.0", has_hmp=False))
        assert (plan.way, plan.steps[0].command, plan.steps[0].text) == (Way.TWIN, command, False)


def test_cpu_travels_as_cpu_index() -> None:
    assert translate("info registers", frozen(), cpu=1).steps[0].arguments == {
        "command-line": "info registers",
        "cpu-index": 1,
    }
    assert translate('memsave 0 1 "f"', frozen(), cpu=1).steps[0].arguments == {
        "val": 0,
        "size": 1,
        "filename": "f",
        "cpu-index": 1,
    }
    assert translate("nmi", frozen(), cpu=1).way is Way.PASSTHROUGH
    assert translate("info status", frozen(), cpu=1).steps[0].arguments is None


def test_cpu_sets_the_shells_state_and_sends_nothing() -> None:
    plan = translate("cpu 1", frozen())
    assert (plan.way, plan.cpu, plan.steps) == (Way.LOCAL, 1, ())


def test_migrate_that_is_passed_on_is_waited_for_too() -> None:
    """human-monitor-command detaches where HMP's own monitor waits."""
    plan = translate("migrate tcp:h:1", frozen(drop=["migrate"]))
    assert plan.way is Way.PASSTHROUGH
    assert plan.wait is not None
    assert translate("migrate -d tcp:h:1", frozen(drop=["migrate"])).wait is None


def test_words_that_only_a_newer_hmp_takes_are_passed_on_whole() -> None:
    knowledge = frozen("7.2")
    newer = {**knowledge.hmp_help(), "set_link": "set_link name on|off speed -- change a link"}
    knowledge.hmp_help = lambda: newer  # type: ignore[method-assign]
    plan = translate("set_link net0 on 10", knowledge)
    assert plan.way is Way.PASSTHROUGH
    assert plan.steps[0].arguments == {"command-line": "set_link net0 on 10"}


def test_path_that_was_asked_about_is_told_to_the_view() -> None:
    """x-query-virtio-queue-status does not repeat it; HMP's text begins with it."""
    for line in (
        "info virtio-queue-status /machine/nic 0",
        "x-query-virtio-queue-status path=/machine/nic queue=0",
    ):
        assert translate(line, frozen("10.0")).options == {"path": "/machine/nic"}
    assert translate("info status", frozen()).options == {}
