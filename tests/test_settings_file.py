"""The configuration file: precedence, and everything wrong in it told with file and line, by every face."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmonsh.cli import main
from qmonsh.errors import UsageError
from qmonsh.settings_file import line_of, load


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
        ("vi = 1\n", ":1: 'vi' must be true or false"),
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


#: (file, line and what is said, what is advised): a misspelt name or value in every table.
MISSPELT = [
    ('\noutptu = "json"\n', ":2: there is no setting 'outptu'", "did you mean 'output'?"),
    ('output = "jsn"\n', ":1: 'output' must be one of text, json, raw, not 'jsn'", ""),
    ("max_reply = 1.5\n", ":1: 'max_reply' must be a whole number, not 1.5", ""),
    ("max_depth = 0\n", ":1: 'max_depth' must be a number of levels above 0", ""),
    ('[theem]\ncommand = "bold"\n', ":1: there is no table 'theem'", "did you mean 'theme'?"),
    ('[theme]\n"promt.name" = "bold"\n', ":2: [theme] has no 'promt.name'", "did you mean 'prompt.name'?"),
    (
        '[theme]\nprompt.name = "bold"\n',
        ":2: 'theme.prompt' must be a text",
        "a name with a dot stands in quotes",
    ),
    ('[theme]\ncommand = "bold ansirde"\n', "the style 'ansirde', which is none", "did you mean 'ansired'?"),
    ('[theme]\ncommand = "bg:#12345"\n', "the style 'bg:#12345', which is none", "it is like"),
    ('vi = true\ntheme = { comand = "bold" }\n', ":2: [theme] has no 'comand'", "did you mean 'command'?"),
    ('[keys]\nc-tt = "undo"\n', ":2: [keys] has 'c-tt', which is no key", "did you mean 'c-t'?"),
    ('[keys]\nf99 = "undo"\n', ":2: [keys] has 'f99', which is no key", "did you mean"),
    ('[keys]\n"" = "undo"\n', ":2: [keys] has '', which is no key", "keys are written like"),
    (
        '[keys]\nf5 = "line:stop"\nc-t = "undoo"\n',
        ":3: [keys] gives 'c-t' the action",
        "did you mean 'undo'?",
    ),
    (
        '[aliases]\n"a b" = "info status"\n',
        ":2: [aliases] has 'a b', which is not one word",
        "the first word",
    ),
    ('[aliases]\nst = " "\n', ":2: [aliases] gives 'st' no meaning", "the beginning of a line"),
    ('[targets]\nweb = "unixx:/p"\n', ":2: [targets] has 'web': 'unixx:/p' is not a target", "'unix:/p'"),
    ('[targets]\nweb = ""\n', ":2: [targets] has 'web': an empty target", "/path/to.sock"),
    ('[tls]\ncret = "x"\n', ":2: [tls] has no 'cret'", "did you mean 'cert'?"),
    ("[groups]\nweb = { a = 1 }\n", ":2: 'groups.web' must be a text", ""),
    ("a.b = 1\n", ":1: there is no table 'a'", "tables are aliases, groups"),
    ("[[targets]]\n", ":1: 'targets' must be a table", ""),
]


@pytest.mark.parametrize(("text", "said", "advised"), MISSPELT)
def test_misspelt_name_is_told_with_its_line_and_the_nearest(
    text: str, said: str, advised: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(path)
    assert caught.value.problem.startswith(f"{path}:") and said in caught.value.problem
    assert advised in caught.value.advice


@pytest.mark.parametrize(
    "words", [["x.sock"], ["x.sock", "info", "status"], ["ls"], ["each", "x", "--", "stop"]]
)
@pytest.mark.parametrize("text", ['[theme]\n"promt.name" = "bold"\n', '[keys]\nc-tt = "undo"\n'])
def test_every_face_refuses_a_configuration_that_is_wrong(
    words: list[str], text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SystemExit) as left:
        main(["--config", path, *words])
    assert left.value.code == 2 and f"{path}:2: [" in capfd.readouterr().err


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    text = """
theme = { command = "nobold fg:LightBlue bg:#20A020", "prompt.name" = "#fff ansidefault noinherit" }
[keys]
"c-x space" = "edit-and-execute-command"
"escape x" = "line:info status"
[tls]
ca = "ca.pem"
[targets]
web = "ssh://h/run/x.sock"
[groups]
all = ["web", "@others"]
others = "a b"
"""
    settings = load(write(tmp_path, text))
    assert len(settings.theme) == len(settings.keys) == len(settings.groups) == 2


@pytest.mark.parametrize(
    ("key", "table", "line"),
    [
        ("output", "", 1),
        ("nosuch", "", 0),
        ("a", "theme", 4),
        ("b.c", "theme", 5),
        ("a", "keys", 8),
        ("x", "targets", 9),
        ("y", "tls", 10),
        ("z", "tls", 10),
        ("theme", "", 3),
    ],
)
def test_line_of_a_key_is_that_of_its_table(key: str, table: str, line: int) -> None:
    text = 'output = "x"\n# [theme]\n[ theme ]\n  a="x"\n"b.c" = "y"\n\n[keys]\na = ""\n[targets.x]\n[tls]\n'
    assert line_of(text, key, table) == line
