"""Which drivers may be asked for their properties without ending QEMU.

device-list-properties creates an instance of the driver. A virtio wrapper (virtio-gpu-gl-pci) creates its
inner device (virtio-gpu-gl-device), and QEMU exits when the module with that type is not installed: seen
with Debian's 7.2, where the two come in different packages. Knows names of types only. Must not know who
asks. qom-list-properties is no alternative: it aborts QEMU for more types, user-creatable ones among them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

#: OpenGL and its like come in modules of their own packages, wrapper and inner device apart.
_DENIED = r"-(gl|rutabaga)(-|\Z)"
_WRAPPER = r"((?:virtio|vhost)-.*?)-(?:pci|ccw)(?:-transitional|-non-transitional)?"
_VGA_WRAPPER = r"((?:virtio|vhost-user)-)vga(.*)"


def may_introspect(driver: str, type_names: Collection[str], *, allow: Collection[str] = ()) -> str | None:
    """Return ``None`` when device-list-properties is safe for ``driver``, else the reason why not.

    ``type_names`` are the names of qom-list-types, without abstract ones, parts of devices included.
    ``allow`` names the drivers that the user takes the risk for.
    """
    if driver in allow:
        return None
    if driver not in type_names:
        return f"'{driver}' is not a type that this QEMU can create"
    if re.search(_DENIED, driver):
        return f"asking '{driver}' for its properties can end QEMU when a module of it is not installed"
    parts = parts_of(driver)
    if parts and not any(part in type_names for part in parts):
        return f"QEMU would end: '{driver}' needs the type '{parts[0]}', whose module is not installed"
    return None


def parts_of(driver: str) -> tuple[str, ...]:
    """Return the names that the device inside a wrapper may have; ``()`` when ``driver`` wraps nothing.

    virtio-net-pci wraps virtio-net-device, vhost-user-blk-pci vhost-user-blk, virtio-vga virtio-gpu-device.
    """
    vga = re.fullmatch(_VGA_WRAPPER, driver)
    wrapper = re.fullmatch(_WRAPPER, driver)
    if vga:
        base = f"{vga[1]}gpu{vga[2]}"
    elif wrapper:
        base = wrapper[1]
    else:
        return ()
    return (f"{base}-device", base)
