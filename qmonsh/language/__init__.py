"""A line -> what to send: reader, rule tables (HMP word -> QMP), option lists.

Knows HMP's grammar and its QMP twins as data. Must not know sockets, threads or terminals: what the
monitor knows comes through the Knowledge protocol. From the line to the plan::

    translate.py      which reading is meant                     -> plan.py, the result
    raw.py, qmp_words.py, typed.py                raw JSON; key=value words and their types
    native.py         an HMP command: its twin, or passing.py
    rules_command.py, rules_info.py               one row a command (rule.py: how a row is written)
    convert_*.py      what a row cannot say: one function a command
    arguments.py, argument_reader.py, argument_value.py    HMP's grammar of arguments, read more widely, too
    expression.py, option_list.py                 its numbers and lists
    reader.py, statement.py, redirect.py, lookalike.py, blank.py   words, brackets, outputs, odd quotes
    danger.py, judge.py, secrets.py               what to ask about, to refuse, to mask
    danger_live.py    what to ask about as things are now: danger_*.py, unplug.py
    confirm.py        and what the configuration wants to be asked about
    hmp_errors.py, explain.py                     whether a text reports a failure; a plan to paste

To add a translation, add a row; if renaming members is not enough, name a function in its ``convert``.
"""
