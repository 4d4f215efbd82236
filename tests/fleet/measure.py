"""``each`` over ten sshds with twenty monitors each, beside ten plain logins at once; for the bench."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from statistics import median

from tests.fleet.park import CHECKOUT, Park

HOSTS, MONITORS = 10, 20
ROUNDS = 3
#: What a monitor may cost beside the logins (milliseconds), as for local ones.
EACH_MONITOR = 5


def over_ssh() -> Iterator[tuple[str, float, float]]:
    """Return (what, our milliseconds, 3 x ten logins + 5 ms a monitor) for each way to the hosts."""
    ways = ["openssh", *(["asyncssh"] if find_spec("asyncssh") else [])]
    with Park(HOSTS, MONITORS) as park:
        for way in ways:
            logins, ours = [], []
            for number in range(ROUNDS + 1):
                taken = _milliseconds([["ssh", name, "true"] for name in park.names], park.environment)
                each = _milliseconds([_words(park)], {**park.environment, "QMONSH_EACH_SSH": way})
                if number:
                    logins.append(taken)
                    ours.append(each)
            allowed = 3 * median(logins) + EACH_MONITOR * HOSTS * MONITORS
            what = f"each over {HOSTS} sshds of {MONITORS}, {way} / 3 x ssh true + 5 ms each"
            yield what, median(ours), allowed


def _words(park: Park) -> list[str]:
    who = [f"ssh://{name}{park.folder}/{name}/*.sock" for name in park.names]
    return [sys.executable, "-m", "qmonsh", "each", "--connect-timeout", "60", *who, "--", "info", "status"]


def _milliseconds(commands: list[list[str]], environment: Mapping[str, str]) -> float:
    """Return how long commands take that run at the same time; all must succeed."""
    begun = time.perf_counter()
    children = [
        subprocess.Popen(words, env=dict(environment), cwd=CHECKOUT, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for words in commands
    ]  # fmt: skip
    for child in children:
        _, said = child.communicate(timeout=300)
        if child.returncode:
            raise RuntimeError(f"{' '.join(child.args[:3])}: {said}")  # type: ignore[index]
    return (time.perf_counter() - begun) * 1000
