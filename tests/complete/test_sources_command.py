"""What a line may begin with."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from tests.complete.frozen import VERSIONS, facts
from tests.complete.look import look_at, metas, offered


@pytest.mark.parametrize("version", VERSIONS)
def test_commands_have_this_monitors_help(version: str) -> None:
    found = metas("command", Inquiry(facts(version)))
    assert found["cont"] == "resume emulation" and found["c"] == "alias of cont, resume emulation"
    assert found["query-named-block-nodes"] == "[flat=bool]"
    assert found["hmp"].startswith("read the rest")


def test_deprecated_and_unstable_commands_are_marked() -> None:
    found = {one.text: one for one in offered("command", Inquiry(facts("11.1")))}
    assert found["query-kvm"].flag == "deprecated" and found["query-kvm"].meta.startswith("deprecated")
    assert found["x-query-irq"].flag == "unstable" and found["wavcapture"].flag == "deprecated"
    assert found["stop"].flag == ""


def test_commands_without_hmp_are_those_that_qmp_stands_in_for() -> None:
    from qmonsh.complete.question import question

    look = look_at({})
    names = [{"name": name} for name in ("query-block", "device_add", "stop")]
    look.facts.answers[question("query-commands")] = names  # type: ignore[attr-defined]
    assert {"info", "device_add", "stop", "query-block"} <= metas("command", look).keys()
    assert "savevm" not in metas("command", look)
    assert "block" in metas("info-word", look) and "registers" not in metas("info-word", look)
