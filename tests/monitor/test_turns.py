"""Who reads when: the main thread for itself, the attendant for all others, and the moments between."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest

from qmonsh.errors import DeadlineError
from qmonsh.monitor import turns
from qmonsh.monitor.replies import Replies, Waiter
from qmonsh.monitor.turns import Turns
from qmonsh.wire.message import Return

DEADLINE = 20.0


class Wire:
    """A wire on which the test lays what ``take`` is to do; knows which threads read."""

    def __init__(self, kind: type[Turns] = Turns, *, tells: bool = True) -> None:
        self.replies = Replies()
        self.readers: list[str] = []
        self.is_torn = False
        self._changed = threading.Condition()
        self._acts: list[Callable[[], object]] = []
        self._ended = False
        self.turns = kind(
            "attendant",
            take=self._take,
            ready=self._ready if tells else None,
            torn=self._tear,
            is_owed=self.replies.is_owed,
        )

    def lay(self, act: Callable[[], object]) -> None:
        with self._changed:
            self._acts.append(act)
            self._changed.notify_all()

    def answer(self, id: str) -> None:
        self.lay(lambda: self.replies.settle(Return(id, id, {})))

    def ask(self, id: str, seconds: float | None = DEADLINE) -> Any:
        """Wait for the reply to ``id`` in this thread; returns its value."""
        waiter = self.replies.expect(id, id)
        return self.finish(waiter, seconds)

    def ask_and_answer(self, id: str) -> Any:
        """Do that with a reply that is on its way already."""
        waiter = self.replies.expect(id, id)
        self.answer(id)
        return self.finish(waiter)

    def finish(self, waiter: Waiter, seconds: float | None = DEADLINE) -> Any:
        try:
            reply = self.replies.wait(waiter, seconds, self.turns.sleep)
            return None if reply is None else reply.value
        finally:
            self.replies.drop(waiter)

    def is_being_read(self) -> bool:
        """Return whether another thread holds the wire."""
        if not self.turns._wire.acquire(blocking=False):
            return True
        self.turns._wire.release()
        return False

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _ready(self, seconds: float | None) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._acts or self._ended, seconds)

    def _take(self) -> bool:
        self._ready(None)
        with self._changed:
            act = self._acts.pop(0) if self._acts else None
        self.readers.append(threading.current_thread().name)
        if act is None:
            self.replies.end()
            return False
        act()
        return True

    def _tear(self) -> None:
        self.is_torn = True
        self.replies.end()


@contextmanager
def wire(kind: type[Turns] = Turns, *, tells: bool = True, attended: bool = True) -> Iterator[Wire]:
    made = Wire(kind, tells=tells)
    if attended:
        made.turns.attend()
    try:
        yield made
    finally:
        made.end()
        made.turns.end()
    assert "attendant" not in [thread.name for thread in threading.enumerate()]


MAIN = threading.main_thread().name


def in_thread(function: Callable[[], Any]) -> tuple[threading.Thread, queue.SimpleQueue[Any]]:
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: results.put(function()), name="caller")
    thread.start()
    return thread, results


def when(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do, where nothing can be waited on."""
    until = monotonic() + DEADLINE
    pause = threading.Event()
    while not condition():
        assert monotonic() < until, "it never came to that"
        pause.wait(0.001)


def test_the_main_thread_reads_its_own_reply() -> None:
    with wire(attended=False) as one:
        assert one.ask_and_answer("1") == "1"
        assert one.readers == [MAIN]


def test_the_attendant_reads_for_other_threads() -> None:
    with wire() as one:
        thread, results = in_thread(lambda: one.ask_and_answer("1"))
        assert results.get(timeout=DEADLINE) == "1"
        thread.join()
        assert one.readers == ["attendant"]


def test_the_attendant_reads_when_nobody_waits() -> None:
    with wire() as one:
        came = threading.Event()
        one.lay(came.set)
        assert came.wait(DEADLINE)
        assert one.readers == ["attendant"]


def test_the_attendant_reads_all_of_a_transport_that_cannot_tell() -> None:
    with wire(tells=False) as one:
        assert [one.ask_and_answer(id) for id in "123"] == ["1", "2", "3"]
        assert one.readers == ["attendant"] * 3


def test_the_attendant_answers_a_main_thread_that_comes_too_late_and_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with wire() as one:
        when(one.is_being_read)  # by the attendant, as nobody waits
        monkeypatch.setattr(turns, "PAUSE", DEADLINE)
        waiter = one.replies.expect("1", "1")

        def answer() -> None:
            when(lambda: one.turns._main_waits == 1)
            one.lay(lambda: None)  # something else comes first: an event, or half a reply
            one.answer("1")

        helper = threading.Thread(target=answer)
        helper.start()
        assert one.finish(waiter) == "1"
        helper.join()
        when(lambda: not one.turns._attending)
        assert one.ask_and_answer("2") == "2"
        assert one.readers == ["attendant", "attendant", MAIN]


def test_the_main_thread_gets_the_wire_that_was_about_to_be_free() -> None:
    decided, go = threading.Event(), threading.Event()

    class Slow(Turns):
        def _owes_main(self) -> bool:
            owes = super()._owes_main()
            if not owes and self._main_waits and not decided.is_set():
                decided.set()
                assert go.wait(DEADLINE)
            return owes

    with wire(Slow) as one:
        when(one.is_being_read)
        waiter = one.replies.expect("1", "1")
        helper = threading.Thread(target=lambda: (when(lambda: one.turns._main_waits == 1), one.answer("1")))
        helper.start()
        assert one.finish(waiter) == "1"
        helper.join()
        assert decided.wait(DEADLINE)
        # The attendant has seen that it owes nothing, and still holds the wire when the next command waits.
        waiter = one.replies.expect("2", "2")
        helper = threading.Thread(
            target=lambda: (when(lambda: one.turns._main_waits == 2), go.set(), one.answer("2"))
        )
        helper.start()
        assert one.finish(waiter, None) == "2"
        helper.join()


def test_a_thread_is_answered_while_the_main_thread_reads() -> None:
    with wire() as one:
        waiter = one.replies.expect("main", "main")
        thread, results = in_thread(lambda: one.ask("other"))

        def answer_both() -> None:
            when(lambda: "other" in one.replies.names())
            one.answer("other")
            assert results.get(timeout=DEADLINE) == "other"
            one.answer("main")

        helper = threading.Thread(target=answer_both)
        helper.start()
        assert one.finish(waiter) == "main"
        helper.join()
        thread.join()


def test_a_thread_that_waits_longer_than_the_main_thread_is_read_for() -> None:
    with wire() as one:
        thread, results = in_thread(lambda: one.ask("other"))
        when(lambda: "other" in one.replies.names())
        assert one.ask_and_answer("main") == "main"
        one.answer("other")
        assert results.get(timeout=DEADLINE) == "other"
        thread.join()


def test_a_deadline_ends_the_reading_and_the_attendant_goes_on() -> None:
    with wire() as one:
        with pytest.raises(DeadlineError):
            one.ask("1", 0.01)
        came = threading.Event()
        one.lay(came.set)
        assert came.wait(DEADLINE)


def test_an_interrupt_while_nothing_comes_leaves_all_as_it_was() -> None:
    with wire(attended=False) as one:
        ready = one.turns._ready

        def interrupted(seconds: float | None) -> bool:
            one.turns._ready = ready
            raise KeyboardInterrupt

        one.turns._ready = interrupted
        with pytest.raises(KeyboardInterrupt):
            one.ask("1")
        assert not one.is_torn
        one.turns.attend()  # it would wait for the wire for ever, had the main thread kept it
        assert one.ask_and_answer("2") == "2"


def test_an_interrupt_in_the_midst_of_a_message_ends_it() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with wire(attended=False) as one:
        one.lay(interrupt)
        with pytest.raises(KeyboardInterrupt):
            one.ask("1")
        assert one.is_torn
        assert one.ask("2") is None, "nothing more is waited for"


def test_the_end_of_the_stream_ends_all_waits() -> None:
    with wire() as one:
        thread, results = in_thread(lambda: one.ask("other", None))
        when(lambda: "other" in one.replies.names())
        one.end()
        assert one.ask("main", None) is None
        assert results.get(timeout=DEADLINE) is None
        thread.join()


def test_many_threads_and_the_main_thread_get_each_its_own() -> None:
    with wire() as one:
        threads = []
        for number in range(6):

            def run(number: int = number) -> list[str]:
                got = []
                for turn in range(50):
                    id = f"{number}-{turn}"
                    waiter = one.replies.expect(id, id)
                    one.answer(id)
                    got.append(one.finish(waiter) == id)
                return got

            threads.append(in_thread(run))
        for turn in range(300):
            waiter = one.replies.expect(f"main-{turn}", "x")
            one.answer(f"main-{turn}")
            assert one.finish(waiter) == f"main-{turn}"
        for thread, results in threads:
            assert all(results.get(timeout=DEADLINE))
            thread.join()
