"""Documents that are zips of XML parts: which they are, which parts their rendering covers, the parts themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sousveil.model import Limit
from sousveil.unpack.limits import Budget, Meter
from sousveil.unpack.reading import NotOpened, Reading
from sousveil.unpack.source import Memory
from sousveil.unpack.zips import read_zip

MOST_XML = 24 << 20
"""Bytes of one part that are parsed; a larger one is given as it is."""
MOST_PARTS = 128 << 20
"""Bytes of all the parts of one document that are held."""

ENDS = {
    "docx": (".docx", ".docm", ".dotx", ".dotm"),
    "pptx": (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx"),
    "sheets": (".xlsx", ".xlsm", ".xltx", ".xlsb", ".ods", ".ots"),
    "odf": (".odt", ".ott", ".odp", ".otp", ".odg"),
}
_ODF = {b"text": "odf", b"presentation": "odf", b"graphics": "odf", b"spreadsheet": "sheets"}
_MIMETYPE = re.compile(rb"mimetypeapplication/vnd\.oasis\.opendocument\.([a-z]+)")
_MAIN = (
    (b"word/document.xml", "docx"),
    (b"ppt/presentation.xml", "pptx"),
    (b"xl/workbook.xml", "sheets"),
    (b"xl/workbook.bin", "sheets"),
)
# Parts that hold the document's words, which the rendering has, or only how they are set.
_COVERED = {
    "docx": re.compile(
        r"(?:word|docProps|_rels)/(?!embeddings/|media/).*\.(?:xml|rels|vml)\Z|\[Content_Types\]\.xml\Z"
    ),
    "pptx": re.compile(r"(?:ppt|docProps|_rels)/(?!embeddings/|media/).*\.(?:xml|rels|vml)\Z|\[Content_Types\]\.xml\Z"),
    "sheets": re.compile(
        r"(?:xl|docProps|_rels)/(?!embeddings/|media/|vbaProject)(?!charts/|drawings/|comments|threadedComments/)"
        r".*\.(?:xml|rels|vml|bin)\Z|\[Content_Types\]\.xml\Z|(?:content|styles|settings|meta)\.xml\Z|META-INF/.*\.xml\Z"
        r"|mimetype\Z"
    ),
    "odf": re.compile(r"(?:Object \d+/)?(?:content|styles|settings|meta)\.xml\Z|META-INF/.*\.xml\Z|mimetype\Z"),
}


def document_of(head: bytes, tail: bytes, name: str) -> str:
    """Return the renderer of a zip that is a document, empty if it is none."""
    found = _MIMETYPE.match(head[30:200]) if head[:2] == b"PK" else None
    if found is not None:
        return _ODF.get(found[1], "")
    if head[:2] != b"PK":
        return ""
    # The central directory names the main part; of a large one its end does not, then the file's name decides.
    # Nothing else is searched: a workbook may lie in an archive as it is.
    end = tail.rfind(b"PK\x05\x06")
    size = int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0
    directory = tail[max(0, end - size) : max(0, end)]
    for part, kind in _MAIN:
        if part in directory:
            return kind
    lower = name.lower()
    return next((kind for kind, ends in ENDS.items() if lower.endswith(ends)), "")


def covered(document: str, name: str) -> bool:
    """Return whether a part's words are in the document's rendering."""
    return bool(_COVERED[document].match(name))


def parts(
    data: bytes, display: str, budget: Budget, wanted: Callable[[str], bool]
) -> tuple[dict[str, bytes], list[Limit]]:
    """Return the wanted parts of a document by name, and what was not read. Raise Stop where a quota is hit."""
    out: dict[str, bytes] = {}
    limits: list[Limit] = []
    held = 0
    reading = Reading(display, Meter(budget, len(data)), MOST_XML)
    try:
        for item in read_zip(Memory(data), reading):
            # Limits of the container are told by the walk through it.
            if isinstance(item, Limit) or not wanted(item.name) or item.name in out:
                continue
            got: list[bytes] = []
            size = 0
            for chunk in item.source.chunks():
                got.append(chunk)
                size += len(chunk)
                if held + size > MOST_PARTS:
                    break
            held += size
            if held > MOST_PARTS:
                limits.append(Limit(display, "cut", f"more than {MOST_PARTS} bytes of text; the rest was not read"))
                break
            out[item.name] = b"".join(got)
    except NotOpened as error:
        limits.append(Limit(display, error.reason, error.detail))
    return out, limits


def tree(raw: bytes) -> Any:
    """Return the root element of a part, None where it is not well-formed, too large, or declares entities."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(raw) > MOST_XML:
        return None
    try:
        return fromstring(raw, forbid_dtd=False)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None


def local(tag: object) -> str:
    """Return an element's or attribute's name without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
