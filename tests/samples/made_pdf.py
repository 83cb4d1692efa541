"""PDF: the manual with tables set by columns alone, and twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents import pdf_of, samples as made
from kit import Sample

FORMAT = "pdf"


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the manual and its twins."""
    yield from made(".pdf", pdf_of, "page 1, box ")
