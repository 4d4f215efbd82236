"""python -m tests.fuzz TARGET [SECONDS [FOLDER]]: fuzz one target guided by coverage, with atheris.

FOLDER keeps the corpus from run to run. Status 0: nothing was found; 77: a finding, its bytes written
beside the corpus and to stderr; 3: atheris is not installed.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

#: Seconds that one input may take; the slowest known takes 0.2 s without instrumentation.
SLOWEST = 20
#: Bytes of one input.
LONGEST = 4096
#: Megabytes of the whole process.
MEMORY = 2048


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzz a target for some seconds; does not return (libFuzzer ends the process)."""
    import atheris

    with atheris.instrument_imports(include=["qmonsh"]):
        from tests.fuzz.targets import TARGETS, seeds
    corpus, found = folder / "corpus", folder / "found"
    for one in (corpus, found):
        one.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(name)):
        (corpus / f"seed{number}").write_bytes(data)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}"]
    options += [
        f"-rss_limit_mb={MEMORY}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[name])
    atheris.Fuzz()


def main(words: list[str]) -> int:
    """Run as the command line says."""
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write("atheris is not installed\n")
        return 3
    name, seconds = words[0], int(words[1]) if len(words) > 1 else 60
    if len(words) > 2:
        fuzz(name, seconds, Path(words[2]))
    with tempfile.TemporaryDirectory(prefix="qmonsh-fuzz-") as folder:
        fuzz(name, seconds, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
