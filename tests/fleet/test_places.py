"""Places are bounded, and given up by whoever is slow."""

from __future__ import annotations

import asyncio

import pytest

from qmonsh.fleet import places
from qmonsh.fleet.places import Place, Places


def test_a_place_is_given_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PATIENCE", 0.0)

    async def main() -> tuple[bool, bool]:
        free = asyncio.Semaphore(1)
        await free.acquire()
        place = Place(free)
        async with asyncio.timeout(20):
            await free.acquire()  # its patience has ended
        place.give_up()
        return free.locked(), place._timer is None

    assert asyncio.run(main()) == (True, True)


def test_no_more_at_a_time_than_there_are_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PATIENCE", 1e6)

    async def main() -> int:
        free, busy, most = Places(3), 0, 0

        async def work() -> None:
            nonlocal busy, most
            async with free.one():
                busy += 1
                most = max(most, busy)
                await asyncio.sleep(0)
                busy -= 1

        await asyncio.gather(*(work() for _ in range(10)))
        return most

    assert asyncio.run(main()) == 3


def test_a_place_comes_back_when_the_work_fails() -> None:
    async def main() -> None:
        free = Places(1)
        for _ in range(2):
            with pytest.raises(LookupError):
                async with asyncio.timeout(20), free.one():
                    raise LookupError

    asyncio.run(main())
