"""Text before the cursor + knowledge -> candidates.

Knows kinds of values and ranking. Must not do I/O: it reads what the Knowledge has.
"""
