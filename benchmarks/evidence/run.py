"""Evidence under attack and under load: seeded tamperings, kills at random moments, and what keeping costs.

    .venv/bin/python benchmarks/evidence/run.py [--tamper 1000] [--kill 1000] [--lines 100000] [--objects 2G]

Everything is made up and lies in a temporary folder. Times stand beside a peer's in the same run.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sousveil.evidence import export, keys
from sousveil.evidence.case import Case
from sousveil.evidence.verify import verify

WRITER = """
import sys
from pathlib import Path
from sousveil.evidence.case import Case
case = Case.open(Path(sys.argv[1]), lambda new: b"")
product = Path(sys.argv[2])
for i in range(10_000):
    kept = [case.keep(f"part-{i}", product)] if i % 3 == 0 else []
    print(case.record("acquired", {"i": i}, kept).digest, flush=True)
    product.write_bytes(product.read_bytes()[:-1] + bytes([i % 256]))
"""


def no_passphrase(new: bool) -> bytes:
    return b""


def make(folder: Path, parts: int = 8) -> Case:
    case = Case.new(folder, "a made-up product", no_passphrase)
    product = folder.parent / "product.bin"
    for i in range(parts):
        product.write_bytes(random.Random(i).randbytes(5000 + i))
        case.record("acquired", {"of": f"part {i}"}, [case.keep(f"part-{i}.bin", product)])
        case.record("noted", {"text": f"note {i}"})
    return case


def tamper(root: Path, choose: random.Random) -> str:
    """Change one thing in a case; return what."""
    ledger = root / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    objects = sorted(p for p in (root / "objects").rglob("*") if p.is_file())
    how = choose.choice(["flip", "cut", "swap", "delete", "double", "insert", "key", "object-flip", "object-cut",
                         "object-gone", "object-same-size", "object-exchanged"])  # fmt: skip
    if how == "flip":
        data = bytearray(ledger.read_bytes())
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        ledger.write_bytes(data)
    elif how == "cut":
        ledger.write_bytes(ledger.read_bytes()[: -choose.randrange(1, len(lines[-1]) - 1)])
    elif how == "swap":
        i, j = choose.sample(range(len(lines)), 2)
        lines[i], lines[j] = lines[j], lines[i]
        ledger.write_bytes(b"".join(lines))
    elif how in ("delete", "double", "insert"):
        i = choose.randrange(len(lines) - 1)
        part = {"delete": [], "double": [lines[i]] * 2, "insert": [lines[i], lines[0]]}[how]
        ledger.write_bytes(b"".join([*lines[:i], *part, *lines[i + 1 :]]))
    elif how == "key":
        other = keys.private_key(no_passphrase, root.parent / f"other-{choose.random()}.pem")
        (root / "signing-key.pub.pem").write_bytes(keys.public_pem(other))
    else:
        path, other = choose.sample(objects, 2)
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        if how == "object-gone":
            path.unlink()
        elif how == "object-cut":
            path.write_bytes(data[: choose.randrange(len(data))])
        elif how == "object-same-size":
            path.write_bytes(choose.randbytes(len(data)))
        elif how == "object-exchanged":
            path.write_bytes(other.read_bytes())
        else:
            data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
            path.write_bytes(data)
    return how


def tamperings(scratch: Path, count: int) -> None:
    case = make(scratch / "case")
    assert not [c for c in verify(case.root) if c.holds is False]
    choose = random.Random(2020)
    seen: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for i in range(count):
        copy = scratch / f"t{i}"
        shutil.copytree(case.root, copy)
        how = tamper(copy, choose)
        found = [c for c in verify(copy) if c.holds is False and c.detail]
        (seen if found else missed)[how] += 1
        shutil.rmtree(copy)
    print(f"tamperings: {count}, named {sum(seen.values())}, missed {dict(missed)}")
    bag = export.bag(case, scratch / "bag").folder
    files = sorted(p for p in bag.rglob("*") if p.is_file() and p.name != "verify.sh")
    passed = 0
    rounds = max(1, count // 20)
    for _ in range(rounds):
        path = choose.choice(files)
        good = path.read_bytes()
        data = bytearray(good)
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        path.chmod(0o644)
        path.write_bytes(data)
        passed += subprocess.run(["sh", str(bag / "verify.sh")], capture_output=True).returncode == 0
        path.write_bytes(good)
    print(f"verify.sh on exports: {rounds} flipped bytes, {passed} passed")


def kills(scratch: Path, count: int) -> None:
    case = make(scratch / "killed")
    choose = random.Random(11)
    acknowledged: set[str] = set()
    wrong = 0
    product = scratch / "big.bin"
    product.write_bytes(random.Random(1).randbytes(300_000))
    for i in range(count):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(case.root), str(product)], stdout=subprocess.PIPE)
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(choose.random() * 0.03)
        process.send_signal(signal.SIGKILL)
        for line in (first, *process.stdout):
            if line.endswith(b"\n"):
                acknowledged.add(line.decode().strip())
        process.wait()
        process.stdout.close()
        product.write_bytes(random.Random(i).randbytes(300_000))
        Case.open(case.root, no_passphrase).record("noted", {"text": "next start"})
        if i % 25 == 24 or i == count - 1:
            wrong += len([c for c in verify(case.root) if c.holds is False])
    have = {e.digest for e in Case.open(case.root).entries()}
    lost = len(acknowledged - have)
    print(f"kills: {count}, acknowledged {len(acknowledged)}, lost {lost}, claims wrong afterwards {wrong}")


def lengths(scratch: Path, lines: int) -> None:
    case = Case.new(scratch / "long", "", no_passphrase)
    marks = []
    started = time.perf_counter()
    for i in range(1, lines + 1):
        case.record("noted", {"text": f"note {i}"})
        if i % (lines // 4) == 0:
            now = time.perf_counter()
            marks.append((now - started) / (lines // 4))
            started = now
    each = ", ".join(f"{1e3 * m:.2f}" for m in marks)
    started = time.perf_counter()
    assert not [c for c in verify(case.root) if c.holds is False]
    print(f"ledger: {lines} lines, ms each by quarter: {each}; verified in {time.perf_counter() - started:.1f} s")


def speed(scratch: Path, size: int) -> None:
    case = Case.new(scratch / "large", "", no_passphrase)
    block = random.Random(5).randbytes(1 << 20)
    product = scratch / "large.bin"
    for i in range(max(1, size >> 26)):
        with product.open("wb") as file:
            for j in range(64):
                file.write(block[:-8] + i.to_bytes(4, "big") + j.to_bytes(4, "big"))
        case.record("acquired", {}, [case.keep(f"part-{i}", product)])
    files = [str(p) for p in case.objects.every()]
    subprocess.run(["sha256sum", *files], stdout=subprocess.DEVNULL)
    started = time.perf_counter()
    subprocess.run(["sha256sum", *files], stdout=subprocess.DEVNULL)
    peer = time.perf_counter() - started
    started = time.perf_counter()
    assert not [c for c in verify(case.root) if c.holds is False]
    ours = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    total = sum(os.path.getsize(f) for f in files)
    print(f"verify: {total / 1e9:.1f} GB, {peer / ours:.2f} of sha256sum's speed, {memory} MB at most")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tamper", type=int, default=1000)
    parser.add_argument("--kill", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=2 << 30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sousveil-bench-") as name:
        scratch = Path(name)
        os.environ["SOUSVEIL_KEY"] = str(scratch / "key.pem")
        for what, amount in ((tamperings, args.tamper), (kills, args.kill), (lengths, args.lines), (speed, args.bytes)):
            if amount:
                what(scratch, amount)
    return 0


if __name__ == "__main__":
    sys.exit(main())
