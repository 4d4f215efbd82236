"""HMP's keys and mouse as QMP input events.

input-send-event is refused while the VM is stopped, where HMP's mouse commands succeed: so HMP is preferred
for those (their rows say so). Keys go by send-key either way.
"""

from __future__ import annotations

from typing import Any

from qmonsh.language.call import Call, Inexact, Twin, single
from qmonsh.qapi.nearest import nearest

#: Keys that every QEMU since 1.3 knows; others are looked up in the schema (QKeyCode).
KEYS = frozenset(
    "shift shift_r alt alt_r ctrl ctrl_r meta_l meta_r menu esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab"
    " q w e r t y u i o p bracket_left bracket_right ret a s d f g h j k l semicolon apostrophe grave_accent"
    " backslash z x c v b n m comma dot slash asterisk spc caps_lock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12"
    " num_lock scroll_lock kp_divide kp_multiply kp_subtract kp_add kp_enter kp_decimal sysrq kp_0 kp_1 kp_2"
    " kp_3 kp_4 kp_5 kp_6 kp_7 kp_8 kp_9 less print home pgup pgdn end left up down right insert delete"
    " stop again props undo front copy open paste find cut lf help compose pause".split()
)
#: mouse_button's bits, as every QEMU counts them (help before 11 swaps 2 and 4).
_BUTTONS = ((1, "left"), (2, "right"), (4, "middle"))


def sendkey(call: Call) -> Twin:
    """``sendkey ctrl-alt-f1 [MS]``: names joined by -, or numbers 0x..; < is less."""
    place = call.place("keys")
    keys = []
    position = place.text.find(place.text) + place.start
    for word in place.text.split("-"):
        keys.append(_key(call, word, position))
        position += len(word) + 1
    return single(call.twin, {"keys": keys, **call.members("keys")})


def _key(call: Call, word: str, position: int) -> dict[str, Any]:
    if word.startswith("0x"):
        try:
            return {"type": "number", "data": int(word, 16)}
        except ValueError:
            raise _no_key(call, word, position, ()) from None
    name = "less" if word == "<" else word
    if name not in KEYS:
        known = _known_keys(call)
        if name not in known:
            raise _no_key(call, word, position, known)
    return {"type": "qcode", "data": name}


def _no_key(call: Call, word: str, position: int, known: tuple[str, ...]) -> Exception:
    place = call.place("keys")
    is_plain = call.request.text[place.start : place.end] == place.text
    return call.request.error(
        f"there is no key '{word}'" if word else "a key is missing here",
        position if is_plain else place.start,
        position + max(1, len(word)) if is_plain else place.end,
        expected=known,
        nearest=nearest(word, known or KEYS),
        synopsis=call.rule.synopsis,
    )


def _known_keys(call: Call) -> tuple[str, ...]:
    """Return the names of this monitor's keys."""
    schema = call.knowledge.schema()
    if schema is None:
        return tuple(sorted(KEYS))
    given = {"keys.0.type": "qcode"}
    found = next((one for one in schema.members_for(call.twin, given, "keys.0.") if one.name == "data"), None)
    values: tuple[str, ...] = getattr(found.type, "values", ()) if found is not None else ()
    return values or tuple(sorted(KEYS))


def mouse_move(call: Call) -> Twin:
    """``mouse_move DX DY [DZ]``: relative motion, and a turn of the wheel."""
    events = [
        {"type": "rel", "data": {"axis": axis, "value": _integer(call, name)}}
        for name, axis in (("dx", "x"), ("dy", "y"))
    ]
    turn = _integer(call, "dz") if call.has("dz") else 0
    if turn:
        button = "wheel-up" if turn > 0 else "wheel-down"
        events += [{"type": "btn", "data": {"button": button, "down": down}} for down in (True, False)]
    return single(call.twin, {"events": events})


def _integer(call: Call, name: str) -> int:
    text = call.place(name).text
    try:
        return int(text, 0)
    except ValueError:
        raise call.error(f"{name}: '{text}' is not a number", name) from None


def mouse_button(call: Call) -> Twin:
    """``mouse_button STATE``: each button is down or up."""
    state = call.get("state")
    if state is None:
        raise Inexact("a CPU register is only known to the monitor")
    events = [
        {"type": "btn", "data": {"button": button, "down": bool(state & bit)}} for bit, button in _BUTTONS
    ]
    return single(call.twin, {"events": events})
