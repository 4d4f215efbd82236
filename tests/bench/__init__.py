"""``make bench``: the budgets of DESIGN section 9 and what they rest on, measured side by side in one run.

__main__.py    the parts in their order, peers' versions, the table
measure.py     turns, memory, rows with budgets, growth of curves
one_shot.py    one-shots beside qmp-shell, socat, virsh and minimal scripts; --complete; the prompt
completion.py  any completion with all of a QEMU's knowledge, by size of menu and number of devices
rate.py        scripted commands a second beside a bare loop and qmp-shell; events a second
large.py       large replies beside jq: first line, time, memory
fleet.py       each over 10, 50 and 200 monitors beside a loop of one-shots, and over ssh
"""
