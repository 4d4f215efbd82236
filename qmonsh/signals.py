"""SIGTERM and SIGHUP as an orderly end, for what must not be left behind; a SIGINT that cannot be overheard.

Knows signals only. Must not know what is cleaned up.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def orderly_end() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit with 128 + signal; those that are ignored (nohup) stay so.

    The second one ends the process at once.
    """

    def leave(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    heard = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


@contextmanager
def second_interrupt_ends() -> Iterator[None]:
    """Have a second SIGINT end the process at once; the first is a KeyboardInterrupt, as ever.

    While events are printed by the thread that reads them, a stalled reader of stdout blocks that thread, and
    with it the orderly end that the first one began. An ignored or foreign handler stays.
    """

    def interrupt(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
