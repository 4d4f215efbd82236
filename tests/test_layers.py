"""The layers of DESIGN section 8, checked on the imports that the source really has.

Imports point downwards only, the pure packages do no I/O, the terminal library stays in shell/. What
stands under ``if TYPE_CHECKING:`` counts for the direction (a type is a dependency of the reader), not
for purity or for cycles (nothing is imported when it runs).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "qmonsh"

#: For each layer (a package, or a module on top): what of qmonsh it may import beside itself.
#: The order is the map of qmonsh/__init__.py from the bottom up; no row names one below itself.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "wire": {"errors"},
    "qapi": {"errors"},
    "language": {"qapi", "errors"},
    "complete": {"language", "qapi", "errors"},
    "render": {"errors"},
    "chardev": {"errors"},
    "credentials": {"errors"},
    "machine_options": {"chardev", "errors"},
    "address": {"credentials", "errors"},
    "socket_spelling": {"address", "chardev", "errors"},
    "remote_spelling": {"socket_spelling", "address", "credentials", "errors"},
    "target": {
        "remote_spelling",
        "socket_spelling",
        "address",
        "machine_options",
        "credentials",
        "chardev",
        "errors",
    },
    "transport": {"target", "machine_options", "credentials", "chardev", "wire", "errors"},
    "machine": {"transport", "target", "errors"},
    "machine_monitors": {"address", "machine", "machine_options", "transport", "target", "errors"},
    "machine_process": {"address", "machine_monitors", "machine", "machine_options", "transport"},
    "domains": {"address", "machine_monitors", "machine", "transport", "errors"},
    "discover": {
        "domains",
        "machine_process",
        "machine_monitors",
        "machine",
        "transport",
        "target",
        "errors",
    },
    "monitor": {"discover", "transport", "wire", "qapi", "language", "complete", "target", "errors"},
    "help": {"monitor", "complete", "language", "render", "qapi", "errors"},
    "settings": set(),
    "settings_names": {"qapi"},
    "settings_file": {"settings_names", "settings", "target", "credentials", "errors"},
    "own_words": {"settings", "qapi", "errors"},
    "options": {"settings", "target", "errors"},
    "completion_face": {"discover", "monitor", "complete", "render", "settings", "target", "errors"},
    "launch": {"errors"},
    "demo": {"launch", "render", "errors"},
    "transcript": {"language", "render", "errors"},
    "printer": {"settings", "monitor", "render", "language", "wire", "errors"},
    "script": {"language", "errors"},
    "replay": {"printer", "script", "settings", "render", "wire", "errors"},
    "streams": set(),
    "signals": set(),
}

#: The faces and the command line: they stand on everything below, never on each other's face or on cli.
FACES = {"ahead", "batch", "one_shot", "script_words", "shell", "ls", "run", "fleet", "__init__"}
TOP = {"cli", "command", "manual", "__main__"}

PURE = {"wire", "qapi", "language", "complete", "render"}
#: What a pure module may not import: whatever reaches outside the process, or waits.
IMPURE = {
    "asyncio", "concurrent", "fcntl", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib",
    "pty", "select", "selectors", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile", "termios",
    "threading", "time", "tty", "urllib",
}  # fmt: skip

#: Third-party packages and asyncio: who may import them.
ONLY_IN = {
    "prompt_toolkit": {"shell"},
    "asyncio": {"shell", "fleet"},
    "click": {"command"},
    "pygments": {"shell", "render"},
    "rich": {"shell", "render"},
    "libvirt": {"transport"},
    "libvirt_qemu": {"transport"},
    "asyncssh": {"fleet"},
    "ClusterShell": {"fleet"},
}


@dataclass(frozen=True)
class Import:
    """One import of a module: ``module`` imports ``name`` at ``line``; ``typing`` when only for types."""

    module: str
    name: str
    line: int
    typing: bool
    late: bool

    def __str__(self) -> str:
        return f"qmonsh.{self.module}:{self.line} imports {self.name}"


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


class Imports(ast.NodeVisitor):
    """Collects the imports of one module, wherever in it they stand."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.found: list[Import] = []
        self._typing = False
        self._depth = 0

    def visit_If(self, node: ast.If) -> None:
        outer = self._typing
        self._typing = outer or "TYPE_CHECKING" in ast.unparse(node.test)
        for child in node.body:
            self.visit(child)
        self._typing = outer
        for child in node.orelse:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, f"qmonsh.{self.module}:{node.lineno}: imports are absolute here"
        base = node.module or ""
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            self._add(inner if inner.removeprefix("qmonsh.") in MODULES else base, node)

    def _add(self, name: str, node: ast.stmt) -> None:
        self.found.append(Import(self.module, name, node.lineno, self._typing, self._depth > 0))


def all_imports() -> Iterator[Import]:
    for module, path in MODULES.items():
        visitor = Imports(module)
        visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
        yield from visitor.found


IMPORTS = list(all_imports())
OWN = [found for found in IMPORTS if found.name.split(".")[0] == "qmonsh"]


def layer(module: str) -> str:
    return module.split(".")[0]


def target_layer(found: Import) -> str:
    inner = found.name.removeprefix("qmonsh").lstrip(".")
    return layer(inner) if inner else "__init__"


def test_every_module_has_a_place_in_the_map() -> None:
    unknown = {layer(module) for module in MODULES} - set(MAY_IMPORT) - FACES - TOP
    assert not unknown, f"say in MAY_IMPORT or FACES where {sorted(unknown)} stand"


def test_map_of_the_house_names_every_module_and_package() -> None:
    import qmonsh

    words = set(re.findall(r"\w+(?:\.py|/)", qmonsh.__doc__ or ""))
    missing = {layer(module) for module in MODULES} - {word.rstrip("/").removesuffix(".py") for word in words}
    assert missing == {"__init__", "__main__"}, "say in qmonsh/__init__.py what they are"


def test_imports_point_downwards() -> None:
    wrong = [
        str(found)
        for found in OWN
        if layer(found.module) in MAY_IMPORT
        and target_layer(found) not in MAY_IMPORT[layer(found.module)] | {layer(found.module)}
    ]
    assert not wrong


def test_map_itself_points_downwards() -> None:
    order = list(MAY_IMPORT)
    wrong = {
        upper: lower
        for upper in order
        for lower in MAY_IMPORT[upper]
        if order.index(lower) >= order.index(upper)
    }
    assert not wrong


def test_no_face_stands_on_another() -> None:
    scripts = {"ahead", "batch", "one_shot", "script_words"}  # one face in three files
    wrong = [
        str(found)
        for found in OWN
        if layer(found.module) in FACES - {"__init__"}
        and target_layer(found) in FACES - {"__init__", layer(found.module)}
        and not {layer(found.module), target_layer(found)} <= scripts
    ]
    assert not wrong


def test_nothing_imports_the_command_line() -> None:
    wrong = [str(found) for found in OWN if target_layer(found) in TOP and layer(found.module) not in TOP]
    assert not wrong


def test_errors_imports_nothing_of_qmonsh() -> None:
    assert not [str(found) for found in OWN if found.module == "errors"]


def test_pure_packages_do_no_io() -> None:
    wrong = [
        str(found)
        for found in IMPORTS
        if layer(found.module) in PURE and not found.typing and found.name.split(".")[0] in IMPURE
    ]
    assert not wrong


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_stays_in_its_layer(library: str) -> None:
    wrong = [
        str(found)
        for found in IMPORTS
        if found.name.split(".")[0] == library and layer(found.module) not in ONLY_IN[library]
    ]
    assert not wrong


def test_third_party_imports_are_known() -> None:
    names = {found.name.split(".")[0] for found in IMPORTS}
    unknown = names - set(sys.stdlib_module_names) - set(ONLY_IN) - {"qmonsh"}
    assert not unknown, "a new dependency needs its reason in pyproject.toml and its place in ONLY_IN"


def test_no_import_cycles() -> None:
    """No module needs itself, counting imports made when a function runs, but not those for types."""
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in OWN:
        inner = found.name.removeprefix("qmonsh").lstrip(".")
        if not found.typing and inner in MODULES:
            graph[found.module].add(inner)
    assert find_cycle(graph) == []


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of one cycle, or nothing."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for following in sorted(graph[module]):
            if cycle := walk(following, [*path, module]):
                return cycle
        done.add(module)
        return []

    for module in graph:
        if cycle := walk(module, []):
            return cycle
    return []


# -- the rules bite -----------------------------------------------------------------------------------


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
import os.path
if TYPE_CHECKING:
    import asyncio
else:
    import select
def f():
    from qmonsh.wire import message
    try:
        from time import monotonic
    except ImportError:
        pass
"""
    visitor = Imports("wire.x")
    visitor.visit(ast.parse(source))
    assert [(found.name, found.typing, found.late) for found in visitor.found] == [
        ("os.path", False, False),
        ("asyncio", True, False),
        ("select", False, False),
        ("qmonsh.wire.message", False, True),
        ("time", False, True),
    ]


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        ({"a": {"b"}, "b": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
        ({"a": {"a"}}, ["a", "a"]),
    ],
)
def test_cycle_is_named(graph: dict[str, set[str]], cycle: list[str]) -> None:
    assert find_cycle(graph) == cycle
