"""What no committed file may contain: paths of the machine it was written on, names of package registries."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

# Put together here, so that this file does not contain what it looks for.
FORBIDDEN = [
    "/" + "work/",
    "/" + "opt/" + "qemu",
    "/" + "tmp/v1",
    "py" + "pi.org",
    "python" + "hosted",
    "deb." + "debian.org",
    "crates" + ".io",
    "npmjs" + ".",
]


def committed_files() -> list[Path]:
    if not shutil.which("git"):
        pytest.skip("no git here to say which files are committed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [CHECKOUT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_files_name_no_machine_and_no_registry() -> None:
    pattern = re.compile("|".join(map(re.escape, FORBIDDEN)).encode())
    found = {
        f"{path.relative_to(CHECKOUT)}: {match[0].decode()}"
        for path in committed_files()
        for match in pattern.finditer(path.read_bytes())
    }
    assert not found


def test_scripts_of_the_two_commands_can_run() -> None:
    for name in (".ci/run", ".ci/prepare.sh"):
        assert subprocess.run(["bash", "-n", name], cwd=CHECKOUT).returncode == 0
    assert (CHECKOUT / ".ci/run").stat().st_mode & 0o111
