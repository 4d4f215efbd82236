"""The command line as a whole: exit statuses, and defects without a traceback."""

from __future__ import annotations

import os
from typing import Any

import pytest

from qmonsh.cli import main
from tests.peer import ScriptedPeer, greet, serve


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (["--version"], 0, "qmonsh "),
        (["-V"], 0, "qmonsh "),
        (["--help"], 0, "Exit status"),
        (["-h"], 0, "--keep-going"),
        (["--nosuch"], 2, "--nosuch"),
        (["-o", "xml", "vm.sock"], 2, "xml"),
        (["vm.sock", "-t", "soon"], 2, "soon"),
        (["nosuchscheme:whatever:x", "info"], 2, "nosuchscheme"),
        (["vm.sock", "--config", "/nonexistent.toml"], 2, "/nonexistent.toml"),
    ],
)
def test_main_ends_with_the_status(
    args: list[str], status: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args)
    out, err = capfd.readouterr()
    assert ended.value.code == status and words in out + err and "Traceback" not in err
    assert (err if status == 0 else out) == ""


def test_defects_show_no_traceback_without_debug(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> int:
        raise RuntimeError("a defect")

    monkeypatch.setattr("qmonsh.cli.dispatch", broken)
    with pytest.raises(SystemExit) as ended:
        main(["vm.sock"])
    assert ended.value.code == 1
    assert "internal error" in capfd.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["--debug", "vm.sock"])
    err = capfd.readouterr().err
    assert ended.value.code == 1 and "Traceback" in err and "RuntimeError: a defect" in err


def test_inherited_descriptor_is_the_target(capfd: pytest.CaptureFixture[str]) -> None:
    answers = {"query-commands": [{"name": "query-status"}], "query-status": {"status": "x"}}
    with ScriptedPeer([*greet(), serve(answers)], family="pair") as peer:
        assert peer.socket is not None
        number = os.dup(peer.socket.fileno())
        with pytest.raises(SystemExit) as ended:
            main(["--fd", str(number), "--json", '{"execute": "query-status"}'])
    assert ended.value.code == 0 and capfd.readouterr().out == '{"status": "x"}\n'
