"""prompt_toolkit's fragments of styled text: their text, and as much of them as fits.

Pure. Must not know what they say.
"""

from __future__ import annotations

from prompt_toolkit.formatted_text import StyleAndTextTuples

from qmonsh.render.layout import columns_of


def plain(fragments: StyleAndTextTuples) -> str:
    """Return the text of fragments without their styles."""
    return "".join(fragment[1] for fragment in fragments)


def cut(fragments: StyleAndTextTuples, width: int) -> StyleAndTextTuples:
    """Return fragments that fit into ``width`` columns, the cut marked."""
    left = width - 1
    found: StyleAndTextTuples = []
    for style, text, *_ in fragments:
        if columns_of(text) > left:
            text = text[: max(0, left - 3)]
            while columns_of(text) > max(0, left - 3):  # wide characters
                text = text[:-1]
            return [*found, (style, text + "..." if left >= 3 else "")]
        found.append((style, text))
        left -= columns_of(text)
    return found
