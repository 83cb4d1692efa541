"""Workbooks whose cells lie far apart, or are repeated without end, are measured before the library opens them."""

from __future__ import annotations

import io
import zipfile

import documents as made
import pytest
from documents_binary import record, workbook, xlsb_of
from hypothesis import given
from hypothesis import strategies as st

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry
from sousveil.unpack.render import grid, sheets
from sousveil.unpack.render.spread import FAR, BinarySheet, OpenSheet

MOST = 1 << 20
MILLIARD = 10**9


def _cell(text: str, again: object = 1) -> str:
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{again}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def _blank(again: object) -> str:
    return f'<table:table-cell table:number-columns-repeated="{again}"/>'


def _row(cells: str, again: object = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{again}">{cells}</table:table-row>'


FAR_OPEN = {
    "columns": _row(_cell("Uyghur", MILLIARD)),
    "rows": _row(_cell("Uyghur"), MILLIARD),
    "behind blank rows": _row(_cell("Uyghur")) + _row(_blank(1), MILLIARD) + _row(_cell("nation")),
    "behind blank columns": _row(_cell("Uyghur") + _blank(20_000) + _cell("nation")),
    "the last place": _row(_cell("Uyghur")) + _row(_blank(1), MOST - 2) + _row(_blank(16_383) + _cell("nation")),
    "no number": _row(_cell("Uyghur", "&#49;000000000")),
    "a long text": _row(_cell("Uyghur" + "x" * 100_000, 16_000)),
    "more than a number": _row(_cell("Uyghur", 2**64 - 1)),
}


def _rendered(data: bytes, name: str) -> tuple[list[str], bytes]:
    found = list(sheets.render(data, name, Budget()))
    text = b"".join(x.data or b"" for x in found if isinstance(x, Entry))
    return [x.reason for x in found if isinstance(x, Limit)], text


@pytest.mark.parametrize("rows", FAR_OPEN.values(), ids=FAR_OPEN)
def test_a_far_cell_of_an_open_document_is_not_laid_out(rows: str) -> None:
    table = f'<table:table table:name="S">{rows}</table:table>'
    data = made._odf("spreadsheet", table)
    assert grid.places(data, "m.ods", Budget()) > grid.MOST_PLACES
    reasons, text = _rendered(data, "m.ods")
    assert reasons == ["cut"]
    assert b"Uyghur" in text, "searched as it stands"


def test_what_an_office_writes_is_opened() -> None:
    # Every row goes on to the last column, and the last row to the end of the sheet, without a value.
    rows = _row(_cell("ethnicity") + _blank(16_383)) * 3000 + _row(_blank(16_384), MOST - 3000)
    data = made._odf("spreadsheet", f'<table:table table:name="S">{rows}</table:table>')
    assert grid.places(data, "m.ods", Budget()) == 3000
    reasons, text = _rendered(data, "m.ods")
    assert not reasons
    assert text.count(b"ethnicity") == 3000


@pytest.mark.parametrize("size", [1, 7, 64, 65, 4096])
def test_an_open_sheet_is_the_same_however_its_bytes_arrive(size: int) -> None:
    rows = _row(_blank(3) + _cell("a > b") + _cell("c", 4)) + _row(_blank(2), 90) + _row(_cell("d") * 2, 5)
    part = f'<office:spreadsheet><table:table table:name="a>b"><table:table-row/>{rows}</table:table>'.encode()
    sheet = OpenSheet()
    for at in range(0, len(part), size):
        sheet.take(part[at : at + size])
    sheet.close()
    # From the second row to the 97th, eight columns; what is repeated is short.
    assert 96 * 8 <= sheet.places < 96 * 8 + 40


@pytest.mark.parametrize(
    ("row", "column"),
    [(MOST - 1, 16_383), (0, 0xFFFFFFFE), (100 * MOST, 0), (0, 16_384), (MOST + 1, 0)],
    ids=["the last place", "no column", "no row", "behind the last column", "behind the last row"],
)
def test_a_far_cell_of_a_binary_workbook_is_not_laid_out(row: int, column: int) -> None:
    """The library ended its process, or read no further than such a row."""
    data = workbook([(0, [(0, "ethnicity"), (1, "Uyghur")]), (row, [(column, "nation")])])
    assert grid.places(data, "m.xlsb", Budget()) > grid.MOST_PLACES
    reasons, text = _rendered(data, "m.xlsb")
    assert reasons == ["cut"]
    assert "Uyghur".encode("utf-16-le") in text, "searched as it stands"


def test_a_binary_workbook_is_read_with_its_places() -> None:
    found = list(sheets.render(xlsb_of(made.MANUAL), "m.xlsb", Budget()))
    (entry,) = found
    assert isinstance(entry, Entry)
    assert entry.data is not None and b"emNation" in entry.data
    assert any(where.startswith("Manual!A") for _, where in entry.marks)


@pytest.mark.parametrize("size", [1, 2, 9, 10, 11, 1000])
def test_a_binary_sheet_is_the_same_however_its_bytes_arrive(size: int) -> None:
    rows = b"".join(
        record(0, n.to_bytes(4, "little") + bytes(13)) + record(6, (n % 7).to_bytes(4, "little") + b"x" * 300)
        for n in range(5, 105)
    )
    part = record(0x81) + record(0x94, bytes(16)) + record(0x91) + rows + record(0x92)
    sheet = BinarySheet()
    for at in range(0, len(part), size):
        sheet.take(part[at : at + size])
    sheet.close()
    assert sheet.places == 100 * 7


def test_a_tag_without_end_cannot_be_measured() -> None:
    sheet = OpenSheet()
    for _ in range(40):
        sheet.take(b"<table:table-cell a='" + b"x" * (1 << 16))
    sheet.close()
    assert sheet.places == FAR


_REFERENCES = st.builds(lambda c, r: f"{c}{r}", st.sampled_from(["A", "Z", "AB", "XFD"]), st.integers(1, 9999))
_CELLS = st.one_of(
    _REFERENCES.map('<c r="{}"><v>1</v></c>'.format),
    st.just("<c><v>2</v></c>"),
    _REFERENCES.map('<c s="1" r="{}"/>'.format),
    _REFERENCES.map("<x:c r='{}'/>".format),
)
_ROWS_MADE = st.builds(
    lambda begin, cells: begin + "".join(cells) + "</row>",
    st.one_of(
        st.integers(1, 9999).map('<row r="{}" spans="1:3">'.format), st.just("<row>"), st.just('<row s="1" r="7">')
    ),
    st.lists(_CELLS, max_size=4),
)


@given(st.lists(_ROWS_MADE, min_size=1, max_size=8))
def test_rows_written_in_the_usual_way_span_what_their_tokens_say(rows: list[str]) -> None:
    part = ("<worksheet><sheetData>" + "".join(rows) + "</sheetData></worksheet>").encode()
    quick = grid.span([part])
    # In small pieces nearly no row is whole, so that every token is taken by itself.
    assert quick == grid.span([part[at : at + 7] for at in range(0, len(part), 7)])


def test_a_part_that_is_no_sheet_spans_nothing() -> None:
    """Settings of a printer, a picture: any bytes read as records."""
    cell = record(0, (1 << 30).to_bytes(4, "little") + bytes(13)) + record(6, b"\xff" * 8)
    with zipfile.ZipFile(io.BytesIO(xlsb_of(made.MANUAL))) as given:
        parts: dict[str, str | bytes] = {name: given.read(name) for name in given.namelist()}
    plain = grid.places(made.zipped(parts), "m.xlsb", Budget())
    parts["xl/printerSettings/printerSettings1.bin"] = cell * 40
    assert grid.places(made.zipped(parts), "m.xlsb", Budget()) == plain
    with zipfile.ZipFile(io.BytesIO(made.xlsx_of(made.MANUAL))) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    plain = grid.places(made.zipped(parts), "m.xlsx", Budget())
    parts["xl/media/image1.png"] = record(0x94, bytes(16)) + record(0x91) + cell
    assert grid.places(made.zipped(parts), "m.xlsx", Budget()) == plain
