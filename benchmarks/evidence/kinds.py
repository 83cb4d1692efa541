"""The commands that are killed: how each is called in a round, and what its words promise."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench import Bench, silent

from sousveil.demo import sdk
from sousveil.evidence import stamps, watching
from sousveil.evidence.case import Case
from sousveil.evidence.verify import verify
from sousveil.evidence.witness import Anchors

PRIVATE = ("--allow-private", "127.0.0.0/8")


class Kind:
    """One command: how it is called in a round, and what its words promise."""

    browser = False
    codes = (0,)
    """Exit codes of a run that ended by itself."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.case = bench.case
        self.number = 0

    def fresh(self) -> None:
        self.number += 1
        self.case = Case.new(self.bench.scratch / f"{type(self).__name__}-{self.number}", "kills", silent)

    def words(self, number: int) -> list[str]:
        raise NotImplementedError

    def broken(self, said: list[str], before: int) -> Iterator[str]:
        """Yield what ``said`` promised and the case does not hold; ``before`` lines were on record at the start."""
        raise NotImplementedError

    def ended(self) -> Iterator[str]:
        """Yield what is wrong after a run that came to its end."""
        yield from ()

    def events(self, before: int) -> list[str]:
        return [e.kind for e in self.case.entries() if e.number > before]


class Acquire(Kind):
    def words(self, number: int) -> list[str]:
        vendor, random_bytes = self.bench.vendor, self.bench.choose.randbytes(1 << 21)
        vendor.page("/sdk", f"SDK {number}", parts=12)
        vendor.answers["/sdk.zip"] = (200, "application/zip", random_bytes)
        return ["acquire", f"{vendor.base}/sdk", f"{vendor.base}/sdk.zip", "--case", str(self.case.root), *PRIVATE]

    def broken(self, said: list[str], before: int) -> Iterator[str]:
        if any(" kept in one WARC file" in line for line in said) and "acquired" not in self.events(before):
            yield "it said that addresses are kept, and they are not on record"


class Browse(Acquire):
    """The same with a browser."""

    browser = True

    def words(self, number: int) -> list[str]:
        words = super().words(number)
        return [*words[:2], *words[3:], "--browser"]  # the page alone: a browser shows no archive


class Scan(Kind):
    codes = (1,)

    def words(self, number: int) -> list[str]:
        product = self.bench.scratch / "product"
        if not product.exists():
            product.mkdir()
            sdk.write(product)
            for i in range(6):
                text = "".join(f"int f{i}_{j}(void) {{ return {j}; }}\n" for j in range(20_000))
                (product / f"part{i}.c").write_text(text)
        for i in range(300):
            (product / f"small{i}.h").write_text(f"int n{number}_{i};\n")
        (product / "blob.bin").write_bytes(self.bench.choose.randbytes(3 << 20))
        return ["scan", str(product), "--case", str(self.case.root), "-q"]

    def broken(self, said: list[str], before: int) -> Iterator[str]:
        if any(line.startswith("PROFILES") for line in said) and "scanned" not in self.events(before):
            yield "it gave its report, and the scan is not on record"


class Watch(Kind):
    """Ten addresses: pages that change each time, and files that come and go."""

    log = Path()

    def fresh(self) -> None:
        super().fresh()
        base = self.bench.vendor.base
        self.log = self.bench.scratch / f"notices-{self.number}.jsonl"
        watching.add(self.case, [f"{base}/page{i}" for i in range(5)] + [f"{base}/file{i}" for i in range(5)])

    def words(self, number: int) -> list[str]:
        for i in range(5):
            self.bench.vendor.page(f"/page{i}", f"page {i} for the {number}th time")
            self.bench.vendor.answers.pop(f"/file{i}", None)
            if (number + i) % 2:
                self.bench.vendor.answers[f"/file{i}"] = (200, "application/zip", f"DH {i} ".encode() * 2000)
        return ["watch", "run", "--case", str(self.case.root), *PRIVATE, "--json", str(self.log)]

    def broken(self, said: list[str], before: int) -> Iterator[str]:
        have = Counter(self.events(before))
        told = {(e.kind, e.predicate.get("url")) for e in self.case.entries()}
        for line in said:
            word, _, rest = line.partition(" ")
            if word in ("CHANGED", "GONE", "MOVED", "BACK") and (word.lower(), rest.split(": ")[0].strip()) not in told:
                yield "it told of something that is not on record"
        if sum(line.startswith(("present ", "gone ")) for line in said) > have["watched"]:
            yield "it told how an address was, and that is not on record"

    def ended(self) -> Iterator[str]:
        for url, one in watching.watched(self.case).items():
            there = url.removeprefix(self.bench.vendor.base) in self.bench.vendor.answers
            if one.state != ("present" if there else "gone"):
                yield f"{url} is held to be {one.state}"
            if one.told == there and one.seen:
                yield f"{url} is {one.state}, and that is not on record"
            if one.known_sha256 != one.seen_sha256:
                yield f"{url} changed, and that is not on record"
        told = self.log.read_text().splitlines() if self.log.exists() else []
        if whole := sum(1 for line in told if not line.endswith("}")):
            yield f"{whole} notices were written in part"
        recorded = sum(self.events(0).count(kind) for kind in ("changed", "gone", "moved", "back"))
        if len(told) < recorded:
            yield f"{recorded} things were noticed, and {len(told)} notices sent"


class Seal(Kind):
    stamped: Counter[str]
    """Stamps before the round, by authority."""

    def words(self, number: int) -> list[str]:
        self.stamped = Counter(s.authority for s in stamps.every(self.case.root / "stamps") if not s.waiting)
        self.case.record("noted", {"text": f"before seal {number}"})
        named = [word for a in self.bench.authorities for word in ("--authority", a.url)]
        return ["case", "seal", *named, "--case", str(self.case.root)]

    def broken(self, said: list[str], before: int) -> Iterator[str]:
        if any(line.startswith("sealed: ") for line in said) and "sealed" not in self.events(before):
            yield "it said that the case is sealed, and that is not on record"
        have = Counter(s.authority for s in stamps.every(self.case.root / "stamps") if not s.waiting)
        have.subtract(self.stamped)
        for authority, count in Counter(line.split()[1] for line in said if line.startswith("stamped: ")).items():
            if have[authority] < count:
                yield "it said that a line is stamped, and there is no stamp"

    def ended(self) -> Iterator[str]:
        lines = {entry.digest for entry in self.case.entries()}
        good = {
            s.authority
            for s in stamps.every(self.case.root / "stamps")
            if not s.waiting
            and s.line in lines
            and s.kind.judge(s.path.read_bytes(), bytes.fromhex(s.line), Anchors(self.bench.roots)).valid
        }
        if len(good) < len(self.bench.authorities):
            yield "not every authority's stamp is there and holds"
        if any(s.waiting for s in stamps.every(self.case.root / "stamps")):
            yield "a request still waits"


class Export(Kind):
    out = Path()

    def fresh(self) -> None:
        super().fresh()
        product = self.bench.scratch / "object.bin"
        for i in range(40):
            product.write_bytes(self.bench.choose.randbytes(200_000))
            self.case.record("acquired", {"of": f"part {i}"}, [self.case.keep(f"part-{i}.bin", product)])
        self.case.record("acquired", {"of": "a report"}, [self.case.keep_bytes("x.report.json", b"{}")])

    def words(self, number: int) -> list[str]:
        self.out = self.bench.scratch / "exports" / f"export-{self.number}"
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.parent.mkdir(exist_ok=True)
        return ["case", "export", "bag", str(self.out), "--case", str(self.case.root)]

    def broken(self, said: list[str], before: int) -> Iterator[str]:
        if any("Check it with" in line for line in said) and not self.out.exists():
            yield "it said that the export is there, and it is not"
        if not self.out.exists():
            return
        if "exported" not in self.events(before):
            yield "an export is there that is not on record"
        yield from (f"the export: {c.what}: {c.detail}" for c in verify(self.out) if c.holds is False)
        check = ["sh", str(self.out / "verify.sh")]
        if self.bench.choose.random() < 0.2 and subprocess.run(check, capture_output=True).returncode:
            yield "verify.sh does not pass the export"
        if parts := [p for p in self.out.rglob("*") if p.name.endswith(".part") or p.name.startswith(".")]:
            yield f"the export holds {parts[0].name}"

    def ended(self) -> Iterator[str]:
        if left := [p.name for p in self.out.parent.iterdir() if p.name.startswith(".")]:
            yield f"beside the export lies {left[0]}"


class Print(Export):
    """The same with a browser that prints the page."""

    browser = True


KINDS: dict[str, type[Kind]] = {
    "acquire": Acquire, "scan": Scan, "watch": Watch, "seal": Seal, "export": Export, "browse": Browse, "print": Print,
}  # fmt: skip
