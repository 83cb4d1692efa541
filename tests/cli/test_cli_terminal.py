from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.cli.terminal import ProgressLine, cells, cut, progress_line, wants_colour, width
from sousveil.options import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.text(max_size=200), st.integers(0, 80))
def test_cut_text_fits(text: str, columns: int) -> None:
    assert cells(cut(text, columns)) <= columns or text == ""


def test_cut_keeps_the_end_of_a_path() -> None:
    shortened = cut("a/very/long/way/to/the/file/dhnetsdk.h", 24)
    assert shortened.endswith("dhnetsdk.h")
    assert "…" in shortened


def test_wide_characters_take_two_columns() -> None:
    assert cells("民族") == 4
    assert cells("e\u0301") == 1


@pytest.mark.parametrize(
    ("variables", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour(variables: dict[str, str], terminal: bool, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Terminal() if terminal else io.StringIO()) is wanted


def test_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert width(io.StringIO()) == 80
    monkeypatch.setenv("COLUMNS", "120")
    assert width(io.StringIO()) == 120
    monkeypatch.setenv("COLUMNS", "7")
    assert width(Terminal()) == 40


def test_the_progress_line_stays_in_its_row_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    line = ProgressLine(stream)
    line(Progress("match", 12, 3_400_000, "sdk.zip!/" + "very/" * 40 + "民族\x1b[2J\n\u202edlrow.h"))
    drawn = stream.getvalue()
    assert drawn.startswith("\r")
    assert drawn.endswith("\x1b[K")
    inner = drawn[1:-3]
    assert all(c.isprintable() for c in inner)
    assert cells(inner) < 60
    assert "12 files" in inner
    assert "3.2 MB" in inner
    line.wipe()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_the_progress_line_is_not_drawn_at_every_call() -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    for number in range(1000):
        line(Progress("match", number, 0, "x"))
    assert stream.getvalue().count("\r") < 20


def test_no_progress_line_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_line(quiet=False) as line:
        assert line is None


@pytest.mark.parametrize(("term", "quiet"), [("dumb", False), ("xterm", True)])
def test_no_progress_line_where_unwanted(term: str, quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", term)
    with progress_line(quiet=quiet) as line:
        assert line is None


def test_a_terminal_that_goes_away_stops_nothing(tmp_path: Path) -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    stream.close()
    line(Progress("match", 1, 1, "x"))
    line.wipe()
