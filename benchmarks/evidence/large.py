"""A case of 50 GB: how much memory each command takes at most.

    .venv/bin/python benchmarks/evidence/large.py [--bytes 50] [--files 100000] [--written 5] [--keep DIR]

The case holds a dozen objects of several GB and many small ones. The large ones are files with holes (a few bytes and
zeros), so that they take no room on the disk; whoever reads them reads every byte. Keeping, capturing and exporting
write whole files: those are measured with ``--written`` GB. Everything lies in a temporary folder and is removed.
"""

from __future__ import annotations

import argparse
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench import Authority, silent

from sousveil.evidence.case import Case, subject
from sousveil.evidence.objects import chunks_of, digest_of

GB = 10**9
LARGE = 12


def hollow(path: Path, size: int, number: int) -> None:
    """Write a file of ``size`` bytes that is its number and zeros, and takes a block of the disk."""
    with path.open("wb") as file:
        file.write(number.to_bytes(8, "big"))
        file.truncate(size)


def fill(case: Case, folder: Path, size: int, files: int) -> None:
    """Put objects of ``size`` bytes in all and ``files`` small ones into the case, each on record."""
    for i in range(LARGE):
        path = folder / "hollow.bin"
        hollow(path, size // LARGE, i)
        digest = digest_of(chunks_of(path))
        target = case.objects.path(digest.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        case.record("acquired", {"of": f"disk image {i}"}, [subject(f"disk-{i}.img", digest)])
    subjects = []
    for i in range(files):
        data = b"/* a made-up header, number %d */\n" % i * 20
        digest = digest_of([data])
        target = case.objects.path(digest.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        subjects.append(subject(f"sdk/include/part-{i % 100:02}/header-number-{i}.h", digest))
    case.record("scanned", {"product": "a made-up folder"}, subjects)


def measured(what: str, words: list[str], env: dict[str, str], codes: tuple[int, ...] = (0,)) -> None:
    """Run a command; print its seconds and the memory of its process and of all that it started, at most."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "sousveil", *words], env=env, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, family(process.pid))
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    state = "" if process.returncode in codes else f"   ENDED WITH {process.returncode}"
    own = own_peak(process)
    print(f"{what}: {seconds:.0f} s, {own} MB at most, with its workers {most >> 20} MB{state}", flush=True)


def own_peak(process: subprocess.Popen[bytes]) -> int:
    return peaks.get(process.pid, 0) >> 10


peaks: dict[int, int] = {}
"""The greatest resident set of each process, KB."""


def family(pid: int) -> int:
    """Return the bytes that a process and its descendants hold, what they share counted once."""
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            for line in Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks[one] = max(peaks.get(one, 0), int(line.split()[1]))
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss:"))
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, StopIteration):
            continue
    return total


class Source:
    """A server on loopback that sends ``size`` bytes that nobody holds."""

    def __init__(self, size: int) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(size))
                self.end_headers()
                block = os.urandom(1 << 10) * (1 << 10)
                for at in range(0, size, 1 << 20):
                    self.wfile.write(block[: min(1 << 20, size - at)])

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/disk.img"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=float, default=50, help="GB of the case")
    parser.add_argument("--files", type=int, default=100_000, help="small objects besides")
    parser.add_argument("--written", type=float, default=5, help="GB that are written whole, up to four times")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="large-") as name:
        scratch = Path(name)
        os.environ["SOUSVEIL_KEY"] = str(scratch / "key.pem")
        env = {**os.environ, "TMPDIR": name}
        authority = Authority(scratch / "authority")
        root = str(scratch / "case")
        case = Case.new(Path(root), "large", silent)
        fill(case, scratch, int(args.bytes * GB), args.files)
        print(f"a case of {args.bytes:g} GB, {args.files + LARGE} objects")
        measured("seal", ["case", "seal", "--authority", authority.url, "--case", root], env)
        measured("verify", ["verify", root, "--roots", str(authority.roots)], env)
        measured("show", ["case", "show", "--case", root], env)
        measured("files", ["case", "files", "--case", root], env)
        measured("export csv", ["case", "export", "csv", str(scratch / "e.csv"), "--case", root], env)
        product = scratch / "product"
        product.mkdir()
        for i in range(LARGE):
            hollow(product / f"disk-{i}.img", int(args.bytes * GB) // LARGE, i)
        new = str(scratch / "digests")
        Case.new(Path(new), "digests alone", silent)
        measured(f"scan --case --hash-only, {args.bytes:g} GB",
                 ["scan", str(product), "--case", new, "--hash-only", "-q", "--max-bytes", "1TB"], env)  # fmt: skip
        shutil.rmtree(product)
        if args.written:
            written(scratch, env, int(args.written * GB), args.files)
        authority.close()
    return 0


def written(scratch: Path, env: dict[str, str], size: int, files: int) -> None:
    """Measure what writes whole files."""
    product = scratch / "product"
    product.mkdir()
    for i in range(2):
        hollow(product / f"disk-{i}.img", size // 2, i)
    for i in range(files):
        place = product / f"part-{i % 100:02}"
        place.mkdir(exist_ok=True)
        (place / f"header-number-{i}.h").write_bytes(b"/* a made-up header, number %d */\n" % i * 20)
    root = str(scratch / "written")
    Case.new(Path(root), "written", silent)
    what = f"{size / GB:g} GB, {files + 2} files"
    measured(f"scan --case, {what}", ["scan", str(product), "--case", root, "-q", "--max-bytes", "1TB"], env)
    shutil.rmtree(product)
    source = Source(size // 2)
    private = ("--allow-private", "127.0.0.0/8", "--max-bytes", "1TB")
    measured(f"acquire, {size / 2 / GB:g} GB", ["acquire", source.url, "--case", root, *private], env)
    source.server.shutdown()
    source.server.server_close()
    out = str(scratch / "export")
    measured(f"export bag, {1.5 * size / GB:g} GB", ["case", "export", "bag", out, "--case", root], env)
    shutil.rmtree(root)
    measured("verify of the export", ["verify", out], env)


if __name__ == "__main__":
    sys.exit(main())
