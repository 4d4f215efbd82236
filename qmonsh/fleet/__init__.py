"""``qmonsh each``: one line on many monitors at once. The only user of asyncio beside the shell.

    each.py      the face: who is asked, in which order of slots, the worst status
    who.py       WHO words -> members: names and globs of local VMs, sockets, groups, any target
    monitor.py   one monitor: the wire machines driven by asyncio          on stream.py (bytes)
    answers.py   a line -> Plan: translate() over the answers so far, the missing one fetched
    report.py    results folded together, a table, or JSON lines           on fold.py (web[01-20])

Plans and waits are carried out by monitor/carrying.py and monitor/waiting.py, as for a single monitor.
"""
