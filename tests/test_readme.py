"""The README claims only what exists: options, shell words, settings, exit statuses, the two commands."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest

from qmonsh import errors
from qmonsh.command import qmonsh
from qmonsh.options import OPTIONS, take_apart
from qmonsh.settings_file import load

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_options_exist() -> None:
    known = {spelling for parameter in qmonsh.params for spelling in parameter.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    others = {"--hmp"}  # virsh's
    assert named - known - others == set()


def test_words_of_the_shell_exist() -> None:
    from qmonsh.shell.registry import builtins

    named = set(re.findall(r"`(\.[a-z]+)[ `]", section("Ten things to try")))
    assert named and named <= set(builtins())


def test_configuration_is_accepted(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n)+", section("Configuration"), flags=re.M)
    config = tmp_path / "config.toml"
    config.write_text(textwrap.dedent(max(blocks, key=len)))
    settings = load(str(config))
    assert settings.targets == {"web": "/run/vms/web.qmp"} and settings.aliases == {"st": "info status"}


def test_settings_named_exist(tmp_path: Path) -> None:
    from qmonsh.settings import FILE_KEYS

    also = section("Configuration").split("Also ", 1)[1].split(";", 1)[0]
    assert set(re.findall(r"`([a-z_]+)`", also)) <= set(FILE_KEYS)
    named = set(re.findall(r"[a-z_]+", section("Configuration")))
    assert set(FILE_KEYS) <= named, "say in README's Configuration what they are"


def test_limits_are_those_of_the_code() -> None:
    from qmonsh.fleet import fold, listing
    from qmonsh.shell import completer
    from qmonsh.transport import remote_look

    told = section("Security").split("beyond a limit", 1)[1].split("\n-", 1)[0]
    sizes = [f"{size >> 20} MiB" for size in (listing.MOST_BYTES, remote_look.MOST_BYTES)]
    assert all(one in told for one in (*sizes, f"{fold.MOST_NAMES} names", f"{completer.MOST} rows"))


def test_exit_statuses_are_those_of_the_errors() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", section("Scripts"), flags=re.M)}
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    raised = {value.status for value in classes if issubclass(value, errors.QmonshError)}
    assert told == raised | {0}


LINES = re.findall(r"^    (qmonsh (?:(?! {3,}| \|).)+)", README, flags=re.M)


@pytest.mark.parametrize("line", LINES)
def test_options_stand_where_they_are_options(line: str) -> None:
    words = take_apart(shlex.split(line)[1:])
    known = {spelling for option in OPTIONS for spelling in option.names}
    assert "each" in words.target or not known & set(words.command)


def test_lines_to_try_are_found() -> None:
    assert len(LINES) > 8


TARGETS = set(re.findall(r"(?:`|    )make ([a-z-]+)", README))


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_make_has_the_target(target: str) -> None:
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(), flags=re.M)


def test_places_to_add_things_exist() -> None:
    folders = "qmonsh|language|render|complete|transport|tests|completions"
    named = re.findall(rf"`((?:{folders})/[\w./*]*)`", README)
    assert named
    for name in named:
        found = list(CHECKOUT.glob(name.rstrip("/"))) + list(CHECKOUT.glob(f"qmonsh/{name.rstrip('/')}"))
        assert found, name
