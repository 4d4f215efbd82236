"""Settings: precedence, the configuration file, colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmonsh.errors import UsageError
from qmonsh.settings import Settings, Terminal, config_path, load, state_path


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return str(path)


def test_load_without_a_file_gives_the_defaults() -> None:
    assert load().output == "text"


def test_load_reads_the_file_given(tmp_path: Path) -> None:
    settings = load(write(tmp_path, 'output = "json"\ntimeout = 3\n[targets]\nweb = "/run/web.sock"\n'))
    assert (settings.output, settings.timeout, settings.targets) == ("json", 3, {"web": "/run/web.sock"})


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMONSH_OUTPUT", "raw")
    assert load(write(tmp_path, 'output = "json"\n')).output == "raw"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('\ncolour = "always"\n', ":2: there is no setting 'colour'"),
        ('timeout = "soon"\n', ":1: 'timeout' must be a number"),
        ("vi = 1\n", ":1: 'vi' must be a bool"),
        ('output = "xml"\n', "one of text, json, raw"),
        ("output = \n", "line 1"),
        ("timeout = true\n", "'timeout'"),
    ],
)
def test_load_names_file_line_and_key(text: str, words: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(path)
    assert words in str(caught.value) and path in str(caught.value)


def test_a_missing_file_is_an_error_only_when_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load(str(tmp_path / "nosuch.toml"))


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[targets]\nweb = 5\n", ":2: 'targets.web' must be a text, not 5"),
        ('[targets]\na = "x"\nweb = { target = "x" }\n', ":3: 'targets.web' must be a text"),
        ('[aliases]\nst = ["a"]\n', ":2: 'aliases.st' must be a text"),
        ('[groups]\nweb = ["a", 1]\n', ":2: 'groups.web' must be a text"),
        ("confirm = [1]\n", ":1: 'confirm' must be a list of texts"),
        ("[tls]\nca = true\n", ":2: 'tls.ca' must be a text"),
    ],
)
def test_value_inside_a_table_that_is_no_text_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(write(tmp_path, text))
    assert said in str(caught.value)
