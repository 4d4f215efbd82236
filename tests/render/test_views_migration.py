from __future__ import annotations

from qmonsh.render.text import render_text


def test_nothing_started_is_said() -> None:
    assert render_text({}, view="info migrate") == "No migration has been started\n"


def test_failure_and_reasons_are_shown() -> None:
    value = {"status": "failed", "error-desc": "Connection refused", "blocked-reasons": ["device x\x1b"]}
    assert render_text(value, view="info migrate").splitlines() == [
        "Migration status: failed (Connection refused)",
        "Outgoing migration blocked:",
        "  device x\\x1b",
    ]


def test_postcopy_tells_what_hmp_tells_then() -> None:
    value = {
        "status": "postcopy-active",
        "downtime": 7,
        "postcopy-blocktime": 12,
        "postcopy-vcpu-blocktime": [1, 2],
        "cpu-throttle-percentage": 20,
        "vfio": {"transferred": 2048},
        "socket-address": [{"type": "inet", "host": "h", "port": "1"}, {"type": "unix", "path": "/p"}],
        "ram": {
            "total": 4096,
            "remaining": 1024,
            "transferred": 1,
            "postcopy-requests": 3,
            "dirty-pages-rate": 0,
        },
    }
    text = render_text(value, view="info migrate")
    for fact in (
        "Progress: [██████████████████      ] 75.0 %",
        "downtime:                7 ms",
        "postcopy request count:  3",
        "postcopy blocktime:      12 ms",
        "postcopy vcpu blocktime: 1, 2",
        "cpu throttle percentage: 20",
        "vfio transferred:        2 kbytes (2 KiB, 2048 bytes)",
        "host=h port=1 type=inet",
        "path=/p type=unix",
    ):
        assert fact in text
    assert "dirty pages rate" not in text, "HMP is silent at zero"


def test_globals_that_hmp_told_come_last() -> None:
    options = {"globals": {"only-migratable": "off", "clear-bitmap-shift": "18\x1b"}}
    assert render_text({"status": "active"}, view="info migrate", options=options).splitlines() == [
        "Migration status: active",
        "Globals:",
        "  only-migratable:    off",
        "  clear-bitmap-shift: 18\\x1b",
    ]


def test_parameters_have_units() -> None:
    value = {
        "max-bandwidth": 1048576,
        "downtime-limit": 300,
        "tls-creds": "",
        "direct-io": True,
        "cpr-exec-command": ["a", "b"],
        "new-one": 5,
        "block-bitmap-mapping": [{"node-name": "n", "alias": "a", "bitmaps": [{"name": "b", "alias": "c"}]}],
    }
    assert render_text(value, view="info migrate_parameters").splitlines() == [
        "block-bitmap-mapping:",
        "  'n' -> 'a'",
        "    'b' -> 'c'",
        "cpr-exec-command: a b",
        "direct-io: on",
        "downtime-limit: 300 ms",
        "max-bandwidth: 1048576 bytes/second (1 MiB/s)",
        "new-one: 5",
        "tls-creds: ''",
    ]


def test_cache_size_of_old_qemu() -> None:
    text = render_text(67108864, view="info migrate_cache_size")
    assert text == "xbzrle cache size: 65536 kbytes (64 MiB (67108864))\n"
