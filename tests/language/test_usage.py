"""The synopsis after an error about arguments."""

from __future__ import annotations

import pytest

from qmonsh.language.translate import translate
from qmonsh.language.usage import usage_after
from tests.language.frozen import frozen, schema_of


@pytest.mark.parametrize(
    ("line", "description", "usage"),
    [
        ("eject d0", "Need exactly one of 'device' and 'id'", "eject [-f] device"),
        (
            "qmp eject id=x",
            "Need exactly one of 'device' and 'id'",
            "eject [device=str] [id=str] [force=bool]",
        ),
        ('{"execute": "qom-get"}', "Parameter 'path' is missing", "qom-get path=str property=str"),
        ("hmp eject", "eject: block device name expected", "eject [-f] device"),
        ("hmp block_resize d0", "invalid size", "block_resize device size"),
        ("eject d0", "Device 'd0' not found", ""),
        ("stop", "Invalid parameter 'x'", "stop"),
        ("eject d0", "Device 'd0' is locked and force was not specified", ""),
    ],
)
def test_usage_follows_complaints_about_arguments(line: str, description: str, usage: str) -> None:
    known = frozen("10.0")
    assert usage_after(description, translate(line, known), schema_of("10.0")) == usage


def test_without_the_schema_only_rules_are_told() -> None:
    known = frozen("10.0")
    assert usage_after("Parameter 'path' is missing", translate('{"execute": "qom-get"}', known), None) == ""
    assert usage_after("Parameter 'x' is wrong", translate("stop", known), None) == "stop"
