"""Evidence under load: kills at random moments, long records, large cases.

    .venv/bin/python benchmarks/evidence/run.py [--kill 1000] [--lines 100000] [--objects 2G]

Everything is made up and lies in a temporary folder. Times stand beside a peer's in the same run.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    parser.add_argument("--kill", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=2 << 30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sousveil-bench-") as name:
        scratch = Path(name)
        os.environ["SOUSVEIL_KEY"] = str(scratch / "key.pem")
        for what, amount in ((kills, args.kill), (lengths, args.lines), (speed, args.bytes)):
            if amount:
                what(scratch, amount)
    return 0


if __name__ == "__main__":
    sys.exit(main())
