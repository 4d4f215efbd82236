"""The way in, as the console script and as ``python -m qmonsh``: a Ctrl-C at any moment ends it quietly.

Knows only where qmonsh begins. cli.py says what an interrupt means for a command; here it came before there
was one, or behind everything.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its status, 130 when interrupted."""
    try:
        from qmonsh.cli import main as run

        run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
