"""Programs of processes, and the versions that lie in their files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qmonsh.transport import program
from qmonsh.transport.program import Program, Versions, program_of, version_in
from tests.real.fixtures import qemu  # noqa: F401


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (b"\0QEMU emulator version 9.2.1\nCopyright", "9.2.1"),
        (b"\0QEMU emulator version 7.2.22 (Debian 1:7.2+x)\nCopyright", "7.2.22 (Debian 1:7.2+x)"),
        (b"\0qemu-storage-daemon version 5.2.0 (v5.2.0-dirty)\n", "5.2.0 (v5.2.0-dirty)"),
        (b"\0%s version 8.0.0\0", "8.0.0"),
        (b"\0QEMU Guest Agent %s\0QEMU Guest Agent 7.2.22\0", "7.2.22"),
        (b"\x002.56.1\0\x0010.0.3 (Debian 1:10)\0", "10.0.3 (Debian 1:10)"),
        (b"\0QEMU Virtual CPU version 2.5+\0%s version %s\0", ""),
        (b"\x001.2.3\0", ""),
        (b"QEMU emulator version 9.2", ""),
        (b"", ""),
    ],
)
@pytest.mark.parametrize("before", [0, (1 << 20) - 30, 3 << 20])
def test_version_in_a_file(tmp_path: Path, content: bytes, version: str, before: int) -> None:
    (tmp_path / "program").write_bytes(b"x" * before + content)
    assert version_in(str(tmp_path / "program")) == version


def test_version_of_the_real_one_is_what_it_prints(qemu: str) -> None:  # noqa: F811
    if Path(qemu).read_bytes()[:4] != b"\x7fELF":
        pytest.skip("this QEMU is started through a wrapper")
    said = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
    assert f"version {version_in(qemu)}\n" in said


def test_each_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "qemu-system-x86_64"
    file.write_bytes(b"")
    asked: list[str] = []
    monkeypatch.setattr(program, "version_in", lambda path: asked.append(path) or "1.2.3")
    versions = Versions()
    assert [versions.of(0, Program(str(file))) for _ in range(3)] == ["1.2.3"] * 3
    assert asked == [str(file)]


def test_version_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    versions = Versions()
    assert versions.of(0, Program("")) == ""
    assert versions.of(0, Program(str(tmp_path / "gone"))) == ""
    assert versions.of(0, Program(sys.executable, is_replaced=True)) == ""
    assert versions.of(0, Program("/lib64/ld-linux-x86-64.so.2")) == ""


@pytest.mark.parametrize(
    ("path", "carries"),
    [
        ("/lib64/ld-linux-x86-64.so.2", True),
        ("/o/lib/ld.so", True),
        ("/lib/ld-musl-x86_64.so.1", True),
        ("/usr/bin/qemu-x86_64-static", True),
        ("/usr/bin/ldd", False),
        ("/usr/bin/qemu-system-x86_64", False),
        ("", False),
    ],
)
def test_is_carrier(path: str, carries: bool) -> None:
    assert program.is_carrier(path) is carries


def test_program_of_this_process() -> None:
    assert os.path.samefile(program_of(os.getpid()).path, sys.executable)
    assert program_of(1 << 30) == Program("")


def test_mapped_file_of_this_process() -> None:
    path = os.path.realpath(sys.executable)
    assert program.mapped(os.getpid(), os.path.basename(path)) == Program(path)
    assert program.mapped(os.getpid(), "no such file") == Program("")
    assert program.mapped(1 << 30, "x") == Program("")
