"""How bytes travel: one file a transport (base.py says what that is); open.py turns a Target into one.

    socket.py tls.py telnet.py    sockets, resolve.py their names; occupancy.py: closed while others read
    descriptor.py child.py        what is inherited, what is started
    ssh.py                        over a forward of the user's OpenSSH (ssh_link.py; ssh_master.py: one for
                                  many) to an end of another host (ssh_end.py)
    libvirt_open.py               a domain, whose monitor libvirt_monitor.py plays
    *_failure.py diagnosis.py     why one did not come to be, or is silent; neighbours.py: what else is there
    processes.py program.py       what runs here, by /proc; socktable.py its sockets, holder.py whose they are
    libvirt.py libvirt_list.py    what libvirt runs
    remote_look.py                what runs on another host

Knows operating-system errors and turns each into a ConnectError or ConnectionLostError.
Must not know what the bytes mean.
"""
