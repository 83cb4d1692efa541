"""What a scan said of a sample: found, place right, linked, twin quiet. For the test and for the table in the docs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import sousveil
from sousveil.model import Place, Report

HERE = Path(__file__).parent
_RANK = {"clear": 0, "records": 1, "residue": 2, "profiles": 3}


def load(path: Path) -> ModuleType:
    """Return a module of this folder; the makers import the kit by its bare name."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    return import_module(path.stem)


def formats_of(maker: ModuleType) -> tuple[str, ...]:
    """Return the names of the formats that a maker has samples of."""
    return tuple(getattr(maker, "FORMATS", ())) or (maker.FORMAT,)


@dataclass
class Row:
    """One format's cells: None where no sample asks."""

    name: str
    found: bool | None = None
    placed: bool | None = None
    linked: bool | None = None
    quiet: bool | None = None
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def row_of(name: str, samples: Iterable[Any], folder: Path) -> Row:
    """Scan the samples of one format in ``folder`` and return what came out."""
    row = Row(name)
    for sample in samples:
        product = folder / sample.name
        product.parent.mkdir(exist_ok=True, parents=True)
        product.write_bytes(sample.data)
        _judge(row, sample, sousveil.scan(product))
    return row


def _judge(row: Row, sample: Any, report: Report) -> None:
    s = sample
    told = f"{s.name}: {report.verdict} {[(f.rule, f.construct.name) for f in report.findings]} {report.limits}"
    if s.note:
        row.notes.append(s.note)
    if s.twin:
        quiet = _RANK[report.verdict] <= _RANK[s.verdict]
        row.quiet = quiet and row.quiet is not False
        if not quiet:
            row.wrong.append(f"not quiet: {told}")
        return
    sure = [f for f in report.findings if f.probability >= 0.5]
    words = {w for f in sure for w in (f.construct.name, *f.construct.members, *(p.text for p in f.places))}
    found = report.verdict == s.verdict and all(any(w in have for have in words) for w in s.finds)
    row.found = found and row.found is not False
    if not found:
        row.wrong.append(f"not found, or without {s.finds}: {told}")
    places = [p for f in report.findings for p in f.places] + [e.place for e in report.explained]
    placed = all(_true(p, s) for p in places) and (
        not s.where or any(s.where in f"{p.artifact} {p.where}" for p in places)
    )
    row.placed = placed and row.placed is not False
    if not placed:
        row.wrong.append(f"place: {s.where!r} {[(p.artifact, p.where, p.text) for p in places][:8]} {told}")
    if s.linked:
        pairs = {(f.construct.name, name) for f in report.findings for link in f.links for name in link.name.split(".")}
        linked = tuple(s.linked) in pairs or tuple(reversed(s.linked)) in pairs
        row.linked = linked and row.linked is not False
        if not linked:
            row.wrong.append(f"not linked: {s.linked} {sorted(pairs)[:8]} {told}")


def _true(place: Place, sample: Any) -> bool:
    """Return whether a place in the sample's own bytes is the quoted text; of what lies deeper, the text alone is."""
    if place.artifact != Path(sample.name).name or not place.text:
        return True
    raw: bytes = sample.data[place.offset : place.offset + place.length]
    return raw.decode(place.encoding, "backslashreplace") == place.text
