"""NumPy arrays: the header, columns of structured arrays, arrays of strings as label sets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.picklemachine import array_words
from sousveil.read.model.pickles import read_from
from sousveil.read.parts import Hits, Part, Word, constructs
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "NumPy arrays",
    ".npy, and those inside .npz",
    "Columns of structured arrays; arrays of strings and of objects (by the pickle's opcodes) as label sets, which is "
    "how class labels are stored.",
    limits="Numbers.",
)
LEFT_OUT = "rows of tables, and what is damaged"


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the array's strings, named after the file, or its columns (numpy.lib.format, versions 1 to 3)."""
    found = Hits(data, hits)
    wide = data[6:7] != b"\x01"
    start = 12 if wide else 10
    size = int.from_bytes(data[8:start], "little")
    if start + size > len(data) or size > 1 << 20:
        raise Unfinished("broken", f"NumPy: offset 8: a header of {size} bytes, the file has {len(data)}")
    header = data[start : start + size].decode("latin-1")
    name = re.split(r"[/\\]", path)[-1].rpartition(".")[0]
    begin = start + size
    simple = re.search(r"'descr':\s*'([<>|=]?)([A-Za-z])(\d*)'", header)
    if simple is None:
        columns = [
            Word(m[1], start + m.start(1), len(m[1].encode()), type=m[2])
            for m in re.finditer(r"\('([^']{1,200})',\s*'([^']{1,20})'", header)
        ]
        yield from constructs(found, [Part(Kind.RECORD, name, columns, "columns", "header")], "npy")
    elif simple[2] == "O":
        yield from read_from(found, begin)
    elif simple[2] in "US":
        width = int(simple[3] or 0) * (4 if simple[2] == "U" else 1)
        count = (len(data) - begin) // width if width else 0
        big = simple[1] == ">"
        words = array_words(data, begin, count, width, simple[2], big)
        yield from constructs(found, [Part(Kind.LABEL_SET, name, words, "list", "array")], "npy")
