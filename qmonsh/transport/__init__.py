"""How bytes travel: one file a transport; open.py turns a Target into a Transport.

Knows operating-system errors and turns each into a ConnectError or ConnectionLostError.
Must not know what the bytes mean.
"""
