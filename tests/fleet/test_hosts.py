"""Which way leads to a host, and that there is one connection to each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qmonsh.errors import ConnectError, UsageError
from qmonsh.fleet import hosts, ssh_channel, ssh_forward
from qmonsh.fleet.hosts import Hosts
from qmonsh.fleet.stream import open_stream
from qmonsh.target import Target, parse_target

A1, A2 = parse_target("ssh://a/run/1.sock"), parse_target("ssh://a/run/2.sock")
B1, OTHER_USER = parse_target("ssh://b/run/1.sock"), parse_target("ssh://op@a/run/1.sock")

LISTED = b"\0listed\n%s\n\0."


class Way:
    """Stands for Channels or Forwards; ``log`` keeps what it was asked."""

    def __init__(self, name: str, log: list[str], cause: str = "") -> None:
        self.name, self.log, self.cause = name, log, cause

    async def connect(self, target: Target, *, seconds: float, may_ask: bool | None = True) -> Any:
        self.log.append(f"{self.name} {target.user}@{target.host} {may_ask}")
        await asyncio.sleep(0)
        if self.cause == "frozen":
            await asyncio.Event().wait()
        if self.cause:
            raise ConnectError(target.address, "why", cause=self.cause, advice="what")
        return self

    async def opener(self, target: Target) -> Any:
        return f"{self.name} {target.path}"

    async def sockets(self, target: Target, *, seconds: float) -> list[str]:
        return [self.name, target.path]

    async def look(self, target: Target, *, seconds: float) -> bytes:
        self.log.append(f"{self.name} looks")
        way = {"reachable": True, "busy": False, "dialect": "qmp", "address": "unix:/w"}
        return LISTED % json.dumps([{"kind": "vm", "name": "web", "pid": 7, "monitors": [way]}]).encode()

    async def close(self) -> None:
        self.log.append(f"{self.name} closed")


def use(
    targets: list[Target],
    then: Callable[[Hosts], Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    way: str = "auto",
    has: bool = False,
    causes: tuple[str, str] = ("", ""),
) -> tuple[Any, list[str]]:
    log: list[str] = []
    monkeypatch.setattr(ssh_channel, "Channels", Way("asyncssh", log, causes[0]))
    monkeypatch.setattr(ssh_forward, "Forwards", Way("openssh", log, causes[1]))
    monkeypatch.setattr(hosts, "_has_asyncssh", lambda: has)

    async def main() -> Any:
        many = Hosts(targets, way=way, seconds=5)
        try:
            return await then(many)
        finally:
            await many.close()

    return asyncio.run(main()), log


async def all_of(many: Hosts) -> list[Any]:
    return await asyncio.gather(*(many.opener(one) for one in (A1, A2, B1)), return_exceptions=True)


async def first(many: Hosts) -> Any:
    try:
        return await many.opener(A1)
    except ConnectError as error:
        return error.cause


def test_one_connection_a_host_and_none_asks_for_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    found, log = use([A1, A2, B1], all_of, monkeypatch)
    assert found == ["openssh /run/1.sock", "openssh /run/2.sock", "openssh /run/1.sock"]
    assert log == ["openssh @a False", "openssh @b False", "openssh closed", "openssh closed"]


def test_a_single_host_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    _, log = use([A1, A2], first, monkeypatch)
    assert log[0] == "openssh @a None"


@pytest.mark.parametrize(("targets", "is_asking"), [([A1, A2], True), ([A1, B1], False)])
def test_ssh_may_be_asking_while_it_connects(
    targets: list[Target], is_asking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def then(many: Hosts) -> list[bool]:
        before = many.may_be_asking
        asked = asyncio.create_task(many.opener(A1))
        await asyncio.sleep(0)
        meanwhile = many.may_be_asking
        await asked
        return [before, meanwhile, many.may_be_asking]

    assert use(targets, then, monkeypatch)[0] == [False, is_asking, False]


def test_another_user_is_another_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(many: Hosts) -> None:
        await many.opener(A1)
        await many.opener(OTHER_USER)

    _, log = use([A1, OTHER_USER], both, monkeypatch)
    assert log[:2] == ["openssh @a False", "openssh op@a False"]


def test_a_failure_is_everyones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found, log = use([A1, A2, B1], all_of, monkeypatch, causes=("", "refused"))
    assert [(error.address, error.cause, error.advice) for error in found] == [
        (target.address, "refused", "what") for target in (A1, A2, B1)
    ]
    assert log == ["openssh @a False", "openssh @b False"]


@pytest.mark.parametrize(
    ("way", "has", "causes", "tried", "found"),
    [
        ("auto", False, ("", ""), ["openssh"], "openssh /run/1.sock"),
        ("auto", True, ("", ""), ["asyncssh"], "asyncssh /run/1.sock"),
        ("openssh", True, ("", ""), ["openssh"], "openssh /run/1.sock"),
        ("asyncssh", True, ("permission", ""), ["asyncssh"], "permission"),
        ("auto", True, ("permission", ""), ["asyncssh", "openssh"], "openssh /run/1.sock"),
        ("auto", True, ("permission", "host-key-changed"), ["asyncssh", "openssh"], "host-key-changed"),
        ("auto", True, ("unreachable", ""), ["asyncssh"], "unreachable"),
    ],
)
def test_ways(
    way: str,
    has: bool,
    causes: tuple[str, str],
    tried: list[str],
    found: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    got, log = use([A1], first, monkeypatch, way=way, has=has, causes=causes)
    assert got == found
    assert [line.split()[0] for line in log if "closed" not in line] == tried


def test_asyncssh_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_has_asyncssh", lambda: False)
    with pytest.raises(UsageError, match=r"qmonsh\[fleet\]"):
        Hosts([A1], way="asyncssh", seconds=5)
    Hosts([parse_target("/run/1.sock")], way="asyncssh", seconds=5)


def test_other_targets_are_opened_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async def then(many: Hosts) -> Any:
        return await many.opener(parse_target("localhost:1"))

    assert use([], then, monkeypatch) == (open_stream, [])


def test_a_pattern_is_listed_over_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def then(many: Hosts) -> Any:
        return [one.path for one in await many.matching(A1)]

    assert use([A1], then, monkeypatch)[0] == ["openssh", "/run/1.sock"]


def test_names_are_looked_for_once_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    async def then(many: Hosts) -> Any:
        one, other, plain = (parse_target(f"ssh://a{rest}") for rest in ("#web", "#nosuch", "/run/1.sock"))
        first, rest = await asyncio.gather(many.located(one), many.matching(parse_target("ssh://a#w*")))
        found = [first, *rest]
        with pytest.raises(ConnectError, match="These run: web"):
            await many.located(other)
        return [(target.address, target.path) for target in (*found, await many.located(plain))]

    found, log = use([A1], then, monkeypatch)
    assert found == [("ssh://a#web", "/w"), ("ssh://a#web", ""), ("ssh://a/run/1.sock", "/run/1.sock")]
    assert log.count("openssh looks") == 1


def test_who_still_connects_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def then(many: Hosts) -> None:
        asked = asyncio.create_task(many.opener(A1))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    _, log = use([A1], then, monkeypatch, causes=("", "frozen"))
    assert log == ["openssh @a None"]
