"""Workbooks: every sheet with its cells' addresses: as a document where it is small, as CSV where it is data."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render import biff, grid
from sousveil.unpack.render.marked import MOST_MARKS, Cell, Flow, Writing, cleaned, inside
from sousveil.unpack.render.ole import MAGIC, Compound, circular
from sousveil.unpack.render.package import parts

ABOUT = About(
    title="Workbooks",
    ends=".xlsx .xlsm .xlsb .xls .ods .et",
    reads="Every sheet, hidden ones too, with its cells' addresses (`Sheet1!B7`): tables of fields and values of a "
    "small sheet, columns and cells of a large one; comments and charts as XML.",
    limits="Encrypted workbooks; formulas and macros; of a sheet the first 200,000 rows and 500 columns.",
)
_WORDS = re.compile(r"(?:^xl/(?:sharedStrings|worksheets/.*)\.(?:xml|bin)|content\.xml)\Z")
_ROWS = 200_000
_COLUMNS = 500
_CELLS = 4_000_000
_SMALL = 1000
"""Rows up to which a sheet is written as a document."""
_SHEETS = 300


@contextmanager
def _panics() -> Iterator[None]:
    """Turn a panic of the Rust library, which is no Exception, into a ValueError."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(f"the reader gave up: {error}"[:160]) from None


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield every sheet, and what of the workbook could not be read."""
    opened = data
    if data[:8] == MAGIC:
        kind, stream, unread = _compound(data, display)
        yield from unread
        if kind == "encrypted":
            yield Limit(display, "encrypted", "the workbook is encrypted")
            return
        if kind not in ("sheets", ""):
            from sousveil.unpack.render import doc

            yield from doc.render(data, display, budget)
            return
        if why := _unsafe(data, stream):
            yield Limit(display, *why)
            yield from _as_it_is(data, display, budget)
            return
        opened = biff.alone(stream)
    elif (spanned := grid.places(data, display, budget)) > grid.MOST_PLACES:
        yield Limit(display, "cut", f"workbook: the cells of a sheet span {spanned} places; it was not opened")
        yield from _as_it_is(data, display, budget)
        return
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with _panics():
            book = CalamineWorkbook.from_filelike(io.BytesIO(opened))
    except PasswordError:
        yield Limit(display, "encrypted", "the workbook is encrypted")
        return
    except (CalamineError, OSError, ValueError) as error:
        yield Limit(display, "broken", f"workbook: {error}"[:200])
        yield from _as_it_is(data, display, budget)
        return
    names = [sheet.name for sheet in book.sheets_metadata]
    if len(names) > _SHEETS:
        yield Limit(display, "cut", f"{len(names)} sheets; the first {_SHEETS} were read")
    left = _CELLS
    for number, name in enumerate(names[:_SHEETS]):
        budget.tick()
        try:
            with _panics():
                sheet = book.get_sheet_by_index(number)
            high, wide = sheet.total_height, sheet.total_width
            if high * wide > 50 * _CELLS:
                yield Limit(display, "cut", f"sheet {name}: {high} rows by {wide} columns are too many to open")
                continue
            start = sheet.start or (0, 0)
            # Empty places between far cells cost as much as cells.
            most = min(_ROWS, left // max(1, sheet.width))
            with _panics():
                rows = sheet.to_python(skip_empty_area=True, nrows=most) if most else []
        except (CalamineError, OSError, ValueError, IndexError) as error:
            # A chart sheet has no cells.
            if sheet_kind(book, number) == "WorkSheet":
                yield Limit(display, "broken", f"sheet {name}: {error}"[:200])
            continue
        if sheet.height > most or sheet.width > _COLUMNS:
            detail = (
                f"sheet {name}: {sheet.height} rows, {sheet.width} columns; the first {most} and {_COLUMNS} were read"
            )
            yield Limit(display, "cut", detail)
        left -= len(rows) * sheet.width
        cells = [[_shown(v) for v in row[:_COLUMNS]] for row in rows]
        if any(any(row) for row in cells):
            entry = _sheet(cells, name, display, start)
            budget.take_bytes(entry.size)
            yield entry


def _compound(data: bytes, display: str) -> tuple[str, bytes, list[Limit]]:
    """Return what a compound file is, a workbook's stream, what of it was not read; empty if it cannot be opened."""
    try:
        compound = Compound(data)
    except ValueError:
        return "", b"", []
    try:
        stream = biff.full(compound.stream("workbook") or compound.stream("book"))
        return compound.kind, stream, compound.unread(display)
    finally:
        compound.close()


def _unsafe(data: bytes, stream: bytes) -> tuple[str, str] | None:
    """Return why an old workbook is not given to the library, as a limit's reason and detail."""
    if circular(data):
        return "broken", "workbook: a chain of sectors runs in a circle"
    if not stream:
        return "broken", "workbook: the stream with its sheets cannot be read"
    try:
        room = biff.room(stream)
    except ValueError as error:
        return "broken", f"workbook: {error}"
    if room > biff.allowed(len(stream)):
        # The library asks for it, and ends the process where it is refused.
        return "cut", f"workbook: its cells lie so far apart that it takes {room} bytes to open it"
    return None


def _as_it_is(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the parts with the cells' words where the workbook cannot be opened."""
    if data[:2] != b"PK":
        yield Entry(inside(display, "[bytes]"), b"", len(data), data)
        return
    found, limits = parts(data, display, budget, lambda name: bool(_WORDS.search(name)))
    yield from limits
    for name, raw in found.items():
        yield Entry(inside(display, name), b"", len(raw), raw)


def sheet_kind(book: Any, number: int) -> str:
    """Return what a workbook says a sheet is."""
    return str(book.sheets_metadata[number].typ).rpartition(".")[2]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def _letters(column: int) -> str:
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


def _sheet(grid: list[list[str]], name: str, display: str, start: tuple[int, int]) -> Entry:
    top, first = start
    if len(grid) > _SMALL:
        return _csv(grid, name, display, top, first)
    writing = Writing()
    flow = Flow(writing)
    flow.heading(1, name, f"{name}!A1")
    table: list[list[Cell]] = []

    def flush() -> None:
        if table:
            flow.table(_trimmed(table))
            table.clear()

    for number, row in enumerate(grid):
        cells = [(text, f"{name}!{_letters(first + at)}{top + number + 1}") for at, text in enumerate(row)]
        filled = [cell for cell in cells if cell[0].strip()]
        if len(filled) == 1 and not (table and _goes_on(cells, filled[0], table)):
            # A title, or a note below a table.
            flush()
            text, where = filled[0]
            if len(text) <= 60 and "\n" not in text and not text.rstrip().endswith(("。", ".", ":", "：")):
                flow.heading(2, text, where)
            else:
                flow.line(text, where)
        elif filled:
            flow.flush()
            table.append(cells)
        else:
            flush()
    flush()
    flow.flush()
    return writing.entry(inside(display, f"{name}.md"))


def _goes_on(cells: list[Cell], only: Cell, table: list[list[Cell]]) -> bool:
    """Return whether a lone cell belongs to the table above it: merged cells beside it are empty."""
    return bool(table) and (cells.index(only) > 0 or len(cells) == 1)


def _trimmed(table: list[list[Cell]]) -> list[list[Cell]]:
    """Return a table without the columns that are empty in every row."""
    width = max(len(row) for row in table)
    kept = [n for n in range(width) if any(n < len(row) and row[n][0].strip() for row in table)]
    return [[row[n] if n < len(row) else ("", "") for n in kept] for row in table]


def _csv(grid: list[list[str]], name: str, display: str, top: int, first: int) -> Entry:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    marks: list[tuple[int, str]] = []
    size = 0
    wide = sum(len(row) for row in grid) <= MOST_MARKS
    parts: list[bytes] = []
    for number, row in enumerate(grid):
        out.seek(0)
        out.truncate()
        texts = [" ".join(cleaned(text).split()) for text in row]
        line = top + number + 1
        if wide:
            at = size
            for column, text in enumerate(texts):
                marks.append((at, f"{name}!{_letters(first + column)}{line}"))
                out.seek(0)
                out.truncate()
                writer.writerow([text, ""] if column + 1 < len(texts) else [text])
                at += len(out.getvalue().encode("utf-8", "replace")) - 1
            out.seek(0)
            out.truncate()
        else:
            marks.append((size, f"{name}!{line}:{line}"))
        writer.writerow(texts)
        raw = out.getvalue().encode("utf-8", "replace")
        parts.append(raw)
        size += len(raw)
    return Entry(inside(display, f"{name}.csv"), b"", size, b"".join(parts), marks=tuple(marks))
