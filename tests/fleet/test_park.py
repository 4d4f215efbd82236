"""Real sshds on the loopback interface, by OpenSSH and by asyncssh: many hosts with many monitors each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fleet.park import Park, children_of
from tests.real.machine import VM, system_qemu
from tests.real.sshd import is_possible

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.skipif(not is_possible(), reason="no OpenSSH server and client here"),
]
CHECKOUT = Path(__file__).resolve().parents[2]
WAYS = [
    "openssh",
    pytest.param(
        "asyncssh",
        marks=pytest.mark.skipif(find_spec("asyncssh") is None, reason="no qmonsh[fleet] here"),
    ),
]


@pytest.fixture(scope="module")
def park() -> Iterator[Park]:
    with Park(10, 20) as one:
        yield one


@pytest.fixture(params=["yes", "no"])
def small(request: pytest.FixtureRequest) -> Iterator[Park]:
    with Park(1, 12, forwarding=request.param) as one:
        yield one


def each(park: Park, way: str, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "qmonsh", "each", "--connect-timeout", "60", *words],
        capture_output=True, text=True, timeout=300, env={**park.environment, "QMONSH_EACH_SSH": way},
    )  # fmt: skip
    assert park.left_behind() == []
    return done


@pytest.mark.parametrize("way", WAYS)
def test_two_hundred_monitors_on_ten_hosts(park: Park, way: str) -> None:
    who = [f"ssh://{name}{park.folder}/{name}/*.sock" for name in park.names]
    done = each(park, way, "--json", *who, "--", "query-name")
    assert (done.returncode, done.stderr) == (0, "")
    answers = {
        line["target"]: line["return"]["name"] for line in map(json.loads, done.stdout.splitlines())
    }
    assert answers == {
        f"ssh://{name}{park.folder}/{name}/vm{number:02d}.sock": f"{name}-vm{number:02d}"
        for name in park.names
        for number in range(1, 21)
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_is_down_and_one_that_is_frozen_cost_the_others_nothing(park: Park, way: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, socket.create_server(("127.0.0.1", 0)) as gone:
        frozen, down = mute.getsockname()[1], gone.getsockname()[1]
        gone.close()
        who = [f"ssh://web[01-03]{park.folder}/web01/vm0[1-2].sock"]
        who += [f"ssh://127.0.0.1:{port}{park.folder}/web01/vm0[1-2].sock" for port in (frozen, down)]
        done = each(park, way, "--connect-timeout", "10", *who, "--", "info", "status")
    assert done.returncode == 3
    label, _, answer = done.stdout.partition(": VM status: ")
    assert answer == "running\n"
    assert label.startswith("ssh://web[01-03]/") and label.endswith("/vm[01-02].sock")
    assert "4 of 10 failed" in done.stderr and "has no ssh server" in done.stderr, done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_more_monitors_than_sessions_where_forwarding_may_be_forbidden(small: Park, way: str) -> None:
    done = each(small, way, f"ssh://web01{small.folder}/web01/*.sock", "--", "info", "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"ssh://web01{small.folder}/web01/vm[01-12].sock: VM status: running\n"


@pytest.mark.parametrize("way", WAYS)
def test_sockets_that_are_none(small: Park, way: str) -> None:
    here = small.folder / "web01"
    (here / "file.sock").write_text("")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(here / "stale.sock"))
    who = [f"ssh://web01{here}/{name}.sock" for name in ("vm01", "file", "stale", "absent")]
    done = each(small, way, "--json", *who, "--", "query-status")
    said = {line["target"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 3 and "return" in said[who[0]]
    words = ["is not a socket", "nothing listens", "there is no"]
    for target, part in zip(who[1:], words, strict=True):
        assert part in said[target]["error"]["desc"]


@pytest.mark.parametrize("way", WAYS)
def test_a_host_whose_key_is_not_known_is_refused(small: Park, way: str) -> None:
    (small.folder / "known").write_text("")
    done = each(small, way, f"ssh://web01{small.folder}/web01/*.sock", "--", "info", "status")
    assert done.returncode == 3 and done.stdout == ""
    assert "host key" in done.stderr.lower()


def test_what_asyncssh_is_refused_for_openssh_may_do(park: Park) -> None:
    pytest.importorskip("asyncssh")
    # OpenSSH has the key from its own command line, asyncssh from nowhere.
    config = park.folder / ".ssh" / "config"
    text = config.read_text()
    program = park.folder / "bin" / "ssh"
    script = program.read_text()
    try:
        config.write_text(text.replace(f"IdentityFile {park.folder}/key", ""))
        program.write_text(script.replace("ssh -F", f"ssh -i {park.folder}/key -F"))
        done = each(park, "auto", f"ssh://web[01-02]{park.folder}/web01/*.sock", "--", "info", "status")
    finally:
        config.write_text(text)
        program.write_text(script)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("way", WAYS)
def test_real_machines_over_ssh(park: Park, way: str) -> None:
    qemu = system_qemu()
    if not qemu:
        pytest.skip("no QEMU here")
    vm = VM(qemu, "-name", "over-ssh", monitor=["qmp-unix", "hmp-unix"], machine="none")
    try:
        who = [f"ssh://web01{monitor.path}" for monitor in vm.monitors]
        done = each(park, way, *who, "--", "info", "name")
        assert (done.returncode, done.stderr) == (0, "") and "over-ssh" in done.stdout
    finally:
        vm.close()


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_ends_ssh_and_prints_what_came(park: Park, way: str) -> None:
    folder = park.folder / "web01"
    with socket.socket(socket.AF_UNIX) as unix:
        path = folder / "mute.sock"
        unix.bind(str(path))
        unix.listen()
        try:
            words = [f"ssh://web01{folder}/vm01.sock", f"ssh://web01{path}"]
            child = subprocess.Popen(
                [sys.executable, "-m", "qmonsh", "each", "--json", "--connect-timeout", "60", *words,
                 "--", "query-status"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**park.environment, "QMONSH_EACH_SSH": way},
            )  # fmt: skip
            assert child.stdout is not None
            assert "return" in child.stdout.readline()
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=60)
        finally:
            os.unlink(path)
    assert child.returncode == 130 and "mute.sock" in out
    assert park.left_behind() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_freezes_is_noticed(way: str) -> None:
    with Park(2, 2) as park, socket.socket(socket.AF_UNIX) as unix:
        path = park.folder / "web01" / "mute.sock"
        unix.bind(str(path))
        unix.listen()
        who = [f"ssh://web01{path}", f"ssh://web02{park.folder}/web02/*.sock"]
        words = ["each", "--json", "--connect-timeout", "200", *who, "--", "query-status"]
        child = subprocess.Popen(
            [sys.executable, "-m", "qmonsh", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**park.environment, "QMONSH_EACH_SSH": way},
        )  # fmt: skip
        connected, _ = unix.accept()
        frozen = children_of(park.servers["web01"].pid)
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            out, _ = child.communicate(timeout=150)
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
            connected.close()
        said = [json.loads(line) for line in out.splitlines()]
        assert (child.returncode, len(said)) == (3, 3)
        assert "does not answer any more" in said[-1]["error"]["desc"]
        assert park.left_behind() == []
