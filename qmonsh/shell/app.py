"""The interactive face: connect, read a line, run it, again; signals, and a clean way out of all of it.

Knows the event loop and the order of things. Must not know what a line means (shell.py) or how the prompt
is drawn (prompt.py). The connection is made while prompt_toolkit is still being imported.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import Context, copy_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from qmonsh.settings import Settings
    from qmonsh.shell.prompt import Prompt
    from qmonsh.shell.shell import Shell
    from qmonsh.target import Target

#: Seconds that the first prompt waits for the VM's name and run state (2 ms, unless QEMU is stuck).
FIRST_LOOK = 0.15

#: Seconds after which knowledge is loaded: the prompt has been drawn by then.
LEARN_AFTER = 0.05


def run_shell(target: Target, settings: Settings) -> int:
    """Run the shell on a target until the user leaves it; returns the exit status.

    Raises ConnectError when there is nothing to talk to.
    """
    if target.scheme == "stdio":  # the monitor has stdin and stdout; the user is on /dev/tty
        settings.terminal = settings.terminal._replace(stdin=True, stdout=True)
    later = Later()
    dumb = settings.terminal.term.lower() in ("dumb", "unknown", "")
    with uncollected():
        shell = _shell(target, settings, later, dumb=dumb)
        connecting = Connecting(shell)
        import asyncio

        from qmonsh.shell import prompt as prompt_module  # takes 150 ms, in which the connection is made

        connecting.join()
    try:
        with plain_output() if dumb else nullcontext():
            return asyncio.run(_converse(shell, prompt_module.Prompt(shell), later))
    finally:
        shell.monitor.close()


def _shell(target: Target, settings: Settings, later: Later, *, dumb: bool) -> Shell:
    """Return the shell, not connected yet."""
    from qmonsh.shell.pager import pager_command
    from qmonsh.shell.shell import Shell
    from qmonsh.shell.terminal import Terminal

    pager = "" if dumb else pager_command(os.environ)
    shell = Shell(target, settings, Terminal(dumb=dumb), call_later=later, pager=pager)
    if settings.record:
        shell.monitor.record(settings.record)
    return shell


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage while modules are imported, nor among them ever: they leave none.

    It would take a tenth of the time until the prompt stands.
    """
    import gc

    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def plain_output() -> Iterator[None]:
    """Have prompt_toolkit write text only (it would send some escape sequences to a dumb terminal too)."""
    import sys

    from prompt_toolkit.application import create_app_session

    from qmonsh.shell.dumb import DumbOutput

    with create_app_session(output=DumbOutput(sys.stdout)):
        yield


class Connecting:
    """Connects in a thread of its own, so that imports go on meanwhile."""

    def __init__(self, shell: Shell) -> None:
        self._error: BaseException | None = None
        self._shell = shell
        self._thread = threading.Thread(target=self._run, name="qmonsh connects", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for the connection; raises what went wrong."""
        while self._thread.is_alive():
            self._thread.join(0.1)  # bounded, so that Ctrl-C gets through
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._shell.monitor.session.connect()
            self._shell.monitor.connected()
        except BaseException as error:
            self._error = error


class Later:
    """Runs functions in the event loop later, for any thread; those that come before the loop wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: AbstractEventLoop | None = None
        self._context: Context | None = None
        self._early: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, function: Callable[[], None]) -> None:
        with self._lock:
            loop = self._loop
            if loop is None:
                self._early.append((seconds, function))
                return
        try:
            loop.call_soon_threadsafe(loop.call_later, seconds, function, context=self._context)
        except RuntimeError:  # the loop is closed: the shell has ended
            return

    def start(self, loop: AbstractEventLoop) -> None:
        """Begin to run functions in this loop."""
        with self._lock:
            self._loop = loop
            self._context = copy_context()
            early, self._early = self._early, []
        for seconds, function in early:
            loop.call_later(seconds, function)

    def stop(self) -> None:
        """Keep what comes from now on for the next loop."""
        with self._lock:
            self._loop = None


async def _converse(shell: Shell, prompt: Prompt, later: Later) -> int:
    """Read and run lines until the user, a signal or a ``quit`` ends it; returns the exit status."""
    from asyncio import CancelledError, get_running_loop

    loop = get_running_loop()
    later.start(loop)
    shell.monitor.errands.settle(FIRST_LOOK, "identity", "look")
    terminal = shell.terminal
    with prompt.attached(), terminal.streams(), terminal.echo.off(), _signals(shell, prompt, loop):
        later(LEARN_AFTER, shell.monitor.learn)
        try:
            while shell.status is None:
                text = await prompt.read()
                if text is None:
                    shell.leave(0)
                elif text.strip():
                    await shell.run_text(text)
                    await shell.asides.settle()
        except CancelledError:
            if shell.status is None:
                raise
    return shell.status or 0


@contextmanager
def _signals(shell: Shell, prompt: Prompt, loop: AbstractEventLoop) -> Iterator[None]:
    """Leave on SIGTERM and SIGHUP as on Ctrl-D; SIGINT clears the line or stops the waiting.

    SIGCONT, after a Ctrl-Z while a command ran, takes the terminal back.
    """
    from asyncio import current_task

    task = current_task()
    assert task is not None

    def end(number: int) -> None:
        shell.leave(128 + number)
        shell.editor.hang_up()
        task.cancel()

    def interrupt() -> None:
        if not prompt.interrupt():
            shell.waiting.interrupt()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    loop.add_signal_handler(signal.SIGCONT, shell.terminal.resume)
    numbers = (signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in (*numbers, signal.SIGINT, signal.SIGCONT):
            loop.remove_signal_handler(number)
