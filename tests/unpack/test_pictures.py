"""Pictures are told from their headers, however those lie and whatever they claim."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.unpack.render.pictures import worth_reading


def gif(wide: int, high: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", wide, high) + bytes(3000)


def bmp(wide: int, high: int, header: int) -> bytes:
    return b"BM" + bytes(8) + struct.pack("<IIii", 54, header, wide, -high) + bytes(3000)


def lossless(wide: int, high: int) -> bytes:
    packed = (wide - 1) | (high - 1) << 14
    return b"RIFF" + bytes(4) + b"WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", packed) + bytes(3000)


def tiff(wide: int, high: int, order: str, kind: str, before: int) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = b"".join(
        struct.pack(f"{order}HHI{kind}", tag, 3 if kind == "H" else 4, 1, side).ljust(12, b"\0")
        for tag, side in ((256, wide), (257, high), (258, 8))
    )
    return mark + struct.pack(order + "I", 8 + before) + bytes(before) + struct.pack(order + "H", 3) + entries


MADE = {
    "gif": gif,
    "bmp 3": lambda w, h: bmp(w, h, 40),
    "bmp 4": lambda w, h: bmp(w, h, 108),
    "bmp 5": lambda w, h: bmp(w, h, 124),
    "webp": lossless,
    "tiff": lambda w, h: tiff(w, h, "<", "I", 3000),
    "tiff, the other way round": lambda w, h: tiff(w, h, ">", "H", 3000),
    "tiff, its directory last": lambda w, h: tiff(w, h, "<", "H", 1 << 20),
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_a_picture_that_may_show_words_is_told_by_its_size(made) -> None:  # type: ignore[no-untyped-def]
    assert worth_reading(made(640, 200))
    assert worth_reading(memoryview(made(640, 200)))
    assert not worth_reading(made(640, 20)), "a bar"
    assert not worth_reading(made(100, 100)), "an icon"


@given(st.sampled_from([m(640, 200) for m in MADE.values()]), st.integers(0, 3100), st.binary(max_size=12))
def test_a_broken_header_is_no_error(data: bytes, at: int, put: bytes) -> None:
    worth_reading(data[:at])
    at = min(at, 60)
    worth_reading(data[:at] + put + data[at + len(put) :])
