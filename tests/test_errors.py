"""The error tree: statuses, sentences, documents."""

from __future__ import annotations

import pytest

from qmonsh import errors

CASES: list[tuple[errors.QmonshError, int, str]] = [
    (errors.UsageError("no TARGET", advice="name one"), 2, "no TARGET. Name one"),
    (errors.UsageError("no TARGET"), 2, "no TARGET"),
    (errors.LineError("unknown", line="x", nearest="y"), 2, "unknown. Did you mean 'y'?"),
    (errors.RefusedError("stop", "read only"), 2, "stop was not sent: read only"),
    (errors.CommandError("GenericError", "no such device"), 1, "no such device"),
    (errors.ConnectError("unix:/x", "refused", cause="refused"), 3, "cannot connect to unix:/x: refused"),
    (
        errors.ConnectionLostError("reset", address="unix:/x", command="stop"),
        3,
        "the connection to unix:/x was lost: reset. The outcome of 'stop' is unknown:"
        " QEMU may or may not have carried it out",
    ),
    (errors.ConnectionLostError("reset"), 3, "the connection was lost: reset"),
    (errors.ProtocolError("bad", excerpt="x\x1b"), 3, "the monitor broke the protocol: bad (at: 'x\\x1b')"),
    (errors.DeadlineError("stop", 2), 4, "no answer to stop within 2 s; QEMU may still carry it out"),
    (errors.InterruptError(), 130, "interrupted"),
    (
        errors.InterruptError("stop"),
        130,
        "interrupted: stopped waiting for 'stop'; QEMU still carries it out",
    ),
]


@pytest.mark.parametrize(("error", "status", "sentence"), CASES)
def test_each_error_has_its_status_and_sentence(
    error: errors.QmonshError, status: int, sentence: str
) -> None:
    assert (error.status, str(error)) == (status, sentence)


@pytest.mark.parametrize("error", [case[0] for case in CASES])
def test_document_has_class_and_desc(error: errors.QmonshError) -> None:
    assert error.document() == {"error": {"class": error.class_name, "desc": str(error)}}


def test_command_error_keeps_the_monitors_class() -> None:
    assert errors.CommandError("DeviceNotFound", "x").document()["error"]["class"] == "DeviceNotFound"


def test_line_error_points_at_the_whole_line_unless_told() -> None:
    error = errors.LineError("bad", line="abc")
    assert (error.start, error.end) == (0, 3)


def test_an_incomplete_line_is_a_line_error() -> None:
    assert issubclass(errors.IncompleteLineError, errors.LineError)
