"""Every fact of HMP's own text is in ours: the words and numbers HMP printed are looked for in our text."""

from __future__ import annotations

import re
import time
from collections import Counter
from functools import reduce

import pytest

from qmonsh.render.form import Form
from qmonsh.render.text import render_text
from tests.render.recorded import Record, captured, records

_BETWEEN = re.compile(r"""[\s=,;()\[\]"'|/]+""")

_GLOBALS = (
    "globals|store-global-state|only-migratable|send-[a-z-]+|decompress-error-check|clear-bitmap-shift"
    "|18|on|off"
)
_OLD_CLOCK = "VM|CLOCK|SIZE|00:00:00.000"
#: Words of HMP that we do not print: view -> (pattern, reason).
NOT_FACTS = {
    "info blockstats": (
        r"(rd|wr|flush)_\w+",
        "labels of QEMU before 11; ours are those of 11",
    ),
    "info migrate": (
        _GLOBALS + r"|Status|Time|Remaining|Throughput|Sizes|Transfers|Channels|Page|Types|Rates|Others|RAM"
        r"|info|Mbps|pps|down|exp_down|pagesize|remain|transfer|zero|postcopy|dirty_syncs|downtime_bytes",
        "globals are not in the reply; the labels of 11.1, which packs many facts in a line",
    ),
    "info migrate cancelled": (_GLOBALS + "|Status|total|time|0|ms", "a time that the reply lacks"),
    "info migrate failed": (_GLOBALS + "|Status|total|time|0|ms", "the same"),
    "info migrate_cache_size": ("xbzrel", "misspelt"),
    "info pci": ("at|0xffffffffffffffff|0x[0-9a-f]+e", "5.2 and 7.2 add the size to the address -1"),
    "info rocker-ports": ("ena|link|speed|duplex|auto|neg\\?|port", "two lines of heads there, one here"),
    "info snapshots": (
        _OLD_CLOCK + "|List|of|present|on|all|disks|None|partial|non-loadable|snapshots|d1",
        "ours are listed by node, not by disk",
    ),
    "info block": (_OLD_CLOCK, "VM_CLOCK, VM_SIZE and 0000:00:00.000 since 11"),
    "info stats": ("cumulative|instant|peak|boolean|log2-histogram|ns", "in query-stats-schemas"),
    "info dirty_rate": ("ms", "the schema says seconds"),
    "info virtio-status": (r"unknown-features|0x[0-9a-f]+", "ours says which features, and pads alike"),
    "info memdev": ("host|nodes", "told when there are any"),
    "info vnc": ("default|Sub", "query-vnc tells of no names and no sub-authentication"),
}
#: In ../shared/captures text and reply are of two runs.
OF_ANOTHER_RUN = re.compile(r"#block\d+|device|\d{3,4}")


def words(text: str) -> Counter[str]:
    """Return the words and numbers of a text without punctuation, how often each is there."""
    stripped = (word.strip(":.!-*\\") for word in _BETWEEN.split(text))
    return Counter(word for word in stripped if word)


def missing(record: Record, width: int | None) -> set[str]:
    """Return what HMP said, each time it was asked, and we did not.

    What has a digit must be there as often as HMP has it; labels may be the head of a column.
    """
    ours = words(render_text(record.value, view=record.hmp, form=Form(width=width)))
    said = reduce(Counter.__and__, map(words, record.texts))
    key = " ".join(record.hmp.split()[:2])
    pattern, _ = NOT_FACTS.get(f"{key} {record.scene}", NOT_FACTS.get(key, ("", "")))
    lacking = {word for word in said - ours if word not in ours or re.search(r"\d", word)}
    return {word for word in lacking if not re.fullmatch(pattern, word)}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show dates where the recording machine was."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize("record", [r for r in records() if r.hmp], ids=lambda r: r.name)
@pytest.mark.parametrize("width", [None, 100, 300])
def test_every_recorded_fact_is_shown(record: Record, width: int | None) -> None:
    assert missing(record, width) == set()


@pytest.mark.parametrize("record", captured(), ids=lambda r: r.name)
def test_every_captured_fact_is_shown(record: Record) -> None:
    assert {word for word in missing(record, None) if not OF_ANOTHER_RUN.fullmatch(word)} == set()


def test_facts_are_found_at_all() -> None:
    """The comparison itself can fail: a view that drops a number is noticed."""
    record = next(r for r in records() if r.hmp == "info iothreads")
    thin = [{**thread, "poll-max-ns": 1} for thread in record.value]
    assert missing(record._replace(value=thin), None) == {"32768"}


def test_facts_are_counted() -> None:
    """A number is not found because it happens to stand elsewhere, too."""
    record = next(r for r in records() if r.hmp == "info memdev" and len(r.value) > 2)
    thin = [{**one, "size": record.value[0]["size"]} for one in record.value]
    assert any(word.isdigit() for word in missing(record._replace(value=thin), None))


#: Where HMP says one line, people grep it: the same line, to the letter.
SAME_LINES = (
    "info status|info version|info name|info uuid|info kvm|info accelerators|info replay"
    "|info vm-generation-id|info mice|info vcpu_dirty_limit|info virtio|info migrate_capabilities"
    "|info sev|info cryptodev|info rocker sw1"
)


@pytest.mark.parametrize(
    "record", [r for r in records() + captured() if re.fullmatch(SAME_LINES, r.hmp)], ids=lambda r: r.name
)
def test_short_answers_are_the_same_lines(record: Record) -> None:
    ours = render_text(record.value, view=record.hmp).splitlines()
    assert [line.rstrip() for line in ours] == [line.rstrip() for line in record.texts[0].splitlines()]
