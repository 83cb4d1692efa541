"""The second search, for the names of types that were found: what it need not open, and the words that were kept.

It looks for records that use such a type by its name. Pictures, sound and fonts hold none, nor does byte code of a
language without declared types. Of documents the words were kept the first time; one with a name in them is rendered
again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from sousveil.work.matching import named
from sousveil.work.messages import Message, Named, Seek
from sousveil.work.reading import whole
from sousveil.work.station import Station

UNTYPED = (
    ".pyc", ".pyo", ".luac", ".mo", ".qm", ".po", ".pot", ".css", ".csv", ".tsv", ".svg",
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".ico", ".icns", ".webp", ".tif", ".tiff", ".psd",
    ".ttf", ".ttc", ".otf", ".woff", ".woff2", ".eot", ".mp3", ".mp4", ".wav", ".ogg", ".avi", ".flac",
)  # fmt: skip
"""How the names of such files end, in lower case."""
# A name that a table's narrow column broke at its joint.
_BROKEN = re.compile(rb"_\s+|\s+_")


def seek(station: Station, job: Seek) -> Iterator[Message]:
    """Yield the document if its words hold a name."""
    descriptor = station.files.pop() if station.files else os.open(os.fsdecode(job.path), os.O_RDONLY)
    try:
        data = whole(descriptor, job.size, job.offset)
    finally:
        os.close(descriptor)
    if named("", data, job.literals) or named("", _BROKEN.sub(b"_", data), job.literals):
        yield Named(job.display)
