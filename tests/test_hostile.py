"""A hostile VM: every control, escape and bidirectional code through every way that text leaves a script.

Whatever the monitor, the guest, a path or another's command line says, the terminal may only be told to
print it: on stdout and stderr stand printable characters, newlines, tabs of our own, and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qmonsh.cli import main
from tests.peer import (
    GREETING,
    Conversation,
    ScriptedPeer,
    event,
    expect,
    expect_end,
    greet,
    refuse,
    send,
    serve,
)
from tests.real.machine import accelerators, system_qemu

#: C0 without newline and tab, DEL, C1, bidirectional controls, invisible characters, tags, separators.
CODES = [
    *(chr(code) for code in range(0x20) if chr(code) not in "\n\t"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *"\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069",
    *"\u2028\u2029\u00ad\ufeff\u115f\u3164\ufe0f\ue000\U000e0041\U000e0001\U000f0000",
]
#: Sequences that terminals are known to obey: colour, title, clear, cursor, report, clipboard, link, keys.
SEQUENCES = [
    "\x1b[31m", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x1b[6n", "\x1b[?1049h", "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]8;;http://evil/\x1b\\", "\x1bP$q\"p\x1b\\", "\x1bc", "\x1b#8", "\x9b31m", "\x9d0;t\x9c",
    "\x1b[>4;2m",
    "\x1b[21t", "\x1b_G\x1b\\", "\x1b^x\x1b\\", "\x1bX", "\x0e", "\x1b(0", "a\rb", "a\bb",
    "\x1b[5i", "\x1b]50;f\x07",
]  # fmt: skip
EVIL = "n" + "".join(CODES) + "".join(SEQUENCES) + "z"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder: a hostile line that reads as a redirection must not litter the checkout."""
    monkeypatch.chdir(tmp_path)


def assert_harmless(text: str) -> None:
    """Fail when a terminal could obey or hide any character of ``text``."""
    found = {character for character in text if character not in "\n\t" and not character.isprintable()}
    found |= set(text) & set(CODES)
    assert not found, [hex(ord(character)) for character in found]


def spoiled(value: Any) -> Any:
    """Return a reply with every string made hostile; the keys and enums that views look at stay."""
    if isinstance(value, dict):
        return {key: spoiled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spoiled(item) for item in value]
    return value + EVIL if isinstance(value, str) else value


CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures" / "10.0"


def replies() -> dict[str, Any]:
    """Return hostile answers of a whole QEMU, from captured replies."""
    found = {}
    for path in sorted(CAPTURES.glob("query-*.json")):
        reply = json.loads(path.read_text())
        if isinstance(reply, dict) and "return" in reply and path.stem != "query-qmp-schema":
            found[path.stem] = reply["return"]
    return found


NAMES = ["query-name", "query-status", "query-block", "stop", "refused", "human-monitor-command"]
ANSWERS: dict[str, Any] = {
    "query-name": {"name": EVIL},
    "query-status": {"status": EVIL, "running": True},
    "query-block": [{"device": EVIL, "locked": False, "removable": True, "type": EVIL, "qdev": EVIL}],
    "stop": {EVIL: [EVIL, {EVIL: EVIL}]},
    "human-monitor-command": EVIL,
}


def monitor() -> ScriptedPeer:
    def answer(command: dict[str, Any]) -> Any:
        if command["execute"] == "query-commands":
            return [{"name": name} for name in (*NAMES, EVIL)]
        return ANSWERS[command["execute"]]

    def tell(conversation: Conversation) -> None:
        with suppress(ConnectionError):  # a client that refuses its line has left by then
            event(EVIL, {EVIL: EVIL})(conversation)

    return ScriptedPeer([*greet(GREETING), tell, serve(answer)])


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    with pytest.raises(SystemExit):
        main(words)
    out, err = capfd.readouterr()
    assert_harmless(out)
    assert_harmless(err)
    return out, err


PATH = "/dev/null/" + EVIL.replace("\0", "").replace("/", "")
WAYS = [
    ["info name"], ["info status"], ["info block"], ["stop"], ["hmp info x"], ["hmp nosuch"], ["refused x=1"],
    [EVIL], ["info " + EVIL], ["query-name " + EVIL], ["{" + EVIL], ["qmp " + EVIL], ["hmp " + EVIL],
    ['{"execute": "' + EVIL.replace("\\", "") + '"}'], ["device_add " + EVIL], ["cpu " + EVIL],
    ["set_link " + EVIL + " on"], ["query-name > " + PATH], ["stop > /dev/null/file"],
    ["--wait", EVIL + ",a=" + EVIL, "-t", "0.2", "stop"], ["--complete", "info na"], ["--complete", "n"],
    ["--complete", ""], ["--complete", EVIL], ["--complete", "eject "],
]  # fmt: skip
#: Ways that end before anything is connected.
EARLY = [
    ["--nosuch" + EVIL], ["-o", EVIL], ["-t", EVIL], ["--config", PATH], ["-f", PATH],
    ["--record", PATH, "stop"],
    ["-f", "/dev/null/none\0"], ["--record", "a\0b", "stop"], ["--config", "a\0b"], ["--wait", EVIL + ",b"],
]  # fmt: skip


@pytest.mark.parametrize(
    "flags", [[], ["--json"], ["-o", "raw"], ["-v", "--events", "--debug"], ["-n"]], ids=str
)
@pytest.mark.parametrize("words", WAYS, ids=range(len(WAYS)))
def test_scripts_print_only_harmless_text(
    words: list[str], flags: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with monitor() as peer:
        run(capfd, peer.target, "--keep-going", "--color", "never", *flags, *words)


@pytest.mark.parametrize("words", EARLY, ids=range(len(EARLY)))
def test_wrong_options_print_only_harmless_text(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    _, err = run(capfd, "/dev/null/vm.sock", *words)
    assert err and "internal error" not in err


@pytest.mark.parametrize("form", ["qmp", "python", "virsh", "shell"])
def test_explanations_are_harmless(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    line = json.dumps({"execute": "query-name", "arguments": {EVIL: EVIL}})
    with monitor() as peer:
        out, _ = run(capfd, peer.target, "--explain-as", form, line)
    assert out


def test_colours_are_the_only_escape_sequences(capfd: pytest.CaptureFixture[str]) -> None:
    with monitor() as peer, pytest.raises(SystemExit):
        main([peer.target, "--color", "always", "-c", "stop", "-c", "info name", "-c", "info block"])
    out, _ = capfd.readouterr()
    assert "\x1b[" in out
    own = {sequence for sequence in re.findall(r"\x1b\[[0-9;]*m", out)}
    assert own and "\x1b[5i" not in out
    assert_harmless(re.sub(r"\x1b\[[0-9;]*m", "", out))
    # A colour that the VM asked for is spelled out, not obeyed.
    assert r"\x1b[31m" in out


@pytest.mark.parametrize(
    "first",
    [
        EVIL.encode() + b"\r\n",
        json.dumps({"QMP": {EVIL: EVIL}}).encode() + b"\n",
        json.dumps({EVIL: EVIL}).encode() + b"\n",
        b"QEMU " + EVIL.encode() + b" monitor - type 'help'\r\n(qemu) ",
        b"SSH-2.0-" + EVIL.encode() + b"\r\n",
        b"220 " + EVIL.encode() + b"\r\n",
    ],
    ids=range(6),
)
def test_what_greets_is_quoted_harmlessly(first: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([send(first), expect_end()]) as peer:
        run(capfd, peer.target, "--connect-timeout", "0.5", "-t", "0.5", "info name")


def test_refused_negotiation_is_quoted_harmlessly(capfd: pytest.CaptureFixture[str]) -> None:
    refusal = {"error": {"class": EVIL, "desc": EVIL}}
    with ScriptedPeer([send(GREETING), send(refusal), expect_end()]) as peer:
        _, err = run(capfd, peer.target, "--connect-timeout", "0.5", "info name")
    assert err


def test_names_of_sockets_are_harmless(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[31m\u202e"
    folder.mkdir()
    (folder / "other\x1b]0;t\x07.sock").touch()
    for name in ("missing\x9b", "other\x1b]0;t\x07.sock", ""):
        run(capfd, str(folder / name), "info name")
    run(capfd, f"unix:{folder}/\udcff.sock", "info name")
    run(capfd, f"exec:/dev/null/{EVIL}".replace("\0", ""), "info name")
    run(capfd, f"exec:{sys.executable} -c \"print('\\x1b[31m\\x9b')\"", "info name")
    run(capfd, f"exec:{sys.executable} -c \"import sys; sys.exit('\\x1b[31m')\"", "info name")
    run(capfd, f"abstract:{EVIL}", "info name")
    run(capfd, f"{EVIL}:1", "info name")


def test_every_captured_reply_made_hostile_is_harmless(capfd: pytest.CaptureFixture[str]) -> None:
    known = replies()
    if not known:
        pytest.skip("the captured replies (../shared/captures) are missing")
    hostile = {name: spoiled(value) for name, value in known.items()}
    hostile["query-commands"] = [{"name": name} for name in known]
    with ScriptedPeer([*greet(), serve(hostile)]) as peer:
        lines = [word for name in sorted(known) if name != "query-commands" for word in ("-c", name)]
        out, _ = run(capfd, peer.target, "--keep-going", *lines)
    assert r"\x1b[31m" in out


#: Planes of Unicode with characters in them; of the others, empty or private, the ends are enough.
PLANES = (0, 1, 2, 3, 14)


def unicode_lines(*, whole: bool) -> list[str]:
    """Return code points, a thousand a line: all there are, or without what lies within empty planes."""
    starts = range(0, 0x110000, 1024)
    wanted = [start for start in starts if whole or start >> 16 in PLANES or start % 65536 in (0, 64512)]
    return ["".join(map(chr, range(start, start + 1024))) for start in wanted]


SHOWN = {
    "text": (["hmp info x"], "human-monitor-command", lambda text, lines: text),
    "value": (["info name"], "query-name", lambda text, lines: {"name": text}),
    "table": (
        ["info block"],
        "query-block",
        lambda text, lines: [
            {"device": one, "locked": False, "removable": True, "type": ""} for one in lines
        ],
    ),
    "tree": (["query-jobs"], "query-jobs", lambda text, lines: {one: [1] for one in lines}),
    "json": (["--json", "info name"], "query-name", lambda text, lines: {"name": text}),
    "pipe": (["info name | cat"], "query-name", lambda text, lines: {"name": text}),
}


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("way", SHOWN)
def test_all_of_unicode_is_harmless(way: str, whole: bool, capfd: pytest.CaptureFixture[str]) -> None:
    words, command, make = SHOWN[way]
    lines = unicode_lines(whole=whole)
    known = [{"name": name} for name in (command, "human-monitor-command")]
    answers = {"query-commands": known, command: make("\n".join(lines), lines)}
    with ScriptedPeer([*greet(), serve(answers)]) as peer:
        out, err = run(capfd, peer.target, *words)
    assert len(out) > sum(map(len, lines)) and err == ""


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("form", ["text", "json"])
def test_errors_and_events_in_all_of_unicode_are_harmless(
    form: str, whole: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = unicode_lines(whole=whole)
    text = "\n".join(lines)
    script = [*greet(), expect("stop"), event(text, {text: text}), refuse(text), expect_end()]
    with ScriptedPeer(script) as peer:
        out, err = run(capfd, peer.target, "--events", "-o", form, '{"execute": "stop"}')
    assert len(out + err) > 4 * len(text)


@pytest.mark.parametrize("flags", [[], ["--table"], ["--json"], ["-v", "--events", "--debug"]], ids=str)
@pytest.mark.parametrize("line", ["info name", "info block", "refused", "nosuch" + EVIL, "hmp " + EVIL])
def test_many_monitors_print_only_harmless_text(
    line: str, flags: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with monitor() as one, monitor() as other:
        out, err = run(capfd, "each", *flags, one.target, other.target, "--", line)
    assert out + err


def test_names_among_many_monitors_are_harmless(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = "evil\x1b[31m\u202e\x9b.sock"
    with socket.socket(socket.AF_UNIX) as left:  # nobody listens on it
        left.bind(str(tmp_path / name))
    _, err = run(capfd, "each", f"{tmp_path}/*.sock", "--", "info name")
    assert r"evil\x1b[31m" in err
    run(capfd, "each", "/dev/null/" + EVIL.replace("\0", ""), "--", "info name")


@pytest.mark.parametrize("form", ["text", "json", "raw"])
def test_replay_prints_only_harmless_text(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "session.jsonl")
    with monitor() as peer:
        lines = ["info name", "info block", "stop", "hmp info x", '{"execute": "refused"}']
        words = [word for line in lines for word in ("-c", line)]
        run(capfd, peer.target, "--record", path, "--keep-going", *words)
    assert Path(path).read_text(encoding="ascii").isascii()
    out, _ = run(capfd, "--replay", path, "-o", form, "--events")
    assert "31m" in out


def test_last_words_of_a_started_qemu_are_harmless(capfd: pytest.CaptureFixture[str]) -> None:
    program = f"import sys; sys.stderr.buffer.write({EVIL.encode()!r} + b'\\n\\xff'); sys.exit(3)"
    _, err = run(capfd, "run", "--kill-on-exit", "-c", "info name", "--", sys.executable, "-c", program)
    assert r"\x1b[31m" in err and "status 3" in err


def test_words_of_ssh_are_harmless(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "ssh"
    words = tmp_path / "words"
    words.write_bytes(EVIL.encode() + b"\n\xff\x9b31m\n")
    fake.write_text(f"#!/bin/sh\ncat '{words}' >&2\nexit 255\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    _, err = run(capfd, "ssh://nowhere.invalid/vm.sock", "--debug", "info name")
    assert "cannot connect" in err


# -- a real QEMU ------------------------------------------------------------------------------------


@pytest.fixture
def evil_vm(tmp_path: Path) -> Iterator[str]:
    """A QEMU whose name, chardev, socket path and snapshot tag hold escape sequences."""
    qemu, image = system_qemu(), shutil.which("qemu-img")
    if not qemu or not image:
        pytest.skip("no QEMU on this machine")
    disk, path = tmp_path / "d\x1b[31m.qcow2", tmp_path / "m.sock"
    subprocess.run([image, "create", "-q", "-f", "qcow2", disk, "1M"], check=True)
    subprocess.run([image, "snapshot", "-c", "tag\x1b[2J\x1b[31m\u202e", disk], check=True)
    words = ["-M", "pc", "-m", "32", "-display", "none", "-S", "-nodefaults", "-name", "n\x1b[31mred\u202e"]
    words += ["-chardev", f"socket,id=c0,path={tmp_path}/c\x1b]0;t\x07.sock,server=on,wait=off"]
    words += ["-drive", f"if=none,id=d0,file={disk}", "-device", "virtio-blk-pci,drive=d0"]
    command = [qemu, *accelerators(), *words, "-qmp", "stdio"]
    yield "exec:" + " ".join(f"'{word}'" for word in command)
    assert not path.exists()


@pytest.mark.real
def test_real_vm_with_escape_sequences_everywhere(evil_vm: str, capfd: pytest.CaptureFixture[str]) -> None:
    lines = ["info name", "info chardev", "info block", "info snapshots", "query-block", "query-chardev"]
    lines += [
        "query-named-block-nodes",
        "info block -v",
        "loadvm nosuch\x1b[31m",
        "delvm nosuch",
        "info qtree",
    ]
    words = [word for line in lines for word in ("-c", line)]
    out, err = run(capfd, evil_vm, "--keep-going", "-v", "--events", *words)
    assert r"n\x1b[31mred\u202e" in out and r"c\x1b]0;t\x07.sock" in out and r"tag\x1b[2J" in out, err
    out, _ = run(capfd, evil_vm, "--json", "--keep-going", *words)
    assert json.loads(out.splitlines()[0]) == {"name": "n\x1b[31mred\u202e"}


@pytest.mark.real
def test_list_of_machines_is_harmless(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    qemu = system_qemu()
    if not qemu:
        pytest.skip("no QEMU on this machine")
    path = tmp_path / "m\x1b]0;t\x07.sock"
    words = ["-M", "none", "-display", "none", "-S", "-nodefaults", "-name", "ls\x1b[31mred\u202e"]
    words += ["-qmp", f"unix:{path},server=on,wait=off", "-daemonize", "-pidfile", str(tmp_path / "pid")]
    subprocess.run([qemu, *words], check=True, stdin=subprocess.DEVNULL)  # returns when the monitor is up
    try:
        out, _ = run(capfd, "ls")
        assert r"ls\x1b[31mred" in out
        run(capfd, "ls", "--json")
        run(capfd, "nosuchname\x1b[31m", "info name")
        # One client holds the monitor: who waits is told of it.
        with socket.socket(socket.AF_UNIX) as holder:
            holder.connect(str(path))
            _, err = run(capfd, str(path), "--connect-timeout", "0.3", "info name")
        assert err
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
