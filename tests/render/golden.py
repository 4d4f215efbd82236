"""Views laid out at four widths, kept as text files beside this module; read them when a view changes.

python -m tests.render.golden        writes them anew; look at the difference before committing it
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from qmonsh.render.form import Form
from qmonsh.render.text import render_text
from tests.render.recorded import value_of

FOLDER = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 200, None)
#: name of the file -> (version, scene, line); one file shows a view at all widths.
CHOSEN = {
    "block": ("11.1", "stopped", "info block -v"),
    "nodes": ("11.1", "stopped", "info block -n"),
    "nodes-5.2": ("5.2", "stopped", "info block -n"),
    "blockstats": ("11.1", "stopped", "info blockstats"),
    "block-jobs": ("10.0", "jobs", "info block-jobs"),
    "jobs": ("10.0", "jobs", "query-jobs"),
    "pci": ("11.1", "stopped", "info pci"),
    "cpus": ("11.1", "stopped", "info cpus"),
    "hotpluggable-cpus": ("11.1", "stopped", "info hotpluggable-cpus"),
    "memdev": ("11.1", "stopped", "info memdev"),
    "memory-devices": ("11.1", "stopped", "info memory-devices"),
    "migrate": ("11.1", "migrating", "info migrate"),
    "migrate-parameters": ("11.1", "stopped", "info migrate_parameters"),
    "chardev": ("11.1", "stopped", "info chardev"),
    "rx-filter": ("11.1", "stopped", "query-rx-filter"),
    "acpi-ospm-status": ("11.1", "stopped", "query-acpi-ospm-status"),
}


def rendered(name: str) -> str:
    """Return a chosen view at each width, one after the other."""
    version, scene, line = CHOSEN[name]
    value: Any = value_of(version, line, scene)
    parts = []
    for width in WIDTHS:
        parts.append(f"##### {line} of {version}, width {width}\n")
        parts.append(render_text(value, view=line, form=Form(width=width)))
    return "".join(parts)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    FOLDER.mkdir(exist_ok=True)
    for chosen in CHOSEN:
        (FOLDER / f"{chosen}.txt").write_text(rendered(chosen), encoding="utf-8")
