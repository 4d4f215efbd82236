"""Views of the machine as a whole: run state, identity, processors, accelerators, confidential computing.

Knows query-status, query-version, query-cpus-fast and their like. One-liners that people grep are worded
as HMP words them. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.layout import columns_of
from qmonsh.render.number import hexadecimal, on_off, size
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view


@view("query-status", "info status")
def status(value: Any, look: Look) -> Iterator[str]:
    """Say whether the VM runs, and which of the paused run states it is in."""
    word = "running" if value["running"] is True else "paused"
    step = " (single step mode)" if value.get("singlestep") is True else ""
    reason = look.text(value["status"])
    more = "" if reason in (word, "paused") else f" ({state(reason)})"
    yield f"VM status: {state(word)}{step}{more}"


@view("query-version", "info version")
def version(value: Any, look: Look) -> Iterator[str]:
    """Join version and package as HMP does, without a space."""
    numbers = value["qemu"]
    dotted = ".".join(look.text(numbers[part]) for part in ("major", "minor", "micro"))
    yield f"{dotted}{look.text(value.get('package', ''))}"


@view("query-name", "info name")
def name(value: Any, look: Look) -> Iterator[str]:
    """Give the bare name, nothing for a VM without one."""
    if "name" in value:
        yield look.text(value["name"])


@view("query-uuid", "info uuid")
def uuid(value: Any, look: Look) -> Iterator[str]:
    """Give the bare UUID."""
    yield look.text(value["UUID"])


@view("query-vm-generation-id", "info vm-generation-id")
def generation_id(value: Any, look: Look) -> Iterator[str]:
    """Give the bare GUID."""
    yield look.text(value["guid"])


@view("query-kvm", "info kvm")
def kvm(value: Any, look: Look) -> Iterator[str]:
    """Say whether KVM is in use, possible or not compiled in."""
    word = "enabled" if value["enabled"] is True else "disabled"
    yield f"kvm support: {state(word) if value['present'] is True else 'not compiled'}"


@view("query-accelerators", "info accelerators")
def accelerators(value: Any, look: Look) -> Iterator[str]:
    """List the accelerators of this binary, the one in use in brackets."""
    used = value["enabled"]
    names = [look.text(name) for name in value["present"]]
    yield " ".join(paint("good", f"[{name}]") if name == used else name for name in names)


@view("query-replay", "info replay")
def replay(value: Any, look: Look) -> Iterator[str]:
    """Say whether execution is recorded or replayed, and how far it is."""
    doing = {"record": "Recording", "play": "Replaying"}.get(value["mode"])
    if doing is None:
        yield "Record/replay is not active"
    else:
        count = look.text(value["icount"])
        yield f"{doing} execution '{look.text(value.get('filename', ''))}': instruction count = {count}"


@view("query-cpus-fast", "query-cpus", "info cpus")
def cpus(value: Any, look: Look) -> Iterator[str]:
    """Give one line a CPU as HMP does, followed by its place; the monitor's own CPU has a star."""
    current = look.option("cpu") or "0"
    for cpu in value:
        index = look.text(cpu.get("cpu-index", cpu.get("CPU")))
        thread = look.text(cpu.get("thread-id", cpu.get("thread_id")))
        line = f"{'*' if index == current else ' '} CPU #{index}: thread_id={thread}"
        line += _model(cpu, look)
        place = " ".join(f"{look.text(k)}={look.text(v)}" for k, v in _places(cpu.get("props", {})))
        for more in (look.text(cpu.get("qom-path", "")), paint("dim", place)):
            if look.width is not None and columns_of(line) + columns_of(more) + 2 > look.width:
                yield line
                line = "      "
            line += f"  {more}" if more else ""
        yield line


def _model(cpu: dict[str, Any], look: Look) -> str:
    """Return the model named by a QOM type such as ``qemu64-x86_64-cpu``; old QEMUs do not give it."""
    kind = look.text(cpu.get("qom-type", ""))
    kind = kind.removesuffix("-cpu").removesuffix(f"-{look.text(cpu.get('target', ''))}")
    return f" model={kind}" if kind else ""


_PLACES = ("node-id", "drawer-id", "book-id", "socket-id", "die-id", "cluster-id", "module-id", "core-id")


def _places(props: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return CPU topology members from the widest to the narrowest."""
    order = (*_PLACES, "thread-id")
    return sorted(props.items(), key=lambda member: order.index(member[0]) if member[0] in order else 99)


@view("query-hotpluggable-cpus", "info hotpluggable-cpus")
def hotpluggable_cpus(value: Any, look: Look) -> Iterator[str]:
    """Tabulate CPU slots; a slot without a QOM path is free for device_add."""
    yield "Hotpluggable CPUs, with their CPUInstance Properties:"
    order = (*_PLACES, "thread-id")
    found = {key for slot in value for key in slot["props"]}
    places = [key for key in order if key in found] + sorted(found - set(order))
    rows = (
        [look.text(slot["type"]), look.text(slot["vcpus-count"])]
        + [look.text(slot["props"].get(place, "")) for place in places]
        + [look.text(slot["qom-path"]) if "qom-path" in slot else "(free)"]
        for slot in value
    )
    heads = ["type", "vcpus_count", *map(look.text, places), "qom_path"]
    yield from look.table(rows, heads, right=" r" + "r" * len(places), indent=2)


@view("query-machines")
def machines(value: Any, look: Look) -> Iterator[str]:
    """Tabulate machine types by name."""
    rows = (
        [
            look.text(machine["name"]),
            look.text(machine.get("alias", "")),
            look.text(machine.get("cpu-max", "")),
            look.text(machine.get("default-cpu-type", "")),
            look.text(machine.get("default-ram-id", "")),
            ", ".join(_machine_notes(machine)),
        ]
        for machine in sorted(value, key=lambda machine: str(machine["name"]))
    )
    heads = ("name", "alias", "cpu-max", "default-cpu-type", "default-ram-id", "notes")
    yield from look.table(rows, heads, right="  r")


def _machine_notes(machine: dict[str, Any]) -> Iterator[str]:
    if machine.get("is-default") is True:
        yield paint("good", "default")
    if machine.get("deprecated") is True:
        yield paint("warn", "deprecated")
    for key in ("hotpluggable-cpus", "numa-mem-supported", "acpi"):
        if machine.get(key) is False:
            yield f"no {key.removesuffix('-supported')}"


@view("query-cpu-definitions")
def cpu_definitions(value: Any, look: Look) -> Iterator[str]:
    """Tabulate CPU models by name, with what this host cannot give."""
    rows = (
        [
            look.text(model["name"]),
            look.text(model.get("alias-of", "")),
            ", ".join(_model_notes(model)),
            ", ".join(map(look.text, model.get("unavailable-features", ()))),
        ]
        for model in sorted(value, key=lambda model: str(model["name"]))
    )
    yield from look.table(rows, ("name", "alias of", "notes", "unavailable features"))


def _model_notes(model: dict[str, Any]) -> Iterator[str]:
    if model.get("deprecated") is True:
        yield paint("warn", "deprecated")
    if model.get("static") is True:
        yield "static"
    if model.get("migration-safe") is False:
        yield "not migration-safe"


@view("query-cpu-model-expansion", "query-cpu-model-baseline")
def cpu_model(value: Any, look: Look) -> Iterator[str]:
    """Show a CPU model: what it has, what it lacks, its other properties, as words that wrap."""
    model = value["model"]
    yield f"CPU model: {paint('head', look.text(model['name']))}"
    props = model.get("props", {})
    named = sorted(props)
    items = [
        ("on", ", ".join(look.text(name) for name in named if props[name] is True)),
        ("off", ", ".join(look.text(name) for name in named if props[name] is False)),
        ("deprecated", ", ".join(map(look.text, value.get("deprecated-props", ())))),
    ]
    items += [
        (look.text(name), look.text(props[name])) for name in named if not isinstance(props[name], bool)
    ]
    yield from look.pairs([item for item in items if item[1]], indent=2)


@view("query-cpu-model-comparison")
def cpu_comparison(value: Any, look: Look) -> Iterator[str]:
    """Say how two CPU models relate, and which properties decide."""
    yield f"result: {look.text(value['result'])}"
    decisive = ", ".join(sorted(map(look.text, value["responsible-properties"])))
    yield from look.pairs([("because of", decisive or "(none)")])


#: SEV guest policy bits (AMD SEV API specification, GPOL): set means off.
_SEV_DENIED = {"debug": 1, "key-sharing": 2}


@view("query-sev", "info sev")
def sev(value: Any, look: Look) -> Iterator[str]:
    """Show the state of AMD memory encryption."""
    if value["enabled"] is not True:
        yield "SEV is not enabled"
        return
    items = [
        ("SEV type", look.text(value.get("sev-type", "sev"))),
        ("state", state(look.text(value["state"]))),
        ("build", look.text(value["build-id"])),
        ("api version", f"{look.text(value['api-major'])}.{look.text(value['api-minor'])}"),
    ]
    if "handle" in value:
        items.append(("handle", look.text(value["handle"])))
    policy = value.get("policy", value.get("snp-policy"))
    items.append(("policy", hexadecimal(policy)))
    if "policy" in value:
        items += [(label, on_off(not policy & bit)) for label, bit in _SEV_DENIED.items()]
    yield from look.pairs(items)


@view("query-sgx", "info sgx", "query-sgx-capabilities")
def sgx(value: Any, look: Look) -> Iterator[str]:
    """Show Intel enclave support and the memory set aside for it."""
    for label, key in (("SGX", "sgx"), ("SGX1", "sgx1"), ("SGX2", "sgx2"), ("FLC", "flc")):
        yield f"{label} support: {state('enabled' if value[key] is True else 'disabled')}"
    for section in value.get("sections", ()):
        yield f"NUMA node #{look.text(section['node'])}: size={size(section['size'])}"
    if "section-size" in value:
        yield f"size: {size(value['section-size'])}"
