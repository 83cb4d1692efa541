"""Cut-outs of pages and pictures for a report: what a finding's words look like where they stand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sousveil.model import CutOut, Finding
from sousveil.work.messages import Original
from sousveil.work.reading import whole
from sousveil.work.station import Station

MOST = 12
"""Cut-outs of one report."""
_DOTS = 110
_AROUND = 26.0
"""Points or, in a picture, twice as many pixels above and below."""
_WIDEST = 1400
_TALLEST = 700
_BYTES = 400_000
_PLACE = re.compile(r"(?:page (\d{1,6}), )?box (-?\d{1,6}) (-?\d{1,6}) (-?\d{1,6}) (-?\d{1,6})")


class Cut(Struct, frozen=True, tag=True):
    """Cut a box out of a file."""

    original: Original
    page: int
    """From 1; 0 of a picture."""
    box: tuple[float, float, float, float]
    artifact: str
    where: str
    path: bytes = b""
    """Of its spool, where descriptors cannot be handed over."""


def warm() -> None:
    """Load what draws, while files can still be opened."""
    from importlib.util import find_spec

    import pypdfium2

    import sousveil.unpack.render.pictures  # noqa: F401

    pypdfium2.PdfDocument.new().close()
    if find_spec("cv2") is not None:
        import cv2  # noqa: F401
        import numpy  # noqa: F401


def cut(station: Station, job: Cut) -> Iterator[CutOut]:
    """Yield the cut-out, nothing where it cannot be drawn."""
    descriptor = station.files.pop() if station.files else os.open(os.fsdecode(job.path), os.O_RDONLY)
    try:
        data = whole(descriptor, job.original.size, job.original.offset)
    finally:
        os.close(descriptor)
    png = _of_page(data, job.page, job.box) if job.page else _of_picture(data, job.box)
    if 0 < len(png) <= _BYTES:
        yield CutOut(job.artifact, job.where, png)


def jobs(findings: Sequence[Finding], originals: dict[str, Original]) -> list[Cut]:
    """Return what to cut for the first places of the strongest findings that stand on a page or in a picture."""
    out: list[Cut] = []
    for finding in sorted(findings, key=lambda f: -f.probability):
        for place in finding.places[:2]:
            found = _PLACE.match(place.where)
            if found is None or place.origin not in originals or len(out) >= MOST:
                continue
            box = (float(found[2]), float(found[3]), float(found[4]), float(found[5]))
            job = Cut(originals[place.origin], int(found[1] or 0), box, place.artifact, place.where)
            if job not in out:
                out.append(job)
    return out


def _of_page(data: bytes, number: int, box: tuple[float, float, float, float]) -> bytes:
    import pypdfium2

    from sousveil.unpack.render.pictures import cut_of_page

    pdf = pypdfium2.PdfDocument(data)
    try:
        if number > len(pdf):
            return b""
        return cut_of_page(pdf[number - 1], _DOTS, box, _AROUND)
    finally:
        pdf.close()


def _of_picture(data: bytes, box: tuple[float, float, float, float]) -> bytes:
    """Return the box with what is around it: the extra that read the words brings what draws them."""
    import cv2
    import numpy

    from sousveil.unpack.render.pictures import worth_reading

    if not worth_reading(data):
        return b""
    picture = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return b""
    left, top, right, bottom = (int(v) for v in box)
    cv2.rectangle(picture, (left - 3, top - 3), (right + 3, bottom + 3), (40, 40, 200), 2)
    high, wide = picture.shape[:2]
    y = max(0, top - int(4 * _AROUND)), min(high, bottom + int(4 * _AROUND))
    x = (0, wide) if wide <= _WIDEST else (max(0, left - _WIDEST // 2), min(wide, right + _WIDEST // 2))
    part = picture[y[0] : min(y[1], y[0] + _TALLEST), x[0] : min(x[1], x[0] + _WIDEST)]
    done, raw = cv2.imencode(".png", part, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return bytes(raw) if done else b""
