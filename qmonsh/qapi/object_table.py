"""The properties of user-creatable objects where the schema does not tell them (QEMU before 6.0).

Data only: the names that QEMU 5.2 reports for its objects (and, for types that no x86 build has or that
cannot be asked, those of later schemas), with the types that QMP wants for them.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Words for the properties' types: a builtin type, "[T]" for a list, "a|b|c" for an enum, a name of STRUCTS.
#: A name ending in "*" is that of a property that the object cannot do without.
Properties = Mapping[str, str]

_MEMORY: Properties = {
    "size*": "int",
    "share": "bool",
    "dump": "bool",
    "merge": "bool",
    "prealloc": "bool",
    "prealloc-threads": "int",
    "policy": "default|preferred|bind|interleave",
    "host-nodes": "[int]",
    "x-use-canonical-path-for-ramblock-id": "bool",
}
_FILTER: Properties = {
    "netdev*": "str",
    "queue": "all|rx|tx",
    "status": "str",
    "position": "str",
    "insert": "before|behind",
}
_SECRET: Properties = {
    "format": "raw|base64",
    "keyid": "str",
    "iv": "str",
    "loaded": "bool",
}
_TLS: Properties = {
    "endpoint": "client|server",
    "dir": "str",
    "verify-peer": "bool",
    "priority": "str",
}
_LIMITS: Properties = {
    "iops-size": "int",
    **{
        f"{unit}-{what}{more}": "int"
        for unit in ("bps", "iops")
        for what in ("total", "read", "write")
        for more in ("", "-max", "-max-length")
    },
}
_CRYPTODEV: Properties = {"queues": "int"}
_RNG: Properties = {"opened": "bool"}

OBJECTS: Mapping[str, Properties] = {
    "authz-list": {"policy": "deny|allow", "rules": "[rule]"},
    "authz-list-file": {"filename*": "str", "refresh": "bool"},
    "authz-pam": {"service*": "str"},
    "authz-simple": {"identity*": "str"},
    "can-bus": {},
    "can-host-socketcan": {"if*": "str", "canbus*": "str"},
    "colo-compare": {
        "primary_in*": "str",
        "secondary_in*": "str",
        "outdev*": "str",
        "iothread*": "str",
        "notify_dev": "str",
        "compare_timeout": "int",
        "expired_scan_cycle": "int",
        "max_queue_size": "int",
        "vnet_hdr_support": "bool",
    },
    "cryptodev-backend": _CRYPTODEV,
    "cryptodev-backend-builtin": _CRYPTODEV,
    "cryptodev-vhost-user": {**_CRYPTODEV, "chardev*": "str"},
    "dbus-vmstate": {"addr*": "str", "id-list": "str"},
    "filter-buffer": {**_FILTER, "interval*": "int"},
    "filter-dump": {**_FILTER, "file*": "str", "maxlen": "int"},
    "filter-mirror": {**_FILTER, "outdev*": "str", "vnet_hdr_support": "bool"},
    "filter-redirector": {**_FILTER, "indev": "str", "outdev": "str", "vnet_hdr_support": "bool"},
    "filter-replay": _FILTER,
    "filter-rewriter": {**_FILTER, "vnet_hdr_support": "bool"},
    "input-barrier": {
        name: "str" for name in ("name*", "server", "port", "x-origin", "y-origin", "width", "height")
    },
    "input-linux": {
        "evdev*": "str",
        "grab_all": "bool",
        "repeat": "bool",
        "grab-toggle": "ctrl-ctrl|alt-alt|shift-shift|meta-meta|scrolllock|ctrl-scrolllock",
    },
    "iothread": {"poll-max-ns": "int", "poll-grow": "int", "poll-shrink": "int"},
    "memory-backend-file": {
        **_MEMORY,
        "mem-path*": "str",
        "align": "int",
        "discard-data": "bool",
        "pmem": "bool",
    },
    "memory-backend-memfd": {**_MEMORY, "hugetlb": "bool", "hugetlbsize": "int", "seal": "bool"},
    "memory-backend-ram": _MEMORY,
    "pr-manager-helper": {"path*": "str"},
    "rng-builtin": _RNG,
    "rng-egd": {**_RNG, "chardev*": "str"},
    "rng-random": {**_RNG, "filename": "str"},
    "secret": {**_SECRET, "data": "str", "file": "str"},
    "secret_keyring": {**_SECRET, "serial*": "int"},
    "sev-guest": {
        "sev-device": "str",
        "dh-cert-file": "str",
        "session-file": "str",
        **dict.fromkeys(("cbitpos", "reduced-phys-bits", "policy", "handle"), "int"),
    },
    "throttle-group": {"limits": "limits", **{f"x-{name}": kind for name, kind in _LIMITS.items()}},
    "tls-cipher-suites": _TLS,
    "tls-creds-anon": {**_TLS, "loaded": "bool"},
    "tls-creds-psk": {**_TLS, "loaded": "bool", "username": "str"},
    "tls-creds-x509": {**_TLS, "loaded": "bool", "sanity-check": "bool", "passwordid": "str"},
}

STRUCTS: Mapping[str, Properties] = {
    "limits": _LIMITS,
    "rule": {"match*": "str", "policy*": "deny|allow", "format": "exact|glob"},
}
