"""``qmonsh each``: one line on many monitors at once. The only user of asyncio beside the shell.

    each.py      the face: who is asked, in which order of places (places.py), the worst status
    who.py       WHO words -> members: names and globs of local VMs, sockets, groups, any target
                 names.py: ranges (fold.py: web[01-20]) and what ClusterShell adds
    consent.py   the question before a dangerous line
    monitor.py   one monitor, driven by asyncio: incoming.py makes messages of the bytes of stream.py
    hosts.py     other hosts, a connection each: ssh_forward.py (OpenSSH) or ssh_channel.py (asyncssh);
                 listing.py: the sockets that a pattern matches over there
    answers.py   a line -> Plan: translate() over the answers so far, the missing one fetched
    report.py    results folded together, a table, or JSON lines

Plans and waits are carried out by monitor/carrying.py and monitor/waiting.py, as for a single monitor.
"""
