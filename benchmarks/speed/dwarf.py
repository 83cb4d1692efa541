"""Time and memory of reading 56 MB of DWARF: many units that repeat one header's enumerations.

``python benchmarks/speed/dwarf.py [--units N] [--keep FILE]`` writes C, compiles it with gcc, reads it for one term
and prints seconds of CPU and peak memory, of the reader alone and of a whole scan; with ``--with-pyelftools`` also the
usual reader's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENUMERATIONS, MEMBERS, STRUCTS, FIELDS = 1000, 20, 250, 8


def header() -> str:
    """Return a header of many enumerations and structs, each name its own."""
    lines = []
    for e in range(ENUMERATIONS):
        trait = "ETHNICITY" if e % 100 == 0 else "MODE"
        lines.append(
            f"typedef enum tagVENDOR_{trait}_TYPE_{e} {{ "
            + ", ".join(f"VENDOR_{trait}_{e}_VALUE_{m} = {m}" for m in range(MEMBERS))
            + f" }} VENDOR_{trait}_TYPE_{e};"
        )
    for s in range(STRUCTS):
        trait = "ETHNICITY" if s % 25 == 0 else "MODE"
        fields = "".join(f" int field_{s}_{f};" for f in range(FIELDS))
        lines.append(f"typedef struct {{{fields} VENDOR_{trait}_TYPE_{4 * s} em; }} VENDOR_EVENT_{s};")
    return "\n".join(lines) + "\n"


def make(folder: Path, units: int) -> Path:
    """Return a shared library of ``units`` compilation units."""
    (folder / "vendor.h").write_text(header())
    objects = []
    for u in range(units):
        source = folder / f"u{u}.c"
        source.write_text(
            f'#include "vendor.h"\nint use_{u}(VENDOR_EVENT_{u % STRUCTS} *event, int n) {{ return event->em + n; }}\n'
        )
        target = source.with_suffix(".o")
        command = ["gcc", "-g", "-gdwarf-5", "-fno-eliminate-unused-debug-types", "-fPIC", "-c", str(source), "-o"]
        subprocess.run([*command, str(target)], check=True)
        objects.append(str(target))
    library = folder / "vendor.so"
    subprocess.run(["gcc", "-shared", "-nostdlib", "-o", str(library), *objects], check=True)
    return library


def measure(library: Path) -> None:
    """Print what reading the library takes."""
    from sousveil.read.binary import dwarf
    from sousveil.unpack.sections import images

    data = library.read_bytes()
    (image,) = images(data)
    sizes = {s.name: s.size for s in image.sections if s.name.startswith(".debug")}
    print(f"{library}: {len(data) / 1e6:.1f} MB, " + ", ".join(f"{n} {s / 1e6:.1f}" for n, s in sizes.items()))
    hits = []
    at = data.find(b"ETHNICITY")
    while at >= 0:
        hits.append((at, "utf-8"))
        at = data.find(b"ETHNICITY", at + 1)
    started = time.process_time()
    constructs = list(dwarf.read_bytes(data, hits, str(library)))
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kinds = {k: sum(c.kind == k for c in constructs) for k in {c.kind for c in constructs}}
    print(f"sousveil: {seconds:.1f} s CPU, {peak:.0f} MB peak; {len(hits)} hits, {kinds}")


def whole(library: Path) -> None:
    """Print what a scan of the library takes, in all of its processes."""
    words = [sys.executable, "-m", "sousveil", "scan", "--fail-on", "never", "--format", "json"]
    with tempfile.TemporaryFile() as report:
        process = subprocess.Popen([*words, str(library)], stdout=report)
        _, status, used = os.wait4(process.pid, 0)  # of this child and its own, not of the compiler's
        assert status == 0
        report.seek(0)
        out = report.read()
    seconds = used.ru_utime + used.ru_stime
    limits = [limit["detail"] for limit in json.loads(out)["limits"]]
    print(f"scan: {seconds:.1f} s CPU, {used.ru_maxrss / 1024:.0f} MB peak of its largest process; limits: {limits}")


def usual(library: Path) -> None:
    """Print what the usual reader takes."""
    from elftools.elf.elffile import ELFFile

    started = time.process_time()
    count = 0
    with library.open("rb") as file:
        for unit in ELFFile(file).get_dwarf_info().iter_CUs():
            for entry in unit.iter_DIEs():
                count += entry.tag == "DW_TAG_enumerator"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"pyelftools: {time.process_time() - started:.1f} s CPU, {peak:.0f} MB peak; {count} enumerators")


def main() -> None:
    """Make, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=310)
    parser.add_argument("--keep", type=Path, help="a library made before, or where to keep the one made")
    parser.add_argument("--with-pyelftools", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = arguments.keep
        if library is None or not library.exists():
            made = make(Path(folder), arguments.units)
            library = made if library is None else made.rename(library)
        measure(library)
        whole(library)
        if arguments.with_pyelftools:
            usual(library)


if __name__ == "__main__":
    sys.exit(main())
