"""What came of the inputs of one format, kept a shard at a time in a file that a later run goes on from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
from driver import Outcome

HEAD = (
    "| format | inputs | lost | raised, told | place wrong | silent | slowest, s | ms an input | peak, MB |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
SLOW = 3.0
"""Seconds of CPU time from which an input is kept to be looked at."""
_EACH_KEPT = 12


class Figures(msgspec.Struct):
    """What came of one shard of a format, or, added up, of a format."""

    format: str
    seed: str = ""
    shard: int = 0
    commit: str = ""
    """Of the code that read them."""
    inputs: int = 0
    silent: int = 0
    slowest: float = 0.0
    slow: str = ""
    seconds: float = 0.0
    wall: float = 0.0
    peak: int = 0
    """Greatest memory of workers that had this shard and no other, in bytes."""
    lost: dict[str, int] = {}
    raised: dict[str, int] = {}
    wrong: dict[str, int] = {}
    judge: list[str] = []

    def add(self, one: Outcome, keep: Path | None) -> None:
        """Count what came of one file, and keep it if something did."""
        self.inputs += 1
        self.seconds += one.seconds
        self.peak = max(self.peak, one.peak)
        if one.seconds > self.slowest:
            self.slowest, self.slow = one.seconds, one.name
        _count(self.lost, (re.sub(r" at \d+/", " at ", x) for x in one.lost))
        _count(self.raised, (x.partition("/")[2] for x in one.raised))
        _count(self.wrong, one.wrong[:1])
        self.silent += bool(one.silent)
        for kind, there in (
            ("lost", one.lost), ("raised", one.raised), ("wrong", one.wrong), ("silent", one.silent),
            ("slow", one.seconds > SLOW),
        ):  # fmt: skip
            if there and keep:
                folder = keep / self.format / kind
                folder.mkdir(parents=True, exist_ok=True)
                if len(list(folder.iterdir())) < _EACH_KEPT:
                    (folder / f"{hashlib.sha256(one.data).hexdigest()[:12]}-{one.name}").write_bytes(one.data)

    @property
    def failed(self) -> bool:
        """Return whether a worker died, a place was wrong or judging failed."""
        return bool(self.lost or self.wrong or self.judge)

    def row(self) -> str:
        """Return the figures as a row of a Markdown table."""
        return (
            f"| {self.format} | {self.inputs} | {sum(self.lost.values())} | {sum(self.raised.values())} "
            f"| {sum(self.wrong.values())} | {self.silent} | {self.slowest:.2f} ({self.slow}) "
            f"| {1000 * self.seconds / max(1, self.inputs):.1f} | {self.peak >> 20} |"
        )

    def details(self) -> str:
        """Return what was said of what failed, a line each."""
        return "".join(
            f"    {self.format}: {what} {times} x {detail[:220]}\n"
            for what, counted in (("lost", self.lost), ("raised", self.raised), ("wrong", self.wrong))
            for detail, times in sorted(counted.items(), key=lambda one: -one[1])[:8]
        ) + "".join(f"    {self.format}: judge {failure}\n" for failure in self.judge)


def _count(counted: dict[str, int], things: Iterable[str]) -> None:
    for thing in things:
        counted[thing] = counted.get(thing, 0) + 1


def summed(rows: Iterable[Figures]) -> list[Figures]:
    """Return the figures of each format, its shards added up."""
    formats: dict[str, Figures] = {}
    for row in rows:
        whole = formats.setdefault(row.format, Figures(row.format, row.seed))
        for number in ("inputs", "silent", "seconds", "wall"):
            setattr(whole, number, getattr(whole, number) + getattr(row, number))
        if row.slowest > whole.slowest:
            whole.slowest, whole.slow = row.slowest, row.slow
        whole.peak = max(whole.peak, row.peak)
        for mine, theirs in ((whole.lost, row.lost), (whole.raised, row.raised), (whole.wrong, row.wrong)):
            for detail, times in theirs.items():
                mine[detail] = mine.get(detail, 0) + times
        whole.judge += row.judge
    return [formats[name] for name in sorted(formats)]


def kept(file: Path | None, seed: str) -> list[Figures]:
    """Return the rows of a seed that earlier runs wrote; a last line cut short is left out."""
    if file is None or not file.exists():
        return []
    rows = []
    for line in file.read_bytes().splitlines():
        try:
            rows.append(msgspec.json.decode(line, type=Figures))
        except msgspec.DecodeError:
            continue
    return [row for row in rows if row.seed == seed]
