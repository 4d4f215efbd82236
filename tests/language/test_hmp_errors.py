"""Failures told from the text of HMP, on texts that real monitors answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.language.hmp_errors import failure_of

FAILURES = r"""
eject nosuch|Error: Device 'nosuch' not found
commit nosuch|Device 'nosuch' not found
drive_del nosuch|Device 'nosuch' not found
drive_add 0 driver=null-co|Can't hot-add drive to type 1
drive_add 0 if=none,file=/x|Could not open '/x': No such file or directory
hostfwd_add tcp::1-:2|user mode network stack not in use
hostfwd_remove n0 tcp:127.0.0.1:1|host forwarding rule for tcp:127.0.0.1:1 not found
trace-event foo on|unknown event "foo"
mce 0 1 2 3 4 5|Invalid MCE status code
pcie_aer_inject_error nic 1|the device doesn't support pci express. nic
boot_set zz|Invalid boot device 'z'
sendkey foo|invalid parameter: foo
stop x|stop|s: extraneous characters at the end of line~Try "help stop" for more information
savevm a b|savevm: extraneous characters at the end of line~Try "help savevm" for more information
balloon|unexpected end of expression~Try "help balloon" for more information
p 5/0|division by zero~Try "help p" for more information
info foo|unknown command: 'info foo'
info lapic 77|No CPU available
info registers 5|CPU#5 not available
info stats foo|invalid stats target foo
info qom-tree /nosuch|Path '/nosuch' could not be resolved.
info trace-events nosuch|unknown event "nosuch"
info balloon|Error: No balloon device has been activated
info network x|network: extraneous characters at the end of line~Try "help info network" for more information
calc_dirty_rate -r -b 1|Either dirty ring or dirty bitmap can be specified!
change vnc foo|Expected 'password' after 'vnc'
watchdog_action foo|Unknown watchdog action 'foo'
replay_break 5|setting the breakpoint is allowed only in play mode
logfile /x/y|Error opening logfile /x/y: No such file or directory
log bogus|Log items (comma separated):~none            remove all logs
mouse_set 9|Mouse at index '9' not found
wavcapture /x aa|warning: 'wavcapture' is deprecated since v10.2, to be removed~audiodev 'aa' not found
xp 0xfffffff000000|000fffffff000000: Cannot access memory
x/2i 0xffffffffffff|0xffffffffffff: unable to read memory
device_add nosuch,help|Device 'nosuch' not found
info cmma|Command 'info cmma' not available until machine initialization has completed.
gpa2hva 0xfffffff000000|No memory is mapped at address 0xfffffff000000
singlestep foo|unexpected option foo
netdev_add user,id=n0|Try "help netdev_add" for more information
frobnicate|Could not frobnicate
object_add help|Error: Parameter 'id' is missing
loadvm x|error while loading state for instance 0x0 of device 'ram'~Error: Error -22 while loading VM state
"""
SUCCESSES = r"""
stop|
savevm a|
drive_add 0 if=none,id=d,file=/x|OK
boot_set n|boot device list now set to n
calc_dirty_rate 1|Starting dirty rate measurement with period 1 seconds~[Please use 'info dirty_rate']
cancel_vcpu_dirty_limit|[Please use 'info vcpu_dirty_limit' to query dirty limit for virtual CPU]
chardev-add pty,id=p0|char device redirected to /dev/pts/1 (label p0)
gdbserver|Waiting for gdb connection on device 'tcp::1234'
gdbserver none|Disabled gdbserver
gpa2hva 0|Host virtual address for 0x0 (pc.ram) is 0x7fc96be00000
gva2gpa 0|gpa: 0
hostfwd_remove n0 tcp::1|host forwarding rule for tcp::1 removed
migrate tcp:h:1|terminal does not allow synchronous migration, continuing detached
mce 0 1 2 3 4 5|CPU 0: MCE capability is not enabled, raising triple fault
pcie_aer_inject_error d 1|OK id: d root bus: pcie.0, bus: 1 devfn: 0.0
stopcapture 4|warning: 'stopcapture' is deprecated since v10.2, to be removed
device_add x|warning: short-form boolean option 'mq' deprecated
device_add help|Controller/Bridge/Hub devices:~name "x", bus PCI
log help|Log items (comma separated):~none   remove all logs
help log|log item1[,...] -- activate logging of the specified items
p 1|0x1
qom-get /x y|"Error: this is a value"
ringbuf_read c 10|Could not be better
info snapshots|There is no snapshot available.
info name|invalid but a name
info block|~Error0 (#block1): /vm/x (raw)
info usernet|unknown event of a guest
sum 0 1|00000
i/b 0x70|portb[0x0070] = 0xff
sync-profile|sync-profile is off
frobnicate|it was done
"""


def rows(table: str) -> list[tuple[str, str]]:
    found = []
    for row in table.strip().splitlines():
        line, _, answer = row.partition("|")
        found.append((line, answer.replace("~", "\r\n") + "\r\n"))
    return found


@pytest.mark.parametrize(("line", "answer"), rows(FAILURES))
def test_failure_is_seen(line: str, answer: str) -> None:
    said = failure_of(line, answer)
    assert said is not None
    assert "Try" not in said or "no reason" in said
    assert not said.startswith("Error: ")


@pytest.mark.parametrize(("line", "answer"), rows(SUCCESSES))
def test_success_is_no_failure(line: str, answer: str) -> None:
    assert failure_of(line, answer) is None


def test_description_is_the_bare_sentence() -> None:
    assert failure_of("eject x", "Error: Device 'x' not found\r\n") == "Device 'x' not found"
    assert failure_of("savevm a b", 'savevm: too much\r\nTry "help savevm" for more information\r\n') == (
        "savevm: too much"
    )


#: What the captured lines were, where the file's name does not say it.
NAMES = {"info_block_-v": "info block -v", "info_network_x": "info network x"}
KNOWN = (
    "unknown command: ",
    "No balloon device",
    "JIT information is only",
    "Opcode count information is only",
    "rocker: string expected",
    "stats: string expected",
    "USB support not enabled",
    "VM Generation ID device",
    "network: extraneous",
    "Internal profiler not compiled",
    "firmware log buffer not found",
    "Parameter 'id' is",
)


def test_captured_answers_are_judged_right(captures: Path) -> None:
    for path in captures.glob("*/hmp-*.txt"):
        name = path.stem.removeprefix("hmp-")
        line = NAMES.get(name) or name.replace("info-", "info ", 1)
        if name.startswith("help_"):
            line = name.replace("_", " ", 1)
        elif name.endswith("_help"):
            words = name.removesuffix("_help").replace("device_add_", "device_add ")
            line = f"{words},help" if " " in words else f"{words} help"
        said = failure_of(line, path.read_bytes().decode())
        assert said is None or said.startswith(KNOWN), f"{path}: {said}"
        text = path.read_text()
        assert said is not None or not text.startswith(("Error: ", "unknown command")), path


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_is_judged(command: str, text: str) -> None:
    said = failure_of(command, text)
    assert said is None or said


def test_failure_is_told_from_a_hint_about_short_options() -> None:
    hint = "warning: short-form boolean option 'readonly' deprecated\nPlease use readonly=on instead\nOK"
    assert failure_of("drive_add", hint) is None
    assert failure_of("gdbserver", "'abc' is not a valid char driver\ngdbstub: couldn't create chardev")
    assert failure_of("gdbserver", "Waiting for gdb connection on device 'tcp::1234'") is None
