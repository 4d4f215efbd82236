"""Views of devices that are neither disks, memory nor PCI: character devices, displays, mice, TPM, crypto.

Knows query-chardev, query-vnc-servers and their like. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.number import hexadecimal, plain
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view


@view("query-chardev", "info chardev")
def chardev(value: Any, look: Look) -> Iterator[str]:
    """Say HMP's line for each character device, and whether a device has opened it."""
    items = []
    for device in value:
        unused = "" if device.get("frontend-open", True) is True else paint("dim", "  (frontend closed)")
        items.append((look.text(device["label"]), f"filename={look.text(device['filename'])}{unused}"))
    yield from look.pairs(items, gap=1)


@view("query-mice", "info mice")
def mice(value: Any, look: Look) -> Iterator[str]:
    """List pointing devices; the one that gets the events has a star."""
    if not value:
        yield "No mouse devices connected"
    for mouse in value:
        mark = "*" if mouse["current"] is True else " "
        absolute = " (absolute)" if mouse.get("absolute") is True else ""
        yield f"{mark} Mouse #{look.text(mouse['index'])}: {look.text(mouse['name'])}{absolute}"


@view("query-vnc-servers", "info vnc")
def vnc_servers(value: Any, look: Look) -> Iterator[str]:
    """Show each VNC display with its listening addresses and clients."""
    if isinstance(value, dict) and value["enabled"] is True:
        yield from vnc(value, look)
        return
    if not value or isinstance(value, dict):
        yield "None"
        return
    for server in value:
        yield f"{paint('head', look.text(server['id']))}:"
        for address in server["server"]:
            yield from _vnc_address("Server", address, look)
            yield f"    Auth: {_vnc_auth(address, look)}"
        for client in server["clients"]:
            yield from _vnc_client(client, look)
        if not server["server"]:
            yield f"  Auth: {_vnc_auth(server, look)}"
        if "display" in server:
            yield f"  Display: {look.text(server['display'])}"


def _vnc_address(label: str, address: dict[str, Any], look: Look) -> Iterator[str]:
    websocket = " (Websocket)" if address.get("websocket") is True else ""
    where = f"{look.text(address['host'])}:{look.text(address['service'])}"
    yield f"  {label}: {where} ({look.text(address['family'])}{websocket})"


def _vnc_auth(address: dict[str, Any], look: Look) -> str:
    auth, sub = look.text(address.get("auth", "none")), look.text(address.get("vencrypt", "none"))
    return f"{auth} (Sub: {sub})"


def _vnc_client(client: dict[str, Any], look: Look) -> Iterator[str]:
    yield from _vnc_address("Client", client, look)
    yield f"    x509_dname: {look.text(client.get('x509_dname'))}"
    yield f"    sasl_username: {look.text(client.get('sasl_username'))}"


@view("query-vnc")
def vnc(value: Any, look: Look) -> Iterator[str]:
    """Show the first VNC display; query-vnc-servers tells of all."""
    if value["enabled"] is not True:
        yield f"Server: {state('disabled')}"
        return
    if "host" in value:
        yield from _vnc_address("Server", value, look)
    yield f"    Auth: {look.text(value.get('auth'))}"
    for client in value.get("clients", ()):
        yield from _vnc_client(client, look)


@view("query-spice", "info spice")
def spice(value: Any, look: Look) -> Iterator[str]:
    """Show the SPICE server and its channels."""
    if value["enabled"] is not True:
        yield f"Server: {state('disabled')}"
        return
    yield "Server:"
    yield from look.pairs(_spice_server(value, look), indent=4)
    channels = value.get("channels", ())
    if not channels:
        yield "Channels: none"
    for channel in channels:
        yield "Channel:"
        tls = " [tls]" if channel.get("tls") is True else ""
        address = f"{look.text(channel['host'])}:{look.text(channel['port'])}{tls}"
        number = look.text(channel["channel-type"])
        kind = f"{_CHANNELS.get(number, 'unknown')} ({number}:{look.text(channel['channel-id'])})"
        items = [("address", address), ("session", look.text(channel["connection-id"])), ("channel", kind)]
        yield from look.pairs(items, indent=4)


#: SPICE protocol: channel types.
_CHANNELS = dict(
    zip(
        map(str, range(1, 12)),
        "main display inputs cursor playback record tunnel smartcard usbredir port webdav".split(),
        strict=True,
    )
)


def _spice_server(value: dict[str, Any], look: Look) -> Iterator[tuple[str, str]]:
    yield "migrated", look.text(value["migrated"])
    if "port" in value:
        yield "address", f"{look.text(value.get('host'))}:{look.text(value['port'])}"
    if "tls-port" in value:
        yield "address", f"{look.text(value.get('host'))}:{look.text(value['tls-port'])} [tls]"
    yield "auth", look.text(value.get("auth"))
    yield "compiled", look.text(value.get("compiled-version"))
    yield "mouse-mode", look.text(value["mouse-mode"])


@view("query-tpm", "info tpm")
def tpm(value: Any, look: Look) -> Iterator[str]:
    """Show TPM devices with their backends."""
    if not value:
        yield "No TPM device"
        return
    yield "TPM device:"
    for device in value:
        yield f" {look.text(device['id'])}: model={look.text(device['model'])}"
        options = device["options"]
        data = options.get("data", {})
        told = "".join(f",{look.text(key)}={look.text(member)}" for key, member in sorted(data.items()))
        yield f"  \\ {look.text(device['id'])}: type={look.text(options['type'])}{told}"


@view("query-cryptodev", "info cryptodev")
def cryptodev(value: Any, look: Look) -> Iterator[str]:
    """Show crypto backends with their queues."""
    for device in value:
        yield f"{look.text(device['id'])}: service=[{'|'.join(map(look.text, device['service']))}]"
        for queue in device["client"]:
            more = f",info={look.text(queue['info'])}" if "info" in queue else ""
            yield f"    queue {look.text(queue['queue'])}: type={look.text(queue['type'])}{more}"


@view("query-rx-filter")
def rx_filter(value: Any, look: Look) -> Iterator[str]:
    """Show what each NIC lets in; VLAN numbers as ranges."""
    for nic in value:
        yield paint("head", look.text(nic["name"]))
        members = sorted((key, member) for key, member in nic.items() if key != "name")
        items = [(look.text(key), _filter(key, member)) for key, member in members]
        yield from look.pairs(items, indent=2)


def _filter(key: str, member: Any) -> str:
    if key == "vlan-table":
        return ranges(member)
    return ", ".join(map(plain, member)) or "(none)" if isinstance(member, list) else plain(member)


def ranges(numbers: list[int]) -> str:
    """Return numbers as "0-3, 7"; 4096 VLANs become one word."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number - runs[-1][1] <= 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(plain(a) if a == b else f"{plain(a)}-{plain(b)}" for a, b in runs) or "(none)"


@view("query-rocker", "info rocker")
def rocker(value: Any, look: Look) -> Iterator[str]:
    """Show a rocker switch."""
    yield f"name: {look.text(value['name'])}"
    yield f"id: {hexadecimal(value['id'])}"
    yield f"ports: {look.text(value['ports'])}"


@view("query-rocker-ports", "info rocker-ports")
def rocker_ports(value: Any, look: Look) -> Iterator[str]:
    """Tabulate a switch's ports in HMP's short words (!ena, 10G, FD)."""
    rows = ([look.text(port["name"]), *_rocker_port(port)] for port in value)
    heads = ("port", "ena/link", "speed/duplex", "auto neg?")
    yield from look.table(rows, heads, indent=2)


def _rocker_port(port: dict[str, Any]) -> Iterator[str]:
    linked = "up" if port["link-up"] is True else "down"
    yield state(linked) if port["enabled"] is True else "!ena"
    duplex = {"half": "HD", "full": "FD"}.get(port["duplex"], plain(port["duplex"]))
    speed = port["speed"]
    yield f"{speed // 1000}G  {duplex}" if speed >= 1000 else f"{speed}M  {duplex}"
    yield "Yes" if port["autoneg"] == "on" else "No"


@view("query-rocker-of-dpa-flows", "info rocker-of-dpa-flows")
def rocker_flows(value: Any, look: Look) -> Iterator[str]:
    """Tabulate a switch's flows."""
    rows = (
        [
            hexadecimal(flow["cookie"]),
            look.text(flow["key"]["priority"]),
            look.text(flow["key"]["tbl-id"]),
            look.text(flow["hits"]),
            f"{_flow_key(flow)} --> {_words(flow['action'])}",
        ]
        for flow in value
    )
    heads = ("cookie", "prio", "tbl", "hits", "key(mask) --> actions")
    yield from look.table(rows, heads, right=" rrr")
    if not value:
        yield "prio tbl hits key(mask) --> actions"


def _flow_key(flow: dict[str, Any]) -> str:
    masks = flow.get("mask", {})
    key = {k: v for k, v in flow["key"].items() if k not in ("priority", "tbl-id")}
    told = (
        f"{plain(k)} {plain(v)}" + (f"({_mask(masks[k])})" if k in masks else "")
        for k, v in sorted(key.items())
    )
    return " ".join(told)


def _mask(value: Any) -> str:
    return hexadecimal(value) if isinstance(value, int) else plain(value)


def _words(data: Any) -> str:
    return " ".join(f"{plain(k)} {plain(v)}" for k, v in sorted(data.items()))


@view("query-rocker-of-dpa-groups", "info rocker-of-dpa-groups")
def rocker_groups(value: Any, look: Look) -> Iterator[str]:
    """List a switch's groups."""
    yield "id (decode) --> buckets"
    for group in value:
        decoded = {k: v for k, v in group.items() if k != "id" and not isinstance(v, dict | list)}
        buckets = ", ".join(map(hexadecimal, group.get("group-ids", ())))
        yield f"{hexadecimal(group['id'])} ({_words(decoded)}) --> [{buckets}]"
