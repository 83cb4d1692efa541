# ruff: noqa: E501 - XML
"""The made-up SDK's manual, and documents that must stay quiet, as blocks that every writer of a format sets."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

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


# ------------------------------------------------------------------------------------------- zips of XML


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """Return a zip of parts, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_OFFICE_KINDS = "application/vnd.openxmlformats-officedocument."


def _package(main: str, kinds: dict[str, str]) -> dict[str, str]:
    """Return the parts that say which part is what; ``kinds`` names the parts' types."""
    types = "".join(
        f'<Override PartName="/{part}" ContentType="{_OFFICE_KINDS}{kind}+xml"/>' for part, kind in kinds.items()
    )
    relation = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="{main}"/>'
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": f"{_HEAD}<Relationships {_RELATIONS}>{relation}</Relationships>",
    }


def docx_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a Word document; the theme names a font for Uyghur, as every real one does."""

    def run(text: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'

    body = ""
    for kind, content in blocks:
        if kind == "t":
            rows = "".join(
                "<w:tr>" + "".join(f"<w:tc><w:p>{run(c)}</w:p></w:tc>" for c in row) + "</w:tr>"
                for row in content  # type: ignore[attr-defined]
            )
            body += f"<w:tbl>{rows}</w:tbl>"
        else:
            style = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' if kind == "h" else ""
            body += f"<w:p>{style}{run(str(content))}</w:p>"
    styles = '<w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    theme = '<a:font script="Uigh" typeface="Microsoft Uighur"/>'
    return zipped({
        **_package("word/document.xml", {"word/document.xml": "wordprocessingml.document.main"}),
        "word/document.xml": f"{_HEAD}<w:document {_W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"{_HEAD}<w:styles {_W}>{styles}</w:styles>",
        "word/theme/theme1.xml": f"{_HEAD}<a:theme {_A}>{theme}</a:theme>",
    })  # fmt: skip


def pptx_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a presentation of one slide for each heading."""
    slides: list[str] = []
    for kind, content in blocks:
        if kind == "h":
            slides.append(
                '<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>'
                f"{escape(str(content))}</a:t></a:r></a:p></p:txBody></p:sp>"
            )
        elif kind == "p":
            slides[-1] += f"<p:sp><p:txBody><a:p><a:r><a:t>{escape(str(content))}</a:t></a:r></a:p></p:txBody></p:sp>"
        else:
            rows = "".join(
                "<a:tr>" + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{escape(c)}</a:t></a:r></a:p></a:txBody></a:tc>" for c in row)
                + "</a:tr>"
                for row in content  # type: ignore[attr-defined]
            )  # fmt: skip
            slides[-1] += (
                f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
            )
    parts: dict[str, str | bytes] = {
        **_package("ppt/presentation.xml", {"ppt/presentation.xml": "presentationml.presentation.main"}),
        "ppt/presentation.xml": f"{_HEAD}<p:presentation {_A}/>",
    }
    for number, content in enumerate(slides, 1):
        parts[f"ppt/slides/slide{number}.xml"] = (
            f"{_HEAD}<p:sld {_A}><p:cSld><p:spTree>{content}</p:spTree></p:cSld></p:sld>"
        )
    return zipped(parts)


_O = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "manifest")
)


def _odf(kind: str, body: str) -> bytes:
    content = f"{_HEAD}<office:document-content {_O}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    manifest = (
        f'{_HEAD}<manifest:manifest {_O}><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="application/vnd.oasis.opendocument.{kind}"/></manifest:manifest>'
    )
    return zipped({
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": content,
        "META-INF/manifest.xml": manifest,
    })  # fmt: skip


def _odf_table(rows: object, name: str) -> str:
    body = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(c)}</text:p></table:table-cell>' for c in row
        )
        + "</table:table-row>"
        for row in rows  # type: ignore[attr-defined]
    )
    return f'<table:table table:name="{name}">{body}</table:table>'


def odt_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as an OpenDocument text."""
    body = ""
    for number, (kind, content) in enumerate(blocks):
        if kind == "t":
            body += _odf_table(content, f"Table{number}")
        else:
            tag = 'text:h text:outline-level="1"' if kind == "h" else "text:p"
            body += f"<{tag}>{escape(str(content))}</{tag.split()[0]}>"
    return _odf("text", body)


def odp_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as an OpenDocument presentation of one slide for each heading."""
    body = ""
    for number, (kind, content) in enumerate(blocks):
        if kind == "h":
            body += ("</draw:page>" if body else "") + f"<draw:page><text:h>{escape(str(content))}</text:h>"
        else:
            body += _odf_table(content, f"Table{number}") if kind == "t" else f"<text:p>{escape(str(content))}</text:p>"
    return _odf("presentation", body + "</draw:page>")


def _grid(blocks: tuple[Block, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for kind, content in blocks:
        rows += [("",), *content] if kind == "t" else [("",), (str(content),)]  # type: ignore[misc]
    return rows


def ods_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as an OpenDocument sheet, below one another."""
    return _odf("spreadsheet", _odf_table(_grid(blocks), "Manual"))


def xlsx_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a sheet, below one another."""
    rows = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{escape(c)}</t></is></c>'
            for at, c in enumerate(row)
            if c
        )
        + "</row>"
        for number, row in enumerate(_grid(blocks), 1)
    )
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kinds = {"xl/workbook.xml": "spreadsheetml.sheet.main", "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet"}
    return zipped({
        **_package("xl/workbook.xml", kinds),
        "xl/workbook.xml": f'{_HEAD}<workbook {main} xmlns:r="{_OFFICE}"><sheets><sheet name="Manual" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships {_RELATIONS}><Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"{_HEAD}<worksheet {main}><sheetData>{rows}</sheetData></worksheet>",
    })  # fmt: skip
