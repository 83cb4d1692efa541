"""How far a file's bytes are understood: told from its first bytes, so cheaply that every file can be asked.

``text``, ``programs``, ``models`` and ``data`` have readers of their own. ``pictures`` (and sound, film, fonts) hold
nothing that is read without the ocr extra. ``closed`` is what looks encrypted, or packed in a way that is not known:
nothing of it was seen. ``other`` was searched as plain bytes, and only its strings can be read. ``rendered`` is text
made from other files, counted with those.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from functools import cache
from math import log2

TEXT, PROGRAMS, MODELS, DATA, DOCUMENTS, PICTURES, CLOSED, OTHER, RENDERED = (
    "text", "programs", "models", "data", "documents", "pictures", "closed", "other", "rendered",
)  # fmt: skip
HEAD = 4096
_MEDIA = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|BM.{4}\x00{4}|II\*\x00|MM\x00\*|RIFF.{4}(?:WEBP|WAVE|AVI )|OggS|fLaC|ID3|"
    rb"\xff[\xf2\xf3\xfb]|.{4}ftyp|\x1aE\xdf\xa3|\x00\x00[\x01\x02]\x00[\x01-\x20]\x00|wOF[F2]|OTTO|true\x00|ttcf|"
    rb"\x00\x01\x00\x00\x00[\x04-\x40]\x01|\x00\x00\x01[\xba\xb3]|FLV\x01|#!AMR|MThd|\x00{3}\x0cjP  |DDS |8BPS|FORM|"
    rb"icns|\x00{3}\x0cJXL |\xabKTX",
    re.DOTALL,
)
_GROUPS = {"binary": PROGRAMS, "model": MODELS, "database": DATA, "document": DOCUMENTS, "image": PICTURES}
_LEAST_CLOSED = 256
"""Bytes; of fewer nothing can be told."""
_LEAST_CARRIER = 1 << 16
_SAMPLES = 16
"""Places of a program that are looked at, where three have shown that it may carry something packed."""
_PICTURE = 1 << 20
"""Bytes before a place in which a picture may begin."""
_RANDOM = 7.2
"""Bits a byte in a sample of 4,096 bytes, from which on it is packed or encrypted; what is random has 7.95."""


def class_of(head: bytes, middle: bytes, display: str, size: int) -> str:
    """Return the class of a file. ``head`` holds its first HEAD bytes or all, ``middle`` up to HEAD from its middle."""
    if b"\0" not in head and not _CONTROLS.search(head[:512]):
        return TEXT
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return TEXT
    if _MEDIA.match(head):
        return PICTURES
    from sousveil.read.signatures import byte_readers

    readers = byte_readers(display, head)
    if readers and readers[0] != "binary.strings":
        return _GROUPS.get(readers[0].partition(".")[0], OTHER)
    sample = middle or head
    # Most samples can be packed, and that is told ten times as fast as how often each byte comes.
    if size >= _LEAST_CLOSED and _dense(sample) and entropy(sample) >= _threshold(min(len(sample), HEAD)):
        return CLOSED
    return OTHER


def packed_in(data: bytes | memoryview) -> int:
    """Return how many bytes of a program look packed or encrypted and are not opened; 0 where that is less than half.

    Code is never as dense, tables of a cipher are, and pictures: those are taken out, as is what is unpacked.
    """
    size = len(data)
    if size < _LEAST_CARRIER or not (_is_closed(data, size // 2) or _is_closed(data, size // 4)):
        return 0
    if sum(_is_closed(data, size * n // 4) for n in (1, 2, 3)) < 2:
        return 0
    places = [(size - HEAD) * n // (_SAMPLES - 1) for n in range(_SAMPLES)]
    dense = [at for at in places if _is_closed(data, at)]
    if 2 * len(dense) < _SAMPLES:
        return 0
    from sousveil.unpack.render import elfdebug, packedparts

    whole = bytes(data)
    known = [*elfdebug.packed_debug(whole), *packedparts.places(whole)]
    dense = [
        at for at in dense if not any(low <= at + HEAD // 2 < high for low, high in known) and not _seen(whole, at)
    ]
    return size * len(dense) // _SAMPLES if 2 * len(dense) >= _SAMPLES else 0


def _is_closed(data: bytes | memoryview, at: int) -> bool:
    sample = bytes(data[at : at + HEAD])
    return _dense(sample) and entropy(sample) >= _RANDOM


def _seen(data: bytes, at: int) -> bool:
    """Return whether a place lies in a picture."""
    low = max(0, at - _PICTURE)
    png, jpeg = data.rfind(b"\x89PNG\r\n", low, at), data.rfind(b"\xff\xd8\xff", low, at)
    return (png >= 0 and data.find(b"IEND", png, at) < 0) or (jpeg >= 0 and data.find(b"\xff\xd9", jpeg, at) < 0)


def _dense(sample: bytes) -> bool:
    """Return whether a sample cannot be packed any further: a table of all bytes can."""
    return len(zlib.compress(sample, 1)) > 0.93 * len(sample)


_CONTROLS = re.compile(rb"[\x01-\x06\x0e-\x1a]")


def entropy(sample: bytes) -> float:
    """Return the bits a byte of a sample, 0 to 8."""
    if not sample:
        return 0.0
    total = len(sample)
    return -sum(n / total * log2(n / total) for n in Counter(sample).values())


@cache
def _threshold(size: int) -> float:
    """A small sample of random bytes cannot reach 8 bits."""
    return _RANDOM if size >= HEAD else _RANDOM * log2(max(2, min(size, 256))) / 8
