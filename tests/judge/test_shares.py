"""Tables that keep a share of each group against a name, and shares of many that are on no card."""

from __future__ import annotations

from pathlib import Path

import programs
import pytest

import sousveil
from sousveil.model import Verdict

_TABLE = "class Name(db.Model):\n    id = Column(Integer)\n    lastname = Column(String)\n{more}" + "".join(
    f"    {group} = Column(Float)\n" for group in ("hispanic", "asian", "white", "african")
)


@pytest.mark.parametrize("more", ["", "    birth_date = Column(Date)\n", "    phone = Column(String)\n"])
def test_a_last_name_and_groups_alone_are_no_person(tmp_path: Path, more: str) -> None:
    (tmp_path / "names.py").write_text(_TABLE.format(more=more))
    assert (sousveil.scan(tmp_path).verdict is Verdict.PROFILES) is not bool(more)


def test_a_share_of_many_is_on_no_card(tmp_path: Path) -> None:
    made = tmp_path / "rules.so"
    made.write_bytes(programs.elf([(".rodata", programs.strings("citizen.partisans_pct", "civ.celebrate"), False)]))
    assert sousveil.scan(made).verdict is Verdict.CLEAR
