"""Documents: the manual in every format of document, a card reader's, a table of languages, a fairness report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import documents
from kit import Sample

FORMATS = ("pdf", "docx", "pptx", "odf", "sheets")
_WRITERS = (
    (".pdf", documents.pdf_of, "page 1, box "),
    (".docx", documents.docx_of, "table 2, row 5, column 1"),
    (".pptx", documents.pptx_of, "slide 3"),
    (".odt", documents.odt_of, "table 2, row 5, column 1"),
    (".odp", documents.odp_of, "slide 3"),
    (".xlsx", documents.xlsx_of, "Manual!A"),
    (".ods", documents.ods_of, "Manual!A"),
)


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the manual and its twins in every format."""
    for ends, write, where in _WRITERS:
        yield from documents.samples(ends, write, where)
