"""Every format's sample is found, at its place, linked; every twin stays quiet."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sousveil
from sousveil.model import Report

HERE = Path(__file__).parent


def _load(path: Path) -> ModuleType:
    name = f"sousveil_samples_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))
kit = _load(HERE / "kit.py")
sys.modules.setdefault("kit", kit)
_RANK = {"clear": 0, "records": 1, "residue": 2, "profiles": 3}


def _words(report: Report) -> set[str]:
    out: set[str] = set()
    for finding in report.findings:
        if finding.probability >= 0.5:
            out |= {finding.construct.name, *finding.construct.members, *(p.text for p in finding.places)}
    return out


@pytest.mark.parametrize("maker", list(kit.makers()), ids=lambda p: p.stem.removeprefix("made_"))
def test_the_sample_is_found_and_its_twin_is_quiet(maker: Path, tmp_path: Path) -> None:
    samples = list(_load(maker).samples(tmp_path / "make"))
    assert any(not s.twin for s in samples), "a format needs a sample that is found"
    assert any(s.twin for s in samples), "a format needs a twin that must not fire"
    for sample in samples:
        product = tmp_path / "scan" / sample.name
        product.parent.mkdir(exist_ok=True, parents=True)
        product.write_bytes(sample.data)
        report = sousveil.scan(product)
        told = f"{sample.name}: {report.verdict}, {[f.summary for f in report.findings]}, {report.limits}"
        if sample.twin:
            assert _RANK[report.verdict] <= _RANK[sample.verdict], told
            continue
        assert report.verdict == sample.verdict, told
        words = _words(report)
        for word in sample.finds:
            assert any(word in w for w in words), f"{word} not in {words}; {told}"
        places = [p for f in report.findings for p in f.places]
        if sample.where:
            assert any(sample.where in f"{p.artifact} {p.where}" for p in places), (sample.where, places)
        for place in places:
            if place.artifact == product.name and place.text:
                raw = sample.data[place.offset : place.offset + place.length]
                assert raw.decode(place.encoding, "backslashreplace") == place.text, place
        if sample.linked:
            one, other = sample.linked
            pairs = {(f.construct.name, link.name) for f in report.findings for link in f.links}
            assert any({one, other} <= {a, *b.split(".")} for a, b in pairs), (sample.linked, pairs)
