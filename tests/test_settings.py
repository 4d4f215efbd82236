"""Settings: where XDG puts things, colours."""

from __future__ import annotations

import pytest

from qmonsh.settings import Settings, Terminal, config_path, state_path


@pytest.mark.parametrize(
    ("color", "environment", "term", "is_terminal", "wanted"),
    [
        ("auto", {}, "xterm", True, True),
        ("auto", {}, "xterm", False, False),
        ("auto", {}, "dumb", True, False),
        ("auto", {"NO_COLOR": "1"}, "xterm", True, False),
        ("auto", {"NO_COLOR": ""}, "xterm", True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, "xterm", True, False),
        ("auto", {"FORCE_COLOR": "1"}, "dumb", False, True),
        ("always", {"NO_COLOR": "1"}, "dumb", False, True),
        ("never", {"FORCE_COLOR": "1"}, "xterm", True, False),
    ],
)
def test_colour_order(
    color: str,
    environment: dict[str, str],
    term: str,
    is_terminal: bool,
    wanted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings(color=color, terminal=Terminal(True, True, True, term))
    assert settings.colour_for(is_terminal) is wanted


def test_relative_xdg_paths_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/u")
    assert config_path() == "/home/u/.config/qmonsh/config.toml"


def test_state_path_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert state_path("history") == "/s/qmonsh/history"
