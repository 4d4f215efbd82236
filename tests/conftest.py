"""What every test stands on: a private user environment, and the data shared beside the checkout."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared"

# A machine under load is no bug: examples are counted, not timed. The same examples are drawn every time,
# so that a change is judged by itself; make test-all draws new ones.
settings.register_profile(
    "qmonsh",
    deadline=None,
    derandomize="QMONSH_RANDOM" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("qmonsh")

#: The user's own environment must not change what a test sees, nor a test what the user has.
FOREIGN = ("NO_COLOR", "FORCE_COLOR", "PAGER", "LESS", "EDITOR", "VISUAL", "COLUMNS", "LINES", "QMP_SOCKET")


def pytest_configure() -> None:
    """Hear the signals that whoever started the tests ignores (nohup, a script's ``&``); children do, too."""
    for number, heard in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGQUIT, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)


@pytest.fixture(autouse=True)
def private_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test (and the children it starts) its own HOME and XDG folders, in a plain locale."""
    home = _session_home(tmp_path_factory)
    monkeypatch.setenv("HOME", str(home))
    for name, folder in (("CONFIG", ".config"), ("STATE", ".state"), ("CACHE", ".cache")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    for name in (*FOREIGN, *(name for name in os.environ if name.startswith("QMONSH_"))):
        if name not in ("QMONSH_QEMU", "QMONSH_QEMUS"):  # which QEMUs to test on is the user's choice
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def _session_home(factory: pytest.TempPathFactory) -> Path:
    home = factory.getbasetemp() / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared facts and captures; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def captures(shared: Path) -> Path:
    """Return the folder of captured replies, one subfolder a QEMU version ("7.2")."""
    return shared / "captures"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests counted (``record_property("coverage 7.2", "QMP commands 216/216")``)."""
    counted: dict[str, list[str]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in getattr(report, "user_properties", ()) if report.when == "call" else ():
            if name.startswith("coverage "):
                counted.setdefault(name, []).append(str(value))
    for name, values in sorted(counted.items()):
        terminalreporter.write_line(f"completion {name}: {'; '.join(values)}")
