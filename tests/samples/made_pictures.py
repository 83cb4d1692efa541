# ruff: noqa: E501 - objects of a PDF
"""A screenshot with a filter, a scanned page, and twins; the words are drawn by pdfium. Needs the extra ``ocr``."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import assembled, pdf
from kit import FAIRNESS, LOCALES, Sample

FORMAT = "ocr"
_FILTER = ("Face search", "Ethnicity:", "All", "Han", "Uyghur", "Tibetan", "Other", "Search")
_LANGUAGES = ("Language", *(name for _, name in LOCALES[4:]))
_SENTENCE = (
    "Face recognition camera",
    "The camera detects the ethnicity of every face and raises an alarm for Uyghurs.",
)


def drawn(lines: tuple[str, ...]) -> bytes:
    """Return lines below one another as a picture (PNG)."""
    import pypdfium2

    from sousveil.unpack.render.pictures import page_picture

    page = [(40.0, 800.0 - 20 * n, 14.0 if n else 20.0, line) for n, line in enumerate(lines)]
    document = pypdfium2.PdfDocument(pdf([page]))
    try:
        return page_picture(document[0], 110)
    finally:
        document.close()


def saved(lines: tuple[str, ...], ending: str) -> bytes:
    """Return the same as a picture of another format; the extra brings what writes it."""
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(drawn(lines))).save(out, ending, **({"lossless": True} if ending == "webp" else {}))
    return out.getvalue()


def scanned(lines: tuple[str, ...]) -> bytes:
    """Return lines as a PDF of one picture."""
    import pypdfium2

    page = [(40.0, 800.0 - 26 * n, 14.0, line) for n, line in enumerate(lines)]
    document = pypdfium2.PdfDocument(pdf([page]))
    bitmap = document[0].render(scale=2, grayscale=True)
    wide, high, stride = bitmap.width, bitmap.height, bitmap.stride
    raw = bytes(bitmap.buffer)
    packed = zlib.compress(b"".join(raw[y * stride : y * stride + wide] for y in range(high)))
    bitmap.close()
    document.close()
    show = b"q 595 0 0 842 0 0 cm /I Do Q"
    return assembled([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(show), show),
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (wide, high, len(packed), packed),
    ])  # fmt: skip


def samples(folder: Path) -> Iterator[Sample]:
    """Yield pictures and scanned pages that are found, and that must stay quiet."""
    from sousveil.unpack.render.ocr import available

    if not available():
        pytest.skip("the extra ocr is not installed")
    yield Sample("search.png", drawn(_FILTER), finds=("Uyghur",), where="confidence ")
    for ending in ("gif", "tiff", "bmp", "webp"):
        yield Sample(f"search.{ending}", saved(_FILTER, ending), finds=("Uyghur",), where="confidence ")
        yield Sample(f"languages.{ending}", saved(_LANGUAGES, ending), verdict="clear")
    yield Sample("manual.pdf", scanned(_SENTENCE), finds=("Uyghur",), where="page 1, box ")
    yield Sample("languages.png", drawn(_LANGUAGES), verdict="clear")
    yield Sample("fairness.pdf", scanned(FAIRNESS), verdict="clear")
