""".monitor: the list, one more, one less, and a QEMU that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shell.kit import ANSWERS, FakeMonitor, ShellKit, shell_on

MORE = ("qom-list", "qom-get", "query-chardev", "chardev-add", "chardev-remove", "object-add", "object-del")
COMMANDS = [*ANSWERS["query-commands"], *({"name": name} for name in MORE)]


class ModernQemu:
    """Objects and chardevs of a QEMU whose monitors are objects."""

    def __init__(self) -> None:
        self.objects = {"compat_monitor0": "monitor-qmp", "i0": "iothread"}
        self.chardevs = {"compat_monitor0": "unix:/run/vm.qmp,server=on"}
        self.refuses_objects = False

    def answers(self) -> dict[str, Any]:
        return {
            "query-commands": COMMANDS,
            "qom-list": lambda c: [
                {"name": name, "type": f"child<{kind}>"} for name, kind in self.objects.items()
            ],
            "qom-get": lambda c: c["arguments"]["path"].removeprefix("/objects/"),
            "query-chardev": lambda c: [
                {"label": name, "filename": file} for name, file in self.chardevs.items()
            ],
            "chardev-add": self._add_chardev,
            "chardev-remove": lambda c: self.chardevs.pop(c["arguments"]["id"]) and {},
            "object-add": self._add_object,
            "object-del": lambda c: self.objects.pop(c["arguments"]["id"]) and {},
        }

    def _add_chardev(self, command: dict[str, Any]) -> Any:
        given = command["arguments"]
        path = given["backend"]["data"]["addr"]["data"]["path"]
        self.chardevs[given["id"]] = f"disconnected:unix:{path},server=on"
        return {}

    def _add_object(self, command: dict[str, Any]) -> Any:
        if self.refuses_objects:
            return RuntimeError("no more objects")
        self.objects[command["arguments"]["id"]] = command["arguments"]["qom-type"]
        return {}


@pytest.fixture
def qemu() -> ModernQemu:
    return ModernQemu()


@pytest.fixture
def modern(qemu: ModernQemu) -> Iterator[ShellKit]:
    with FakeMonitor(qemu.answers()) as monitor, shell_on(monitor) as kit:
        yield kit


@pytest.mark.parametrize("line", [".monitor", ".monitor list"])
def test_monitors_are_listed(modern: ShellKit, qemu: ModernQemu, line: str) -> None:
    qemu.objects["more"] = "monitor-hmp"
    qemu.chardevs["more"] = "disconnected:unix:/run/more,server=on"
    text = modern.do(line)
    assert "compat_monitor0" in text and "in use" in text
    assert "unix:/run/more" in text and "free" in text and "iothread" not in text


def test_monitor_is_added_and_removed(modern: ShellKit, qemu: ModernQemu, tmp_path: Path) -> None:
    path = str(tmp_path / "more.qmp")
    text = modern.do(f".monitor add {path}")
    assert f"qmonsh{path}" in "".join(text.split()) and "del qmonsh-1" in text
    assert qemu.objects["qmonsh-1"] == "monitor-qmp"
    assert qemu.chardevs["qmonsh-1"] == f"disconnected:unix:{path},server=on"
    assert "qmonsh-1" in modern.do(f".monitor del {path}")
    assert "qmonsh-1" not in qemu.objects and "qmonsh-1" not in qemu.chardevs
    assert modern.questions == []


def test_relative_path_is_of_this_shell(
    modern: ShellKit, qemu: ModernQemu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    modern.do(".monitor add ./m.qmp")
    assert qemu.chardevs["qmonsh-1"] == f"disconnected:unix:{tmp_path}/m.qmp,server=on"
    modern.do(".monitor del m.qmp")
    assert "qmonsh-1" not in qemu.objects


def test_file_that_is_there_is_not_taken_away(modern: ShellKit, qemu: ModernQemu, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    assert "already" in modern.do(f".monitor add {tmp_path}/precious")
    assert list(qemu.chardevs) == ["compat_monitor0"]


def test_failure_leaves_nothing_behind(modern: ShellKit, qemu: ModernQemu, tmp_path: Path) -> None:
    qemu.refuses_objects = True
    assert "no more objects" in modern.do(f".monitor add {tmp_path}/m.qmp")
    assert list(qemu.chardevs) == ["compat_monitor0"]


@pytest.mark.parametrize(("answer", "left"), [(False, True), (True, False)])
def test_monitor_that_is_in_use_goes_only_when_confirmed(
    modern: ShellKit, qemu: ModernQemu, answer: bool, left: bool
) -> None:
    qemu.objects["qmonsh-7"], qemu.chardevs["qmonsh-7"] = "monitor-qmp", "unix:/run/x,server=on"
    modern.answers = [answer]
    text = modern.do(".monitor del qmonsh-7")
    assert "would lose the connection" in text.replace("\n", " ") and len(modern.questions) == 1
    assert ("qmonsh-7" in qemu.objects) is left


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".monitor nosuch", "usage: .monitor list|add PATH|del MONITOR"),
        (".monitor add", "name the path"),
        (".monitor del", "name the monitor"),
        (".monitor del nosuch", "there is no monitor 'nosuch'"),
    ],
)
def test_what_is_missing_is_said(modern: ShellKit, line: str, said: str) -> None:
    assert said in modern.do(line)


def test_read_only_adds_nothing(qemu: ModernQemu, tmp_path: Path) -> None:
    with FakeMonitor(qemu.answers()) as monitor, shell_on(monitor, read_only=True) as kit:
        assert "--read-only" in kit.do(f".monitor add {tmp_path}/m.qmp").replace("\n", " ")
    assert monitor.sent == ["qom-list", "qom-get"]


def test_explain_sends_nothing(qemu: ModernQemu, tmp_path: Path) -> None:
    with FakeMonitor(qemu.answers()) as monitor, shell_on(monitor, explain=True) as kit:
        text = kit.do(f".monitor add {tmp_path}/m.qmp")
        assert '"chardev-add"' in text and '"monitor-qmp"' in text
    assert "chardev-add" not in monitor.sent


def test_older_qemu_says_that_it_cannot(monitor: FakeMonitor, kit: ShellKit, tmp_path: Path) -> None:
    text = " ".join(kit.do(f".monitor add {tmp_path}/m.qmp").split())
    assert "since 11.1" in text
    assert "stay as long as it runs" in " ".join(kit.do(".monitor del x").split())
    assert "does not tell of others" in " ".join(kit.do(".monitor").split())


def test_without_a_connection_nothing_is_asked(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.hang_up()
    kit.until("not connected")
    assert ".reconnect" in kit.do(".monitor")


def test_tab_knows_the_words_and_the_monitors(modern: ShellKit) -> None:
    from qmonsh.complete.engine import complete
    from qmonsh.shell.registry import builtins

    def tab(line: str) -> list[str]:
        facts = modern.shell.monitor.live_facts
        assert facts is not None
        wanted = complete(line, len(line), facts, builtins=builtins()).wanted
        facts.ensure(wanted, deadline=5)
        return [one.text for one in complete(line, len(line), facts, builtins=builtins()).candidates]

    assert set(tab(".monitor ")) == {"list", "add", "del"}
    assert tab(".monitor del ") == ["compat_monitor0"]
