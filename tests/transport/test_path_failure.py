"""Each way in which a path can fail to be a monitor, on real files."""

from __future__ import annotations

import errno
import grp  # noqa: F401  # at once: another user may not be able to import it
import os
import pwd  # noqa: F401
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from qmonsh.errors import ConnectError
from qmonsh.target import parse_target, unix_target
from qmonsh.transport import holder, neighbours, path_failure
from qmonsh.transport.path_failure import abstract_failed, unix_failed
from qmonsh.transport.socket import connect_abstract, connect_unix
from tests.transport.probe import DEADLINE, descriptors, listen


@pytest.fixture(autouse=True)
def nothing_else_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let advice not depend on the QEMUs, and the sockets of other tests, that happen to be here."""
    near, ours = holder.listening_near, str(tmp_path)
    monkeypatch.setattr(path_failure, "running", lambda: "")
    monkeypatch.setattr(holder, "listening_near", lambda path: [one for one in near(path) if ours in one])


def failed(path: str | Path) -> ConnectError:
    """Return the failure of connecting to a path, which is to leave nothing open and nothing changed."""
    before = descriptors()
    with pytest.raises(ConnectError) as caught:
        connect_unix(unix_target(str(path)), until=monotonic())
    assert descriptors() == before
    assert caught.value.address == f"unix:{path}"
    return caught.value


def said(error: ConnectError) -> tuple[str, str, str]:
    return error.cause, error.reason, error.advice


def test_missing_file(tmp_path: Path) -> None:
    assert said(failed(tmp_path / "vm.sock")) == (
        "no-such-file",
        f"there is no such file in {tmp_path}",
        "is QEMU running?",
    )


def test_missing_file_with_a_near_one(tmp_path: Path) -> None:
    with listen(tmp_path / "vm0.sock"), listen(tmp_path / "other"):
        assert failed(tmp_path / "vm.sock").advice == f"did you mean {tmp_path}/vm0.sock?"


def test_missing_file_with_far_ones(tmp_path: Path) -> None:
    with listen(tmp_path / "abc"), listen(tmp_path / "xyz"):
        assert failed(tmp_path / "vm.sock").advice == f"the sockets there are {tmp_path}/abc, {tmp_path}/xyz"


def test_missing_file_of_a_name_that_is_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    with listen(tmp_path / "run" / "qmonsh-elsewhere.sock"):
        advice = failed("qmonsh-elsewhere.sock").advice
    assert advice == f"did you mean {tmp_path}/run/qmonsh-elsewhere.sock?"


def test_missing_file_names_running_qemus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_failure, "running", neighbours.running)
    monkeypatch.setattr("qmonsh.transport.holder.running_monitors", lambda: ("unix:/run/q",))
    assert failed(tmp_path / "vm.sock").advice == "QEMUs that run here listen on unix:/run/q"


def test_missing_relative_file_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) in failed("vm.sock").reason


def test_missing_directory(tmp_path: Path) -> None:
    error = failed(tmp_path / "run" / "vm.sock")
    assert (error.cause, error.reason) == ("no-such-file", f"there is no directory {tmp_path}/run")


def test_missing_directory_of_a_long_path(tmp_path: Path) -> None:
    error = failed(tmp_path / ("x" * 120) / "vm.sock")
    assert (error.cause, "no directory" in error.reason) == ("no-such-file", True)


def test_file_in_the_place_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert failed(tmp_path / "file" / "x" / "vm.sock").reason == f"{tmp_path}/file is not a directory"


def test_deleted_file_of_a_socket_that_is_listened_on(tmp_path: Path) -> None:
    with listen(tmp_path / "vm.sock"):
        (tmp_path / "vm.sock").unlink()
        error = failed(tmp_path / "vm.sock")
    assert (error.cause, "the file was deleted" in error.reason) == ("no-such-file", True)


def test_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "vm.sock").symlink_to("/no/such")
    assert failed(tmp_path / "vm.sock").reason == "it is a symbolic link to /no/such, which does not exist"


def test_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert "circle" in failed(tmp_path / "a").reason


def test_stale_socket(tmp_path: Path) -> None:
    listen(tmp_path / "vm.sock").close()
    error = failed(tmp_path / "vm.sock")
    assert (error.cause, "nobody listens" in error.reason) == ("refused", True)
    assert (tmp_path / "vm.sock").exists()


def test_stale_socket_names_the_live_ones_beside_it(tmp_path: Path) -> None:
    listen(tmp_path / "vm.sock").close()
    listen(tmp_path / "vm1.sock").close()
    with listen(tmp_path / "vm2.sock"):
        assert failed(tmp_path / "vm.sock").advice.endswith(f"there: {tmp_path}/vm2.sock")


def test_directory_lists_its_sockets(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with listen(tmp_path / "vm.sock"):
        error = failed(tmp_path)
        assert (error.cause, error.reason) == ("not-a-socket", "it is a directory, not a socket")
        assert error.advice == f"the sockets in it are {tmp_path}/vm.sock"
        assert "no socket is in it" in failed(tmp_path / "empty").advice


def test_things_that_are_no_sockets(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    for path, kind in (
        (tmp_path / "file", "a regular file"),
        (tmp_path / "fifo", "a fifo"),
        (Path("/dev/null"), "a character device"),
    ):
        error = failed(path)
        assert (error.cause, error.reason) == ("not-a-socket", f"it is {kind}, not a socket")
        assert error.advice


def test_every_kind_of_file_has_a_word() -> None:
    for kind in (stat.S_IFDIR, stat.S_IFREG, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK):
        assert next(words for is_kind, words in path_failure._KINDS if is_kind(kind))[0]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_SEQPACKET])
def test_socket_of_another_type(tmp_path: Path, kind: int) -> None:
    with socket.socket(socket.AF_UNIX, kind) as other:
        other.bind(str(tmp_path / "vm.sock"))
        assert failed(tmp_path / "vm.sock").cause == "not-a-monitor"


def test_full_queue(tmp_path: Path) -> None:
    target = unix_target(str(tmp_path / "vm.sock"))
    with listen(target.path, backlog=0), connect_unix(target, until=monotonic() + DEADLINE):
        error = failed(target.path)
    assert (error.cause, "queue is full" in error.reason) == ("busy", True)


def test_full_queue_names_the_holder(tmp_path: Path) -> None:
    target = unix_target(str(tmp_path / "vm.sock"))
    with listen(target.path, backlog=0) as listener, connect_unix(target, until=monotonic() + DEADLINE):
        with listener.accept()[0], connect_unix(target, until=monotonic() + DEADLINE):
            error = failed(target.path)
    assert (error.cause, f"pid {os.getpid()}" in error.reason) == ("busy", True)


def test_name_that_no_socket_address_can_hold(tmp_path: Path) -> None:
    error = failed(tmp_path / ("x" * 120))
    assert (error.cause, "107" in error.reason) == ("path-too-long", True)


def test_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert failed(tmp_path / ("x" * 300) / "vm.sock").cause == "failed"


def test_other_errors_are_said_in_the_systems_words() -> None:
    error = unix_failed(unix_target("/p"), OSError(errno.EMFILE, "Too many open files"))
    assert said(error) == ("failed", "Too many open files", "")


# -- permission ---------------------------------------------------------------------------------------

NOBODY = 65534


@pytest.fixture
def closed_socket() -> Iterator[Path]:
    """Return a socket in a directory, both root's, every directory above it open to all."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-") as folder:
        Path(folder).chmod(0o755)
        with listen(Path(folder) / "vm.sock"):
            yield Path(folder) / "vm.sock"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be another user for a while, in no group of the user before."""
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_permission_names_the_sockets_owner(closed_socket: Path) -> None:
    closed_socket.chmod(0o600)
    with as_nobody():
        error = failed(closed_socket)
    assert error.cause == "permission"
    assert error.reason.startswith(f"permission denied: {closed_socket} belongs to root:root (srw-------)")
    assert error.advice == "run it as that user, sudo qmonsh ..."


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_permission_names_the_directory_in_the_way_and_its_group(closed_socket: Path) -> None:
    closed_socket.chmod(0o666)
    os.chown(closed_socket.parent, 12345, 0)
    closed_socket.parent.chmod(0o750)
    with as_nobody():
        error = failed(closed_socket)
    assert f"{closed_socket.parent} belongs to 12345:root (drwxr-x---)" in error.reason
    assert error.advice == "run it as that user, sudo -u 12345 qmonsh ..., or join the group root"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_permission_is_said_to_an_ordinary_user(tmp_path: Path) -> None:
    with listen(tmp_path / "vm.sock"):
        (tmp_path / "vm.sock").chmod(0)
        error = failed(tmp_path / "vm.sock")
    assert (error.cause, str(tmp_path / "vm.sock") in error.reason) == ("permission", True)


def test_permission_that_no_mode_denies_is_a_security_modules(tmp_path: Path) -> None:
    with listen(tmp_path / "vm.sock") as listener:
        assert listener
        error = unix_failed(unix_target(str(tmp_path / "vm.sock")), PermissionError(errno.EACCES, "x"))
    assert (error.cause, "SELinux" in error.reason) == ("permission", True)


# -- abstract -----------------------------------------------------------------------------------------


def test_abstract_name_with_a_near_one() -> None:
    name = f"qmonsh-abstract-{os.getpid()}"
    with listen(b"\0" + name.encode()), pytest.raises(ConnectError) as caught:
        connect_abstract(parse_target(f"@{name}x"), until=monotonic())
    assert (caught.value.cause, caught.value.advice) == ("refused", f"did you mean abstract:{name}?")


def test_abstract_name_that_nobody_has() -> None:
    with pytest.raises(ConnectError) as caught:
        connect_abstract(parse_target("@@@"), until=monotonic())
    assert (caught.value.cause, "namespace" in caught.value.advice) == ("refused", True)


def test_abstract_name_with_other_errors() -> None:
    error = abstract_failed(parse_target("@n"), OSError(errno.EMFILE, "Too many open files"))
    assert error.cause == "failed"
