"""Numbers with units, the exact value always at hand.

Each function takes whatever the monitor sent: what is not a number (a newer or hostile reply) is given
back as text instead of failing. Must not know views.
"""

from __future__ import annotations

from qmonsh.render.escape import one_line

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def is_number(value: object) -> bool:
    """Return whether ``value`` can be calculated with: no bool, not infinite, no integer beyond a float."""
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() <= 1000
    return isinstance(value, float) and value - value == 0


def plain(value: object) -> str:
    """Return a scalar as one printable line: true/false as JSON spells them, null as ``none``."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    return digits(value) if isinstance(value, int) else one_line(str(value))


def digits(value: int) -> str:
    """Return an integer in decimal, also beyond the number of digits that ``str`` refuses (4300)."""
    if value.bit_length() < 14000:
        return str(value)
    sign, value = ("-", -value) if value < 0 else ("", value)
    step, pieces = 10**4000, []
    while value >= step:
        value, rest = divmod(value, step)
        pieces.append(f"{rest:04000d}")
    return sign + str(value) + "".join(reversed(pieces))


def human(value: object) -> str:
    """Return bytes in the largest binary unit with three significant digits ("204 KiB", "1.5 GiB")."""
    if not is_number(value):
        return plain(value)
    amount, unit = float(abs(value)), 0  # type: ignore[arg-type]
    while amount >= 999.5 and unit < len(_BINARY) - 1:
        amount, unit = amount / 1024, unit + 1
    shown = f"{amount:.0f}" if 999.5 <= amount < 10**6 else f"{amount:.3g}"
    return f"{'-' if value < 0 else ''}{shown} {_BINARY[unit]}"  # type: ignore[operator]


def size(value: object) -> str:
    """Return bytes as "64 MiB (67108864)"; below 1000 the number alone is exact ("512 B")."""
    if not is_number(value) or -1000 < value < 1000:  # type: ignore[operator]
        return human(value)
    return f"{human(value)} ({plain(value)})"


def rate(value: object, *, unit: str = "/s") -> str:
    """Return bytes a second as "1.5 MiB/s"."""
    return f"{human(value)}{unit}" if is_number(value) else plain(value)


def count(value: object, noun: str) -> str:
    """Return "1 page" or "3 pages"."""
    return f"{plain(value)} {noun}{'' if value == 1 else 's'}"


def percent(part: object, whole: object) -> str:
    """Return ``part`` of ``whole`` as "42.0 %", or "" when that has no meaning."""
    if not (is_number(part) and is_number(whole)) or not whole:
        return ""
    return f"{100 * part / whole:.1f} %"  # type: ignore[operator]


def hexadecimal(value: object, *, width: int = 0) -> str:
    """Return an integer as 0x..., padded with zeros to ``width`` digits; negative ones as 64 bit."""
    if not isinstance(value, int) or isinstance(value, bool):
        return plain(value)
    return f"0x{value & 0xFFFFFFFFFFFFFFFF:0{width}x}" if -(2**63) <= value < 2**64 else f"{value:#x}"


def duration(value: object, *, per_second: int) -> str:
    """Return a time given in 1/``per_second`` s as "850 ns", "12.5 ms", "3.2 s" or "1:02:03"."""
    if not is_number(value):
        return plain(value)
    seconds = value / per_second  # type: ignore[operator]
    for unit, factor in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        if abs(seconds) * factor < 999.5:
            return f"{seconds * factor:.3g} {unit}" if seconds else "0 s"
    if abs(seconds) < 100:
        return f"{seconds:.3g} s"
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def on_off(value: object) -> str:
    """Return a boolean in HMP's words; anything else as it is."""
    return ("on" if value else "off") if isinstance(value, bool) else plain(value)
