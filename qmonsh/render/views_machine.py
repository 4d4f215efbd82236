"""Views of the machine itself: one-liners that people grep are worded as HMP words them.

Knows query-status, query-version and their like. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.style import state
from qmonsh.render.views import Look, view


@view("query-status", "info status")
def status(value: Any, look: Look) -> Iterator[str]:
    """Say whether the VM runs, and which of the paused run states it is in."""
    word = "running" if value["running"] is True else "paused"
    step = " (single step mode)" if value.get("singlestep") is True else ""
    reason = look.text(value["status"])
    more = "" if word == "running" or reason == "paused" else f" ({state(reason)})"
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


@view("query-kvm", "info kvm")
def kvm(value: Any, look: Look) -> Iterator[str]:
    """Say whether KVM is in use, possible or not compiled in."""
    word = "enabled" if value["enabled"] is True else "disabled"
    yield f"kvm support: {state(word) if value['present'] is True else 'not compiled'}"
