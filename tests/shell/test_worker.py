"""Blocking calls in threads: results, failures, giving up; errands one after another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from qmonsh.errors import ConnectionLostError, InterruptError, UsageError
from qmonsh.shell import worker
from qmonsh.shell.worker import Call, Errands


def run(function: Callable[[], Any], *, cancel: bool = False, interrupt: Any = lambda thread: None) -> Any:
    async def main() -> Any:
        call = Call(function, interrupt)
        if cancel:
            asyncio.get_running_loop().call_later(0.005, call.cancel)
        return await call.wait()

    return asyncio.run(main())


def test_result_comes_back() -> None:
    assert run(lambda: 5) == 5


def test_failure_comes_back() -> None:
    def fail() -> None:
        raise UsageError("no")

    with pytest.raises(UsageError):
        run(fail)


def test_cancel_interrupts_the_thread_that_waits() -> None:
    released = threading.Event()
    interrupted: list[threading.Thread] = []

    def wait() -> None:
        assert released.wait(20)
        raise InterruptError("query-block")

    def interrupt(thread: threading.Thread) -> None:
        interrupted.append(thread)
        released.set()

    with pytest.raises(InterruptError, match="query-block"):
        run(wait, cancel=True, interrupt=interrupt)
    assert interrupted[0].name == "qmonsh line"


def test_call_that_cannot_be_interrupted_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.01)
    released = threading.Event()
    with pytest.raises(InterruptError):
        run(lambda: released.wait(20), cancel=True)
    released.set()


def test_second_cancel_does_not_wait() -> None:
    released = threading.Event()

    async def main() -> None:
        call = Call(lambda: released.wait(20), lambda thread: None)
        loop = asyncio.get_running_loop()
        loop.call_later(0.005, call.cancel)
        loop.call_later(0.006, call.cancel)
        await call.wait()

    with pytest.raises(InterruptError):
        asyncio.run(main())
    released.set()


def test_result_after_the_loop_has_ended_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.0)
    released, done = threading.Event(), threading.Event()

    def late() -> None:
        released.wait(20)
        done.set()

    with pytest.raises(InterruptError):
        run(late, cancel=True)
    released.set()
    assert done.wait(20)


def test_errands_are_done_in_order_and_once_each() -> None:
    errands = Errands()
    gate = threading.Event()
    done: list[str] = []
    errands.send("gate", lambda: gate.wait(20) and None)
    for name in ("a", "b", "a"):
        errands.send(name, lambda name=name: done.append(name))
    gate.set()
    assert errands.settle(20)
    errands.send("a", lambda: done.append("again"))
    assert errands.settle(20)
    errands.close()
    assert done == ["a", "b", "again"]


def test_errand_that_fails_does_not_end_the_others() -> None:
    errands = Errands()
    done: list[str] = []

    def fail() -> None:
        raise ConnectionLostError("gone")

    errands.send("fail", fail)
    errands.send("next", lambda: done.append("next"))
    assert errands.settle(20)
    errands.close()
    assert done == ["next"]


def test_defect_in_an_errand_is_confessed_and_does_not_end_the_others() -> None:
    confessed: list[Exception] = []
    errands = Errands(confess=confessed.append)
    done: list[str] = []
    errands.send("defect", lambda: done[5] and None)
    errands.send("next", lambda: done.append("next"))
    assert errands.settle(20)
    errands.close()
    assert done == ["next"] and isinstance(confessed[0], IndexError)


def test_settle_waits_for_the_named_errand_only() -> None:
    errands = Errands()
    gate = threading.Event()
    errands.send("first", lambda: None)
    errands.send("stuck", lambda: gate.wait(20) and None)
    assert errands.settle(20, "first")
    assert not errands.settle(0.01, "stuck")
    gate.set()
    errands.close()


def test_closed_errands_take_no_more() -> None:
    errands = Errands()
    errands.close()
    errands.send("late", lambda: None)
    assert errands.settle(1)
