"""How lines of ``.word`` commands are found and read, for the shell and scripts alike."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError, UsageError
from qmonsh.own_words import (
    find_word,
    help_topic,
    parse_wait,
    read_setting,
    setting_text,
    split_setting,
    split_style,
)
from qmonsh.settings import Settings

NAMES = (".events", ".exit", ".explain", ".wait")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (".wait", (".wait", "")),
        ("  .wait  STOP  a=b ", (".wait", "STOP  a=b")),
        (".ev off", (".events", "off")),
        (".exp stop", (".explain", "stop")),
    ],
)
def test_word_is_found_whole_or_shortened(line: str, found: tuple[str, str]) -> None:
    assert find_word(line, NAMES, whose="here is") == found


@pytest.mark.parametrize(
    ("line", "problem", "start", "nearest"),
    [
        (" .evnets off", "here is no command '.evnets'", 1, ".events"),
        (".ex", "'.ex' is ambiguous", 0, ""),
        (". wait", "here is no command '.'", 0, ""),
    ],
)
def test_word_that_is_none_is_pointed_at(line: str, problem: str, start: int, nearest: str) -> None:
    with pytest.raises(LineError) as caught:
        find_word(line, NAMES, whose="here is")
    error = caught.value
    assert (error.problem, error.start, error.nearest) == (problem, start, nearest)


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("help", ""),
        ("? device_add", "device_add"),
        ("help info block", "info block"),
        ("device_add ?", "device_add"),
        ("info block ?", "info block"),
        ("info", "info"),
        ("info block", None),
        ("device_add virtio-net-pci,netdev=?", None),
        ("print 1 ? 2 : 3", None),
        ("blockdev-add driver=raw ?", "blockdev-add driver=raw"),
        ("drive_mirror -n d0 x ?", "drive_mirror -n d0 x"),
        (".wait ?", ".wait"),
        ("hmp log ?", None),
        ("info block | grep ?", None),
        ('{"execute": "x"} ?', None),
        ('change d0 "a ?', None),
        ("helpme", None),
        ("", None),
    ],
)
def test_question_for_help_is_recognised(line: str, topic: str | None) -> None:
    assert help_topic(line) == topic


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("stop", ("qmp", "stop")),
        ("python balloon 256", ("python", "balloon 256")),
        ("python", ("qmp", "python")),
        ("", ("qmp", "")),
    ],
)
def test_style_before_a_line(words: str, found: tuple[str, str]) -> None:
    assert split_style(words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("stop", ("STOP", {}, None)),
        ("DEVICE_DELETED device=n0 10", ("DEVICE_DELETED", {"device": "n0"}, 10.0)),
        ("A,b.c=d,e=f", ("A", {"b.c": "d", "e": "f"}, None)),
        ("A b= 0.5", ("A", {"b": ""}, 0.5)),
        ("JOB_STATUS_CHANGE,id=j,status=ready", ("JOB_STATUS_CHANGE", {"id": "j", "status": "ready"}, None)),
    ],
)
def test_event_to_wait_for(words: str, found: Any) -> None:
    assert parse_wait(words) == found


@pytest.mark.parametrize("words", ["", "STOP now", "STOP =1", "STOP -1", "STOP nan", "STOP inf"])
def test_event_that_is_not_told_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        parse_wait(words)


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("yes on", "yes", True),
        ("vi=off", "vi", False),
        ("timeout 2.5", "timeout", 2.5),
        ("timeout off", "timeout", None),
        ("connect-timeout 1", "connect_timeout", 1.0),
        ("output raw", "output", "raw"),
    ],
)
def test_setting_is_read_as_it_is_shown(words: str, key: str, value: object) -> None:
    settings = Settings()
    found, text = split_setting(words)
    assert (found, read_setting(settings, key, text)) == (key, value)
    setattr(settings, key, value)
    assert read_setting(settings, key, setting_text(settings, key)) == value


@pytest.mark.parametrize(
    "words", ["yes maybe", "timeout x", "timeout -1", "timeout nan", "output xml", "connect_timeout off"]
)
def test_wrong_value_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="must be"):
        read_setting(Settings(), *split_setting(words))


def test_unknown_setting_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'timeout'"):
        split_setting("timout 5")


def test_settings_that_are_not_settable_here_are_unknown() -> None:
    with pytest.raises(UsageError, match="no setting 'vi'"):
        split_setting("vi on", ("output", "timeout"))
