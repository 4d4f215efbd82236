"""Help from captured monitors of four versions: what it must say, and that it is there for every command."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.help.topic import find_help, overview, search, topics
from qmonsh.render.form import Form
from qmonsh.shell.registry import builtins
from tests.language.frozen import frozen

VERSIONS = ("5.2", "7.2", "10.0", "11.1")
WIDE = Form()


@pytest.fixture(params=VERSIONS)
def known(request: pytest.FixtureRequest, captures: Any) -> Any:
    return frozen(request.param)


def test_overview_names_everything(known: Any) -> None:
    shown = overview(known, builtins(), Form(width=80))
    for wanted in (".events", "info", "balloon target", "query-block", "Ctrl-D"):
        assert wanted in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_every_event_has_help(known: Any) -> None:
    for name in known.schema().event_names():
        assert name in find_help(name, known, builtins(), WIDE)


def test_help_of_an_hmp_command_tells_arguments_and_twin(known: Any) -> None:
    shown = find_help("balloon", known, builtins(), WIDE)
    for fact in ("balloon target", "MiB", "QMP balloon value=int", "required"):
        assert fact in shown


def test_help_of_a_qmp_command_tells_types_and_values(known: Any) -> None:
    shown = find_help("query-dump", known, builtins(), WIDE)
    assert "returns" in shown and "status" in shown
    shown = find_help("set-action", known, builtins(), WIDE) if "set-action" in known.commands() else ""
    assert not shown or ("one of" in shown and "optional" in shown and "inject-nmi" in shown)


def test_help_tells_danger_and_harmlessness(known: Any) -> None:
    assert "Ctrl-D" in find_help("quit", known, builtins(), WIDE)
    assert "cannot change the VM" in find_help("info status", known, builtins(), WIDE)


def test_info_lists_its_words(known: Any) -> None:
    shown = find_help("info", known, builtins(), WIDE)
    assert "info network" in shown and "info status" in shown


def test_info_word_is_found_without_info(known: Any) -> None:
    assert "info registers" in find_help("registers", known, builtins(), WIDE)


def test_alias_leads_to_its_command(known: Any) -> None:
    assert find_help("c", known, builtins(), WIDE).startswith("cont")


def test_shells_own_commands_have_help(known: Any) -> None:
    for name, command in builtins().items():
        assert command.summary in find_help(name, known, builtins(), WIDE)


def test_nonsense_has_no_help(known: Any) -> None:
    for topic in ("nosuch", "info nosuch", "", "\x1b[2J", "a" * 1000):
        assert find_help(topic, known, builtins(), WIDE) == ""


def test_search_finds_names_and_descriptions(known: Any) -> None:
    shown = search("balloon", known, builtins(), WIDE)
    for wanted in ("balloon target", "info balloon", "query-balloon", "BALLOON_CHANGE"):
        assert wanted in shown
    assert "info status" in search("VM status", known, builtins(), WIDE)
    assert search("nosuchwordatall", known, builtins(), WIDE) == ""


def test_search_looks_into_arguments_and_their_values(known: Any) -> None:
    shown = search("throttle", known, builtins(), WIDE)
    assert "blockdev-add driver=" in shown and "migrate-set-parameters ..." in shown
    assert max(map(len, shown.splitlines())) < 250


def test_topics_are_all_names(known: Any) -> None:
    found = topics(known, builtins())
    assert {".help", "cont", "c", "info status", "query-block", "STOP"} <= set(found)


def test_words_that_force_a_reading_have_help(known: Any) -> None:
    assert "human-monitor-command" in find_help("hmp", known, builtins(), WIDE)
    assert "key=value" in find_help("qmp", known, builtins(), WIDE)


def test_words_of_info_are_those_that_have_an_answer(captures: Any) -> None:
    daemon: Any = frozen("10.0", has_hmp=False, drop=["query-cpus-fast", "query-migrate"])
    shown = find_help("info", daemon, builtins(), WIDE)
    assert "info block " in shown and "info cpus" not in shown and "info migrate " not in shown


def test_unstable_and_deprecated_are_marked(captures: Any) -> None:
    known: Any = frozen("10.0")
    marks = ""
    for name in known.commands():
        marks += find_help(name, known, builtins(), WIDE)
    assert "unstable" in marks and "deprecated" in marks


def test_monitor_without_hmp_has_help_from_the_rules(captures: Any) -> None:
    known: Any = frozen("10.0", has_hmp=False)
    assert "info status" in find_help("info", known, builtins(), WIDE)
    assert "block_resize device size" in find_help("block_resize", known, builtins(), WIDE)
    assert "built without it" in overview(known, builtins(), WIDE)
    assert "savevm" in overview(known, builtins(), WIDE), "what the shell says in QMP is there too"


@pytest.mark.parametrize("width", [None, 60])
def test_help_on_everything_fits_and_is_safe(known: Any, width: int | None) -> None:
    """The walk: all commands, info words and events of a captured QEMU."""
    for topic in topics(known, builtins()):
        text = find_help(topic, known, builtins(), Form(width=width))
        assert text.endswith("\n") and all(c.isprintable() for c in text.replace("\n", "")), topic
        assert width is None or max(map(len, text.splitlines())) <= width, topic


@pytest.mark.parametrize(
    ("topic", "fact"),
    [
        ("blockdev-add driver=qcow2", "lazy-refcounts=bool"),
        ("netdev_add user", "hostfwd=[str]"),
        ("chardev-add socket", "backend.data.addr={...}"),
        ("chardev-add backend.type=socket", "backend.data.addr={...}"),
        ("object_add throttle-group", "limits.iops-total=int"),
        ("device_add e1000", "Ethernet  bus PCI"),
        ("device_add driver=e1000", "Ethernet  bus PCI"),
        ("wait", ".wait EVENT"),
        ("migrate -d", "migrate [-d]"),
        ("info block -v -n", "info block [-n] [-v]"),
    ],
)
def test_branches_have_help(topic: str, fact: str, captures: Any) -> None:
    known: Any = frozen("10.0")
    assert fact in find_help(topic, known, builtins(), WIDE)


@pytest.mark.parametrize("topic", ["query-status nosuch", "info block d0 x", "device_add nosuch", "cont 1 2"])
def test_words_that_choose_nothing_have_no_help(topic: str, captures: Any) -> None:
    known: Any = frozen("10.0")
    assert find_help(topic, known, builtins(), WIDE) == ""


def test_search_looks_into_the_manual(monkeypatch: pytest.MonkeyPatch, captures: Any) -> None:
    import qmonsh.help.topic as help_module

    monkeypatch.setattr(help_module, "find_summaries", lambda: {"query-status": "About frobnication."})
    known: Any = frozen("10.0")
    assert search("frobnic", known, builtins(), WIDE) == "  query-status  QMP About frobnication.\n"


def test_more_help_has_an_example_and_the_manual(monkeypatch: pytest.MonkeyPatch, captures: Any) -> None:
    import qmonsh.help.topic as help_module

    monkeypatch.setattr(
        help_module, "example_of", lambda name, known: ("balloon 512", '{"execute": "balloon"}')
    )
    monkeypatch.setattr(
        help_module, "find_section", lambda name: f"{name} in\n  the\x1b manual" if name else ""
    )
    known: Any = frozen("7.2")
    shown = help_module.find_more("balloon", known, WIDE)
    assert "for example: balloon 512" in shown and '{"execute": "balloon"}' in shown
    assert "balloon in\n  the\\x1b manual\n" in shown
    narrow = help_module.find_more("balloon", known, Form(width=40))
    assert max(map(len, narrow.splitlines())) <= 40
    monkeypatch.setattr(help_module, "example_of", lambda name, known: ("", ""))
    monkeypatch.setattr(help_module, "find_section", lambda name: "")
    assert help_module.find_more("balloon", known, WIDE) == ""
