"""Every format's sample is found, at its place, linked; every twin stays quiet; no format is without either."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("sousveil_matrix", Path(__file__).with_name("matrix.py"))
assert spec and spec.loader
matrix = sys.modules.setdefault("sousveil_matrix", importlib.util.module_from_spec(spec))
spec.loader.exec_module(matrix)
kit = matrix.load(Path(__file__).with_name("kit.py"))
MAKERS = list(kit.makers())


@pytest.mark.parametrize("maker", MAKERS, ids=lambda p: p.stem.removeprefix("made_"))
def test_the_sample_is_found_and_its_twin_is_quiet(maker: Path, tmp_path: Path) -> None:
    samples = list(matrix.load(maker).samples(tmp_path / "make"))
    assert any(not s.twin for s in samples), "a format needs a sample that is found"
    assert any(s.twin for s in samples), "a format needs a twin that must not fire"
    row = matrix.row_of(maker.stem, samples, tmp_path / "scan")
    assert not row.wrong, "\n".join(row.wrong)
