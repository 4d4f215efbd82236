"""``python -m tests.bench [PART...]``: all parts or those named, as a table of ratios with budgets."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench import completion, fleet, large, one_shot, rate
from tests.bench.measure import Curve, Row, Unmeasured
from tests.real.machine import VM, system_qemu

Found = Row | Curve | Iterable[Row | Curve]

#: What each program to compare with says of its version.
VERSIONS = {
    "socat": ("socat", "-V"),
    "virsh": ("virsh", "--version"),
    "jq": ("jq", "--version"),
}
PACKAGES = ("prompt_toolkit", "click", "qemu.qmp")


def versions(qemu: str) -> str:
    """Return the versions of all that is compared, on one line."""
    known = [f"Python {platform.python_version()}", f"QEMU {_first_version(qemu, '--version')}"]
    for name in PACKAGES:
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            known.append(f"no {name}")
    for name, words in VERSIONS.items():
        known.append(f"{name} {_first_version(*words)}" if shutil.which(name) else f"no {name}")
    return ", ".join(known)


def _first_version(*words: str) -> str:
    """Return the first word that looks like a version among what a program says of itself."""
    said = subprocess.run(words, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else "?"


def parts(vm: VM, qemu: str, folder: Path) -> dict[str, Callable[[], Found]]:
    """Return what is measured, by name and in order."""
    return {
        "one-shot": lambda: one_shot.one_shots(vm, folder),
        "qmp-shell": lambda: one_shot.beside_qmp_shell(vm),
        "socat": lambda: one_shot.beside_socat(vm),
        "virsh": lambda: one_shot.beside_virsh(vm),
        "tab": lambda: one_shot.completions(vm),
        "completion": completion.rows,
        "prompt": lambda: one_shot.prompts(vm, folder),
        "rate": lambda: rate.commands(vm),
        "varied": lambda: rate.varied(vm),
        "api": lambda: rate.api(vm),
        "flood": rate.flood,
        "large": large.large,
        "fleet": lambda: fleet.fleet(qemu, folder),
        "ssh": fleet.fleet_over_ssh,
    }


def main(wanted: list[str]) -> int:
    """Print the table; the status is 0 when all could be measured, whatever the figures."""
    qemu = system_qemu()
    if not qemu:
        raise SystemExit("bench: no QEMU on this machine")
    status = 0
    out = sys.stdout
    out.write(f"{versions(qemu)}\n{'what (ours / theirs)':62} {'ours':>9} {'theirs':>9}      ratio  budget\n")
    vm = VM(qemu, monitor="qmp-unix", machine="q35")
    folder = Path(tempfile.mkdtemp(prefix="qmonsh-bench-"))
    try:
        for name, part in parts(vm, qemu, folder).items():
            if wanted and name not in wanted:
                continue
            try:
                found = part()
                for line in [found] if isinstance(found, Row | Curve) else found:
                    out.write(f"{line}\n")
                    out.flush()
            except Unmeasured as problem:
                out.write(f"not measured ({name}): {problem}\n")
                status = 1
    finally:
        vm.close()
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
