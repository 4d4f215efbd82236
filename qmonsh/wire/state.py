"""What the machines share about states: the error of using one in the wrong state."""

from __future__ import annotations

from enum import Enum


class InvalidStateError(RuntimeError):
    """A machine was asked for what its state does not allow: a mistake of the caller, not of the peer."""

    def __init__(self, what: str, state: Enum) -> None:
        self.what = what
        self.state = state
        super().__init__(f"cannot {what} in state {state.name}")
