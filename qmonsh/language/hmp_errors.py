"""Whether the text that an HMP line answered reports a failure.

human-monitor-command returns errors as text, with and without a marker (QEMU-FACTS d). Knows the shapes seen
on 5.2 to 11.1, and which commands print nothing when they succeed, so that anything but a warning is
bad news.
Must not misjudge the output of commands that print: guests and images choose words in it.
"""

from __future__ import annotations

import re

#: Whatever the command: its usage was wrong, or the monitor marked the text itself.
_USAGE = re.compile(
    r"""(?x) \A\s*(?:
        Error:[ ]
      | unknown[ ]command:[ ]'
      | Command[ ]'[^'\n]*'[ ]not[ ]available[ ]
      | (?:.*\n)*?Try[ ]"help[ ][^"\n]*"[ ]for[ ]more[ ]information\s*\Z
    )"""
)
#: Lines that commands which act print when they fail; of no use for commands that print anyway.
_FAILURE = re.compile(
    r"""(?x) \A(?:
        Error:[ ] | unknown[ ] | Unknown[ ] | invalid[ ] | Invalid[ ] | unsupported[ ] | unterminated[ ]
      | Could[ ]not[ ] | Couldn't[ ] | Can't[ ] | Cannot[ ] | cannot[ ] | Can[ ]not[ ] | Failed[ ] | failed[ ]
      | No[ ]such[ ] | Expected[ ]' | Device[ ]' | Unable[ ]to[ ] | user[ ]mode[ ]network[ ]stack[ ]not
      | terminal[ ]does[ ]not[ ]support
    )"""
)
_WARNING = re.compile(
    r"(?:warning|info): |Please use \S+ instead\Z|terminal does not allow synchronous migration"
)
_TRY_HELP = re.compile(r'Try "help [^"\n]*" for more information\s*\Z')
_HELP = re.compile(r"(?:^|[\s,])(?:help|\?)\s*$")

#: Commands that print on success: the marked shapes count, and for some their own.
_PRINTS: dict[str, re.Pattern[str] | None] = {
    "acl_add": re.compile(r"acl: (?:unknown|invalid|unsupported)"),
    "acl_policy": re.compile(r"acl: (?:unknown|invalid|unsupported)"),
    "acl_remove": re.compile(r"acl: (?:unknown|no matching)"),
    "acl_reset": re.compile(r"acl: unknown"),
    "acl_show": re.compile(r"acl: unknown"),
    "boot_set": re.compile(r"(?!boot device list now set to )"),
    "calc_dirty_rate": re.compile(r"(?!Starting dirty rate|\[Please use)"),
    "cancel_vcpu_dirty_limit": re.compile(r"(?!\[Please use)"),
    "chardev-add": re.compile(r"(?!char device redirected to |Available chardev )"),
    "chardev-change": re.compile(r"(?!char device redirected to |Available chardev )"),
    "clear": None,
    "cpu": re.compile(r"invalid CPU index"),
    "drive_add": re.compile(r"(?!OK\Z)"),
    "dumpdtb": re.compile(r"(?!DTB dumped|dtb dumped)", re.I),
    "gdbserver": re.compile(r"(?!Waiting for gdb connection|Disabled gdbserver)"),
    "gpa2hpa": re.compile(r"No memory is mapped|Memory at address .* is not RAM"),
    "gpa2hva": re.compile(r"No memory is mapped|Memory at address .* is not RAM"),
    "gva2gpa": re.compile(r"No CPU available"),
    "help": None,
    "hostfwd_remove": re.compile(r"(?!host forwarding rule for .* removed)"),
    "i": None,
    "info": None,
    "log": re.compile(r""),
    "mce": re.compile(r"Invalid |No CPU|Target CPU"),
    "one-insn-per-tb": re.compile(r"unexpected option|Cannot"),
    "pcie_aer_inject_error": re.compile(r"(?!OK id: )"),
    "print": None,
    "qemu-io": None,
    "qom-get": None,
    "qom-list": None,
    "ringbuf_read": None,
    "set_vcpu_dirty_limit": re.compile(r"(?!\[Please use)"),
    "singlestep": re.compile(r"unexpected option"),
    "stopcapture": None,
    "sum": None,
    "sync-profile": re.compile(r"Unexpected|unexpected"),
    "x": re.compile(r"No CPU available|(?:0x)?[0-9a-f]+: (?:Cannot access|unable to read) memory"),
    "xen-event-list": None,
    "xp": re.compile(r"(?:0x)?[0-9a-f]+: (?:Cannot access|unable to read) memory"),
}
#: Characters by which a text is judged: a failure is told in a few lines, and a long text is waited for.
_HEAD = 1 << 16
#: Info words whose failure has a shape of its own.
_INFO = re.compile(
    r"CPU#\d+ not available|invalid stats target |No CPU available|unknown event \""
    r"|Path '.*' could not be resolved"
)


def failure_of(command: str, text: str) -> str | None:
    """Return what the text answered to ``command`` says failed, or None when it reports no failure.

    ``command`` is the canonical name ("drive_add", "info block") or the whole line; of a command that is not
    known only marked failures count.
    """
    body = text[:_HEAD].replace("\r\n", "\n").strip("\n")
    if not body.strip():
        return None
    name, rest = _split(command)
    if _USAGE.match(body[:4096]) is not None:
        return _description(body)
    lines = [line for line in body.split("\n", 64)[:64] if line.strip() and not _WARNING.match(line)]
    if not lines:
        return None
    if rest is not None and _HELP.search(rest) and not (len(lines) == 1 and _FAILURE.match(lines[0])):
        return None
    return _description("\n".join(lines)) if _is_failure(name, lines) else None


def _split(command: str) -> tuple[str, str | None]:
    """Return the canonical name, and what follows it when a whole line is given."""
    from qmonsh.language.judge import name_of
    from qmonsh.language.rules import rule_for

    name, end = name_of(command)
    rule = rule_for(name)
    rest = command[end:].strip()
    return (rule.name if rule is not None else name), rest or None


def _is_failure(name: str, lines: list[str]) -> bool:
    from qmonsh.language.rules import rule_for

    if name.startswith("info "):
        return _INFO.match(lines[0]) is not None
    if name in _PRINTS:
        shape = _PRINTS[name]
        return shape is not None and any(shape.match(line) for line in lines[:1])
    if rule_for(name) is None:
        return _FAILURE.match(lines[0]) is not None
    # These print nothing when they succeed, unless they list what they take.
    return not _is_listing(lines)


def _is_listing(lines: list[str]) -> bool:
    """Tell whether the text is help that was asked for ("device_add help")."""
    return len(lines) > 1 and not any(_FAILURE.match(line) for line in lines)


def _description(body: str) -> str:
    """Return the text as an error's description: without marker and usage hint."""
    text = _TRY_HELP.sub("", body).strip()
    return text.removeprefix("Error: ") or f"QEMU gives no reason, only: {body.strip()}"
