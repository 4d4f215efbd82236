"""Migration's settings and addresses."""

from __future__ import annotations

from qmonsh.complete.inquiry import Inquiry
from tests.complete.frozen import facts
from tests.complete.look import look_at, metas


def test_settings_of_migration_have_their_value() -> None:
    look = Inquiry(facts("11.1"))
    assert metas("capability", look)["multifd"] == "off"
    assert metas("parameter", look)["downtime-limit"] == "300"
    assert metas("parameter-value", look, given={"parameter": "cpu-throttle-tailslow"}) == {
        "off": "its present value",
        "on": "true",
    }


def test_addresses_of_migration_name_files() -> None:
    from qmonsh.complete.question import question

    look = look_at({})
    folder = question("files", directory="/vm/", of="qemu")
    look.facts.answers[folder] = [("a.sock", False), ("sub", True)]  # type: ignore[attr-defined]
    assert list(metas("uri", look, typed="unix:/vm/")) == ["unix:/vm/a.sock", "unix:/vm/sub"]
    assert "tcp:" in metas("uri", look, typed="t")


def test_settings_as_text() -> None:
    look = look_at({"hmp:info migrate_parameters": "downtime-limit: 300 ms\ntls-creds: ''\n"}, dialect="hmp")
    assert metas("parameter", look) == {"downtime-limit": "300 ms", "tls-creds": ""}
