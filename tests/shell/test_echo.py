"""Typed keys are not echoed while the shell has the terminal."""

from __future__ import annotations

import os
import termios

from qmonsh.shell.echo import Echo


def echoes(fd: int) -> bool:
    return bool(termios.tcgetattr(fd)[3] & termios.ECHO)


def test_echo_is_off_and_back_again() -> None:
    master, fd = os.openpty()
    try:
        echo = Echo(fd)
        assert echoes(fd)
        with echo.off():
            assert not echoes(fd)
            with echo.restored():
                assert echoes(fd), "another program finds the terminal as it was"
            assert not echoes(fd)
        assert echoes(fd)
    finally:
        os.close(master)
        os.close(fd)


def test_echo_is_off_again_after_another_program() -> None:
    master, fd = os.openpty()
    try:
        echo, modes = Echo(fd), termios.tcgetattr(fd)
        with echo.off():
            termios.tcsetattr(fd, termios.TCSANOW, modes)
            echo.again()
            assert not echoes(fd)
        assert echoes(fd)
        echo.again()
        assert echoes(fd), "it is over"
    finally:
        os.close(master)
        os.close(fd)


def test_no_terminal_is_no_error() -> None:
    reading, writing = os.pipe()
    with Echo(reading).off(), Echo(reading).restored():
        pass
    os.close(reading)
    with Echo(reading).off():
        pass
    os.close(writing)


def test_terminal_that_goes_meanwhile_is_no_error() -> None:
    master, fd = os.openpty()
    with Echo(fd).off():
        os.close(master)
        os.close(fd)
