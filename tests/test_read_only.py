"""--read-only proven: every command of the captured QEMUs, in every way to spell it, at a recording peer.

The commands that may arrive are listed here again, apart from the program's own tables: a row that is wrong
there is found here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from qmonsh.cli import main
from qmonsh.errors import LineError
from qmonsh.language.translate import translate
from tests.language import frozen
from tests.peer import ScriptedPeer, greet, serve

#: QMP commands that only read; patterns as in a shell.
HARMLESS = (
    "qmp_capabilities", "query-*", "x-query-*", "x-debug-query-block-graph", "x-accel-stats",
    "x-debug-block-dirty-bitmap-sha256", "qom-get", "qom-list", "qom-list-get", "qom-list-types",
    "device-list-properties", "trace-event-get-state", "xen-event-list",
)  # fmt: skip
#: HMP lines that only read, errors among them: a word is missing, or too many.
HARMLESS_LINES = (
    r"(help|\?|info|print|p|x|xp|memory_dump|sum|g[pv]a2\w+|acl_show|qom-list|qom-get)([ /].*)?"
    # The chosen CPU is the monitor's own matter; without an argument, sync-profile says whether it is on.
    r"|cpu( .*)?|sync-profile"
    r"|xen-event-list( .*)?|clear( .*)?"
    # A list, or an error: tried on the four QEMUs, whose chardevs, drives, devices and objects stayed.
    r"|((device|netdev|object|chardev|drive)[_-]add|chardev-change) (.*[, ])?(help|\?)"
)

ARGUMENTS = (
    "", " x", " 0", " x 0", " 0 0", " x y z", " x on", " a=b", " /x 0", " -f", " -a x",
    " help", " x,help", " x help", " x null,help", " 0 if=none,help", " help=on", " x,help=on", " help,id=x",
)  # fmt: skip


@cache
def types(version: str) -> Mapping[str, Any]:
    return {entity["name"]: entity for entity in frozen.reply(version, "query-qmp-schema")}


def sample(version: str, name: str, depth: int = 0) -> Any:
    """Return a value of a schema's type with what is required and no more."""
    entity = types(version)[name]
    kind = entity["meta-type"]
    if kind == "builtin":
        return {"string": "x", "boolean": True, "null": None, "value": "x"}.get(entity["json-type"], 1)
    if kind == "enum":
        return entity["values"][0] if "values" in entity else entity["members"][0]["name"]
    if kind == "alternate":
        return sample(version, entity["members"][0]["type"], depth + 1)
    if kind == "array" or depth > 6:
        return []
    required = [member for member in entity["members"] if "default" not in member]
    found = {member["name"]: sample(version, member["type"], depth + 1) for member in required}
    for variant in entity.get("variants", ()):
        if variant["case"] == found.get(entity.get("tag")):
            found |= sample(version, variant["type"], depth + 1)
    return found


def qmp_lines(version: str) -> Iterator[str]:
    """Yield each QMP command as words, forced, as JSON and out-of-band, without and with its arguments."""
    for name, entity in types(version).items():
        if entity["meta-type"] == "command":
            given = sample(version, entity["arg-type"])
            words = "".join(f" {key}:={json.dumps(value)}" for key, value in given.items())
            yield from (name, f"{name}{words}", f"qmp {name}{words}", f"{name} id=x", f"{name} a=b")
            yield from (json.dumps({way: name, "arguments": given}) for way in ("execute", "exec-oob"))


def hmp_lines(version: str) -> Iterator[str]:
    """Yield each HMP command, alias and info word with arguments of many shapes."""
    for name in frozen.help_of(version):
        for arguments in ARGUMENTS:
            yield f"{name}{arguments}"
            yield f"hmp {name}{arguments}"


def answers(version: str) -> dict[str, Any]:
    """Return what the captured QEMU answers to questions; anything else that comes is accepted."""

    class Accepting(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            return [] if name.startswith(("query-", "qom-list")) else {}

    paths = (frozen.CAPTURES / version).glob("*.json")
    captured = ((path.stem, json.loads(path.read_text())) for path in paths)
    return Accepting((name, reply["return"]) for name, reply in captured if "return" in reply)


def may_arrive(command: dict[str, Any]) -> bool:
    name = command.get("execute") or command.get("exec-oob") or ""
    if name == "human-monitor-command":
        line = command["arguments"]["command-line"]
        return re.fullmatch(HARMLESS_LINES, line) is not None
    # Reading a virtio device's status ended 11.1.
    return name != "x-query-virtio-status" and any(fnmatchcase(name, pattern) for pattern in HARMLESS)


def arriving(version: str, lines: list[str], tmp_path: Path) -> list[dict[str, Any]]:
    """Return the commands that reach the monitor when these lines are run with --read-only."""
    script = tmp_path / "script"
    script.write_text("".join(f"{line}\n" for line in lines))
    known = answers(version)

    def answer(command: dict[str, Any]) -> Any:
        name = command.get("execute") or command["exec-oob"]
        if name != "human-monitor-command":
            return known[name]
        file = command["arguments"]["command-line"].replace(" ", "_")
        path = frozen.CAPTURES / version / f"hmp-{file}.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    with ScriptedPeer([*greet(), serve(answer)]) as peer:
        with pytest.raises(SystemExit):
            main([peer.target, "--read-only", "--yes", "--keep-going", "-o", "raw", "-f", str(script)])
    return peer.commands


@pytest.mark.parametrize("version", frozen.VERSIONS)
@pytest.mark.parametrize("lines", [qmp_lines, hmp_lines], ids=["qmp", "hmp"])
def test_nothing_that_acts_is_sent(
    version: str, lines: Any, tmp_path: Path, captures: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    typed = list(lines(version))
    commands = arriving(version, typed, tmp_path)
    assert [command for command in commands if not may_arrive(command)] == []
    assert len(typed) > 500
    # The monitor was reached, so it is not for want of a connection that nothing came.
    assert len(commands) > 30


@pytest.mark.parametrize("version", frozen.VERSIONS)
def test_text_monitors_are_read_by_name_only(version: str, captures: Path) -> None:
    knowledge = frozen.frozen(version)
    for line in hmp_lines(version):
        try:
            plan = translate(line, knowledge, text_monitor=True)
        except LineError:
            continue
        sent = [step.command for step in plan.steps]
        assert plan.acts or all(re.fullmatch(HARMLESS_LINES, one) for one in sent), line
