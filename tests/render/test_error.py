from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import (
    CommandError,
    ConnectError,
    ConnectionLostError,
    DeadlineError,
    LineError,
    QmonshError,
    UsageError,
)
from qmonsh.render.error import render_error
from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from tests.render.test_escape import is_dangerous


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            CommandError("DeviceNotFound", "Device 'x' not found", reply={"error": {}}),
            "Error: Device 'x' not found [DeviceNotFound]\n",
        ),
        (CommandError("GenericError", "Error: Device 'x' not found\r\n"), "Error: Device 'x' not found\n"),
        (
            CommandError("GenericError", 'device_add: string expected\r\nTry "help device_add"'),
            'Error: device_add: string expected\n  Try "help device_add"\n',
        ),
        (
            ConnectError("unix:/x", "no such file", cause="no-such-file", advice="is it running?"),
            "qmonsh: cannot connect to unix:/x: no such file. Is it running?\n",
        ),
        (UsageError("no target"), "qmonsh: no target\n"),
        (
            ConnectionLostError("closed", command="stop"),
            "qmonsh: the connection was lost: closed. The outcome of 'stop' is unknown: QEMU may or may not "
            "have carried it out\n",
        ),
        (
            DeadlineError("query-status", 1.5),
            "qmonsh: no answer to query-status within 1.5 s; QEMU may still carry it out\n",
        ),
        (UsageError("bad\x1b[31m\u202e"), "qmonsh: bad\\x1b[31m\\u202e\n"),
    ],
)
def test_error_reads(error: Exception, text: str) -> None:
    assert render_error(error, Form()) == text  # type: ignore[arg-type]


def test_wrong_line_shows_everything_known() -> None:
    error = LineError(
        "virtio-net-pci has no property 'netdv'",
        line="device_add virtio-net-pci,netdv=n0",
        start=26,
        end=31,
        nearest="netdev",
        expected=("mac", "netdev"),
        synopsis="device_add driver[,prop=value]",
        mended="device_add virtio-net-pci,netdev=n0",
        advice="see 'device_add virtio-net-pci,help'",
    )
    error.origin = "boot.txt:3"
    assert render_error(error, Form()).splitlines() == [
        "qmonsh: boot.txt:3: virtio-net-pci has no property 'netdv'",
        "  device_add virtio-net-pci,netdv=n0",
        "                            ^~~~~",
        "  did you mean 'netdev'?",
        "  expected: mac, netdev",
        "  usage: device_add driver[,prop=value]",
        "  mended: device_add virtio-net-pci,netdev=n0",
        "  see 'device_add virtio-net-pci,help'",
    ]


def test_failure_in_a_script_says_where() -> None:
    for error, text in (
        (CommandError("GenericError", "no\r\nmore"), "Error: boot.txt:3: no\n  more\n"),
        (UsageError("no"), "qmonsh: boot.txt:3: no\n"),
    ):
        error.origin = "boot.txt:3"  # type: ignore[attr-defined]
        assert render_error(error, Form()) == text


@pytest.mark.parametrize(
    ("line", "start", "end", "shown"),
    [
        ("abc", 1, 2, ["  abc", "   ^"]),
        ("a\tbad", 2, 5, ["  a    bad", "       ^~~"]),
        ("日本 bad", 3, 6, ["  日本 bad", "       ^~~"]),
        ("\x1bx bad", 3, 6, ["  \\x1bx bad", "        ^~~"]),
        ("end", 3, 3, ["  end", "     ^"]),
        ("wide 日本", 5, 7, ["  wide 日本", "       ^~~~"]),
        ('{"a":\n  bad}', 8, 11, ["    bad}", "    ^~~"]),
        ("beyond", 50, 90, ["  beyond", "        ^"]),
        ("x", -5, -1, ["  x", "  ^"]),
    ],
)
def test_caret_stands_under_the_word(line: str, start: int, end: int, shown: list[str]) -> None:
    error = LineError("wrong", line=line, start=start, end=end)
    assert render_error(error, Form()).splitlines()[1:] == shown


def test_long_line_is_cut_around_the_caret() -> None:
    error = LineError("wrong", line="x" * 500 + " bad " + "y" * 500, start=501, end=504)
    _, line, caret = render_error(error, Form(width=60)).splitlines()
    assert columns_of(line) <= 60
    assert line.startswith("  ... xx") and line.endswith("yy ...")
    assert line[caret.index("^") :].startswith("bad")


def test_many_expected_values_are_cut_wrapped_and_counted() -> None:
    values = tuple(f"value{n}" for n in range(100))
    error = LineError("wrong", line="set zzz", start=4, expected=values)
    text = render_error(error, Form(width=50))
    assert all(columns_of(line) <= 50 for line in text.splitlines())
    assert "value0, value1" in text and "value9" in text and "value10" not in text
    assert " ".join(text.split()).endswith("(100 in all: Tab, or --complete 'set ')")


def test_of_many_expected_values_the_nearest_are_shown() -> None:
    values = ("mac", *(f"x-{n}-{n}" for n in range(60)), "netdev", "net_dev", "netdevs")
    for line in ("device_add e1000,netdve", "d" * 100 + "e1000,netdve", "a\x1be1000,netdve"):
        error = LineError("wrong", line=line, start=len(line) - 6, expected=values)
        shown = render_error(error, Form()).splitlines()[3]
        assert shown.startswith("  expected: netdev, netdevs, net_dev ... (64 in all")
        assert ("--complete 'device_add e1000,'" in shown) == line.startswith("device_add")


@pytest.mark.parametrize(
    "kind", [lambda text: LineError(text, line=""), lambda text: CommandError("GenericError", text)]
)
def test_sentence_is_folded_between_words_and_paths_stay_whole(kind: Callable[[str], QmonshError]) -> None:
    path = "/run/" + "x" * 100
    sentence = f"cannot open {path}: permission denied for the user that this QEMU runs as; look at its log"
    lines = render_error(kind(sentence), Form(width=60)).splitlines()
    assert " ".join(line.strip() for line in lines).endswith(sentence.split(" ", 3)[3])
    assert all(columns_of(line) <= 60 for line in lines if path not in line)
    assert f"  {path}:" in lines and len(lines) == 4
    assert len(render_error(kind(sentence), Form()).splitlines()) == 1


def test_colour_marks_the_head_and_the_caret() -> None:
    text = render_error(LineError("wrong", line="x"), Form(colour=True))
    assert text == "\x1b[31mqmonsh:\x1b[0m wrong\n  x\n  \x1b[32m^\x1b[0m\n"


@given(st.text(), st.integers(-5, 50), st.integers(-5, 50), st.integers(60, 120))
def test_any_line_is_shown_safely(line: str, start: int, end: int, width: int) -> None:
    text = render_error(LineError(line, line=line, start=start, end=end, expected=(line,)), Form(width=width))
    assert {c for c in set(text) if is_dangerous(c)} <= {"\n", "\t"}
    assert text.endswith("\n")


def test_command_error_carries_the_synopsis_that_is_known() -> None:
    error = CommandError("GenericError", "Parameter 'x' is missing", reply={})
    error.synopsis = "eject [-f] device\x1b"
    assert (
        render_error(error)
        == "Error: Parameter 'x' is missing [GenericError]\n  usage: eject [-f] device\\x1b\n"
    )
    lines = render_error(error, Form(width=20)).splitlines()
    assert lines[-2:] == ["  usage: eject [-f]", "         device\\x1b"]
