"""Every format's sample is found, at its place, linked; every twin stays quiet; no format is without either."""

from __future__ import annotations

from pathlib import Path

import kit
import matrix
import pytest

MAKERS = list(kit.makers())


@pytest.mark.parametrize("maker", MAKERS, ids=lambda p: p.stem.removeprefix("made_"))
def test_the_sample_is_found_and_its_twin_is_quiet(maker: Path, tmp_path: Path) -> None:
    samples = list(matrix.load(maker).samples(tmp_path / "make"))
    assert any(not s.twin for s in samples), "a format needs a sample that is found"
    assert any(s.twin for s in samples), "a format needs a twin that must not fire"
    row = matrix.row_of(maker.stem, samples, tmp_path / "scan")
    assert not row.wrong, "\n".join(row.wrong)


def test_every_format_has_a_sample_and_its_section_in_the_docs() -> None:
    from sousveil.cli import formats

    page = (Path(__file__).parents[2] / "docs" / "formats-read.md").read_text()
    sampled = {name for maker in MAKERS for name in matrix.formats_of(matrix.load(maker))}
    for one in formats.every():
        assert one.name in sampled, f"{one.name}: a format needs a sample, tests/samples/made_{one.name}.py"
        assert f"### {one.about.title}\n" in page, f"{one.about.title}: run sousveil formats --markdown"
    assert page == formats.page(), "the page is not what the readers say: run sousveil formats --markdown"
