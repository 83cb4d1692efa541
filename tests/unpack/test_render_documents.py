"""Renderings: the words once and at their place, bounded, the same bytes each time; damage costs the file alone."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import documents as made
import documents_old as old
import pytest

import sousveil
from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, Stop, walk
from sousveil.unpack.render import grid, render, renderer_named, renderer_of, sheets
from sousveil.unpack.render.ole import circular

WRITERS = {
    "pdf": made.pdf_of, "docx": made.docx_of, "pptx": made.pptx_of, "odf": made.odt_of, "sheets": made.xlsx_of,
    "doc": old.doc_of, "ppt": old.ppt_of, "msg": old.msg_of, "rtf": old.rtf_of, "mail": old.mbox_of, "chm": old.chm_of,
}  # fmt: skip


def rendered(module: str, data: bytes) -> list[Entry | Limit]:
    return list(render(renderer_named(module), data, "x", Budget()))


@pytest.mark.parametrize("module", WRITERS)
def test_the_same_document_renders_to_the_same_bytes_with_marks_in_order(module: str) -> None:
    data = WRITERS[module](made.MANUAL)
    one, two = rendered(module, data), rendered(module, data)
    assert one == two
    for entry in one:
        assert isinstance(entry, Entry), entry
        offsets = [offset for offset, _ in entry.marks]
        assert offsets == sorted(set(offsets))
        assert all(0 <= o < entry.size for o in offsets)


@pytest.mark.parametrize("module", WRITERS)
def test_damage_gives_entries_and_limits(module: str) -> None:
    data = WRITERS[module](made.MANUAL)
    dice = random.Random(module)
    for _ in range(40):
        damaged = _damaged(dice, data)
        try:
            out = rendered(module, damaged)
        except Stop:
            continue
        assert all(isinstance(item, Entry | Limit) for item in out)


def _damaged(dice: random.Random, data: bytes) -> bytes:
    raw = bytearray(data)
    for _ in range(dice.randint(1, 5)):
        if not raw:
            break
        low, high = dice.choice([(0, 64), (0, 700), (max(0, len(raw) - 200), len(raw)), (0, len(raw))])
        at = min(dice.randint(low, high), len(raw) - 1)
        kind = dice.randrange(6)
        if kind == 0:
            raw[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            raw[at : at + 4] = dice.choice([b"\0", b"\xff", b"\x7f"]) * 4
        elif kind == 2:
            raw[at : at + 8] = struct.pack("<Q", dice.choice([0, 1, 0xFFFF, 1 << 31, (1 << 32) - 1, 1 << 62]))
        elif kind == 3:
            del raw[at:]
        elif kind == 4:
            raw[at:at] = raw[at : at + dice.randint(1, 700)]
        else:
            del raw[at : at + dice.randint(1, 300)]
    return bytes(raw)


def test_entities_are_not_expanded_and_the_part_is_read_as_it_is() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>维吾尔族 &b;</x>'
    data = made.zipped({"word/document.xml": bomb.encode()})
    out = rendered("docx", data)
    assert any(isinstance(x, Limit) and x.reason == "broken" for x in out)
    assert any(isinstance(x, Entry) and "维吾尔族".encode() in (x.data or b"") for x in out)


def test_a_bomb_inside_a_document_ends_at_its_quota() -> None:
    body = b"<w:document xmlns:w='w'><w:body>" + b"<w:p/>" * 40_000_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", body[:180_000_000])
    del body
    try:
        found = rendered("docx", out.getvalue())
    except Stop as stop:
        assert stop.reason == "quota"
    else:
        assert all(isinstance(x, Limit) for x in found), "nothing of it is held"


def test_nested_groups_tables_and_boxes_are_bounded() -> None:
    rtf = b"{\\rtf1" + b"{" * 100_000 + b"x" + b"}" * 100_000 + b"}"
    assert any(isinstance(x, Limit) and x.reason == "cut" for x in rendered("rtf", rtf))
    deep = "<w:tbl><w:tr><w:tc><w:p/>" * 300 + "</w:tc></w:tr></w:tbl>" * 300
    data = made.zipped({"word/document.xml": f"<w:document xmlns:w='w'><w:body>{deep}</w:body></w:document>"})
    assert any(isinstance(x, Limit) and x.reason == "cut" for x in rendered("docx", data))


def test_a_pdf_whose_objects_refer_to_themselves_ends() -> None:
    loop = made.assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 99999999 /Kids [2 0 R 3 0 R] /Parent 2 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R /Resources 3 0 R >>",
        ]
    )
    assert all(isinstance(item, Entry | Limit) for item in rendered("pdf", loop))


def test_an_encrypted_document_is_a_limit() -> None:
    book = old.compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y" * 5000})
    renderer = renderer_of(book[:4096], "manual.docx")
    assert renderer is not None
    assert [x.reason for x in render(renderer, book, "manual.docx", Budget()) if isinstance(x, Limit)] == ["encrypted"]


def test_a_pages_words_are_told_with_their_box_and_a_table_keeps_its_rows() -> None:
    (entry,) = rendered("pdf", made.pdf_of(made.MANUAL))
    assert isinstance(entry, Entry)
    assert entry.data is not None
    text = entry.data.decode()
    assert "| emNation | NJ_NATION_TYPE | 民族 |" in text
    at = entry.data.index(b"emNation")
    where = [w for offset, w in entry.marks if offset <= at][-1]
    # The line's baseline is given to the writer from the bottom of a page of 842 points.
    page, _, box = where.partition(", box ")
    left, top, right, bottom = map(int, box.split())
    assert page == "page 1"
    assert left == 60
    assert right > 400
    assert 8 <= bottom - top <= 12


def test_code_with_a_pdf_mark_in_it_is_no_pdf() -> None:
    assert renderer_of(b"import os\nMAGIC = b'%PDF-1.7'\n", "make.py") is None
    found = renderer_of(b"junk\n%PDF-1.7\n", "x.PDF")
    assert found is not None
    assert found.module == "pdf"


def test_of_a_document_the_words_come_once_and_its_files_too(tmp_path: Path) -> None:
    parts = {n: zipfile.ZipFile(io.BytesIO(made.docx_of(made.MANUAL))).read(n) for n in ("word/document.xml",)}
    data = made.zipped({**parts, "word/media/logo.bin": b"logo", "customXml/item1.xml": b"<a>b</a>"})
    found = [e for e in walk(data, "m.docx") if isinstance(e, Entry)]
    assert [e.path for e in found if e.document] == ["m.docx"]
    assert sorted(e.path for e in found if not e.document) == [
        "m.docx!/customXml/item1.xml",
        "m.docx!/word/media/logo.bin",
    ]


def test_what_is_broken_costs_one_file_of_a_container(tmp_path: Path) -> None:
    dice = random.Random("sheets.xls")
    book = bytearray(old.xls_of(made.MANUAL))
    book[0x1C:0x20] = b"\xff\xff\xff\xff"
    del book[900:]
    product = tmp_path / "sdk.zip"
    with zipfile.ZipFile(product, "w") as archive:
        archive.writestr("broken.xls", bytes(book))
        archive.writestr("noise.pdf", _damaged(dice, made.pdf_of(made.MANUAL)))
        archive.writestr("manual.xlsx", made.xlsx_of(made.MANUAL))
        archive.writestr("manual.pdf", made.pdf_of(made.MANUAL))
    report = sousveil.scan(product)
    artifacts = {p.artifact.removeprefix(f"{tmp_path}/") for f in report.findings for p in f.places}
    assert {"sdk.zip!/manual.pdf!/text.md", "sdk.zip!/manual.xlsx!/Manual.md"} <= artifacts, report.limits
    assert any(limit.path.endswith("sdk.zip!/broken.xls") for limit in report.limits)


def test_the_html_report_shows_the_place_cut_out_of_its_page(tmp_path: Path) -> None:
    from sousveil.options import Options
    from sousveil.report import html

    product = tmp_path / "manual.pdf"
    product.write_bytes(made.pdf_of(made.MANUAL))
    report = sousveil.scan(product, Options(pictures=True))
    assert 0 < len(report.pictures) <= 12
    assert all(c.png.startswith(b"\x89PNG\r\n") and len(c.png) < 400_000 for c in report.pictures)
    page = html.render(report)
    assert page.count('<img class="cutout" src="data:image/png;base64,') >= 1
    assert "img-src data:" in page
    assert sousveil.scan(product).pictures == ()


def test_a_compound_file_whose_sectors_run_in_a_circle_is_not_followed() -> None:
    """The library for workbooks took memory until the kernel ended it."""
    sample = old.xls_of(made.MANUAL)
    size = 512
    table = int.from_bytes(sample[76:80], "little")
    directory = int.from_bytes(sample[48:52], "little")
    data = bytearray(sample)
    at = (table + 1) * size + 4 * directory
    data[at : at + 4] = directory.to_bytes(4, "little")
    renderer = renderer_of(bytes(data), "manual.xls")
    assert renderer is not None
    found = list(render(renderer, bytes(data), "manual.xls", Budget()))
    assert any("circle" in x.detail for x in found if isinstance(x, Limit))
    assert any(isinstance(x, Entry) for x in found), "its words are searched as they stand"


def test_small_sectors_that_no_stream_uses_may_lie_anywhere() -> None:
    data = bytearray(old.xls_of(made.MANUAL))
    directory, cutoff = int.from_bytes(data[48:52], "little"), int.from_bytes(data[56:60], "little")
    entry = next(
        at
        for at in range((directory + 1) * 512, (directory + 2) * 512, 128)
        if data[at + 66] == 2 and int.from_bytes(data[at + 120 : at + 124], "little") >= cutoff
    )
    book = (int.from_bytes(data[entry + 116 : entry + 120], "little") + 1) * 512
    data[60:64] = data[entry + 116 : entry + 120]
    data[book + 400 : book + 404] = (100).to_bytes(4, "little")
    assert not circular(bytes(data))
    data[entry + 116 : entry + 124] = (100).to_bytes(4, "little") + (64).to_bytes(4, "little")
    assert circular(bytes(data))


def _book(*records: bytes) -> bytes:
    """Return an old workbook of one sheet with these records."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    sheet = record(0x0085, struct.pack("<IHBB", len(begin) + 17, 0, 1, 0) + b"S")
    return old.compound({"Workbook": begin + sheet + record(0x0A, b"") + b"".join(records) + record(0x0A, b"")})


def _label(row: int, column: int, text: str = "ethnic group") -> bytes:
    body = struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode()
    return struct.pack("<HH", 0x204, len(body)) + body


@pytest.mark.parametrize(
    "records",
    [
        (_label(0, 0), _label(65535, 65535)),
        (_label(65535, 65535), _label(0, 0)),
        (_label(0, 0), _label(65530, 200)),
        (_label(0, 0), struct.pack("<HHIIHHH", 0x200, 14, 0, 1 << 31, 0, 256, 0)),
        (_label(0, 0), struct.pack("<HHIIHHH", 0x200, 14, 9, 2, 0, 256, 0)),
        (_label(0, 0), struct.pack("<HHHHHHH", 0x200, 10, 0, 65535, 0, 65535, 0)),
        (_label(0, 0), struct.pack("<HHHHHIH", 0xBD, 12, 65535, 65534, 0, 0, 65534)),
        (_label(0, 0), struct.pack("<HHHHHd6x", 0x06, 20, 65535, 65535, 0, 1.0)),
    ],
    ids=["far", "backwards", "within a sheet", "rows", "wrapping", "dimensions", "several", "formula"],
)
def test_an_old_workbook_that_claims_too_much_room_is_a_limit(records: tuple[bytes, ...]) -> None:
    """The library asked for 34 GB and more, and ended its process; for 1.3 GB where a cell is a sheet's last."""
    data = _book(*records)
    found = list(sheets.render(data, "m.xls", Budget()))
    assert [x.reason for x in found if isinstance(x, Limit)] == ["cut"]
    assert any(isinstance(x, Entry) and b"ethnic group" in (x.data or b"") for x in found), "searched as it stands"


def test_of_a_sheet_with_too_many_places_the_first_rows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_CELLS", 1000)
    found = list(sheets.render(_book(_label(0, 0), _label(300, 9)), "m.xls", Budget()))
    assert [x.detail for x in found if isinstance(x, Limit)] == [
        "sheet S: 301 rows, 10 columns; the first 100 and 500 were read"
    ]
    assert any(isinstance(x, Entry) and b"ethnic group" in (x.data or b"") for x in found)


def test_an_old_workbook_that_claims_too_many_strings_is_a_limit() -> None:
    data = _book(_label(0, 0))
    at = data.index(struct.pack("<HH", 0x85, 9))
    # In front of the sheet's name there is room for no other record: the name's record becomes the table.
    data = data[:at] + struct.pack("<HHIi", 0xFC, 9, 1, (1 << 31) - 1) + data[at + 12 :]
    found = list(sheets.render(data, "m.xls", Budget()))
    assert [x.reason for x in found if isinstance(x, Limit)] == ["broken"]


def test_an_old_workbook_in_any_order_and_of_any_length_is_read() -> None:
    for count in (1, 300, 9000):
        rows = [_label(n, 3) for n in range(count)]
        found = list(sheets.render(_book(*rows[count // 2 :], *rows[: count // 2]), "m.xls", Budget()))
        (entry,) = found
        assert isinstance(entry, Entry)
        assert (entry.data or b"").count(b"ethnic group") >= count, "a title is written as such"


@pytest.mark.parametrize(
    "far",
    ['<c r="XFD1048576" t="str">', "<x:c t='str' r = 'XFD1048576'>", '<row r="1048576"/><c r="XFD1"><v>1</v></c><c>'],
)
def test_a_workbook_whose_cells_lie_too_far_apart_is_not_opened(far: str) -> None:
    """The library asked for 550 GB, and ended its process."""
    with zipfile.ZipFile(io.BytesIO(made.xlsx_of(made.MANUAL))) as given:
        contents = {name: given.read(name) for name in given.namelist()}
    (sheet,) = (name for name in contents if name.startswith("xl/worksheets/sheet"))
    contents[sheet] = contents[sheet].replace(b"</sheetData>", f"<row>{far}<v>b</v></c></row></sheetData>".encode())
    found = list(sheets.render(made.zipped(contents), "m.xlsx", Budget()))
    assert [x.reason for x in found if isinstance(x, Limit)] == ["cut"]
    assert any(isinstance(x, Entry) and b"emNation" in (x.data or b"") for x in found), "searched as it stands"


def test_the_span_of_a_sheets_cells_is_the_same_however_its_bytes_arrive() -> None:
    rows = "".join(f'<row r="{n}"><c r="C{n}" s="1"/><c t="n" r="AA{n}"><v>1</v></c><c/></row>' for n in range(5, 99))
    part = f"<worksheet><cols/><sheetData>{rows}</sheetData></worksheet>".encode()
    # From C to AB, where a cell stands that names no place.
    assert grid.span([part]) == 94 * 26
    for size in (1, 7, 127, 128, 129, 1000):
        assert grid.span([part[at : at + size] for at in range(0, len(part), size)]) == 94 * 26
    assert grid.span([part.replace(b"sheetData", b"calcChain")]) == 0


@pytest.mark.parametrize("name", ["doc", "ppt", "msg", "xls"])
def test_a_stream_that_cannot_be_read_is_a_limit(name: str) -> None:
    sample = {"doc": old.doc_of, "ppt": old.ppt_of, "msg": old.msg_of, "xls": old.xls_of}[name](made.MANUAL)
    data = bytearray(sample)
    # Every stream's second sector is said to lie behind the end of the file.
    table = (int.from_bytes(sample[76:80], "little") + 1) * 512
    for number in range(int.from_bytes(sample[48:52], "little")):
        at = table + 4 * number
        if int.from_bytes(data[at : at + 4], "little") == number + 1:
            data[at : at + 4] = (0x00FFFFFF).to_bytes(4, "little")
    renderer = renderer_of(bytes(data[:4096]), f"manual.{name}")
    assert renderer is not None
    found = list(render(renderer, bytes(data), f"manual.{name}", Budget()))
    assert any("cannot be read" in x.detail for x in found if isinstance(x, Limit)), found


def test_what_lies_too_deep_in_an_old_presentation_is_a_limit() -> None:
    body = struct.pack("<HHI", 0, 0x0FA0, 4) + "民族".encode("utf-16-le")
    for _ in range(60):
        body = struct.pack("<HHI", 0x0F, 0x03EE, len(body)) + body
    data = old.compound({"PowerPoint Document": body, "Current User": b"\0" * 20})
    renderer = renderer_of(data[:4096], "manual.ppt")
    assert renderer is not None
    assert [x.reason for x in render(renderer, data, "manual.ppt", Budget()) if isinstance(x, Limit)] == ["depth"]


def test_a_compound_file_of_sectors_that_hold_one_number_is_broken() -> None:
    """The library divided by what else a sector holds: found by benchmarks/fuzz."""
    data = bytearray(old.msg_of(made.MANUAL))
    data[30:32] = (2).to_bytes(2, "little")
    data[68:76] = bytes(4) + (4096).to_bytes(4, "little")
    found = rendered("msg", bytes(data))
    assert [one.reason for one in found if isinstance(one, Limit)] == ["broken"]
