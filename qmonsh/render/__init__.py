"""Value -> text for people or programs; foreign text is escaped here and nowhere else.

Knows shapes, widths and colours. Must not know connections or how the value was got.
"""
