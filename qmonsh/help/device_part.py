"""What this monitor says on a device: bus, alias, and its properties with types and defaults.

Knows properties. Asks for those of the one device only, and not where that could end QEMU. Must not know
other topics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qmonsh.help.columns import table
from qmonsh.help.hmp_part import indented
from qmonsh.help.schema_part import heading
from qmonsh.qapi.property import NO_DEFAULT, Kind, property_kind, property_values
from qmonsh.render.form import Form

if TYPE_CHECKING:
    from qmonsh.monitor.knowledge import LiveKnowledge


def device_section(topic: str, known: LiveKnowledge, form: Form) -> Iterator[str]:
    """Yield the help on a device of this name or alias, nothing when there is none."""
    drivers = known.drivers()
    name = known.resolve_driver(topic)
    if name not in drivers:
        return
    bus, alias, description = drivers[name]
    facts = [description, f"bus {bus}" if bus else "", f"alias {alias}" if alias else ""]
    yield from heading("  ".join([name, *filter(None, facts)]), form)
    yield from indented(f"device_add {name}[,property=value...]", form)
    properties = known.device_properties(name)
    if properties is None:
        can_ask = "device-list-properties" in known.commands()
        why = "are not asked for: QEMU could end" if can_ask else "cannot be asked for on this monitor"
        yield from indented(f"its properties {why}", form)
        return
    rows = []
    for one in sorted(properties.values(), key=lambda one: one.name):
        if property_kind(one) is Kind.HIDDEN:
            continue
        values = "|".join(property_values(one)) or one.type
        default = "" if one.default is NO_DEFAULT else f" (default {_short(one.default)})"
        rows.append((f"{one.name}={values}", f"{one.description}{default}".strip()))
    yield from table(rows, form)


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return '""' if value == "" else str(value)
