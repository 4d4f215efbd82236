""".exit .connect .reconnect .record"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qmonsh.target import Target, parse_target
from tests.shell.kit import FakeMonitor, ShellKit, shell_on


@pytest.mark.parametrize("line", [".exit", ".quit"])
def test_leaving_sends_nothing(monitor: FakeMonitor, kit: ShellKit, line: str) -> None:
    before = list(monitor.sent)
    kit.do(line)
    assert kit.shell.status == 0 and monitor.sent == before


def test_connect_goes_to_another_monitor(monitor: FakeMonitor, kit: ShellKit) -> None:
    with FakeMonitor({"query-name": {"name": "vm1"}}) as other:
        assert "connected to" in kit.do(f".connect {other.target}")
        kit.settle()
        assert kit.shell.monitor.name == "vm1"
        kit.do("stop")
        assert "stop" in other.sent and "stop" not in monitor.sent


def test_connect_takes_names_of_the_configuration(kit: ShellKit) -> None:
    with FakeMonitor() as other:
        kit.settings.targets["db"] = other.target
        assert "connected to" in kit.do(".connect db")


def test_connect_to_where_one_is_connects_again(tmp_path: Path) -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        link = tmp_path / "link"
        link.symlink_to(Path(monitor.target.removeprefix("unix:")).parent)
        text = kit.do(f".connect {link}/peer.sock")
        assert "connected to" in text and "events in between were missed" in text


def test_failed_connect_keeps_the_connection(kit: ShellKit, tmp_path: Path) -> None:
    assert "cannot connect" in kit.do(f".connect {tmp_path}/none.sock")
    assert "running" in kit.do("query-status")


def test_connect_without_a_target_shows_the_usage(kit: ShellKit) -> None:
    assert ".connect TARGET" in kit.do(".connect")


def test_reconnect_drops_what_was_known() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        kit.do("query-uuid")
        monitor.hang_up()
        kit.until("not connected")
        before = monitor.names().count("query-commands")
        text = kit.do(".reconnect")
        assert "connected to" in text and "events in between were missed" in text
        kit.do("query-uuid")
        assert monitor.names().count("query-commands") > before
        kit.settle()
        assert kit.shell.monitor.state.run_state == "running"


def test_record_begins_and_ends(monitor: FakeMonitor, kit: ShellKit, tmp_path: Path) -> None:
    path = tmp_path / "transcript"
    assert "nothing is recorded" in kit.do(".record")
    kit.do(f".record {path}", "query-uuid")
    assert str(path) in kit.do(".record").replace("\n", "")
    kit.do(".record off", "query-name")
    kinds = [json.loads(line)["direction"] for line in path.read_text().splitlines()]
    assert {"sent", "received"} == set(kinds)
    assert '"execute": "query-uuid"' in path.read_text()
    assert '"execute": "query-name"' not in path.read_text()


def test_record_that_cannot_be_written_is_said(kit: ShellKit, tmp_path: Path) -> None:
    assert "cannot record" in kit.do(f".record {tmp_path}/no/such")


def test_connect_to_a_vm_by_name_uses_the_credentials_of_the_configuration(
    kit: ShellKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def located(target: Target) -> Target:
        asked.append(target.path)
        return parse_target("tls://127.0.0.1:1")

    monkeypatch.setattr("qmonsh.discover.located", located)
    kit.settings.tls["ca"] = str(tmp_path / "nosuch.pem")
    assert "nosuch.pem" in kit.do(".connect web01").replace("\n", "")
    assert asked == ["web01"]
