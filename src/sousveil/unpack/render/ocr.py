"""Pictures and scanned pages: words with box and confidence, a stack of short ones as a menu (extra ``ocr``)."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterator
from statistics import median
from typing import Any

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.layout import Segment, page_blocks
from sousveil.unpack.render.marked import Writing, cleaned, inside

ABOUT = About(
    title="Pictures and scanned pages",
    ends=".png .jpg .jpeg .gif .tif .tiff .bmp .webp",
    reads="Words with box and confidence, of a picture as a screen: a stack of short words is a menu; of a scanned "
    "page as a document. At most 200 a scan, in a process of its own, without network.",
    needs="the extra `ocr`",
    limits="Pictures under 20,000 or over 40 million pixels; of a GIF or TIFF all but the first; SVG; "
    "handwriting; words read with a confidence under 0.5.",
)
_SURE = 0.5
_SHORT = 14


def available() -> bool:
    """Return whether the extra is installed."""
    from importlib.util import find_spec

    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 2,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def words(data: bytes) -> list[tuple[Segment, float]]:
    """Return the words of a picture with their boxes in pixels and the confidence."""
    found = _engine()(data)
    if found.boxes is None:
        return []
    out: list[tuple[Segment, float]] = []
    for box, text, sure in zip(found.boxes, found.txts, found.scores, strict=True):
        xs, ys = [float(p[0]) for p in box], [float(p[1]) for p in box]
        if sure >= _SURE and text.strip():
            out.append((Segment(min(xs), min(ys), max(xs), max(ys), text.strip()), float(sure)))
    return sorted(out, key=lambda w: (round(w[0].middle / 8), w[0].left))


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the words of a picture as a page of labels, menus and sentences."""
    seen = words(data)
    if seen:
        entry = screen(seen, inside(display, "text.html"))
        budget.take_bytes(entry.size)
        yield entry


def document(seen: list[tuple[Segment, float]], path: str, place: str, scale: float) -> Entry | None:
    """Return the words of a scanned page as Markdown; ``scale`` turns pixels into points."""
    writing = Writing()
    sure = {id(s): c for s, c in seen}
    segments = [s for s, _ in seen]

    def where(s: Segment) -> str:
        box = " ".join(f"{v * scale:.0f}" for v in (s.left, s.top, s.right, s.bottom))
        said = f", confidence {sure[id(s)]:.2f}" if id(s) in sure else ""
        return f"{place}, box {box}{said}"

    for block in page_blocks(segments, ()):
        if block.kind == "heading":
            writing.heading(block.level, block.rows[0][0].text, where(block.rows[0][0]))
        elif block.kind == "table":
            writing.table([[(cell.text, where(cell)) for cell in row] for row in block.rows])
        else:
            writing.paragraph([(row[0].text, where(row[0])) for row in block.rows])
    return writing.entry(path) if writing.size else None


def screen(seen: list[tuple[Segment, float]], path: str) -> Entry:
    """Return the words of a screenshot as a page: stacked short words are a menu below the label before them."""
    out = bytearray(b"<!doctype html>\n")
    marks: list[tuple[int, str]] = []

    def put(tag: str, word: tuple[Segment, float]) -> None:
        s, sure = word
        marks.append((len(out), f"box {s.left:.0f} {s.top:.0f} {s.right:.0f} {s.bottom:.0f}, confidence {sure:.2f}"))
        out.extend(f"<{tag}>{html.escape(cleaned(s.text), quote=False)}</{tag}>\n".encode())

    usual = median(s.high for s, _ in seen)
    for stack in _stacks(seen):
        first = stack[0][0]
        if len(stack) >= 3:
            whole = [s for s, _ in stack]
            marks.append((len(out), f"box {whole[0].left:.0f} {whole[0].top:.0f} {max(s.right for s in whole):.0f} "
                          f"{whole[-1].bottom:.0f}"))  # fmt: skip
            label = first.text.rstrip().endswith((":", "：")) or len(stack) > 3
            if label:
                put("label", stack[0])
            if label:
                marks.append((len(out), marks[-2][1]))
            out += b"<select>\n"
            for word in stack[1:] if label else stack:
                put("option", word)
            out += b"</select>\n"
        else:
            for word in stack:
                large = word[0].high > 1.3 * usual and len(word[0].text) <= 2 * _SHORT
                put("h3" if large else "label" if len(word[0].text) <= _SHORT else "p", word)
    return Entry(path, b"", len(out), bytes(out), marks=tuple(marks))


def _stacks(seen: list[tuple[Segment, float]]) -> Iterator[list[tuple[Segment, float]]]:
    """Yield short words that stand flush below one another together, others alone, from top to bottom."""
    taken: set[int] = set()
    for index, word in enumerate(seen):
        if index in taken:
            continue
        taken.add(index)
        stack = [word]
        if len(word[0].text) <= _SHORT:
            for other in range(index + 1, len(seen)):
                s, last = seen[other][0], stack[-1][0]
                if s.top - last.bottom > 1.2 * last.high:
                    break
                below = s.middle > last.bottom - 0.2 * last.high
                flush = abs(s.left - last.left) < 0.8 * last.high
                if below and flush and s.text.endswith((":", "：")):
                    break
                if other not in taken and below and flush and len(s.text) <= _SHORT:
                    taken.add(other)
                    stack.append(seen[other])
        yield stack
