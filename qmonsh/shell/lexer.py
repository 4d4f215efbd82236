"""How prompt_toolkit shows what is typed: coloured (colour.py), secrets and what has no ink never shown.

Knows how long a line may be for that. Must not know what a word means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.lexers import Lexer

from qmonsh.render.escape import is_safe

if TYPE_CHECKING:
    from qmonsh.shell.colour import Colours
    from qmonsh.shell.shell import Shell

#: Input longer than this is not coloured while it is typed (characters).
LONGEST = 20_000


class ShellLexer(Lexer):
    """Colours what is typed for a shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._colours: Colours | None = None

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return the function that gives a line's fragments."""
        lines = document.lines
        if not document.text or len(document.text) > LONGEST or not self._shell.speech.colour:
            return lambda number: [("", lines[number])] if number < len(lines) else []
        from qmonsh.shell.colour import Colours  # the prompt must not wait for it

        colours = self._colours = self._colours or Colours(self._shell)
        is_json = document.text.lstrip().startswith("{")
        return lambda number: colours.line(lines, number, is_json=is_json)

    def invalidation_hash(self) -> Any:
        """Return what changes when names become known."""
        return len(self._shell.monitor.facts.memo)


class MaskSecrets(Processor):
    """Shows a star for each character of a secret while it is typed."""

    def apply_transformation(self, given: TransformationInput) -> Transformation:
        """Return the line's fragments with secrets starred; positions stay what they are."""
        text = given.document.text
        if not text or len(text) > LONGEST:
            return Transformation(given.fragments)
        from qmonsh.language.secrets import secret_spans

        spans = secret_spans(text)
        if not spans:
            return Transformation(given.fragments)
        begin = given.document.translate_row_col_to_index(given.lineno, 0)
        hidden = {position - begin for start, end in spans for position in range(start, end)}
        shown: StyleAndTextTuples = []
        position = 0
        for style, part, *_ in given.fragments:
            shown.append(
                (
                    style,
                    "".join(
                        "*" if position + n in hidden and c not in "\"'" else c for n, c in enumerate(part)
                    ),
                )
            )
            position += len(part)
        return Transformation(shown)


class ShowHidden(Processor):
    """Shows what has no ink, or turns the direction of writing, as U+FFFD in what is typed.

    A name that Tab put on the line is foreign text; so is a paste. One character stays one, so that positions
    stay what they are. C0 and C1 are left to prompt_toolkit (``^[``, ``<9b>``).
    """

    def apply_transformation(self, given: TransformationInput) -> Transformation:
        """Return the line's fragments, hidden characters replaced."""
        if all(is_safe(part) for _, part, *_ in given.fragments):
            return Transformation(given.fragments)
        return Transformation([(style, _visible(part)) for style, part, *_ in given.fragments])


def _visible(text: str) -> str:
    return "".join(c if c <= "\xa0" or is_safe(c) else "\ufffd" for c in text)
