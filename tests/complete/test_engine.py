"""The one way in: which form a line has, and that nothing typed can break it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qmonsh.complete.candidate import Completion, FrozenFacts
from qmonsh.complete.engine import complete, complete_event
from qmonsh.complete.question import ABSENT, Question, rule_of
from qmonsh.language.rules import all_rules
from tests.complete.frozen import VERSIONS, captured, facts


class Builtin:
    """A command of the shell as its registry hands it in."""

    def __init__(self, usage: str, *, takes_line: bool = False) -> None:
        self.usage = usage
        self.summary = f"does {usage}"
        self.takes_line = takes_line


BUILTINS = {
    ".events": Builtin("on|off|only PATTERN|to FILE"),
    ".watch": Builtin("[SECS] LINE", takes_line=True),
    ".wait": Builtin("EVENT [KEY=VALUE...]"),
    ".exit": Builtin(""),
}


def at(line: str, cursor: int | None = None, *, version: str = "11.1", dialect: str = "qmp") -> Completion:
    end = len(line) if cursor is None else cursor
    return complete(line, end, facts(version, dialect), builtins=BUILTINS, aliases={"bl": "info block"})


def texts(line: str, cursor: int | None = None, **more: str) -> list[str]:
    return [one.text for one in at(line, cursor, **more).candidates]


#: line ("^" is the cursor), the first candidates, where they begin in the line
LINES = [
    ("sto^", ["stop", "nbd_server_stop"], 0),
    ("  sto^", ["stop", "nbd_server_stop"], 2),
    ("info stat^", ["stats", "status"], 5),
    ("info  kv^", ["kvm"], 6),
    ("help info^", ["info"], 5),
    ("help info sta^", ["stats", "status"], 10),
    ("info block -^", ["-n", "-v"], 11),
    ("info block -n -^", ["-v"], 14),
    ("eject -f ^", ["ide2-cd0"], 9),
    ("device_add virtio-net-p^", ["virtio-net-pci", "virtio-net-pci-non-transitional"], 11),
    ("device_add virtio-net-pci,netd^", ["netdev"], 26),
    ("device_add virtio-net,netd^", ["netdev"], 22),
    ("device_add driver=virtio-net-pci,netd^", ["netdev"], 33),
    ("device_add virtio-net-pci,mq=^", ["off", "on"], 29),
    ("device_add virtio-net-pci,netdev=net0,netd^", [], 38),
    ("device_add virtio-net-pci,netd^,netdev=net0", [], 26),
    ("device_add virtio-blk-pci,werror=en^", ["enospc"], 33),
    ("device_add driver=virtio-net-pci id=x netd^", ["netdev"], 38),
    ("qmp device_add driver=virtio-net-pci mq=^", ["off", "on"], 40),
    ("hmp info kv^", ["kvm"], 9),
    ("qmp query-stat^", ["query-stats", "query-stats-schemas", "query-status"], 4),
    ("netdev_add user,id=n,restr^", ["restrict"], 21),
    ("netdev_add user,id=n,restrict=^", ["on", "off"], 30),
    ("object_add memory-backend-ram,si^", ["size"], 30),
    ("chardev-add socket,id=c,pa^", ["path"], 24),
    ("chardev-add socket,id=c,serv^", ["server"], 24),
    ("drive_add 0 if=no^", ["none"], 15),
    ("drive_add -n 0 driver=qcow2,file.driver=fil^", ["file"], 40),
    ("sendkey ctrl-alt-de^", ["delete"], 17),
    ("sendkey ctrl-^", ["alt", "shift"], 13),
    ("migrate_set_capability xb^", ["xbzrle"], 23),
    ("migrate_set_capability xbzrle o^", ["on", "off"], 30),
    ("migrate_set_parameter multifd-compression ^", ["none", "zlib", "zstd"], 42),
    ("x/4x^", ["/4xb", "/4xh", "/4xw", "/4xg"], 1),
    ("x /4^", ["/4x", "/4d"], 2),
    ("migrate t^", ["tcp:"], 8),
    ("hostfwd_add t^", ["tcp::2222-:22"], 12),
    ("hostfwd_add net0 t^", ["tcp::2222-:22"], 17),
    ("hostfwd_add ne^", ["net0"], 12),
    ("watchdog_action po^", ["poweroff"], 16),
    ("screendump x -f ^", ["ppm", "png"], 16),
    ("change ide2-cd0 x qcow2 re^", ["retain", "read-only", "read-write"], 24),
    ("blockdev-add driver=qcow2 fi^", ["file", "file."], 26),
    ("blockdev-add driver=qcow2 file.driver=nb^", ["nbd"], 38),
    ("blockdev-add driver=qcow2 node-name=x read-^", ["read-only"], 38),
    ("balloon va^", ["value"], 8),
    ("block-commit device=ide^", ["ide2-cd0"], 20),
    ("object-add qom-type=memory-backend-ram po^", ["policy"], 39),
    ("object-add qom-type=memory-backend-ram policy=b^", ["bind"], 46),
    ("migrate-set-capabilities capabilities.0.st^", ["capabilities.0.state"], 25),
    ("query-cpu-model-expansion type=f^", ["full"], 31),
    ("transaction(\nblockdev-snapshot-in^", ["blockdev-snapshot-internal-sync"], 13),
    ("transaction(\nblockdev-snapshot-sync device=^", ["ide2-cd0"], 43),
    ('{"exe^', ['"execute"'], 1),
    ('{"execute": "query-stat^', ['"query-stats"'], 12),
    ('{"execute": "device_add", "arguments": {"dr^', ['"driver"'], 40),
    ('{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "netd^', ['"netdev"'], 68),
    ('{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "mq": t^', ["true"], 74),
    ('{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "mq": ^', ["false", "true"], 74),
    ('{"arguments": {"typ^"}, "execute": "query-cpu-model-expansion"}', ['"type"'], 15),
    ('{"execute": "blockdev-add", "arguments": {"driver": "qcow2", "file": {"dri^', ['"driver"'], 70),
    ('{"execute": "send-key", "arguments": {"keys": [{"type": "qcode", "data": "ct^', ['"ctrl"'], 73),
    (".ev^", [".events"], 0),
    (".events o^", ["on", "off", "only"], 8),
    (".events only SHUT^", ["SHUTDOWN"], 13),
    (".watch info kv^", ["kvm"], 12),
    (".watch 2.5 info kv^", ["kvm"], 16),
    (".wait JOB_ST^", ["JOB_STATUS_CHANGE"], 6),
    (".wait JOB_STATUS_CHANGE st^", ["status"], 24),
    (".wait JOB_STATUS_CHANGE status=conc^", ["concluded"], 31),
    ("bl -^", ["-n", "-v"], 3),
    ("quit ^", [], 5),
    ("nosuch ^", [], 7),
    ("stop x^", [], 5),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "wanted", "start"), LINES, ids=[row[0] for row in LINES])
def test_each_form_of_line(marked: str, wanted: list[str], start: int) -> None:
    cursor = marked.index("^")
    line = marked[:cursor] + marked[cursor + 1 :]
    found = at(line, cursor)
    assert [one.text for one in found.candidates][: len(wanted)] == wanted
    if not wanted:
        assert found.candidates == ()
    else:
        assert found.start == start


def test_every_candidate_says_what_it_is_and_what_follows() -> None:
    found = {one.text: one for one in at("device_add virtio-net-pci,").candidates}
    assert found["mq"].meta == "bool, default off" and found["mq"].suffix == "="
    assert found["netdev"].meta == "str, ID of a netdev to use as a backend"
    assert found["x-ats-page-aligned"].flag == "unstable"
    assert {one.text: one for one in at("info kv").candidates}["kvm"].suffix == " "


def test_required_before_optional_and_unstable_last() -> None:
    found = texts("object_add memory-backend-file,")
    assert found[:3] == ["id", "size", "mem-path"] or set(found[:3]) == {"id", "size", "mem-path"}
    assert found[-1] == "x-use-canonical-path-for-ramblock-id"
    commands = at("query-", version="5.2").candidates
    flags = [bool(one.flag) for one in commands]
    assert flags == sorted(flags) and any(flags)


def test_words_within_are_found() -> None:
    assert "virtio-net-pci" in texts("device_add net")
    assert "virtio-net-pci" in texts("device_add vinetpci")


def test_names_that_are_hmp_and_qmp_complete_as_both() -> None:
    assert texts("balloon ") == ["value"]
    assert "force" in texts("eject device=ide2-cd0 ")
    assert "filename" in texts("screendump fi")


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_wanted_that_may_not_be_asked(version: str) -> None:
    nothing_known = FrozenFacts()
    for rule in all_rules():
        for rest in ("", " ", " -", " x ", " /a ", " a b "):
            line = rule.name + rest
            for source in (nothing_known, facts(version)):
                wanted = complete(line, len(line), source).wanted
                assert all(rule_of(asked) is not None for asked in wanted), (line, wanted)


def test_without_facts_a_line_wants_them() -> None:
    found = complete("info st", 7, FrozenFacts())
    assert found.candidates == ()
    assert {asked.command for asked in found.wanted} >= {"query-commands", "hmp:help info"}


def test_the_properties_of_the_driver_on_the_line_only_are_wanted() -> None:
    known = facts("11.1")
    part = FrozenFacts(
        answer=lambda asked: None if asked.command == "device-list-properties" else known.get(asked)
    )
    assert complete("device_add virtio-n", 19, part).wanted == ()
    wanted = complete("device_add virtio-net,", 22, part).wanted
    assert [dict(asked.arguments) for asked in wanted] == [{"typename": "virtio-net-pci"}]


# -- old and partial monitors ---------------------------------------------------------------------------


def without(*commands: str) -> FrozenFacts:
    """Return the facts of a monitor that lacks some commands."""
    known = facts("7.2")

    def answer(asked: object) -> object:
        assert isinstance(asked, Question)
        if asked.command == "query-commands":
            return [row for row in known.get(asked) if row["name"] not in commands]
        if asked.command in commands or (asked.is_human and "human-monitor-command" in commands):
            return ABSENT
        return known.get(asked)

    return FrozenFacts(answer=answer)


def test_a_monitor_without_schema_completes_the_rest() -> None:
    old = without("query-qmp-schema")
    assert complete("query-st", 8, old).candidates
    assert complete("device_add virtio-net-pci,mq=", 29, old).candidates
    assert complete("blockdev-add ", 13, old).candidates == ()
    assert complete("eject ", 6, old).candidates


def test_a_monitor_without_hmp_completes_what_qmp_tells() -> None:
    bare = without("human-monitor-command")
    assert "status" in [one.text for one in complete("info ", 5, bare).candidates]
    assert "virtio-net-pci" in [one.text for one in complete("device_add virt", 15, bare).candidates]
    assert [one.text for one in complete("device_add virtio-net-pci,mq=", 29, bare).candidates] == [
        "off",
        "on",
    ]
    assert complete("netdev_add us", 13, bare).candidates[0].text == "user"
    for line in ("hmp ", "hmp inf", "hmp info "):
        assert complete(line, len(line), bare).candidates == ()
    assert "hmp" not in [one.text for one in complete("hm", 2, bare).candidates]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_storage_daemon_completes_what_it_has(version: str) -> None:
    def answer(asked: Question) -> object:
        names = {"query-commands": "qsd-query-commands.json", "query-qmp-schema": "qsd-query-qmp-schema.json"}
        found = captured(version, names[asked.command]) if asked.command in names else None
        return ABSENT if found is None else found

    daemon = FrozenFacts(answer=answer)
    names = {row["name"] for row in captured(version, "qsd-query-commands.json")}
    assert names <= {one.text for one in complete("", 0, daemon).candidates}
    drivers = complete("blockdev-add driver=qco", 23, daemon).candidates
    assert [one.text for one in drivers][:2] == ["qcow", "qcow2"]
    assert "file." in {one.text for one in complete("blockdev-add driver=qcow2 ", 26, daemon).candidates}
    assert complete("device_add ", 11, daemon).candidates == ()


def test_a_monitor_without_anything_completes_nothing() -> None:
    empty = FrozenFacts(answer=lambda asked: ABSENT)
    for line in ("", "info ", "device_add ", "device_add x,", "{", "qom-list /"):
        complete(line, len(line), empty)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_text_monitor_completes_from_its_help(version: str) -> None:
    assert "network" in texts("info n", version=version, dialect="hmp")
    assert "virtio-net-pci" in texts("device_add virtio-n", version=version, dialect="hmp")
    assert texts("device_add virtio-net-pci,mq=", version=version, dialect="hmp") == ["off", "on"]
    assert "query-status" not in texts("query", version=version, dialect="hmp")
    assert texts("netdev_del ", version=version, dialect="hmp") == ["net0"]


def test_an_agent_completes_its_commands() -> None:
    info = {
        "supported_commands": [{"name": "guest-ping", "enabled": True}, {"name": "guest-x", "enabled": False}]
    }
    agent = FrozenFacts(
        answers={}, dialect="agent", answer=lambda asked: info if asked.command == "guest-info" else None
    )
    assert [one.text for one in complete("guest-", 6, agent).candidates] == ["guest-ping"]


def test_wait_completes_events_and_their_fields() -> None:
    def found(text: str) -> list[str]:
        return [one.text for one in complete_event(text, facts("11.1")).candidates]

    assert found("JOB_S") == ["JOB_STATUS_CHANGE"]
    assert found("JOB_STATUS_CHANGE,i") == ["id"]
    assert found("JOB_STATUS_CHANGE,id=x,status=conc") == ["concluded"]
    assert found("NOSUCH,") == []


# -- nothing typed can break it --------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "device_add ",
        "virtio-net-pci",
        ",",
        "=",
        " ",
        "info ",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "\\",
        ":",
        ".",
        "-",
        "/",
        "$",
        "qmp ",
        "hmp ",
        "transaction(",
        "\n",
        ".wait ",
        ".watch ",
        "execute",
        "arguments",
        "driver",
        "x/",
        "|",
        ">",
        ">>",
        "\0",
        "\x1b",
        "é",
        "\ud800",
        "object_add ",
        "file.",
        "0",
        "blockdev-add ",
        "driver=qcow2 ",
        "sendkey ",
        "ctrl-",
        "print ",
        "qom-set /machine ",
        "migrate unix:",
        "drive_add -n 0 ",
        "chardev-add socket,",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(-3, 200), st.sampled_from(["qmp", "hmp"]))
@example('{"execute": "device_add", "arguments": {"driver": [', 200, "qmp")
@example("device_add ,,=,", 200, "qmp")
@example("qom-list //", 200, "qmp")
@example(".watch 2", 200, "qmp")
def test_no_line_breaks_it(line: str, cursor: int, dialect: str) -> None:
    found = at(line, cursor, dialect=dialect)
    assert 0 <= found.start <= min(max(cursor, 0), len(line))
    assert len({one.text for one in found.candidates}) == len(found.candidates)


@given(st.text(max_size=60))
def test_no_text_breaks_it(line: str) -> None:
    at(line)


@pytest.mark.parametrize(
    "line", ["{" * 50_000, "[" * 9 + '{"a":' * 20_000, "a " * 50_000, ",=" * 50_000 + '"']
)
def test_long_lines_do_not_break_it(line: str) -> None:
    at(line)
    at("device_add " + line)
    at("blockdev-add x=" + line)


# -- nothing that a monitor answers can break it ------------------------------------------------------------

LEAVES = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "a b", "\x1b[31m", "query-block", "link<", "child<x>", [], {}]
)
KEYS = st.sampled_from(
    [
        "name",
        "type",
        "device",
        "inserted",
        "image",
        "snapshots",
        "node-name",
        "id",
        "props",
        "members",
        "meta-type",
        "variants",
        "tag",
        "values",
        "label",
        "parent",
        "qdev",
        "devices",
        "pci_bridge",
        "children",
        "arg-type",
        "state",
        "cpu-index",
        "capability",
        "option",
        "parameters",
        "server",
        "dirty-bitmaps",
        "data",
        "qom-path",
        "element-type",
    ]
)
REPLIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
EVERY_LINE = [row[0].replace("^", "") for row in LINES] + [f"{rule.name} " for rule in all_rules()]


@settings(max_examples=400)
@given(st.lists(REPLIES, min_size=1, max_size=5), st.sampled_from(EVERY_LINE))
def test_no_answer_breaks_it(replies: list[object], line: str) -> None:
    known = facts("11.1")

    def answer(asked: Question) -> object:
        if asked.command in ("files", "programs"):
            return []  # this host's, not the monitor's
        if asked.command in ("query-qmp-schema", "hmp:help") and len(replies) % 2:
            return known.get(asked)
        return replies[len(asked.command) % len(replies)]

    hostile = FrozenFacts(answer=answer)
    for candidate in complete(line, len(line), hostile, builtins=BUILTINS).candidates:
        assert isinstance(candidate.text, str) and isinstance(candidate.meta, str)


@given(st.text(alphabet=' \nab:(),"-=<>[]\\\t', max_size=80), st.sampled_from(EVERY_LINE))
def test_no_text_of_a_monitor_breaks_it(text: str, line: str) -> None:
    complete(line, len(line), FrozenFacts(dialect="hmp", answer=lambda asked: text))
