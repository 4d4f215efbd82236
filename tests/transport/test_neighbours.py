"""Lists for advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmonsh.transport import holder
from qmonsh.transport.neighbours import choice, few, nearest, running, sockets_in
from tests.transport.probe import listen


def test_sockets_of_a_directory_are_found(tmp_path: Path) -> None:
    (tmp_path / "file.sock").touch()
    (tmp_path / "folder.sock").mkdir()
    with listen(tmp_path / "b.sock"), listen(tmp_path / "a"):
        assert sockets_in(str(tmp_path)) == [str(tmp_path / "a"), str(tmp_path / "b.sock")]


def test_only_live_sockets_have_a_listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listen(tmp_path / "stale").close()
    monkeypatch.chdir(tmp_path)
    with listen("live"):  # bound by a relative path, looked up by another
        assert sockets_in(str(tmp_path)) == [str(tmp_path / "live"), str(tmp_path / "stale")]
        assert sockets_in(str(tmp_path), only_live=True) == [str(tmp_path / "live")]
        assert sockets_in(".", only_live=True) == ["live"]


def test_directory_that_cannot_be_read_has_no_sockets() -> None:
    assert sockets_in("/no/such/directory") == []


@pytest.mark.parametrize(
    ("path", "sockets", "said"),
    [
        ("/r/vm0.sock", [], ""),
        ("/r/vm0.sock", ["/r/vm1.sock"], "did you mean /r/vm1.sock?"),
        ("/r/vm0.sock", ["/r/x", "/r/y"], "the sockets there are /r/x, /r/y"),
        ("/r/vm0.sock", ["/q/vm0.sock", "/r/vm00.sock"], "did you mean /q/vm0.sock?"),
    ],
)
def test_choice_is_a_question_or_a_list(path: str, sockets: list[str], said: str) -> None:
    assert choice(path, sockets) == said


def test_long_list_says_how_many_more() -> None:
    assert few(["a"]) == "a"
    assert few([1, 2, 3, 4, 5]) == "1, 2, 3, 4, 5"
    assert few(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_nearest_is_empty_when_none_is_near() -> None:
    assert nearest("abc", ["xyz"]) == ""
    assert nearest("abc", ["abd", "xyz"]) == "abd"


def test_running_monitors_make_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "running_monitors", lambda: ())
    assert running() == ""
    monkeypatch.setattr(holder, "running_monitors", lambda: ("unix:/a", "tcp:localhost:1"))
    assert running() == "QEMUs that run here listen on unix:/a, tcp:localhost:1"
