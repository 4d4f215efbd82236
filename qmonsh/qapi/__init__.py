"""The QAPI schema as an index, and text -> typed value.

Knows query-qmp-schema's entities and device-list-properties' types. Must not know connections,
HMP, or how a line is read.
"""
