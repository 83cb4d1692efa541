"""Firmware of 500 MB made here, against unpacking it with unblob and searching that with ripgrep and the same terms.

    .venv/bin/python benchmarks/speed/firmware.py [--size 500] [--unblob PROGRAM] [--keep FILE] [--runs 1]

A loader, a U-Boot image with SquashFS, JFFS2 and ext4, padding between them; each holds files of this machine's Python
library and system libraries, and the made-up SDK's header. Needs mksquashfs, mkfs.jffs2, mke2fs and mkimage.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXE = str(Path(sys.executable).with_name("sousveil"))
sys.path.insert(0, str(ROOT / "tests" / "samples"))


def fill(tree: Path, sources: list[Path], size: int, header: bytes) -> None:
    """Copy files into a tree until it has that many bytes; the header lies among them."""
    (tree / "sdk" / "inc").mkdir(parents=True)
    (tree / "sdk" / "inc" / "sdk.h").write_bytes(header)
    have = 0
    for top in sources:
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file():
                    continue
                target = tree / path.relative_to("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                have += path.stat().st_size
                if have >= size:
                    return


def make(out: Path, scratch: Path, size: int) -> None:
    """Write firmware of about that many MB."""
    import kit

    header = kit.C_HEADER.encode("gb18030")
    sources = [Path(sys.base_prefix) / "lib", Path("/usr/lib/x86_64-linux-gnu"), Path("/usr/share")]
    flash = []
    for number, (name, share) in enumerate({"squashfs": 0.5, "jffs2": 0.15, "ext4": 0.35}.items()):
        tree, image = scratch / name, scratch / f"{name}.img"
        turned = sources[number:] + sources[:number]
        want = int(size * share * 1e6)
        fill(
            tree,
            turned,
            {"squashfs": 3 * want, "jffs2": 2 * want, "ext4": int(0.8 * want)}[name],
            header + f"// {name}\n".encode(),
        )
        run = lambda *words: subprocess.run([str(w) for w in words], check=True, capture_output=True)  # noqa: E731
        if name == "squashfs":
            run("mksquashfs", tree, scratch / "raw", "-comp", "gzip", "-noappend", "-quiet")
            run("mkimage", "-A", "arm", "-T", "filesystem", "-C", "none", "-n", "romfs", "-d", scratch / "raw", image)
        elif name == "jffs2":
            run("mkfs.jffs2", "-r", tree, "-o", image, "-e", "128KiB", "-l", "-n", "-q")
        else:
            run("mke2fs", "-q", "-t", "ext4", "-d", tree, image, f"{want // 1024}k")
        flash.append(image)
        shutil.rmtree(tree)
    # unblob takes what stands behind JFFS2 for a part of it, as far as the next block.
    flash.sort(key=lambda image: image.name.startswith("jffs2"))
    with out.open("wb") as file:
        file.write(b"\x1e\0\0\xea loader " * 20000)
        for image in flash:
            file.write(b"\xff" * (-file.tell() % (1 << 20)))
            with image.open("rb") as part:
                shutil.copyfileobj(part, file, 1 << 20)
            image.unlink()
        file.write(b"\xff" * max(0, int(size * 1e6) - file.tell()))


def timed(*words: str, env: dict[str, str] | None = None) -> tuple[float, float, bytes]:
    """Return seconds by the clock, seconds of the processors, standard output."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(words, capture_output=True, env=env)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, spent, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--unblob", default="unblob")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        product = args.keep or scratch / "firmware.bin"
        if not product.exists():
            make(product, scratch, args.size)
        print(f"{product.stat().st_size / 1e6:.0f} MB of firmware")
        ours, spent, out = timed(EXE, "scan", "--fail-on", "never", "-q", "--format", "json", str(product))
        report = json.loads(out)
        held = {p["artifact"] for f in report["findings"] for p in f["places"] if p["artifact"].endswith("sdk.h")}
        print(f"  sousveil scan: {ours:.1f} s, {spent:.1f} s of processor; SDK found in {len(held)} of 3 file systems")
        if shutil.which(args.unblob) and shutil.which("rg"):
            from sousveil.match.lexicon import load

            terms = {t.text for c in load().concepts if c.trait for t in c.terms if t.strength != "weak"}
            patterns = scratch / "patterns"
            patterns.write_text("\n".join(sorted(terms)))
            tree = scratch / "unpacked"
            path = {**os.environ, "PATH": f"{Path(args.unblob).parent}:{os.environ['PATH']}"}
            one, first, _ = timed(args.unblob, "-e", str(tree), "--log", str(scratch / "log"), str(product), env=path)
            two, second, _ = timed("rg", "-uuu", "-i", "-a", "-F", "-c", "-f", str(patterns), str(tree))
            got = sum(1 for _ in tree.rglob("sdk.h"))
            print(f"  unblob: {one:.1f} s ({first:.1f} s of processor), rg: {two:.1f} s ({second:.1f} s);")
            print(f"  it unpacked the SDK from {got} of 3 file systems")
            clock, processor = (one + two) / ours, (first + second) / spent
            print(f"  (unblob + rg) / scan: {clock:.1f} by the clock, {processor:.1f} by the processor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
