"""One page of a PDF: its text alone, or every run of letters with its box, and the rules drawn between them.

Boxes are in points from the page's top left corner as a viewer shows it: left, top, right, bottom.
"""

from __future__ import annotations

import ctypes
import struct
from functools import cached_property
from typing import Any

from sousveil.unpack.entry import Entry
from sousveil.unpack.render.layout import Segment

_CHARACTERS = 60_000
"""Of one page."""
_OBJECTS = 20_000
"""Objects of one page that are looked at for rules."""
_BREAKS = frozenset({10, 13})
_SPACES = frozenset({9, 32, 160, 0x3000})
_NONE = frozenset({0, 0xFFFE, 0xFFFF})
_SPAN = 1000.0
"""Points between those at which a page is asked how it is shown."""
_FAR = 2.0**26
"""Device units that a page may be wide for that."""
_EDGE = 1e6
"""Points from the corner beyond which nothing is shown."""


class Page:
    """One page's characters and rules."""

    def __init__(self, page: Any, text: Any) -> None:
        import pypdfium2.raw as raw

        self._raw, self._page, self._text = raw, page, text
        self._wide, self._high = page.get_size()
        self.has_picture = False

    @classmethod
    def of(cls, pdf: Any, number: int) -> Page | None:
        """Return a page, None where pdfium cannot load it."""
        import pypdfium2

        try:
            page = pdf[number]
        except pypdfium2.PdfiumError:
            return None
        try:
            return cls(page, page.get_textpage())
        except pypdfium2.PdfiumError:
            page.close()
            return None

    def close(self) -> None:
        """Let go of the page."""
        self._text.close()
        self._page.close()

    def picture(self, path: str, number: int) -> Entry:
        """Return the page as a picture."""
        from sousveil.unpack.render.pictures import PAGE_DOTS, page_picture

        data = page_picture(self._page, PAGE_DOTS)
        return Entry(path, b"", len(data), data, page=number)

    @cached_property
    def _frame(self) -> tuple[float, float, float, float, float, float]:
        """Return how a point of the page's own space becomes one as a viewer shows it: asked once, at three points."""
        across, down = ctypes.c_int(), ctypes.c_int()
        scale = min(1024.0, _FAR / max(self._wide, self._high, 1.0))
        wide, high = max(1, int(self._wide * scale)), max(1, int(self._high * scale))
        seen: list[tuple[float, float]] = []
        for x, y in ((0.0, 0.0), (_SPAN, 0.0), (0.0, _SPAN)):
            self._raw.FPDF_PageToDevice(self._page, 0, 0, wide, high, 0, x, y, across, down)
            seen.append((across.value / scale, down.value / scale))
        (e, f), (a, b), (c, d) = seen
        return (a - e) / _SPAN, (b - f) / _SPAN, (c - e) / _SPAN, (d - f) / _SPAN, e, f

    def _box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        a, b, c, d, e, f = self._frame
        # What is no number, or far off, lies at the edge.
        x = [min(_EDGE, max(-_EDGE, v)) for v in (a * left + c * top + e, a * right + c * bottom + e)]
        y = [min(_EDGE, max(-_EDGE, v)) for v in (b * left + d * top + f, b * right + d * bottom + f)]
        return min(x), min(y), max(x), max(y)

    def letters(self) -> tuple[str, bool]:
        """Return the page's text as it comes, and whether that is all."""
        count = self._raw.FPDFText_CountChars(self._text)
        most = max(0, min(count, _CHARACTERS))
        buffer = (ctypes.c_ushort * (most + 1))()
        wrote = self._raw.FPDFText_GetText(self._text, 0, most, buffer) if most else 0
        return bytes(buffer)[: 2 * max(0, wrote - 1)].decode("utf-16-le", "ignore"), count <= _CHARACTERS

    def pictured(self, text: str) -> bool:
        """Return whether a picture lies on a page that says ``text``."""
        self._rules(bool(text.strip()))
        return self.has_picture

    def read(self) -> tuple[list[Segment], list[tuple[float, float, float, float]], bool]:
        """Return runs of characters, the page's rules as boxes, and whether that is all."""
        segments, whole = self._segments()
        return segments, self._rules(bool(segments)), whole

    def _segments(self) -> tuple[list[Segment], bool]:
        raw, text = self._raw, self._text.raw
        count = raw.FPDFText_CountChars(text)
        box = raw.FS_RECTF()
        at = ctypes.byref(box)
        runs: list[Segment] = []
        letters: list[str] = []
        low_x = low_y = high_x = high_y = 0.0
        space = False
        unicode_of, box_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
        unpacked = struct.Struct("=4f").unpack_from

        def flush() -> None:
            word = "".join(letters).strip()
            if word:
                runs.append(Segment(*self._box(low_x, low_y, high_x, high_y), word))
            letters.clear()

        for index in range(min(count, _CHARACTERS)):
            code = unicode_of(text, index)
            if code in _BREAKS:
                flush()
                space = False
                continue
            if code in _SPACES:
                space = True
                continue
            if code in _NONE or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
                continue
            if not box_of(text, index, at):
                continue
            left, top, right, bottom = unpacked(box)
            high = top - bottom
            high = 1.0 if high < 1.0 else 200.0 if high > 200.0 else high
            middle = (bottom + top) / 2
            gap = left - high_x
            if (
                not letters
                or not low_y - high * 0.3 <= middle <= high_y + high * 0.3
                or gap > high * (0.9 if space else 1.1)
                or gap < -high * 2
            ):
                flush()
                low_x, low_y, high_x, high_y = left, bottom, right, top
            else:
                if space or (gap > high * 0.3 and letters[-1].isascii()):
                    letters.append(" ")
                low_x = left if left < low_x else low_x
                low_y = bottom if bottom < low_y else low_y
                high_x = right if right > high_x else high_x
                high_y = top if top > high_y else high_y
            space = False
            letters.append(chr(code))
        flush()
        return runs, count <= _CHARACTERS

    def _rules(self, wanted: bool) -> list[tuple[float, float, float, float]]:
        """Return boxes of drawn lines and frames; pictures are noted on the way."""
        raw = self._raw
        out: list[tuple[float, float, float, float]] = []
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        for index in range(min(raw.FPDFPage_CountObjects(self._page), _OBJECTS)):
            item = raw.FPDFPage_GetObject(self._page, index)
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_IMAGE:
                self.has_picture = True
            elif kind == raw.FPDF_PAGEOBJ_FORM:
                self.has_picture = self.has_picture or not wanted
            elif (
                wanted
                and kind == raw.FPDF_PAGEOBJ_PATH
                and raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
                and len(out) < 4000
            ):
                out.append(self._box(left.value, bottom.value, right.value, top.value))
        return out
