"""The prompt: keys, colours, what stands left of the line; questions to the user.

Knows prompt_toolkit. Must not know what a line means: completer, lexer and toolbar do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, get_app_or_none
from prompt_toolkit.auto_suggest import AutoSuggest, AutoSuggestFromHistory, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.layout.processors import ConditionalProcessor, HighlightMatchingBracketProcessor
from prompt_toolkit.output import ColorDepth

from qmonsh.render.escape import one_line
from qmonsh.render.layout import wrap
from qmonsh.settings import state_path
from qmonsh.shell.ahead import Keyboard, answers_only
from qmonsh.shell.completer import ShellCompleter
from qmonsh.shell.fragments import plain
from qmonsh.shell.history import ShellHistory
from qmonsh.shell.keys import make_keys
from qmonsh.shell.lexer import MaskSecrets, ShellLexer, ShowHidden
from qmonsh.shell.speech import quoted
from qmonsh.shell.theme import make_style
from qmonsh.shell.toolbar import toolbar

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from qmonsh.shell.shell import Shell

#: Rows that are kept free below the prompt for the menu.
MENU_ROWS = 6
#: A longer name of a VM is cut in the prompt (columns).
LONGEST_NAME = 32
#: Longer lines are not looked for in the history while they are typed (characters).
LONGEST_SUGGESTED = 1000
#: Columns behind a question: a blank, "yes", the cursor.
ANSWER = 5


class Prompt:
    """The prompt of a shell: ``read`` a line, ``ask`` a question, while it is ``attached``."""

    def __init__(self, shell: Shell, *, input: Input | None = None, output: Output | None = None) -> None:
        self._shell = shell
        self._input, self._output = input, output
        self._asking: PromptSession[str] | None = None
        #: What is on the line of a dumb terminal before the user types: prompt_toolkit does not show it.
        self._given = ""
        self.history = _history(shell)
        completer = ShellCompleter(shell)
        self.session: PromptSession[str] = PromptSession(
            message=lambda: [*message(shell), ("", self._given)],
            history=self.history,
            completer=completer,
            complete_while_typing=not shell.terminal.dumb,
            reserve_space_for_menu=MENU_ROWS,
            lexer=ShellLexer(shell),
            auto_suggest=ShortSuggest(),
            bottom_toolbar=lambda: toolbar(shell),
            multiline=Condition(is_open),
            prompt_continuation=continuation,
            key_bindings=make_keys(shell, completer),
            style=make_style(shell.settings.theme),
            include_default_pygments_style=False,
            color_depth=self._depth,
            editing_mode=EditingMode.VI if shell.settings.vi else EditingMode.EMACS,
            enable_suspend=True,
            input_processors=[
                ConditionalProcessor(
                    HighlightMatchingBracketProcessor(chars="[](){}"),
                    Condition(lambda: not get_app().is_done),
                ),
                MaskSecrets(),
                ShowHidden(),
            ],
            tempfile_suffix=".json",
            input=input,
            output=output,
        )
        self.session.app.ttimeoutlen = 0.1
        self.session.app.timeoutlen = 0.5
        _no_lecture(self.session)

    @property
    def _depth(self) -> ColorDepth | None:
        if not self._shell.speech.colour:
            return ColorDepth.DEPTH_1_BIT
        # prompt_toolkit's own greys are none of the 16 colours, which every terminal with colours has.
        has_others = any("#" in style for style in self._shell.settings.theme.values())
        return ColorDepth.from_env() or (None if has_others else ColorDepth.DEPTH_4_BIT)

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Serve the shell: its text goes to this terminal, its questions to this user."""
        shell, session = self._shell, self.session
        shell.ask, shell.monitor.changed = self.ask, Redraw(shell.call_later, session.app.invalidate)
        shell.previous_lines = self.history.lines
        shell.terminal.typed = lambda: plain(message(shell)) + session.default_buffer.text
        shell.terminal.attach(session.output)
        shell.waiting.keyboard = Keyboard(
            session.input,
            shell.terminal,
            wanted=shell.asides.wanted,
            answer=shell.asides.put,
            shown=quoted,
        )
        shell.asides.announce = self._announce
        try:
            yield
        finally:
            shell.waiting.keyboard = None
            shell.monitor.changed = lambda: None

    def _announce(self, line: str) -> None:
        """Have a line that no prompt has shown look as if one had."""
        self.history.append_string(line)
        self._shell.emit(f"{plain(message(self._shell))}{quoted(line)}\n")

    async def read(self) -> str | None:
        """Return what the user enters, None at the end (Ctrl-D); Ctrl-C begins a new line."""
        shell, session = self._shell, self.session
        while True:
            text, shell.next_text = shell.next_text, ""
            self._given = text if shell.terminal.dumb else ""
            self.history.turn_to(shell.monitor.session.target.address)
            session.editing_mode = EditingMode.VI if shell.settings.vi else EditingMode.EMACS
            try:
                with shell.terminal.prompting():
                    return await session.prompt_async(default=text, handle_sigint=False)
            except KeyboardInterrupt:
                if not session.default_buffer.text:
                    shell.monitor.stop_following()
            except EOFError:
                return None

    async def ask(self, question: str) -> bool:
        """Put a question to the user; everything but y and yes is No, so are Ctrl-C and Ctrl-D."""
        session = self._asking = self._asking or self._question()
        # Room for an answer is left on the last line; prompt_toolkit would break words.
        lines = wrap(f"{question} [y/N]", self._shell.terminal.size[1] - ANSWER)
        try:
            with answers_only(session.input), self._shell.terminal.prompting():
                answer = await session.prompt_async("\n".join(lines) + " ", handle_sigint=False)
        except (KeyboardInterrupt, EOFError):
            return False
        return answer.strip().lower() in ("y", "yes")

    def interrupt(self) -> bool:
        """Take a SIGINT as Ctrl-C typed at the prompt; returns False when no prompt is up."""
        app = get_app_or_none()
        if app is None or not app.is_running:
            return False
        app.key_processor.send_sigint()
        return True

    def _question(self) -> PromptSession[str]:
        session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), color_depth=self._depth, input=self._input, output=self._output
        )
        _no_lecture(session)
        return session


class Redraw:
    """Has the prompt drawn anew, for any thread: many calls before the drawing are one.

    prompt_toolkit's ``invalidate`` may be called from other threads too, but raises RuntimeError there when
    the prompt ends at that moment, and never draws again when the loop did.
    """

    def __init__(
        self, call_later: Callable[[float, Callable[[], None]], None], draw: Callable[[], None]
    ) -> None:
        self._call_later = call_later
        self._draw = draw
        self._is_due = False

    def __call__(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._call_later(0, self._now)

    def _now(self) -> None:
        self._is_due = False
        self._draw()


def message(shell: Shell) -> StyleAndTextTuples:
    """Return what stands left of the line: the VM's name and its run state, or that it is not connected."""
    state = shell.monitor.state
    if state.lost is not None:
        word, style = "not connected", "class:prompt.lost"
    else:
        word = one_line(state.run_state)
        style = "class:prompt.running" if word == "running" else "class:prompt.stopped"
    name = one_line(shell.monitor.name)
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - 3] + "..."
    return [("class:prompt.name", name), ("", " " if word else ""), (style, word), ("", "> ")]


def is_open() -> bool:
    """Return whether Enter adds a line: the JSON object or transaction( is not closed yet."""
    text = get_app().current_buffer.text
    if not text.lstrip().startswith(("{", "transaction", "qmp")):
        return False
    from qmonsh.language.reader import is_complete

    return not is_complete(text)


def continuation(width: int, number: int, wraps: int) -> str:
    """Return what stands before the further lines of a statement; nothing where a long line is wrapped."""
    return "" if wraps else "." * max(0, width - 1) + " "


class ShortSuggest(AutoSuggest):
    """Suggests from history, for lines of ordinary length only."""

    def __init__(self) -> None:
        self._history = AutoSuggestFromHistory()

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """Return the rest of the newest line that begins like this one."""
        if not document.text or len(document.text) > LONGEST_SUGGESTED:
            return None
        return self._history.get_suggestion(buffer, document)


def _history(shell: Shell) -> ShellHistory:
    path = state_path("history") if shell.settings.history else ""
    if shell.settings.history and not path:
        shell.say("the history is not stored: there is no home directory")
    return ShellHistory(path, vm=shell.monitor.session.target.address, complain=shell.say)


def _no_lecture(session: PromptSession[str]) -> None:
    """Keep quiet on terminals that do not tell the cursor's position (serial lines): they work without."""
    session.app.renderer.cpr_not_supported_callback = None
