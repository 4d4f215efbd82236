"""Raw JSON lines."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.json_value import complete_json, complete_object
from qmonsh.complete.match import select
from tests.complete.frozen import facts


def offered(text: str, rest: str = "") -> list[str]:
    found = complete_object(Inquiry(facts("11.1")), text, rest)
    return [] if found is None else [one.text for one in select(found.candidates, found.typed)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{", ['"execute"', '"arguments"', '"id"']),
        ("{'", ["'execute'", "'arguments'"]),
        ('{"execute": "stop", ', ['"arguments"', '"id"']),
        ('{"execute": "query-sta', ['"query-stats"']),
        ('{"exec-oob": "migrate-p', ['"migrate-pause"']),
        ('{"execute": "block_resize", "arguments": {', ['"size"']),
        ('{"execute": "block_resize", "arguments": {"size": 1, "de', ['"device"']),
        ('{"execute": "block_resize", "arguments": {"device": ', ['"ide2-cd0"']),
        ('{"execute": "query-block", "arguments": {"flat": ', ["true", "false"]),
        ('{"execute": "query-block", "arguments": {"flat": f', ["false"]),
        ('{"execute": "human-monitor-command", "arguments": {"cpu-index": ', ["0", "1"]),
        ('{"execute": "device_add", "arguments": {"driver": "e1000", "netdev": "', ['"net0"']),
        ('{"execute": "transaction", "arguments": {"actions": [{"type": "ab', ['"abort"']),
        (
            '{"execute": "migrate-set-capabilities", "arguments": {"capabilities": [{"',
            ['"capability"', '"state"'],
        ),
        ('{"execute": "stop", "arguments": {', []),
        ('{"execute": "nosuch", "arguments": {"', []),
        ('{"id": ', []),
        ('{"execute": "stop"}', []),
    ],
)
def test_raw_json(text: str, wanted: list[str]) -> None:
    found = offered(text)
    assert found[: len(wanted)] == wanted
    assert wanted or found == []


def test_the_command_may_come_later() -> None:
    assert offered('{"arguments": {"si', '"}, "execute": "block_resize"}') == ['"size"']


def test_keys_are_followed_by_a_colon() -> None:
    found = complete_object(Inquiry(facts("11.1")), "{", "")
    assert found is not None and {one.suffix for one in found.candidates} == {": "}


def test_json_as_the_value_of_a_word() -> None:
    found = complete_json(
        Inquiry(facts("11.1")), "blockdev-add", "file", {"driver": "raw"}, '{"driver": "nb', 40
    )
    assert found.start == 37 and '"nbd"' in [one.text for one in found.candidates]
