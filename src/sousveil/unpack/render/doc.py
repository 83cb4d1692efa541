"""Old Word documents: the text by the piece table, cells of tables, notes and headers.

Offsets are those of [MS-DOC], "Word (.doc) Binary File Format": FIB, Clx, PlcPcd.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import Cell, Flow, Writing, inside
from sousveil.unpack.render.ole import Compound

ABOUT = About(
    title="Word 6 to 2003",
    ends=".doc .dot .wps",
    reads="Paragraphs by number, tables, notes, headers and footers, comments, text boxes; embedded packages as files.",
    limits="Encrypted documents; pictures; which paragraph is a heading is told by its shape.",
)
_MOST_TEXT = 32 << 20
_PARTS = ("", "footnote", "header or footer", "macro", "comment", "endnote", "text box", "header text box")
_CONTROLS = {0x0B: "\n", 0x0E: "\n", 0x1E: "-", 0x1F: "", 0xA0: " "}
_CODEPAGES = {
    0x04: "gb18030",
    0x11: "cp932",
    0x12: "cp949",
    0x19: "cp1251",
    0x01: "cp1256",
    0x1F: "cp1254",
    0x2A: "cp1258",
}
_BIG5 = (0x0404, 0x0C04, 0x1404)
_HEADING = re.compile(r"(?:第[一二三四五六七八九十百\d]{1,4}[章节]|\d{1,2}(?:\.\d{1,3}){0,5}\.?)[\s、]*\S")
_SENTENCE = re.compile(r"[.。;；,，:：!?！？]\s*\Z")


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the document's text as Markdown."""
    try:
        compound = Compound(data)
    except ValueError as error:
        yield Limit(display, "broken", f"compound file: {error}"[:200])
        return
    try:
        if compound.kind != "doc":
            yield from _other(compound, data, display, budget)
            return
        yield from _word(compound, display, budget)
        yield from packages(compound, display)
        yield from compound.unread(display)
    finally:
        compound.close()


def _other(compound: Compound, data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Render what is no Word document as what it is."""
    from sousveil.unpack.render import msg, ppt, sheets

    renderer = {"sheets": sheets.render, "ppt": ppt.render, "msg": msg.render}.get(compound.kind)
    if compound.kind == "encrypted":
        yield Limit(display, "encrypted", "an encrypted Office document")
    elif renderer is None:
        yield Limit(display, "not-understood", "a compound file, but no document of a known kind")
        yield Entry(inside(display, "[bytes]"), b"", len(data), data)
    else:
        yield from renderer(data, display, budget)


def packages(compound: Compound, display: str) -> Iterator[Entry | Limit]:
    """Yield embedded packages (``Ole10Native``: size, name and paths, then the file's bytes)."""
    for number, name in enumerate(n for n in compound.names if n.lower().endswith("\x01ole10native")):
        if number >= 200:
            yield Limit(display, "cut", "more than 200 embedded packages")
            return
        raw = compound.stream(name)
        at = 6
        texts: list[bytes] = []
        for _ in range(2):
            stop = raw.find(b"\0", at)
            if stop < 0:
                break
            texts.append(raw[at:stop])
            at = stop + 1
        at += 4
        # The path of a temporary copy, with its length.
        at += 4 + int.from_bytes(raw[at : at + 4], "little")
        size = int.from_bytes(raw[at : at + 4], "little")
        body = raw[at + 4 : at + 4 + size]
        if body and texts:
            label = texts[0].decode("gb18030", "backslashreplace") or f"package-{number + 1}"
            yield Entry(inside(display, label), b"", len(body), body, inside=True)


def _word(compound: Compound, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    main = compound.stream("WordDocument")
    if len(main) < 0x20:
        yield Limit(display, "broken", "the document's main stream is too short")
        return
    flags = int.from_bytes(main[0x0A:0x0C], "little")
    if flags & 0x0100:
        yield Limit(display, "encrypted", "the document is encrypted")
        return
    if int.from_bytes(main[2:4], "little") < 0xC1:
        text, counts = _old(main), [len(main)]
    else:
        table = compound.stream("1Table" if flags & 0x0200 else "0Table")
        pieces = _pieces(main, table)
        if pieces is None:
            yield Limit(display, "broken", "the document has no table of its text's pieces")
            return
        text = pieces
        counts = [
            int.from_bytes(main[at : at + 4], "little") for at in (0x4C, 0x50, 0x54, 0x58, 0x5C, 0x60, 0x64, 0x68)
        ]
    if len(text) >= _MOST_TEXT:
        yield Limit(display, "cut", f"more than {_MOST_TEXT} characters; the rest was not read")
    writing = Writing()
    flow = Flow(writing)
    at = 0
    for name, count in zip(_PARTS, counts, strict=False):
        count = min(count, len(text) - at)
        if count > 0:
            write(text[at : at + count], flow, f"{name}, " if name else "")
            at += count
    flow.flush()
    if writing.size:
        budget.take_bytes(writing.size)
        yield writing.entry(inside(display, "text.md"))


def _old(main: bytes) -> str:
    """Return the text of Word 6 and 95: one run of bytes in the language's code page."""
    start, end = struct.unpack_from("<II", main, 0x18)
    language = int.from_bytes(main[6:8], "little")
    codec = "big5" if language in _BIG5 else _CODEPAGES.get(language & 0x3FF, "cp1252")
    return main[start : min(end, len(main))].decode(codec, "replace")


def _pieces(main: bytes, table: bytes) -> str | None:
    if len(main) < 0x1AA:
        return None
    at, size = struct.unpack_from("<II", main, 0x1A2)
    clx = table[at : at + size]
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + int.from_bytes(clx[at + 1 : at + 3], "little")
    if at + 5 > len(clx) or clx[at] != 2:
        return None
    plc = clx[at + 5 : at + 5 + int.from_bytes(clx[at + 1 : at + 5], "little")]
    count = (len(plc) - 4) // 12
    if count < 1:
        return None
    ends = struct.unpack_from(f"<{count + 1}I", plc, 0)
    words: list[str] = []
    total = 0
    for number in range(count):
        length = ends[number + 1] - ends[number]
        if length <= 0:
            continue
        length = min(length, _MOST_TEXT - total)
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        if place & 0x40000000:
            start = (place & 0x3FFFFFFF) // 2
            words.append(main[start : start + length].decode("cp1252", "replace"))
        else:
            words.append(main[place : place + 2 * length].decode("utf-16-le", "replace"))
        total += len(words[-1])
        if total >= _MOST_TEXT:
            break
    return "".join(words)


def write(text: str, flow: Flow, prefix: str) -> None:
    """Write text with Word's marks: paragraphs end in CR, cells and rows in BEL; fields' instructions are left out."""
    text = re.sub(r"\x13[^\x13\x14\x15]{0,2000}\x14|\x13[^\x13\x14\x15]{0,2000}\x15|[\x13-\x15]", "", text)
    text = re.sub(r"[\x00-\x06\x08]", "", text).translate(_CONTROLS)
    number = tables = 0
    pending: list[tuple[str, str]] = []
    cells: list[str] = []
    inner: list[str] = []
    for part in re.finditer(r"([^\r\x07\x0c]*)([\r\x07\x0c]|\Z)", text):
        words, mark = part[1], part[2]
        if mark == "\x07":
            cells.append("\n".join([*inner, words]))
            inner = []
            continue
        if cells and cells[-1]:
            # The row is not at its end: a paragraph inside a cell.
            inner.append(words)
            continue
        if cells:
            tables += 1
            _flush(pending, flow, before_table=True)
            flow.table(_rows(cells, f"{prefix}table {tables}"))
            cells = []
        number += 1
        if words.strip():
            pending.append((words, f"{prefix}paragraph {number}"))
        if len(pending) > 40:
            _flush(pending[:-20], flow)
            del pending[:-20]
    if cells:
        _flush(pending, flow, before_table=True)
        flow.table(_rows(cells, f"{prefix}table {tables + 1}"))
    _flush([(words, f"{prefix}paragraph {number + 1}") for words in inner] or pending, flow)


def _flush(lines: list[tuple[str, str]], flow: Flow, before_table: bool = False) -> None:
    for at, (words, where) in enumerate(lines):
        short = len(words) <= 60 and not _SENTENCE.search(words) and "\n" not in words
        last = before_table and at == len(lines) - 1
        if short and (last or (_HEADING.match(words) and at + 1 < len(lines))):
            flow.heading(2, words, where)
        else:
            flow.line(words, where)
    if before_table:
        lines.clear()


def _rows(cells: list[str], place: str) -> list[list[Cell]]:
    """Return a table's rows. Each row ends in an empty cell; an empty cell inside a row looks the same."""
    width = next(
        (n for n in range(1, 64)
         if len(cells) % (n + 1) == 0 and all(not cells[at] for at in range(n, len(cells), n + 1))
         and any(cells[at] for at in range(0, len(cells), n + 1))),
        0,
    )  # fmt: skip
    rows: list[list[str]] = []
    if width:
        rows = [cells[at : at + width] for at in range(0, len(cells), width + 1)]
    else:
        row: list[str] = []
        for cell in cells:
            if cell:
                row.append(cell)
            elif row:
                rows.append(row)
                row = []
        rows += [row] if row else []
    return [[(text, f"{place}, row {r}, column {c}") for c, text in enumerate(row, 1)] for r, row in enumerate(rows, 1)]
