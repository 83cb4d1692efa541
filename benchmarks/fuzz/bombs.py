"""Files that are small and ask for much, each of its format's own kind, around a term so that they are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator

TERM = b"NJ_NATION_UYGUR"
_DEEP = 60_000


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes."""
    yield from _nested_text()
    yield from _packed()
    yield from _documents()
    yield from _tables()
    yield from _programs()
    yield from _images()


def _nested_text() -> Iterator[tuple[str, bytes]]:
    yield "deep.json", b'{"emNation":"' + TERM + b'","a":' + b"[" * _DEEP + b"]" * _DEEP + b"}"
    yield "open.json", b'{"race":"' + TERM + b'","a":' * _DEEP
    yield "deep.xml", b"<r><nation>" + TERM + b"</nation>" + b"<a>" * _DEEP + b"</a>" * _DEEP + b"</r>"
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    yield "laughs.xml", b'<!DOCTYPE r [<!ENTITY e0 "Uyghur">' + entities + b"]><r><nation>&e11;</nation></r>"
    yield "deep.yaml", b"nation: " + TERM + b"\na: " + b"[" * _DEEP
    aliases = b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12))
    yield "aliases.yaml", b"a0: &a0 [Uyghur, Tibetan]\n" + aliases
    yield "deep.html", b"<html><div>" * 20_000 + b"<p>ethnicity Uyghur</p>"
    yield "deep.c", b"enum " + TERM + b" {" + b"(" * _DEEP + b"};"
    yield "deep.h", b"struct nation {" * _DEEP
    yield "deep.py", b"nation = " + b"(" * _DEEP + b"'Uyghur'"
    yield "deep.js", b"var nation = " + b"[" * _DEEP + b"'Uyghur'"
    yield "deep.toml", b"nation = " + b"[" * _DEEP + b"'Uyghur'"
    yield "deep.rtf", b"{\\rtf1 " + b"{" * _DEEP + b"ethnicity Uyghur"
    yield "deep.md", b"> " * _DEEP + b"Uyghur ethnicity"
    yield "row.csv", b"ethnicity" + b"," * 2_000_000 + b"\nUyghur"
    yield "deep.proto", b'syntax = "proto3";' + b"message Nation { " * _DEEP + b"string uyghur = 1;"


def _packed() -> Iterator[tuple[str, bytes]]:
    zeros = bytes(200 << 20)
    yield "zeros.gz", gzip.compress(zeros, 9)
    yield "zeros.bz2", bz2.compress(bytes(100 << 20))
    yield "zeros.xz", lzma.compress(bytes(100 << 20), preset=0)
    yield "zeros.zip", _zip("zeros.txt", zeros)
    nested = _zip("sdk.h", b"enum nation { " + TERM + b" };")
    for depth in range(40):
        nested = _zip(f"{depth}.zip", nested)
    yield "nested.zip", nested
    nested = b"nation " + TERM
    for _ in range(200):
        nested = gzip.compress(nested, 1)
    yield "nested.gz", nested
    yield "quine.zip", _overlapping(2000)


def _zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _overlapping(count: int) -> bytes:
    """Return a zip whose entries are all the same local file: every one unpacks to a megabyte."""
    whole = _zip("a.txt", b"nation Uyghur " * (1 << 16))
    directory = whole.index(b"PK\1\2")
    end = whole.index(b"PK\5\6")
    entry = whole[directory:end]
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(entry) * count, directory, 0)
    return whole[:directory] + entry * count + tail


def _documents() -> Iterator[tuple[str, bytes]]:
    loop = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R 3 0 R]/Count 99999999/Parent 2 0 R>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources 3 0 R>>endobj\ntrailer<</Root 1 0 R/Prev 0>>"
    )
    yield "loop.pdf", loop
    packed = zlib.compress(zlib.compress(bytes(100 << 20), 9), 9)
    yield (
        "flate.pdf",
        (
            b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            b"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n"
            b"4 0 obj<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream endobj\n"
            b"trailer<</Root 1 0 R>>" % (len(packed), packed)
        ),
    )
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    yield "nested.eml", b"Subject: ethnicity Uyghur\n" + parts + b"Content-Type: text/plain\n\nUyghur nation\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", "<w:document xmlns:w='w'>" + "<w:tbl><w:tr><w:tc>" * _DEEP + "Uyghur")
    yield "deep.docx", out.getvalue()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", "<workbook><sheets><sheet name='a' sheetId='1'/></sheets></workbook>")
        made.writestr("xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + "<row r='1048576'><c r='XFD1048576'/>" * 9)
    yield "wide.xlsx", out.getvalue()


def _tables() -> Iterator[tuple[str, bytes]]:
    yield "deep.msgpack", b"\x82\xa6nation\xa6Uyghur\xa1a" + b"\x91" * _DEEP
    yield "wide.msgpack", b"\x82\xa6nation\xa6Uyghur\xa1a\xdd\xff\xff\xff\xff"
    # A binary property list whose array holds itself.
    body = b"bplist00\xa3\x00\x01\x00\x56Uyghur\x56nation"
    table = bytes((8, 12, 19))
    yield "loop.plist", body + table + bytes(6) + b"\1\1" + struct.pack(">3Q", 3, 0, len(body))
    message = b"\x12\x06Uyghur"
    for _ in range(3000):
        size, number = b"", len(message)
        while True:
            size += bytes((number & 0x7F | (0x80 if number > 0x7F else 0),))
            number >>= 7
            if not number:
                break
        message = b"\x0a" + size + message
    yield "deep.onnx", b"\x08\x07\x12\x06nation" + b"\x3a" + message[1:]
    yield "deep.pb", message
    yield "deep.desc", message
    yield "marks.pkl", b"\x80\x04\x8c\x06nation\x8c\x06Uyghur" + b"(" * _DEEP + b"]" * _DEEP + b"t" * _DEEP + b"."
    yield "memo.pkl", b"\x80\x04\x8c\x06Uyghur" + b"]\x94" + b"(h\0h\0h\0e" * 20_000 + b"."
    yield "wide.safetensors", struct.pack("<Q", 1 << 62) + b'{"nation":{"dtype":"F32","a":"Uyghur"}}'
    yield "deep.safetensors", struct.pack("<Q", 120_020) + b'{"nation":"Uyghur","a":' + b"[" * _DEEP + b"]" * _DEEP
    yield "wide.gguf", b"GGUF\3\0\0\0" + b"\xff" * 7 + b"\x7f" + b"\xff" * 7 + b"\x7f" + b"nation Uyghur"
    wide = str({"descr": "<U99999999", "fortran_order": False, "shape": (1 << 40, 1 << 40), "n": "Uyghur nation"})
    yield "wide.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(wide) + 1) + wide.encode() + b"\n"


def _programs() -> Iterator[tuple[str, bytes]]:
    """Debug information (DWARF 4) of structures with a sibling and a name: nested, in a circle, named by nothing."""
    shapes = b"\1\x11\1\0\0\2\x13\1\1\x13\3\x0e\0\0\3\x28\0\3\x0e\x1c\x0b\0\0\4\4\1\1\x13\3\x0e\0\0\0"
    names = TERM + b"\0"

    def unit(entries: bytes) -> bytes:
        body = struct.pack("<HIB", 4, 0, 8) + b"\1" + entries
        return struct.pack("<I", len(body)) + body

    def elf(entries: bytes) -> bytes:
        return _elf({".debug_info": unit(entries), ".debug_abbrev": shapes, ".debug_str": names})

    yield "deep.debug", elf(struct.pack("<BII", 2, 0, 0) * _DEEP)
    yield "closed.debug", elf(struct.pack("<BII", 2, 0, 0) * _DEEP + bytes(_DEEP + 1))
    own = b"".join(struct.pack("<BIIB", 4, 12 + 10 * n, 0, 0) for n in range(20_000))
    yield "circle.debug", elf(own + b"\0")
    back = b"".join(struct.pack("<BIIB", 4, 12, 0, 0) for _ in range(20_000))
    yield "back.debug", elf(back + b"\0")
    far = struct.pack("<BII", 4, 0xFFFFFFF0, 0) + struct.pack("<BIB", 3, 0xFFFFFFF0, 1) * 20_000
    yield "far.debug", elf(far + b"\0\0")


def _elf(sections: dict[str, bytes]) -> bytes:
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    body, rows = b"", [(0,) * 10]
    for name, data in (*sections.items(), (".shstrtab", names)):
        rows.append((names.index(name.encode() + b"\0"), 1, 0, 0, 64 + len(body), len(data), 0, 0, 1, 0))
        body += data
    head = b"\x7fELF\2\1\1".ljust(16, b"\0")
    head += struct.pack("<2HI3QI6H", 3, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(rows), len(rows) - 1)
    return head + body + b"".join(struct.pack("<2I4Q2I2Q", *row) for row in rows)


def _images() -> Iterator[tuple[str, bytes]]:
    """Images of Android that state terabytes of zeros."""
    import made_images as made

    size = 1 << 43
    inode = struct.pack("<4HQ4IQ2I16x", 1 | 4 << 1, 0, 0o100644, 0, size, 31, 1, 0, 0, 0, 0, 1)
    root = struct.pack("<4H6I", 2 << 1, 0, 0o40755, 2, 30, 0, 0, 1, 0, 0)
    folder = struct.pack("<QHBB", 4, 12, 1, 0) + b"sdk.h Uyghur nation"[:18]
    head = b"\xe2\xe1\xf5\xe0".ljust(12, b"\0") + bytes((12, 0)) + struct.pack("<HQQI4I", 0, 2, 0, 0, 2, 1, 0, 0)
    head = head.ljust(80, b"\0") + struct.pack("<I", 4)
    yield (
        "holes.erofs",
        (bytes(1024) + head).ljust(4096, b"\0") + (root + folder).ljust(128, b"\0") + inode + b"\xff" * 3904,
    )
    update = made.payload({"system": b"nation Uyghur" * 100})
    at = update.index(b"\x08\x06\x32")
    yield "zeros.payload.bin", update[: at + 3] + update[at + 3 :].replace(b"\x10\3", b"\x10\x7f", 1)
