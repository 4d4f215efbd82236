"""``.monitor`` on real QEMUs: 11.1 adds and removes monitors, older ones say that they cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh import connect
from tests.real.machine import VM
from tests.shell.kit import shell_on
from tests.test_batch import Run

pytestmark = pytest.mark.real


@pytest.mark.parametrize("kind", ["qmp-unix", "hmp-unix"])
def test_monitor_comes_and_goes(vm: Callable[..., VM], kind: str) -> None:
    machine = vm(monitor=kind)
    path = f"{machine.folder}/a b,c.qmp"
    with shell_on(machine.target) as kit:
        text = " ".join(kit.do(f".monitor add {path}").split())
        if "since 11.1" in text:
            assert not Path(path).exists()
            assert "unix:" in kit.do(".monitor")
            return
        assert "qmonsh-1" in text
        with connect(f"unix:{path.replace(',', ',,')}") as other:
            assert other.execute("query-status")["status"] == "prelaunch"
        assert "qmonsh-1" in kit.do(".monitor")
        assert "is removed" in kit.do(f".monitor del {path}")
        assert "qmonsh-1" not in kit.do(".monitor") and not Path(path).exists()
        assert kit.questions == []


def test_monitor_comes_and_goes_in_a_script(vm: Callable[..., VM], capfd: pytest.CaptureFixture[str]) -> None:
    machine = vm()
    path = f"{machine.folder}/more.qmp"
    run = Run(capfd, machine.target, "--json", ".monitor", "add", path)
    if run.status:
        assert "since 11.1" in run.documents()[0]["error"]["desc"] and not Path(path).exists()
        (listed,) = Run(capfd, machine.target, "--json", ".monitor").documents()
        assert [row["use"] for row in listed].count("in use") == 1
        return
    (made,) = run.documents()
    assert made["address"] == f"unix:{path}" and run.status == 0
    run = Run(capfd, path, "--json", "-c", ".monitor list", "-c", "query-status")
    assert made["monitor"] in [row["monitor"] for row in run.documents()[0]]
    run = Run(capfd, machine.target, ".monitor", "del", path)
    assert (run.out, run.err, run.status) == ("", "", 0) and not Path(path).exists()
