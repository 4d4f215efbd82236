"""Migration: waiting, capabilities, parameters and their units."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import VERSIONS, frozen


def test_migrate_waits_unless_detached() -> None:
    plan = translate("migrate tcp:h:1", frozen())
    assert plan.wait is not None and plan.wait.kind == "migration"
    assert translate("migrate -d tcp:h:1", frozen()).wait is None
    assert translate("migrate uri=tcp:h:1", frozen()).wait is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("max-bandwidth 10", 10 << 20),
        ("max-bandwidth 10k", 10 << 10),
        ("max-bandwidth 0x10", 16 << 20),
        ("max-bandwidth 1.5G", 3 << 29),
        ("max-bandwidth 10B", 10),
        ("max-postcopy-bandwidth 5", 5),
        ("max-postcopy-bandwidth 5k", 5120),
        ("xbzrle-cache-size 64k", 65536),
        ("announce-initial 60", 60),
        ("downtime-limit 0x10", 16),
        ("cpu-throttle-tailslow on", True),
        ("cpu-throttle-tailslow no", False),
        ("multifd-compression zlib", "zlib"),
        ('tls-creds ""', ""),
        ("tls-hostname a", "a"),
    ],
)
def test_parameter_is_typed_and_scaled_as_hmp_does(version: str, given: str, value: Any) -> None:
    name = given.split()[0]
    assert translate(f"migrate_set_parameter {given}", frozen(version)).steps[0].arguments == {name: value}


def test_command_line_is_split_into_words() -> None:
    plan = translate("migrate_set_parameter cpr-exec-command /bin/x 'a b' c", frozen("11.1"))
    assert plan.steps[0].arguments == {"cpr-exec-command": ["/bin/x", "a b", "c"]}
    assert translate("migrate_set_parameter cpr-exec-command [1]", frozen("11.1")).way is Way.PASSTHROUGH


@pytest.mark.parametrize(
    ("line", "pointed"),
    [
        ("migrate_set_parameter max-bandwith 5", "max-bandwith"),
        ("migrate_set_parameter max-bandwidth 5x", "5x"),
        ("migrate_set_parameter max-bandwidth x", "x"),
        ("migrate_set_parameter downtime-limit soon", "soon"),
        ("migrate_set_parameter multifd-compression zlip", "zlip"),
        ("migrate_set_capability xbzrl on", "xbzrl"),
        ("migrate_set_capability xbzrle true", "true"),
    ],
)
def test_wrong_word_is_pointed_at(line: str, pointed: str) -> None:
    with pytest.raises(LineError) as caught:
        translate(line, frozen())
    assert line[caught.value.start : caught.value.end] == pointed
    assert caught.value.expected or "size" in str(caught.value)


def test_one_value_is_expected() -> None:
    with pytest.raises(LineError):
        translate("migrate_set_parameter downtime-limit 5 6", frozen())
    with pytest.raises(LineError):
        translate("migrate_set_parameter max-bandwidth 5 6", frozen())


def test_capability_costs_no_schema() -> None:
    known = frozen()
    assert translate("migrate_set_capability xbzrle on", known).steps[0].arguments == {
        "capabilities": [{"capability": "xbzrle", "state": True}]
    }
    assert known.asked == ["query-migrate-capabilities"]
