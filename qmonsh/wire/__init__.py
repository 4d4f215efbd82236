"""Bytes <-> messages, without I/O: QMP (qmp.py), HMP text (hmp.py), their shared messages (message.py).

Knows framing, states and ids. Must not know sockets, threads, time, or what a command means.
"""
