"""print as HMP does it: what four versions of QEMU answered."""

from __future__ import annotations

import pytest

from qmonsh.language.print_value import printed


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("", 16, "0x10"),
        ("", -1, "0xffffffffffffffff"),
        ("/x", 0, "0"),
        ("/x", -5, "0xfffffffffffffffb"),
        ("/d", -16, "-16"),
        ("/i", 16, "16"),
        ("/u", -16, "18446744073709551600"),
        ("/o", 8, "010"),
        ("/o", 0, "0"),
        ("/c", 65, "'A'"),
        ("/c", 10, "'\\n'"),
        ("/c", 0, "'\\x00'"),
        ("/c", 39, "'\\''"),
        ("/c", 92, "'\\\\'"),
        ("/c", 200, "'\\xc8'"),
        ("/c", 321, "'\\x141'"),
        ("/4xb", 300, "0x12c"),
        ("/db", 300, "300"),
    ],
)
def test_value_is_written_as_hmp_writes_it(form: str, value: int, text: str) -> None:
    assert printed(value, form) == text
