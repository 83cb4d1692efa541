"""Seeded tamperings of a case and of its export: each must be named by `sousveil verify` and by the shipped verify.sh.

    .venv/bin/python benchmarks/evidence/tampering.py [--count 1000] [--seed 2020] [--shell "busybox sh"]

The case is made up: downloads, two folders, a captured page, notes, a seal with two authorities' stamps, lines after
it, an export with lines and a folder's file taken out. Each round changes one thing in a copy of the case and in a copy
of the export, there with all manifests written anew every other time, as somebody would who wants to hide it. What
nobody can see by the bytes alone (docs/evidence.md lists it) is not among them: a case's record cut off at an end that
no stamp is over. Exit code 1 where something passed.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "evidence"))
from authority_on_loopback import Authority
from site_on_loopback import LOOPBACK, Site

from sousveil.acquire.post import post
from sousveil.evidence import export, keys, paper, redaction
from sousveil.evidence.capture import How, capture
from sousveil.evidence.case import Case
from sousveil.evidence.envelope import encode, seal, stub
from sousveil.evidence.products import Keeper
from sousveil.evidence.sealing import Witnesses
from sousveil.evidence.sealing import seal as close
from sousveil.evidence.verify import verify
from sousveil.pipeline import scan


def no_passphrase(new: bool) -> bytes:
    return b""


def make(scratch: Path, authorities: list[Authority]) -> Case:
    case = Case.new(scratch / "case", "a made-up product", no_passphrase)
    product = scratch / "product.bin"
    for i in range(4):
        product.write_bytes(random.Random(i).randbytes(5000 + i))
        case.record("acquired", {"of": f"part {i}"}, [case.keep(f"part-{i}.bin", product)])
        case.record("noted", {"text": f"note {i}"})
    folder = scratch / "folder"
    for i in range(9):
        (folder / f"part-{i % 3}").mkdir(parents=True, exist_ok=True)
        (folder / f"part-{i % 3}" / f"header-{i}.h").write_text(f"int n{i};\n" * (i + 1))
    for path in (folder, folder / "part-1"):
        keeper = Keeper(case, hash_only=False)
        keeper.record(scan(str(path), keeping=keeper.keeping), ["a rehearsal"])
    site = Site()
    captured = capture(case, [site.base + "/page"], How(way=LOOPBACK))
    site.close()
    case.record("acquired", {"urls": [site.base + "/page"]}, list(captured.subjects))
    list(close(case, Witnesses([authorities[0].url]), post))
    case.record("noted", {"text": "asked the vendor"})
    list(close(case, Witnesses([a.url for a in authorities]), post))
    case.record("noted", {"text": "no answer"})
    return case


class Tampering:
    """One change of one copy; ``root`` holds ledger and objects, ``bag`` is the export around it or None."""

    def __init__(self, root: Path, bag: Path | None, choose: random.Random, other: Authority, key: Path) -> None:
        self.root, self.bag, self.choose, self.other, self.key = root, bag, choose, other, key
        self.ledger = root / "ledger.jsonl"
        self.lines = self.ledger.read_bytes().splitlines(keepends=True)
        self.objects = sorted(p for p in (root / "objects").rglob("*") if p.is_file() and p.stat().st_size)
        self.stamps = sorted((root / "stamps").glob("*.tsr"))

    def record(self, lines: list[bytes]) -> None:
        self.ledger.write_bytes(b"".join(lines))

    def flipped(self, path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[self.choose.randrange(len(data))] ^= 1 << self.choose.randrange(8)
        path.write_bytes(data)

    def line(self) -> int:
        """Return the index of a line that is not the last."""
        return self.choose.randrange(len(self.lines) - 1)

    def envelope(self, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
        """Change a line's envelope and write it in the one form."""
        i = self.choose.choice([i for i, line in enumerate(self.lines) if line.startswith(b'{"payload"')])
        envelope = json.loads(self.lines[i])
        change(envelope)
        self.lines[i] = encode(envelope) + b"\n"
        self.record(self.lines)

    def flip(self) -> None:
        self.flipped(self.ledger)

    def torn(self) -> None:
        self.ledger.write_bytes(self.ledger.read_bytes()[: -self.choose.randrange(1, len(self.lines[-1]) - 1)])

    def older_head(self) -> None:
        sealed = max(i for i, line in enumerate(self.lines) if _digest(line) in {s.name[:64] for s in self.stamps})
        self.record(self.lines[: self.choose.randrange(1, sealed + 1)])

    def swapped(self) -> None:
        i, j = self.choose.sample(range(len(self.lines)), 2)
        self.lines[i], self.lines[j] = self.lines[j], self.lines[i]
        self.record(self.lines)

    def reordered(self) -> None:
        before = list(self.lines)
        while self.lines == before:
            self.choose.shuffle(self.lines)
        self.record(self.lines)

    def removed(self) -> None:
        del self.lines[self.line()]
        self.record(self.lines)

    def doubled(self) -> None:
        i = self.choose.randrange(len(self.lines))
        self.record([*self.lines[: i + 1], self.lines[i], *self.lines[i + 1 :]])

    def inserted(self) -> None:
        i = self.line()
        self.record([*self.lines[:i], self.choose.choice(self.lines), *self.lines[i:]])

    def added(self) -> None:
        """A line of the forger's own at the end."""
        number = len(self.lines) + 1
        told = {"event": "noted", "time": "2026-01-01T00:00:00Z", "number": number, "text": "forged",
                "previous": {"sha256": _digest(self.lines[-1])}}  # fmt: skip
        forger = keys.private_key(no_passphrase, self.key)
        keyid = Case.open(self.root).keyid
        self.record([*self.lines, seal([], told, forger, keyid) + b"\n"])

    def stubbed(self) -> None:
        i = self.line()
        self.lines[i] = stub(self.lines[i][:-1], i + 1, "nothing to see") + b"\n"
        self.record(self.lines)

    def keyid(self) -> None:
        self.envelope(lambda e: e["signatures"][0].update(keyid=self.choose.randbytes(32).hex()))

    def signature(self) -> None:
        self.envelope(lambda e: e["signatures"][0].update(sig=base64.b64encode(self.choose.randbytes(64)).decode()))

    def payload(self) -> None:
        def change(envelope: dict) -> None:  # type: ignore[type-arg]
            statement = json.loads(base64.b64decode(envelope["payload"]))
            statement["predicate"]["time"] = "2020-11-20T00:00:00.000000Z"
            envelope["payload"] = base64.b64encode(encode(statement)).decode()

        self.envelope(change)

    def another_key(self) -> None:
        other = keys.private_key(no_passphrase, self.key)
        (self.root / "signing-key.pub.pem").write_bytes(keys.public_pem(other))

    def made_anew(self) -> None:
        """All signed with another key; the authorities' stamps stay what they are."""
        other = keys.private_key(no_passphrase, self.key)
        pem = keys.public_pem(other)
        previous, out = "0" * 64, []
        for line in self.lines:
            if line.startswith(b'{"redacted"'):
                previous = json.loads(line)["redacted"]["sha256"]
                out.append(line)
                continue
            statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
            told = {**statement["predicate"], "previous": {"sha256": previous}}
            out.append(seal(statement["subject"], told, other, keys.fingerprint(pem)) + b"\n")
            previous = _digest(out[-1])
        self.record(out)
        (self.root / "signing-key.pub.pem").write_bytes(pem)

    def object_flipped(self) -> None:
        self.flipped(self.choose.choice(self.objects))

    def object_cut(self) -> None:
        path = self.choose.choice(self.objects)
        data = path.read_bytes()
        path.write_bytes(data[: self.choose.randrange(len(data))])

    def object_gone(self) -> None:
        self.choose.choice(self.objects).unlink()

    def object_same_size(self) -> None:
        path = self.choose.choice(self.objects)
        path.write_bytes(self.choose.randbytes(len(path.read_bytes())))

    def object_exchanged(self) -> None:
        path, other = self.choose.sample(self.objects, 2)
        path.write_bytes(other.read_bytes())

    def header(self) -> None:
        """A header of a captured answer, in its place or under the name that its bytes have now."""
        path = next(p for p in self.objects if p.read_bytes()[:2] == b"\x1f\x8b")
        text = gzip.decompress(path.read_bytes())
        names = (b"WARC-Date: 2", b"HTTP/1.1 200 OK", b"WARC-IP-Address: 127", b"Content-Type: text/css")
        name = self.choose.choice([n for n in names if n in text])
        data = gzip.compress(text.replace(name, name[:-1] + b"0"))
        if self.choose.random() < 0.5:
            path.unlink()
            digest = hashlib.sha256(data).hexdigest()
            path = self.root / "objects" / digest[:2] / digest
            path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def stamp_exchanged(self) -> None:
        """A stamp of another line under this one's name, or one by an authority that nobody trusts."""
        path = self.choose.choice(self.stamps)
        others = [s for s in self.stamps if s.name[:64] != path.name[:64]]
        if others and self.choose.random() < 0.5:
            path.write_bytes(self.choose.choice(others).read_bytes())
            return
        question = self.root.parent / "question.tsq"
        words = ["openssl", "ts", "-query", "-digest", path.name[:64], "-sha256", "-cert", "-out", str(question)]
        subprocess.run(words, check=True, capture_output=True)
        path.write_bytes(self.other.reply(question.read_bytes()))
        question.unlink()

    def stamp_moved(self) -> None:
        path = self.choose.choice(self.stamps)
        line = self.choose.choice([n for line in self.lines if (n := _digest(line)) != path.name[:64]])
        path.rename(path.with_name(line + path.name[64:]))

    def page(self) -> None:
        """What was made of the case, in an export; a stamp of it goes; a file comes."""
        if self.bag is None:
            self.flip()
            return
        made = [self.bag / "HOW-TO-VERIFY.txt", *(p for p in (self.bag / "data").iterdir() if p.is_file())]
        made = [p for p in made if p.name not in ("ledger.jsonl", "signing-key.pub.pem")]
        how = self.choose.randrange(4)
        if how == 0:
            self.choose.choice(self.stamps).unlink()
        elif how == 1:
            (self.bag / "data" / self.choose.choice(["more.pdf", "objects.txt", "stamps/more.tsr"])).write_bytes(b"x")
        else:
            self.flipped(self.choose.choice(made))


HOWS = ("flip", "torn", "older_head", "swapped", "reordered", "removed", "doubled", "inserted", "added", "stubbed",
        "keyid", "signature", "payload", "another_key", "made_anew", "object_flipped", "object_cut", "object_gone",
        "object_same_size", "object_exchanged", "header", "stamp_exchanged", "stamp_moved", "page")  # fmt: skip


def _digest(line: bytes) -> str:
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


def list_anew(bag: Path) -> None:
    """Write the manifests as somebody would who wants to hide a change."""
    for name in ("sha256", "sha512"):
        rows = [
            f"{hashlib.new(name, p.read_bytes()).hexdigest()}  {p.relative_to(bag).as_posix()}\n"
            for p in sorted((bag / "data").rglob("*"))
            if p.is_file()
        ]
        (bag / f"manifest-{name}.txt").write_text("".join(rows))
    tags = sorted(p for p in bag.iterdir() if p.is_file() and p.name != "tagmanifest-sha256.txt")
    text = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in tags)
    (bag / "tagmanifest-sha256.txt").write_text(text)


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--shell", default="sh")
    args = parser.parse_args()
    paper.browser = lambda: ""  # type: ignore[assignment]
    with tempfile.TemporaryDirectory(prefix="tampering-") as name:
        scratch = Path(name)
        os.environ["SOUSVEIL_KEY"] = str(scratch / "key.pem")
        authorities = [Authority(scratch / f"authority-{i}") for i in range(3)]
        roots = scratch / "roots.pem"
        roots.write_bytes(b"".join(a.roots.read_bytes() for a in authorities[:2]))
        case = make(scratch, authorities[:2])
        file = hashlib.sha256(b"int n4;\n" * 5).hexdigest()
        wishes = [redaction.wish_of(f"{what}=private") for what in ("line:3", "line:15", f"object:{file}")]
        bag = export.bag(case, scratch / "bag", wishes).folder

        def script(folder: Path) -> int:
            words = [*args.shell.split(), str(folder / "verify.sh"), str(roots)]
            return subprocess.run(words, capture_output=True).returncode

        for whole in (case.root, bag):
            assert not [c for c in verify(whole, roots.read_bytes()) if c.holds is not True]
        assert script(bag) == 0
        choose = random.Random(args.seed)
        passed: Counter[str] = Counter()
        seconds = 0.0
        for i in range(args.count):
            how = HOWS[i % len(HOWS)]
            root = copied(case.root, scratch / "changed")
            getattr(Tampering(root, None, choose, authorities[2], scratch / "forger.pem"), how)()
            passed[f"case, verify: {how}"] += not [c for c in verify(root, roots.read_bytes()) if c.holds is False]
            shutil.rmtree(root)
            folder = copied(bag, scratch / "changed")
            getattr(Tampering(folder / "data", folder, choose, authorities[2], scratch / "forger.pem"), how)()
            if i // len(HOWS) % 2:
                list_anew(folder)
            passed[f"export, verify: {how}"] += not [c for c in verify(folder, roots.read_bytes()) if c.holds is False]
            started = time.perf_counter()
            passed[f"export, verify.sh: {how}"] += script(folder) != 1
            seconds += time.perf_counter() - started
            shutil.rmtree(folder)
        for authority in authorities:
            authority.close()
        missed = {k: v for k, v in passed.items() if v}
        print(f"{args.count} tamperings of a case and of its export, {len(HOWS)} kinds; passed: {missed or 'none'}")
        print(f"verify.sh ({args.shell}): {seconds / max(1, args.count):.2f} s each")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
