""".output and .set"""

from __future__ import annotations

import pytest

from qmonsh.own_words import SETTABLE
from tests.shell.kit import ShellKit


def test_output_is_chosen(kit: ShellKit) -> None:
    assert "output is text" in kit.do(".output")
    assert "output is json" in kit.do(".output json")
    assert kit.settings.output == "json"
    assert "none of text, json, raw" in kit.do(".output xml")


def test_all_settings_are_listed(kit: ShellKit) -> None:
    shown = kit.do(".set")
    assert all(name in shown for name in SETTABLE)


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("yes on", "yes", True),
        ("pager off", "pager", False),
        ("vi=on", "vi", True),
        ("timeout 2.5", "timeout", 2.5),
        ("timeout off", "timeout", None),
        ("connect-timeout 1", "connect_timeout", 1.0),
        ("output raw", "output", "raw"),
    ],
)
def test_setting_is_changed(kit: ShellKit, words: str, key: str, value: object) -> None:
    assert f"{key} is" in kit.do(f".set {words}")
    assert getattr(kit.settings, key) == value


@pytest.mark.parametrize(
    "words", ["yes maybe", "timeout x", "timeout -1", "timeout nan", "output xml", "connect_timeout off"]
)
def test_wrong_value_is_refused(kit: ShellKit, words: str) -> None:
    key = words.split()[0]
    before = getattr(kit.settings, key)
    assert "must be" in kit.do(f".set {words}")
    assert getattr(kit.settings, key) == before


def test_unknown_setting_gets_the_nearest(kit: ShellKit) -> None:
    assert "did you mean 'timeout'" in kit.do(".set timout 5").lower().replace("Did", "did")


def test_timeout_holds_at_once(kit: ShellKit) -> None:
    kit.do(".set timeout 3")
    assert kit.shell.monitor.session.deadline == 3.0


def test_setting_is_told(kit: ShellKit) -> None:
    assert "timeout is off" in kit.do(".set timeout")
