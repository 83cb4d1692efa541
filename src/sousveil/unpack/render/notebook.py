"""Notebooks: their code as one program, their prose and what the code printed, cell by cell (nbformat 3 and 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry, Marks
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import cleaned, inside

ABOUT = About(
    title="Jupyter notebooks",
    ends=".ipynb",
    reads="Code as one program in the kernel's language, prose, and what was printed; each with its cell's number.",
    limits="Pictures among the outputs; a kernel's commands (`%`, `!`) are read as comments.",
)
_ENDS = {
    "python": "py",
    "ipython": "py",
    "r": "r",
    "julia": "jl",
    "javascript": "js",
    "typescript": "ts",
    "scala": "scala",
}
_MAGIC = re.compile(r"^(\s*)(%|!|\?)", re.MULTILINE)
_FORMS = ("text/plain", "text/markdown", "text/html", "text/latex")
_MOST_PRINTED = 1 << 20


def has(data: bytes | memoryview) -> bool:
    """Return whether the JSON is whole and a notebook; what is not is read as it stands."""
    return _cells(_book(data)) is not None


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the notebook's code, its prose and its printed outputs, each that there is."""
    book = _book(data)
    cells = _cells(book) or ()
    end = _ENDS.get(_language(book), "py")
    code, prose, printed = _Part(), _Part(), _Part()
    for number, cell in enumerate(cells, 1):
        kind = cell.get("cell_type")
        text = _joined(cell.get("source", cell.get("input")))
        if kind == "code":
            code.add(_MAGIC.sub(r"\1# \2", text) if end == "py" else text, number)
            for output in _listed(cell.get("outputs")):
                printed.add(_shown(output), number)
        elif kind == "heading":
            prose.add("# " + text, number)
        else:
            prose.add(text, number)
    for name, part in ((f"code.{end}", code), ("text.md", prose), ("output.txt", printed)):
        if not part.size:
            continue
        raw = b"".join(part.parts)
        if part is printed and len(raw) > _MOST_PRINTED:
            yield Limit(display, "cut", f"{len(raw)} bytes were printed; the first {_MOST_PRINTED} were read")
            raw = raw[:_MOST_PRINTED]
        budget.take_bytes(len(raw))
        path = inside(display, name)
        marks: Marks = tuple(mark for mark in part.marks if mark[0] < len(raw))
        yield Entry(path, path.encode("utf-8", "surrogateescape"), len(raw), raw, marks=marks)


class _Part:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.marks: list[tuple[int, str]] = []
        self.size = 0

    def add(self, text: str, number: int) -> None:
        text = cleaned(text).strip("\n")
        if not text.strip():
            return
        raw = (text + "\n\n").encode()
        self.marks.append((self.size, f"cell {number}"))
        self.parts.append(raw)
        self.size += len(raw)


def _book(data: bytes | memoryview) -> dict[str, Any]:
    try:
        book = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return book if isinstance(book, dict) else {}


def _cells(book: dict[str, Any]) -> list[dict[str, Any]] | None:
    held = book.get("cells")
    if held is None:
        # Before nbformat 4 the cells lay in worksheets.
        held = [cell for sheet in _listed(book.get("worksheets")) for cell in _listed(sheet.get("cells"))] or None
    cells = _listed(held)
    return cells if any("cell_type" in cell for cell in cells) else None


def _language(book: dict[str, Any]) -> str:
    metadata = book.get("metadata")
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        held = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(held, dict) and isinstance(held.get(name), str):
            return str(held[name]).lower()
    return "python"


def _listed(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _shown(output: dict[str, Any]) -> str:
    """Return what a reader of the notebook sees of an output: plain where it is, else as marked up."""
    held = output.get("data")
    # Before nbformat 4 the forms stood beside one another.
    forms = held if isinstance(held, dict) else {"text/html": output.get("html"), "text/latex": output.get("latex")}
    given = (output.get("text"), *(forms.get(kind) for kind in _FORMS), output.get("traceback"))
    return next((text for one in given if (text := _joined(one))), "")


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""
