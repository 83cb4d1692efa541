"""The made-up SDK's manual, and documents that must stay quiet, as blocks that every writer of a format sets."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from kit import CARD_FIELDS, EVENT, EVENT_FIELDS, FAIRNESS, LOCALES, NATION, NATIONS, Sample

Block = tuple[str, object]
"""``("h", text)``, ``("p", text)`` or ``("t", rows)``."""

MANUAL: tuple[Block, ...] = (
    ("h", "人脸识别 SDK 开发手册"),
    ("p", "设备检测到人脸后上报人脸属性: 年龄、性别、民族、是否戴眼镜。"),
    ("h", NATION),
    ("t", (("名称", "取值", "说明"), *((name, str(value), gloss) for name, value, gloss in NATIONS))),
    ("h", EVENT),
    ("t", (("字段", "类型", "说明"), *((n, t, g) for n, t, g in EVENT_FIELDS))),
)
CARD: tuple[Block, ...] = (
    ("h", "居民身份证读卡器"),
    ("p", "读取居民身份证信息。"),
    ("t", (("字段", "类型", "说明"), *((n, t, g) for n, t, g in CARD_FIELDS))),
)
LANGUAGES: tuple[Block, ...] = (
    ("h", "Supported languages"),
    ("t", (("Code", "Language", "Since"), *((c, n, "1.0") for c, n in LOCALES))),
)
REPORT: tuple[Block, ...] = (
    ("h", "Fairness of the credit model"),
    *(("p", f"{text[0].upper()}{text[1:]}") for text in FAIRNESS),
)


def samples(ends: str, write: Callable[[tuple[Block, ...]], bytes], where: str) -> Iterator[Sample]:
    """Yield the manual and its three twins in one format; ``where`` is told of some place in the manual."""
    yield Sample(f"manual{ends}", write(MANUAL), finds=(NATION, "emNation"), where=where, linked=(NATION, EVENT))
    yield Sample(f"card{ends}", write(CARD), verdict="records")
    yield Sample(f"languages{ends}", write(LANGUAGES), verdict="clear")
    yield Sample(f"fairness{ends}", write(REPORT), verdict="clear")


# ---------------------------------------------------------------------------------------------------- PDF

_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Same def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
%sendcmap CMapName currentdict /CMap defineresource pop end end"""


def pdf(pages: list[list[tuple[float, float, float, str]]], extra: bytes = b"") -> bytes:
    """Return a PDF of lines (left, baseline from the bottom, size, text); no font is embedded, codes are UTF-16."""
    used = sorted({c for lines in pages for *_, text in lines for c in text})
    maps = b""
    for at in range(0, len(used), 100):
        some = [c.encode("utf-16-be").hex().upper().encode() for c in used[at : at + 100]]
        maps += b"%d beginbfchar\n%s\nendbfchar\n" % (len(some), b"\n".join(b"<%s> <%s>" % (c, c) for c in some))
    cmap = _TO_UNICODE % maps
    count = len(pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join(b"%d 0 R" % (7 + 2 * n) for n in range(count))),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Made /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
        b"/Supplement 0 >> /FontDescriptor 6 0 R /DW 1000 /W [32 126 500] >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(cmap), cmap),
        b"<< /Type /FontDescriptor /FontName /Made /Flags 4 /FontBBox [0 -200 1000 800] /ItalicAngle 0 /Ascent 800 "
        b"/Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    for number, lines in enumerate(pages):
        body = b"BT\n" + b"".join(
            b"/F1 %g Tf 1 0 0 1 %g %g Tm <%s> Tj\n" % (size, x, y, text.encode("utf-16-be").hex().encode())
            for x, y, size, text in lines
        ) + b"ET\n" + extra  # fmt: skip
        packed = zlib.compress(body)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % (8 + 2 * number)
        )
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """Return a PDF file of numbered objects, the first its catalogue."""
    out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def pdf_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a PDF."""
    lines: list[tuple[float, float, float, str]] = []
    y = 800.0
    for kind, content in blocks:
        if kind == "t":
            for row in content:  # type: ignore[attr-defined]
                lines += [(60 + 170 * n, y, 9, cell) for n, cell in enumerate(row)]
                y -= 14
            y -= 10
        else:
            size = 16 if kind == "h" else 9
            y -= size
            lines.append((60, y, size, str(content)))
            y -= 16
    return pdf([lines])
