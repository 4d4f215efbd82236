"""Various HMP commands as QMP, where renaming members is not enough."""

from __future__ import annotations

from typing import Any

from qmonsh.language.call import Call, Inexact, Twin, records, single

#: What HMP's announce_self sends, as members of announce-self by those of query-migrate-parameters.
_ANNOUNCE = {
    "initial": ("announce-initial", 50),
    "max": ("announce-max", 550),
    "rounds": ("announce-rounds", 5),
    "step": ("announce-step", 100),
}
#: dump-guest-memory's flag for a format -> (its name, its name with -R).
_DUMP_FORMATS = {
    "z": ("kdump-zlib", "kdump-raw-zlib"),
    "l": ("kdump-lzo", "kdump-raw-lzo"),
    "s": ("kdump-snappy", "kdump-raw-snappy"),
    "w": ("win-dmp", "win-dmp"),
}


def announce_self(call: Call) -> Twin:
    """``announce_self [INTERFACES] [ID]`` with the timing that the migration parameters tell."""
    known = call.ask("query-migrate-parameters")
    known = known if isinstance(known, dict) else {}
    arguments = {name: known.get(source, default) for name, (source, default) in _ANNOUNCE.items()}
    if call.has("interfaces"):
        call.need_member("interfaces")
        arguments["interfaces"] = [one for one in call.get("interfaces").split(",") if one]
    if call.has("id"):
        call.need_member("id")
        arguments["id"] = call.get("id")
    return single(call.twin, arguments)


def calc_dirty_rate(call: Call) -> Twin:
    """``calc_dirty_rate [-r] [-b] SECONDS [PAGES]``: the flags choose how it is measured."""
    if call.has("r") and call.has("b"):
        raise call.error("-r and -b exclude each other", "b")
    arguments = call.members("r", "b")
    if call.has("r") or call.has("b"):
        call.need_member("mode", "r" if call.has("r") else "b")
        arguments["mode"] = "dirty-ring" if call.has("r") else "dirty-bitmap"
    return single(call.twin, arguments)


def dump_guest_memory(call: Call) -> Twin:
    """``dump-guest-memory``: flags for the format, a file name for the protocol."""
    chosen = [flag for flag in _DUMP_FORMATS if call.has(flag)]
    if len(chosen) > 1:
        raise call.error("only one of -z, -l, -s and -w can be given", chosen[1])
    if call.has("begin") != call.has("length"):
        raise call.error("begin needs a length", "begin")
    arguments: dict[str, Any] = {"paging": call.has("p"), "protocol": f"file:{call.get('filename')}"}
    arguments["detach"] = call.has("d")
    for name in ("begin", "length"):
        if call.has(name):
            arguments[name] = _known(call.get(name))
    if chosen:
        arguments["format"] = _format(call, _DUMP_FORMATS[chosen[0]][1 if call.has("R") else 0])
    return single(call.twin, arguments)


def _known(value: int | None) -> int:
    if value is None:
        raise Inexact("a CPU register is only known to the monitor")
    return value


def _format(call: Call, name: str) -> str:
    values = getattr(call.member_type("format"), "values", None)
    if values is not None and name not in values:
        raise Inexact(f"{call.twin} of this QEMU has no format {name}")
    return name


def memsave(call: Call) -> Twin:
    """``memsave`` reads the virtual memory of the CPU that ``cpu N`` chose."""
    arguments = call.members()
    if call.request.cpu is not None:
        arguments["cpu-index"] = call.request.cpu
    return single(call.twin, arguments)


def nmi(call: Call) -> Twin:
    """``nmi`` goes to the chosen CPU on some machines; QMP's has no way to say which."""
    if call.request.cpu:
        raise Inexact("inject-nmi cannot name a CPU")
    return single(call.twin)


def watchdog_action(call: Call) -> Twin:
    """``watchdog_action ACTION`` by watchdog-set-action, or by set-action where that is gone.

    Of all enums of HMP this is the one whose case does not matter.
    """
    member = "action" if call.twin == "watchdog-set-action" else "watchdog"
    call.check_word(call.rule.arguments[0]._replace(member=member), fold=True)
    return single(call.twin, {member: call.get("action").lower()})


# -- QOM ----------------------------------------------------------------------------------------------


def qom_list(call: Call) -> Twin:
    """``qom-list [PATH]``: the root when no path is given."""
    return single(call.twin, {"path": call.get("path") or "/"})


def qom_set(call: Call) -> Twin:
    """``qom-set PATH PROPERTY VALUE`` by the property's type; ``-j`` takes JSON."""
    from qmonsh.language.typed import property_value
    from qmonsh.qapi.pair import Pair
    from qmonsh.qapi.scalar import ValueProblem, guess, parse_json

    path, name, value = call.place("path"), call.place("property"), call.place("value")
    if call.has("j"):
        try:
            typed = parse_json(value.text)
        except ValueProblem as problem:
            raise call.error(problem.problem, "value") from None
    else:
        word = Pair("value", value.text, True, -1, -1, value.start, value.end)
        try:
            typed = property_value(
                call.request,
                path.text,
                Pair("property", name.text, True, -1, -1, name.start, name.end),
                word,
            )
        except Inexact:
            if call.knowledge.has_hmp():
                raise
            typed = guess(value.text)
    return single(call.twin, {"path": path.text, "property": name.text, "value": typed})


# -- info ---------------------------------------------------------------------------------------------


def info_block(call: Call) -> Twin:
    """``info block [-n] [-v] [DEVICE]``: -n lists nodes, -v and DEVICE are matters of the view.

    What hangs from which node QEMU tells only since 11 in the same answer; the graph has it before.
    """
    options: dict[str, Any] = {"verbose": True} if call.has("v") else {}
    command = call.twin
    if call.has("n"):
        command = "query-named-block-nodes"
        if command not in call.knowledge.commands():
            raise Inexact(f"this QEMU lacks {command}")
        graph = call.ask("x-debug-query-block-graph")
        options |= {"graph": graph} if graph else {}
    if call.has("device"):
        options["device"] = call.get("device")
        if command == "query-block" and not _is_in(call, call.get("device")):
            command = "query-named-block-nodes"
    return single(command, options=options)


def _is_in(call: Call, word: str) -> bool:
    from qmonsh.language.convert_block import find

    found = find(call, word)
    return bool(found.drive or found.qdev or not found.node)


def info_migrate(call: Call) -> Twin:
    """``info migrate [-a]``: all of it is in the answer anyway, but for the global options of -global.

    These only HMP tells: up to QEMU 10 always, since then with -a.
    """
    options: dict[str, Any] = {"all": True} if call.has("a") else {}
    lines = ["info migrate", *(["info migrate -a"] if call.has("a") else [])]
    for line in lines if call.knowledge.has_hmp() else ():
        said = call.ask("human-monitor-command", {"command-line": line})
        found = _globals_in(said) if isinstance(said, str) else {}
        if found:
            return single(call.twin, options={**options, "globals": found})
    return single(call.twin, options=options)


def _globals_in(text: str) -> dict[str, str]:
    """Return the options that follow the line "globals:" in HMP's text."""
    found: dict[str, str] = {}
    for line in text.lower().partition("globals:")[2].splitlines()[1:]:
        name, colon, value = line.strip().partition(": ")
        if not colon or " " in name or " " in value:
            break
        found[name] = value
    return found


def info_snapshots(call: Call) -> Twin:
    """``info snapshots`` has no twin; without HMP the nodes' images tell."""
    if call.knowledge.has_hmp() or "query-named-block-nodes" not in call.knowledge.commands():
        raise Inexact("this QEMU has no QMP twin of 'info snapshots'")
    return single("query-named-block-nodes", view="info snapshots", why="the images' own lists of snapshots")


def info_qdm(call: Call) -> Twin:
    """``info qdm`` has no twin; without HMP the types that are devices are listed."""
    if call.knowledge.has_hmp() or "qom-list-types" not in call.knowledge.commands():
        raise Inexact("this QEMU has no QMP twin of 'info qdm'")
    return single("qom-list-types", {"implements": "device", "abstract": False}, why="the types of devices")


def info_cpus(call: Call) -> Twin:
    """``info cpus``: the one that ``cpu N`` chose is a matter of the view."""
    cpu = call.request.cpu
    return single(call.twin, options={} if cpu is None else {"cpu": cpu})


def info_stats(call: Call) -> Twin:
    """``info stats TARGET [NAMES] [PROVIDER]``: of a vcpu, those of the chosen one; units for the view."""
    for argument in call.rule.arguments:
        if argument.values and call.has(argument.name):
            call.check_word(argument)
    target = call.get("target")
    arguments: dict[str, Any] = {"target": target}
    schemas = call.ask("query-stats-schemas")
    if target == "vcpu":
        arguments["vcpus"] = [_cpu_path(call)]
    names = call.get("names")
    chosen = [] if names in (None, "*") else [one for one in names.split(",") if one]
    providers = [call.get("provider")] if call.has("provider") else _providers(schemas) if chosen else []
    if providers:
        arguments["providers"] = [
            {"provider": one, "names": chosen} if chosen else {"provider": one} for one in providers
        ]
    return single(call.twin, arguments, options={"schemas": schemas} if schemas else {})


def _providers(schemas: Any) -> list[str]:
    """Return the providers that have statistics of this target."""
    found = [row.get("provider") for row in records(schemas)]
    return list(dict.fromkeys(one for one in found if isinstance(one, str))) or ["kvm"]


def _cpu_path(call: Call) -> str:
    rows = records(call.ask("query-cpus-fast"))
    index = call.request.cpu or 0
    path = next((row.get("qom-path") for row in rows if row.get("cpu-index") == index), None)
    if not isinstance(path, str):
        raise Inexact(f"there is no path of CPU {index}")
    return path


def info_trace_events(call: Call) -> Twin:
    """``info trace-events [NAME] [VCPU]``: all of them when no name is given."""
    return single(call.twin, {"name": "*", **call.members()})
