"""``|``, ``>`` and ``>>`` behind a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import LineError
from qmonsh.language.redirect import split_output


@pytest.mark.parametrize(
    ("line", "head", "operator", "operand"),
    [
        ("info block | grep x", "info block", "|", "grep x"),
        ("info block |grep x", "info block", "|", "grep x"),
        ("info status|less", "info status", "|", "less"),
        ("query-block>out", "query-block", ">", "out"),
        ("query-block >> out", "query-block", ">>", "out"),
        ("query-block >>out", "query-block", ">>", "out"),
        ('query-block > "a b"', "query-block", ">", "a b"),
        ("query-block | jq . | head -1 > f", "query-block", "|", "jq . | head -1 > f"),
        ('{"execute":"a|b"}|jq .', '{"execute":"a|b"}', "|", "jq ."),
        ('{"execute": "a"} > f', '{"execute": "a"}', ">", "f"),
        ("transaction( a b=c ) | cat", "transaction( a b=c )", "|", "cat"),
        ("print 1 | less", "print 1", "|", "less"),
        ("x/10i $pc | grep call", "x/10i $pc", "|", "grep call"),
        ("print (1 | 2) > f", "print (1 | 2)", ">", "f"),
        ("object_add x,help | less", "object_add x,help", "|", "less"),
        ("device_add help | less", "device_add help", "|", "less"),
        ("help | less", "help", "|", "less"),
        ("hmp info qtree | less", "hmp info qtree", "|", "less"),
        ('set_password vnc "a > b" | cat', 'set_password vnc "a > b"', "|", "cat"),
        ('blockdev-add a={"x": "> y"} b="c | d" >> f', 'blockdev-add a={"x": "> y"} b="c | d"', ">>", "f"),
        ('migrate "exec:gzip > f" | cat', 'migrate "exec:gzip > f"', "|", "cat"),
        ("qom-list /a | cat", "qom-list /a", "|", "cat"),
    ],
)
def test_output_is_found(line: str, head: str, operator: str, operand: str) -> None:
    rest, output = split_output(line)
    assert rest == head
    assert output is not None
    assert (output.operator, output.operand) == (operator, operand)


@pytest.mark.parametrize(
    "line",
    [
        "print 1 | 2",
        "print 1 |2",
        "print 1|2",
        "x/4xb 0 | (2|4)",
        "x/4xb 1|2",
        "print 1>2",
        "print (1 | 2)",
        'migrate "exec:gzip > f"',
        "qom-set /x p a > b",
        "qom-set -j /x p a | b",
        "object_add secret,id=a,data=x > y",
        'query-x a="b > c"',
        "query-x a='b | c'",
        'query-x a={"b": "| c"}',
        "screendump a>b",
        "info block",
        "{",
    ],
)
def test_no_output_is_found(line: str) -> None:
    assert split_output(line) == (line, None)


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("info x |", 7),
        ("info x > ", 7),
        ("info x > a b", 11),
        ("migrate exec:cat > x", 17),
        ("migrate -d exec:a | b", 18),
    ],
)
def test_wrong_output_is_pointed_at(line: str, start: int) -> None:
    with pytest.raises(LineError) as caught:
        split_output(line)
    assert caught.value.start == start


def test_unquoted_exec_is_mended() -> None:
    with pytest.raises(LineError) as caught:
        split_output("migrate -d exec:cat > x")
    assert caught.value.mended == 'migrate -d "exec:cat > x"'


@given(st.text(alphabet="print x|>\"'(){}[]=12 ", max_size=40))
def test_any_line_is_split_or_refused(line: str) -> None:
    try:
        head, output = split_output(line)
    except LineError:
        return
    assert line.startswith(head)
    assert output is not None or head == line
