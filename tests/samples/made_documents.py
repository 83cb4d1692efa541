"""Documents: the manual in every format of document, a card reader's, a table of languages, a fairness report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import documents
import documents_binary
import documents_old as old
from kit import Sample

FORMATS = ("pdf", "docx", "pptx", "odf", "sheets", "doc", "ppt", "msg", "rtf", "mail", "chm")
_WRITERS = (
    (".pdf", documents.pdf_of, "page 1, box "),
    (".docx", documents.docx_of, "table 2, row 5, column 1"),
    (".pptx", documents.pptx_of, "slide 3"),
    (".odt", documents.odt_of, "table 2, row 5, column 1"),
    (".odp", documents.odp_of, "slide 3"),
    (".xlsx", documents.xlsx_of, "Manual!A"),
    (".ods", documents.ods_of, "Manual!A"),
    (".xlsb", documents_binary.xlsb_of, "Manual!A"),
    (".doc", old.doc_of, "table 2, row 5, column 1"),
    (".xls", old.xls_of, "Manual!A"),
    (".msg", old.msg_of, "manual.docx!/text.md"),
    (".rtf", old.rtf_of, "table 2, row 5, column 1"),
    (".eml", old.eml_of, "part-1.html"),
    (".mbox", old.mbox_of, "message-2-manual.docx!/text.md"),
    (".chm", old.chm_of, "page.html"),
)


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the manual and its twins in every format."""
    for ends, write, where in _WRITERS:
        yield from documents.samples(ends, write, where)
    # What a slide says is lines: no table of it comes back.
    slides = (("h", "Face recognition camera"), ("p", "设备支持识别维吾尔族人员并报警。"))
    yield Sample("slides.ppt", old.ppt_of(slides), finds=("维吾尔族",), where="slide 1")
    yield Sample("languages.ppt", old.ppt_of(documents.LANGUAGES), verdict="clear")
