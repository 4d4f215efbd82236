"""Each module has its test file: qmonsh/a/b.py is tested by tests/a/test_b.py."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

#: Modules without logic of their own; each with the reason. Others are to be tested, not added.
WITHOUT_TEST = {
    "__init__.py": "the map and a lazy import, tested by test_imports.py",
    "transport/base.py": "an interface",
    "language/knowledge.py": "an interface",
    "language/plan.py": "values",
    "wire/message.py": "values",
}


def modules() -> list[str]:
    package = CHECKOUT / "qmonsh"
    found = (path.relative_to(package).as_posix() for path in package.rglob("*.py"))
    return sorted(name for name in found if name == "__init__.py" or not name.endswith("/__init__.py"))


def file_for(module: str) -> Path:
    folder, _, name = module.rpartition("/")
    return CHECKOUT / "tests" / folder / f"test_{name}"


def test_every_module_has_its_test_file() -> None:
    missing = [name for name in modules() if name not in WITHOUT_TEST and not file_for(name).exists()]
    assert not missing, "add " + " ".join(
        str(file_for(name).relative_to(CHECKOUT)) for name in missing
    )


def test_exceptions_are_still_needed() -> None:
    stale = [name for name in WITHOUT_TEST if name not in modules() or file_for(name).exists()]
    assert not stale


def test_packages_have_no_logic_in_init() -> None:
    """A package's __init__ is its docstring and perhaps names; logic there has no test file."""
    package = CHECKOUT / "qmonsh"
    long = [path for path in package.glob("*/__init__.py") if path.read_text().count("\n") > 40]
    assert not long
