"""A live monitor: Connection (machine + transport + who reads) and Session (what survives reconnects).

Knows deadlines, events, knowledge about this monitor, and how a Plan is carried out. Must not know
terminals, options or how values are shown.
"""
