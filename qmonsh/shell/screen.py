"""A picture in characters: PPM bytes -> lines of half blocks, two pixels a character.

Pure. Knows PPM (P6) and SGR colours. Must not know where the picture comes from or the terminal it goes to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = re.compile(rb"P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(?:#[^\n]*\n\s*)*(\d+)\s+(?:#[^\n]*\n\s*)*(\d+)\s")
#: Light to dark for terminals without colours.
_RAMP = " .:-=+*#%@"
#: Points of the picture that are averaged for one pixel, in each direction.
_SAMPLES = 3

Pixel = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """RGB pixels, three bytes each, row by row."""

    width: int
    height: int
    pixels: bytes

    def average(self, left: float, top: float, right: float, bottom: float) -> Pixel:
        """Return the mean colour of a part, from a few points in it."""
        red = green = blue = 0
        columns, rows = _points(left, right, self.width), _points(top, bottom, self.height)
        for y in rows:
            for x in columns:
                at = 3 * (y * self.width + x)
                red += self.pixels[at]
                green += self.pixels[at + 1]
                blue += self.pixels[at + 2]
        count = len(columns) * len(rows)
        return red // count, green // count, blue // count


def read_ppm(data: bytes) -> Picture | None:
    """Return the picture in a PPM file, None when it is not one or not complete."""
    found = _HEADER.match(data)
    if found is None:
        return None
    width, height, most = (int(number) for number in found.groups())
    pixels = data[found.end() :]
    if not (0 < width <= 65536 and 0 < height <= 65536 and most == 255) or len(pixels) < 3 * width * height:
        return None
    return Picture(width, height, pixels)


def draw(picture: Picture, *, columns: int, rows: int, colours: int) -> Iterator[str]:
    """Yield lines of at most ``columns`` characters, at most ``rows`` of them.

    ``colours`` is 0 (none: grey as letters), 256 or 16777216. The shape is kept: a character is twice as
    high as it is wide.
    """
    if colours == 0:
        width, height = _fit(picture, columns, rows, 0.5)
        for row in range(height):
            line = (_grey(_pixel(picture, x, row, width, height)) for x in range(width))
            yield "".join(line).rstrip()
        return
    width, height = _fit(picture, columns, rows * 2, 1.0)
    code = _true_colour if colours > 256 else _palette
    for row in range(0, height, 2):
        pairs = [
            (
                _pixel(picture, x, row, width, height),
                _pixel(picture, x, row + 1, width, height) if row + 1 < height else (0, 0, 0),
            )
            for x in range(width)
        ]
        yield "".join(_cells(pairs, code)) + "\x1b[0m"


def _cells(pairs: list[tuple[Pixel, Pixel]], code: object) -> Iterator[str]:
    before: tuple[str, str] | None = None
    assert callable(code)
    for upper, lower in pairs:
        colours = code(upper), code(lower)
        if colours != before:
            yield f"\x1b[38;{colours[0]};48;{colours[1]}m"
            before = colours
        yield "▀"


def _fit(picture: Picture, columns: int, rows: int, aspect: float) -> tuple[int, int]:
    """Return the size in pixels that keeps the shape; ``aspect`` is a pixel's width by its height."""
    scale = min(columns / picture.width, rows / (picture.height * aspect), 1.0)
    return max(1, int(picture.width * scale)), max(1, int(picture.height * aspect * scale))


def _pixel(picture: Picture, x: int, y: int, width: int, height: int) -> Pixel:
    across, down = picture.width / width, picture.height / height
    return picture.average(x * across, y * down, (x + 1) * across, (y + 1) * down)


def _points(begin: float, end: float, limit: int) -> list[int]:
    step = max(1.0, (end - begin) / _SAMPLES)
    points: list[int] = []
    at = begin + min(step, end - begin) / 2
    while at < end and len(points) < _SAMPLES:
        points.append(min(int(at), limit - 1))
        at += step
    return points or [min(int(begin), limit - 1)]


def _grey(pixel: Pixel) -> str:
    red, green, blue = pixel
    light = (299 * red + 587 * green + 114 * blue) // 1000
    return _RAMP[light * (len(_RAMP) - 1) // 255]


def _true_colour(pixel: Pixel) -> str:
    return f"2;{pixel[0]};{pixel[1]};{pixel[2]}"


def _palette(pixel: Pixel) -> str:
    red, green, blue = ((channel * 5 + 127) // 255 for channel in pixel)
    return f"5;{16 + 36 * red + 6 * green + blue}"
