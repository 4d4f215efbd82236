"""README's recipes for contributors, followed to the letter on a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT
from tests.peer import ScriptedPeer, Step, greet, serve

BLOCK = re.compile(r"```python\n# (?P<file>\S+), (?P<place>[^\n]+)\n(?P<code>.*?)```", re.DOTALL)

KETTLES = [{"name": "k0", "litres": 2, "celsius": 95}, {"name": "k1", "litres": 1, "celsius": 20}]
ANSWERS: dict[str, Any] = {
    "query-kettles": KETTLES,
    "kettle-heat": {},
    "query-version": {"qemu": {"major": 7, "minor": 2, "micro": 22}, "package": ""},
    "query-commands": [
        {"name": name}
        for name in ("query-kettles", "kettle-heat", "query-commands", "query-version", "query-qmp-schema")
    ],
    "query-qmp-schema": [
        {"name": "query-kettles", "meta-type": "command", "arg-type": "0", "ret-type": "[3]"},
        {"name": "kettle-heat", "meta-type": "command", "arg-type": "4", "ret-type": "0"},
        {"name": "0", "meta-type": "object", "members": []},
        {"name": "[3]", "meta-type": "array", "element-type": "3"},
        {"name": "3", "meta-type": "object", "members": [{"name": "name", "type": "str"}]},
        {
            "name": "4",
            "meta-type": "object",
            "members": [
                {"name": "kettle", "type": "str"},
                {"name": "celsius", "type": "int", "default": None},
            ],
        },
        {"name": "str", "meta-type": "builtin", "json-type": "string"},
        {"name": "int", "meta-type": "builtin", "json-type": "int"},
    ],
}


def blocks() -> Iterator[tuple[str, str, str]]:
    readme = (CHECKOUT / "README.md").read_text()
    for match in BLOCK.finditer(readme):
        yield match["file"], match["place"], match["code"]


def insert(text: str, place: str, code: str) -> str:
    """Return a file's text with a recipe's code at the place that its first line names."""
    if place == "new":
        return code
    if place == "at the end":
        return f"{text}\n\n{code}"
    order, _, name = place.rpartition(" ")
    opening = re.search(rf"^{name}\b.* = .*[({{\[]$", text, re.MULTILINE)
    assert opening, f"no {name} to put a row into"
    if order == "first in":
        return f"{text[: opening.end()]}\n{code}{text[opening.end() :]}"
    assert order == "before"
    return f"{text[: opening.start()]}{code}\n\n{text[opening.start() :]}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the package in which every recipe was followed."""
    house = tmp_path_factory.mktemp("house")
    shutil.copytree(CHECKOUT / "qmonsh", house / "qmonsh", ignore=shutil.ignore_patterns("__pycache__"))
    for file, place, code in blocks():
        path = house / file
        assert path.exists() == (place != "new")
        path.write_text(insert(path.read_text() if path.exists() else "", place, code))
    return house


def qmonsh(house: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qmonsh", *words],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def monitor() -> list[Step]:
    return [*greet(), serve(ANSWERS)]


def test_recipes_name_all_that_is_extended() -> None:
    assert len(list(blocks())) == 9


def test_translation_is_sent_typed(house: Path) -> None:
    with ScriptedPeer(monitor()) as peer:
        done = qmonsh(house, peer.target, "--yes", "kettle_boil k0 40+55")
    assert (done.returncode, done.stderr) == (0, "")
    sent = {command["execute"]: command.get("arguments") for command in peer.commands}
    assert sent["kettle-heat"] == {"kettle": "k0", "celsius": 95}


def test_translation_is_refused_when_only_reading(house: Path) -> None:
    with ScriptedPeer(monitor()) as peer:
        done = qmonsh(house, peer.target, "--read-only", "kettle_boil k0")
    assert done.returncode == 2 and "read-only" in done.stderr
    assert "kettle-heat" not in [command["execute"] for command in peer.commands]


def test_translation_has_help(house: Path) -> None:
    with ScriptedPeer(monitor()) as peer:
        shown = qmonsh(house, peer.target, "kettle_boil", "?").stdout
    assert "kettle_boil kettle [celsius]" in shown and "heat the water" in shown and "steam is hot" in shown


def test_completion_source_offers_its_values(house: Path) -> None:
    with ScriptedPeer(monitor()) as peer:
        shown = qmonsh(house, peer.target, "--complete", "kettle_boil ").stdout
    assert shown.splitlines() == ["k0\t2 l", "k1\t1 l"]


def test_view_shows_the_reply(house: Path) -> None:
    with ScriptedPeer(monitor()) as peer:
        shown = qmonsh(house, peer.target, "query-kettles").stdout
    assert shown == "k0: 95 degrees\nk1: 20 degrees\n"


def test_transport_is_a_target(house: Path, tmp_path: Path) -> None:
    (tmp_path / "named").write_text("")
    with ScriptedPeer(monitor()) as peer:
        (tmp_path / "named").write_text(peer.path)
        done = qmonsh(house, f"via:{tmp_path / 'named'}", "--json", "query-kettles")
    assert json.loads(done.stdout) == KETTLES
    assert "Did you mean 'via:x'?" in qmonsh(house, "vie:x").stderr
