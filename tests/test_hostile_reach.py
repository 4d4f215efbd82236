"""Hostile texts of what lies between qmonsh and a VM: libvirt, ssh, children, certificates, processes.

What tests/test_hostile.py says of a monitor's text holds for each way there: names and error texts are
printed, never obeyed. libvirt, ssh and the machines of this host are made here.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from qmonsh import domains
from qmonsh.completion_face import print_targets
from qmonsh.errors import ConnectError, ConnectionLostError, QmonshError
from qmonsh.machine import Machine, MonitorFound
from qmonsh.render.error import render_error
from qmonsh.settings import Settings
from qmonsh.target import Target, parse_target
from qmonsh.transport import libvirt_failure, remote_look, ssh_failure, tls_failure
from qmonsh.transport.processes import Process
from tests.peer import ScriptedPeer, expect_end
from tests.test_hostile import EVIL as CODED
from tests.test_hostile import SEQUENCES, assert_harmless, run
from tests.transport.test_libvirt_monitor import Libvirt, LibvirtError
from tests.transport.test_libvirt_monitor import libvirt as libvirt
from tests.transport.tls_peer import FILES, shaking_hands

#: Also what no UTF-8 can carry, as file names and command lines come to us.
EVIL = CODED + "\udfff\udcff\ud800" + "'\"`$(evil)"
#: The same as bytes of a child or a file name.
RAW = CODED.encode() + b"\xff\xfe\xed\xa0\x80\n"
#: As one word of a file system or a command line.
WORD = CODED.replace("\0", "").replace("/", "")

LINE = "info name"
SHOWN = r"\x1b[31m"


# -- libvirt ----------------------------------------------------------------------------------------


def refuse_to_open(libvirt: Libvirt) -> None:
    libvirt.failure = LibvirtError(EVIL)


def refuse_every_command(libvirt: Libvirt) -> None:
    def answer() -> None:
        raise LibvirtError(EVIL)

    libvirt.domains[0].answers = dict.fromkeys(("query-commands", "query-name"), answer)
    libvirt.domains[0].answers["query-version"] = {"qemu": {"major": 9, "minor": 0, "micro": 0}}


def refuse_to_say_the_version(libvirt: Libvirt) -> None:
    refuse_every_command(libvirt)
    libvirt.domains[0].answers["query-version"] = libvirt.domains[0].answers["query-name"]


def have_domains_of_evil_names(libvirt: Libvirt) -> None:
    for number in (1, 2):
        domain = type(libvirt.domains[0])(f"{number}{EVIL}")
        domain.active = number == 1
        libvirt.domains.append(domain)


def answer_with_evil(libvirt: Libvirt) -> None:
    names = [{"name": "query-commands"}, {"name": "query-name"}]
    libvirt.domains[0].answers |= {"query-commands": names, "query-name": {"name": EVIL, EVIL: EVIL}}


def answer_with_no_json(libvirt: Libvirt) -> None:
    libvirt.domains[0].answers["query-commands"] = CODED


@pytest.mark.parametrize("flags", [[], ["--json"], ["-v", "--events", "--debug"]], ids=str)
@pytest.mark.parametrize(
    ("target", "mishap"),
    [
        ("libvirt:web", refuse_to_open),
        ("libvirt:web", refuse_every_command),
        ("libvirt:web", refuse_to_say_the_version),
        ("libvirt:web", answer_with_evil),
        ("libvirt:web", answer_with_no_json),
        ("libvirt:nosuch", have_domains_of_evil_names),
        (f"libvirt:{CODED}", have_domains_of_evil_names),
        (f"libvirt:1{EVIL}", have_domains_of_evil_names),
        (f"libvirt:2{EVIL}", have_domains_of_evil_names),
        ("libvirt+qemu:///system#", have_domains_of_evil_names),
        (f"libvirt+qemu+ssh://{EVIL}/system#{EVIL}", refuse_to_open),
        (f"libvirt+qemu:///system?{EVIL}#web", answer_with_no_json),
    ],
)
def test_words_of_libvirt_are_harmless(
    target: str,
    mishap: Callable[[Libvirt], None],
    flags: list[str],
    libvirt: Libvirt,
    capfd: pytest.CaptureFixture[str],
) -> None:
    mishap(libvirt)
    out, err = run(capfd, target, *flags, LINE)
    assert out + err and "internal error" not in err


@pytest.mark.parametrize("said", [EVIL, f"Permission denied {EVIL}", f"Failed to connect socket {EVIL}"])
def test_what_libvirt_fails_with_is_quoted(
    said: str, libvirt: Libvirt, capfd: pytest.CaptureFixture[str]
) -> None:
    libvirt.failure = LibvirtError(said)
    _, err = run(capfd, "libvirt:web", LINE)
    assert SHOWN in err and r"\ud800" in err


# -- machines of this host --------------------------------------------------------------------------


def evil_machine(kind: str = "vm", *, name: str = EVIL) -> Machine:
    """Return a machine all texts of which are hostile, as other users' command lines can be."""
    holder = Process(7, EVIL[:15], (EVIL, EVIL), "S")
    path = f"/run/{WORD}"
    monitors = [MonitorFound("qmp", path, Target("unix", path, path=path), is_busy=True, holders=(holder,))]
    monitors += [MonitorFound("", EVIL, None), MonitorFound("hmp", path, Target("unix", path, path=path))]
    return Machine(kind, 4711, name, 0, EVIL, f"/usr/bin/{EVIL}", True, tuple(monitors), version=f"9{EVIL}")


@pytest.fixture
def evil_host(monkeypatch: pytest.MonkeyPatch) -> None:
    running = [evil_machine(), evil_machine(), evil_machine("storage", name="store" + EVIL)]
    found = {f"qemu:///{EVIL}": {EVIL: "running", f"off{EVIL}": "shut off", f"odd{EVIL}": EVIL}}
    for place in ("discover", "ls"):
        monkeypatch.setattr(f"qmonsh.{place}.machines", lambda **_: running)
    monkeypatch.setattr(domains, "states", lambda: found)


@pytest.mark.parametrize("flags", [[], ["--json"], ["--all"], ["--all", "--json"]], ids=str)
def test_list_of_hostile_machines_is_harmless(
    evil_host: None, flags: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    out, _ = run(capfd, "ls", *flags)
    assert out.count("1b[31m") > 4
    if "--json" in flags:
        assert json.loads(out)[0]["name"] == EVIL


@pytest.mark.parametrize(
    "words",
    [
        ("-", LINE),
        ("nosuch", LINE),
        (f"name:{EVIL}", LINE),
        (f"name:off{EVIL}", LINE),
        ("each", "nosuch", "--", LINE),
        ("each", "nosuch*", "--", LINE),
        ("each", "*", "--", LINE),
        ("each", "--json", "*", "--", LINE),
        ("each", f"name:off{EVIL}", f"!{EVIL}", "--", LINE),
    ],
    ids=range(9),
)
def test_names_of_hostile_machines_are_harmless(
    evil_host: None, words: Sequence[str], capfd: pytest.CaptureFixture[str]
) -> None:
    _, err = run(capfd, "--connect-timeout", "0.2", *words) if words[0] != "each" else run(capfd, *words)
    assert "internal error" not in err


def test_hostile_machines_are_no_candidates(evil_host: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert print_targets("", Settings(targets={EVIL: EVIL, "fine": EVIL})) == 0
    out, err = capfd.readouterr()
    assert_harmless(out.replace("\t", ""))
    assert out.startswith("fine\t") and not err


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
@pytest.mark.parametrize("flags", [[], ["--json"]], ids=str)
def test_a_hostile_process_at_the_monitor_is_named_harmlessly(
    flags: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Who holds a monitor is told by its command line, which anybody may set to anything."""
    program = "import socket, sys; held = socket.socket(socket.AF_UNIX); held.connect(sys.argv[1])"
    program += "; print('up', flush=True); sys.stdin.read()"
    with ScriptedPeer([expect_end()]) as peer:
        # What -X does not know it lets be.
        said = b"x" + SEQUENCES[0].encode() + b"\x9b\xff\n" + WORD.encode()
        words = [sys.executable.encode(), b"-X", said, b"-c", program.encode(), peer.path.encode()]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdin is not None and holder.stdout is not None
            assert holder.stdout.readline() == b"up\n"
            out, err = run(capfd, peer.target, *flags, "--connect-timeout", "0.3", LINE)
            holder.stdin.close()
    assert "cannot connect" in out + err
    # Of a long command line only the beginning is shown.
    assert "1b[31m" in out + err or len(sys.executable) > 50


# -- children and ssh -------------------------------------------------------------------------------

#: Says something hostile on stderr and ends: at once, and behind a greeting.
LAST_WORDS = "import sys; sys.stderr.buffer.write({raw!r}); sys.stderr.flush(); {then}"
GREET = (
    'print(\'{"QMP": {"version": {}, "capabilities": []}}\', flush=True); input(); '
    'print(\'{"return": {}, "id": 1}\', flush=True)'
)


@pytest.mark.parametrize("flags", [[], ["--json"], ["-v", "--debug"]], ids=str)
@pytest.mark.parametrize("then", ["sys.exit(3)", GREET, "print('\\x1b[31m\\x9b\\u202e', flush=True)"])
def test_last_words_of_a_child_are_harmless(
    then: str, flags: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "child.py"
    program.write_text(LAST_WORDS.format(raw=RAW, then=then))
    command = f"exec:{sys.executable} -X utf8 {program}"
    out, err = run(capfd, command, *flags, "--connect-timeout", "20", LINE)
    assert "1b[31m" in out + err and "internal error" not in err


#: What a script in ssh's place ends with: ssh's own failure, our words' over there, a shell's, a signal's.
STATUSES = [255, ssh_failure.MISSING, ssh_failure.NOT_A_SOCKET, ssh_failure.PERMISSION, ssh_failure.NO_TOOL,
            127, 1, 0]  # fmt: skip


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, int], None]:
    """Return ``ssh(words, status)``, which puts a script in ssh's place that says words on all it has."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)

    def put(words: bytes, status: int) -> None:
        (tmp_path / "words").write_bytes(words)
        program = tmp_path / "bin" / "ssh"
        said = f"cat '{tmp_path}/words'"
        program.write_text(f"#!/bin/sh\n{said} >&2\n{said}\nexit {status}\n")
        program.chmod(0o755)

    return put


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "words",
    [
        ("ssh://nowhere.invalid/vm.sock", LINE),
        (f"ssh://nowhere.invalid/{WORD}", "--json", LINE),
        (f"ssh://nowhere.invalid#{WORD}", LINE),
        ("each", "ssh://nowhere.invalid/*.sock", f"ssh://other.invalid#{WORD}", "--", LINE),
    ],
    ids=["path", "hostile path", "hostile name", "each"],
)
def test_words_of_ssh_are_harmless(
    words: Sequence[str],
    status: int,
    ssh: Callable[[bytes, int], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qmonsh.fleet.hosts._has_asyncssh", lambda: False)
    ssh(RAW, status)
    out, err = run(capfd, *words)
    assert out + err and "internal error" not in err


def looked(text: str) -> bytes:
    return b"\0looked\n" + text.encode("utf-8", "surrogatepass") + b"\0."


def listed(*found: Any) -> bytes:
    return b"\0listed\n" + json.dumps(found).encode() + b"\0."


def over_there(name: str) -> dict[str, Any]:
    way = {"dialect": "qmp", "address": f"unix:/run/{EVIL}", "reachable": True, "busy": True}
    return {"kind": "vm", "name": name, "pid": 7, "monitors": [way]}


ELSEWHERE: list[tuple[str, bytes]] = [
    ("ssh://h#nosuch", listed(over_there(EVIL))),
    ("ssh://h", listed(over_there(EVIL), over_there(EVIL))),
    ("ssh://h", listed(over_there(EVIL))),
    (f"ssh://h#{CODED[40:]}", listed(over_there(EVIL), over_there(EVIL))),
    ("ssh://h#nosuch", looked(f"pid 7\nexe /usr/bin/qemu-kvm\narg qemu-kvm\narg -name\narg {WORD}\n")),
    (f"ssh://h#{WORD}", looked("")),
    (f"ssh://h#{WORD}", RAW),
]


# -- certificates -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def evil_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of a server whose names are hostile, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")
    folder = tmp_path_factory.mktemp("tls")
    name = "n\x1b[31m\x9b\u202e\x07z"
    config = folder / "config"
    config.write_text(
        "[req]\nprompt=no\nutf8=yes\nstring_mask=utf8only\ndistinguished_name=d\nx509_extensions=e\n"
        f"[d]\nCN={name}\nO={name}\n[e]\nsubjectAltName=DNS:{name.encode().decode('latin-1')[:3]}x\n"
    )
    words = ["req", "-x509", "-new", "-key", FILES / "server" / "server-key.pem", "-config", config]
    made = subprocess.run(
        [openssl, *words, "-days", "9", "-out", folder / "evil.pem"], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"this openssl makes no such certificate: {made.stderr!r}")
    return folder / "evil.pem"


@pytest.mark.parametrize("query", ["", "ca={}", "ca={}&name=" + "n%1b[31m", "cert={}&key={}", "dir={}"])
def test_names_in_certificates_are_harmless(
    query: str, evil_certificate: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(evil_certificate, FILES / "server" / "server-key.pem")
    with shaking_hands(lambda sock: context.wrap_socket(sock, server_side=True)) as port:
        shown = query.replace("{}", str(evil_certificate))
        _, err = run(capfd, f"tls://127.0.0.1:{port}?{shown}" if query else f"tls://127.0.0.1:{port}", LINE)
    assert "cannot connect" in err


def unverified(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, EVIL)
    error.verify_code, error.verify_message = code, EVIL
    return error


def complaint(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, EVIL)
    error.reason = reason
    return error


# -- every sentence that is made of foreign words ---------------------------------------------------

TLS = parse_target(f"tls://h:1?name={WORD}")
TLS_FILES = TLS._replace(credentials=TLS.credentials._replace(cert=EVIL, key=EVIL))
VIRT = Target("libvirt", f"libvirt:{EVIL}", domain=EVIL, uri=EVIL)
HOST = Target("ssh", f"ssh://{EVIL}", path=f"/{EVIL}", host=EVIL, user=EVIL)


SAID_BY_SSH = [
    EVIL,
    *(f"{EVIL}{said}{EVIL}" for said in ("Permission denied", "Host key verification failed", "timed out")),
    *(f"{EVIL}\n{said}{EVIL}\n" for said in ("REMOTE HOST IDENTIFICATION HAS CHANGED", "not responding")),
]


def raised(make: Callable[[], Any]) -> QmonshError:
    with pytest.raises(ConnectError) as caught:
        make()
    return caught.value


SENTENCES: list[Callable[[], QmonshError]] = [
    *(lambda code=code: tls_failure.handshake_failed(TLS, unverified(code)) for code in range(80)),
    lambda: tls_failure.handshake_failed(TLS, complaint(EVIL)),
    lambda: tls_failure.handshake_failed(TLS, OSError(1, EVIL)),
    lambda: tls_failure.left_before_greeting(TLS_FILES, complaint(EVIL)),
    lambda: tls_failure.left_before_greeting(TLS_FILES, None),
    lambda: tls_failure.no_tls(TLS, RAW),
    lambda: tls_failure.no_tls(TLS, RAW[40:]),
    lambda: tls_failure.unreadable(TLS, EVIL, OSError(1, EVIL)),
    lambda: tls_failure.bad_file(TLS_FILES, EVIL, EVIL, complaint(EVIL)),
    lambda: tls_failure.bad_file(TLS_FILES, EVIL, EVIL, complaint("KEY_VALUES_MISMATCH")),
    lambda: libvirt_failure.not_installed(VIRT, ImportError(EVIL)),
    lambda: libvirt_failure.not_connected(VIRT, LibvirtError(EVIL)),
    lambda: libvirt_failure.not_usable(VIRT, LibvirtError(EVIL)),
    lambda: libvirt_failure.no_domain(VIRT, [EVIL], [EVIL]),
    lambda: libvirt_failure.no_domain(VIRT._replace(domain=""), [EVIL, EVIL], [EVIL]),
    lambda: libvirt_failure.too_slow(VIRT, 1.0),
    *(lambda said=said: ssh_failure.not_connected(HOST, said) for said in SAID_BY_SSH),
    *(lambda said=said: ssh_failure.too_slow(HOST, 1.0, said) for said in SAID_BY_SSH),
    *(lambda said=said: ssh_failure.nothing_there(HOST, said) for said in SAID_BY_SSH),
    *(lambda said=said: ConnectionLostError(ssh_failure.lost(HOST, said), address=EVIL)
      for said in SAID_BY_SSH),
    lambda: ssh_failure.not_started(HOST, OSError(1, EVIL)),
    *(
        lambda target=target, data=data: raised(
            lambda: remote_look.choose(parse_target(target), data)
        )
        for target, data in ELSEWHERE
    ),
    *(
        lambda target=target, data=data: raised(
            lambda: remote_look.titles(parse_target(target)._replace(domain="no*"), data)
        )
        for target, data in ELSEWHERE
    ),
]  # fmt: skip


@pytest.mark.parametrize("make", SENTENCES, ids=range(len(SENTENCES)))
def test_sentences_made_of_foreign_words_are_harmless(make: Callable[[], QmonshError]) -> None:
    from qmonsh.render.json_text import dumps

    error = make()
    assert_harmless(render_error(error))
    assert_harmless(dumps(error.document()))


def test_the_oracle_notices_each_of_these_texts() -> None:
    for text in (EVIL, RAW.decode("utf-8", "replace"), evil_machine().title, VIRT.address, HOST.address):
        with pytest.raises(AssertionError):
            assert_harmless(text)
