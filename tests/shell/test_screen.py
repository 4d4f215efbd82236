"""A picture in characters."""

from __future__ import annotations

import pytest

from qmonsh.shell.screen import Picture, draw, read_ppm

RED, BLUE, WHITE, BLACK = b"\xff\0\0", b"\0\0\xff", b"\xff\xff\xff", b"\0\0\0"


def ppm(width: int, height: int, pixels: bytes, header: str = "P6\n{} {}\n255\n") -> bytes:
    return header.format(width, height).encode() + pixels


def test_ppm_is_read() -> None:
    picture = read_ppm(ppm(2, 1, RED + BLUE))
    assert picture == Picture(2, 1, RED + BLUE)


def test_ppm_with_remarks_is_read() -> None:
    assert read_ppm(ppm(1, 1, RED, "P6\n# made by QEMU\n{} {}\n255\n")) == Picture(1, 1, RED)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P5\n1 1\n255\n\0",
        b"P6\n2 2\n255\n\0",
        b"P6\n0 0\n255\n",
        b"P6\n1 1\n65535\n" + b"\0" * 6,
        b"P6\n99999999 9999999\n255\n",
        b"\x89PNG",
    ],
)
def test_what_is_no_whole_picture_is_none(data: bytes) -> None:
    assert read_ppm(data) is None


def test_two_pixels_are_one_character() -> None:
    lines = list(draw(Picture(1, 2, RED + BLUE), columns=80, rows=24, colours=1 << 24))
    assert lines == ["\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m"]


def test_palette_of_256_colours() -> None:
    lines = list(draw(Picture(1, 2, RED + WHITE), columns=80, rows=24, colours=256))
    assert lines == ["\x1b[38;5;196;48;5;231m▀\x1b[0m"]


def test_equal_neighbours_share_their_colours() -> None:
    (line,) = draw(Picture(3, 2, RED * 6), columns=80, rows=24, colours=1 << 24)
    assert line.count("\x1b[38") == 1 and line.count("▀") == 3


def test_without_colours_it_is_letters() -> None:
    lines = list(draw(Picture(2, 2, WHITE + BLACK + WHITE + BLACK), columns=80, rows=24, colours=0))
    assert lines == ["@"]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50), (20, 100), (1, 1)])
@pytest.mark.parametrize("colours", [0, 256, 1 << 24])
def test_picture_fits_and_keeps_its_shape(columns: int, rows: int, colours: int) -> None:
    picture = Picture(720, 400, RED * 720 * 400)
    lines = list(draw(picture, columns=columns, rows=rows, colours=colours))
    assert 1 <= len(lines) <= rows
    width = max(line.count("▀") if colours else len(line) for line in lines)
    assert width <= columns
    if (columns, rows) == (80, 24):
        assert abs(width / (len(lines) * 2) - 720 / 400) < 0.15


def test_odd_height_ends_black() -> None:
    lines = list(draw(Picture(1, 1, RED), columns=80, rows=24, colours=256))
    assert lines == ["\x1b[38;5;196;48;5;16m▀\x1b[0m"]
