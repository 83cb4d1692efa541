from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.cli.amounts import clock, size, spoken


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("4096", 4096),
        ("10G", 10 * 1024**3),
        ("500M", 500 * 1024**2),
        ("1.5k", 1536),
        ("2GiB", 2 * 1024**3),
        ("2gb", 2 * 1024**3),
        (" 7 MB ", 7 * 1024**2),
        ("1T", 1024**4),
    ],
)
def test_sizes_as_people_type_them(text: str, amount: int) -> None:
    assert size(text) == amount


@pytest.mark.parametrize(
    "text", ["", "G", "-1", "0", "0.0001", "ten", "1e9", "10 G B", "1,000", "9" * 40, "1ib", "nan"]
)
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        size(text)


@given(st.floats(0, 1e18))
def test_spoken_bytes_are_short(amount: float) -> None:
    assert len(spoken(amount)) <= 10
    assert spoken(amount).split()[1] in ("B", "KB", "MB", "GB", "TB")


def test_spoken() -> None:
    assert spoken(312) == "312 B"
    assert spoken(4.2 * 1024**2) == "4.2 MB"
    assert spoken(999.5 * 1024) == "1000 KB" or spoken(999.5 * 1024) == "999 KB"


def test_clock() -> None:
    assert clock(7.9) == "0:07"
    assert clock(754) == "12:34"
    assert clock(3723) == "1:02:03"
