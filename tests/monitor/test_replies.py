"""Replies: who gets which, without any connection."""

from __future__ import annotations

import pytest

from qmonsh.errors import DeadlineError
from qmonsh.monitor.replies import Replies
from qmonsh.wire.message import ErrorReply, Return


def test_settle_hands_the_reply_to_its_waiter() -> None:
    replies = Replies()
    first, second = replies.expect("1", "a"), replies.expect("2", "b")
    assert replies.settle(Return("2", "two", {})) is None
    assert replies.wait(second, 5) == Return("2", "two", {})
    with pytest.raises(DeadlineError):
        replies.wait(first, 0.01)


def test_settle_names_the_command_of_an_abandoned_reply_once() -> None:
    replies = Replies()
    waiter = replies.expect("1", "slow")
    replies.abandon(waiter)
    replies.drop(waiter)
    assert replies.names() == ["slow"]
    assert replies.settle(Return("1", None, {})) == "slow"
    assert replies.settle(Return("1", None, {})) is None


def test_wait_blames_an_error_without_id_on_the_oldest() -> None:
    replies = Replies()
    first, second = replies.expect("1", "a"), replies.expect("2", "b")
    error = ErrorReply(None, "GenericError", "bad line", {})
    replies.settle(error)
    replies.settle(error)
    assert replies.wait(first, 5) is error
    with pytest.raises(DeadlineError):
        replies.wait(second, 0.01)


def test_end_wakes_waiters_now_and_later() -> None:
    replies = Replies()
    waiter = replies.expect("1", "a")
    replies.end()
    assert replies.wait(waiter, None) is None
    assert replies.wait(replies.expect("2", "b"), None) is None


def test_abandon_forgets_a_command_that_was_answered() -> None:
    replies = Replies()
    waiter = replies.expect("1", "a")
    replies.settle(Return("1", 1, {}))
    replies.abandon(waiter)
    replies.drop(waiter)
    assert replies.names() == []
