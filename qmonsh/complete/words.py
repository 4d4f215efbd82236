"""The words of a line that is still being typed: like language/reader.py's, but nothing is an error.

Knows where the word at the cursor begins, with a quote that is still open. Must not know commands.
"""

from __future__ import annotations

from dataclasses import dataclass

from qmonsh.errors import LineError
from qmonsh.language.blank import skip_blanks
from qmonsh.language.reader import read_word


@dataclass(frozen=True, slots=True)
class Typed:
    """The words of a line up to the cursor.

    ``words`` are finished; ``current`` is the text of the word at the cursor (without its opening quote),
    which begins at ``start``.
    """

    words: tuple[str, ...]
    current: str
    start: int


def read_typed(text: str, position: int) -> Typed:
    """Return the HMP words of ``text``, which ends at the cursor, from ``position`` on."""
    words: list[str] = []
    while True:
        start = skip_blanks(text, position)
        if start >= len(text):
            return Typed(tuple(words), "", len(text))
        try:
            word = read_word(text, start)
        except LineError:  # an open quote: the rest of the line is in it
            return Typed(tuple(words), text[start + 1 :], start + 1)
        if word is None:
            return Typed(tuple(words), "", len(text))
        if word.end >= len(text):
            quoted = word.quoted and len(text) - start > 1
            return (
                Typed((*words, word.text), "", len(text)) if quoted else Typed(tuple(words), word.text, start)
            )
        words.append(word.text)
        position = word.end
