"""A line -> what to send: reader, rule tables (HMP word -> QMP), option lists.

Knows HMP's grammar and its QMP twins as data. Must not know sockets, threads or terminals: what the
monitor knows comes through the Knowledge protocol.
"""
