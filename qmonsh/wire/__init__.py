"""Bytes <-> messages, without I/O: a state machine for each dialect, and what they are made of.

    recognise.py   which dialect the first bytes are
    qmp.py         QMP: greeting, negotiation                  on exchange.py
    agent.py       the guest agent: synchronising              on exchange.py
    hmp.py         HMP text: banner, prompt                    on echo.py
    exchange.py    ids, pending commands, the end of the stream, on
                   framing.py (where a value ends), jsontext.py (what it is), shape.py (which message),
                   long_list.py (a list that is decoded while it is walked)
    telnet.py      a filter in front of any of them
    message.py     what they all hand out

Knows framing, states and ids. Must not know sockets, threads, time, or what a command means.
"""
