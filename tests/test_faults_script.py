"""The fault matrix in a script of three lines: its status, a document for each line that ran, what was sent.

The faults are those of test_faults.py, in the place of the second line's reply.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.peer import ScriptedPeer, Step, close, expect, expect_end, greet, reply, serve
from tests.test_faults import AFTER, ids, run

ASK, ACT = '{"execute": "query-status"}', '{"execute": "cont"}'
STATUS = {"status": "running"}
#: The last step of many faults, here the monitor's going on; behind the other it has gone.
_WAITS = expect_end().__qualname__
_CLOSES = close().__qualname__


def monitor(steps: list[Step]) -> list[Step]:
    """Return a monitor that is well but for the reply to ``cont``."""
    faulty = [step for step in steps if step.__qualname__ != _WAITS]
    well = [] if faulty and faulty[-1].__qualname__ == _CLOSES else [serve({"query-status": STATUS})]
    return [*greet(), expect("query-status"), reply(STATUS), expect("cont"), *faulty, *well]


@pytest.mark.parametrize("words", [[], ["--keep-going"]], ids=["", "keep-going"])
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(("what", "steps", "status", "said"), AFTER, ids=ids(AFTER))
def test_a_fault_in_a_script(
    what: str, steps: list[Step], status: int, said: str, form: str, words: list[str],
    tmp_path: Path, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    script = tmp_path / "script"
    script.write_text(f"{ASK}\n{ACT}\n{ASK}\n")
    with ScriptedPeer(monitor(steps)) as peer:
        # The lines around the fault are to be answered in that time, too: machines are slow at times.
        patience = "3" if status == 4 else "60"
        code, out, err = run(capfd, peer.target, "-t", patience, "-o", form, *words, "-f", str(script))
    third = [ASK] if status == 0 or words else []
    # A broken connection is not used again, and nobody can tell half a reply from what follows it.
    answered = third if status < 3 or what == "silence" else []
    assert code == status and "Traceback" not in out + err
    sent = [command["execute"] for command in peer.commands]
    assert sent == [
        "qmp_capabilities",
        "query-status",
        "cont",
        *["query-status" for _ in third if status != 3],
    ]
    if form == "text":
        assert out.splitlines() == ["status:  running"] * (1 + len(answered))
        assert (said in err and f"{script}:2: " in err) if status else err == ""
    else:
        first, second, *rest = [json.loads(line) for line in out.splitlines()]
        assert (first, err) == (STATUS, "") and len(rest) == len(third)
        assert said in second["error"]["desc"] if status else second == {}
        assert all(one == STATUS if answered else "error" in one for one in rest)
