"""``python -m qmonsh``: the same as the console script."""

from __future__ import annotations

from qmonsh.cli import main

if __name__ == "__main__":
    main()
