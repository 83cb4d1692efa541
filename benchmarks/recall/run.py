"""The recall matrix: one made-up SDK in every format, found, placed, linked, and its twins quiet.

    .venv/bin/python benchmarks/recall/run.py [--only REGEX] [--write docs/recall.md]

The samples are those of tests/samples, made by scripts; nothing is a vendor's. A row is a maker of samples, a column
what a scan said.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "samples"))
import kit
import matrix

INTRO = """\
One made-up SDK (an enumeration with 维族(新疆), the face event that holds it, a search by it, a classifier's labels) in
every format that is read, made by the scripts in `tests/samples`. *Found*: the verdict is `profiles`, at the construct
that was put there. *Place*: the bytes at every place are the quoted text, and it says where to look. *Linked*: field
and type, where the format has types. *Twins quiet*: an identity card's form, a table of languages or a fairness report
in the same format does not profile. A dash: the samples do not ask for it. `benchmarks/recall/run.py` writes this page;
the same samples are tests."""
MARK = {True: "yes", False: "**no**", None: "–"}


def ending(name: str) -> str:
    """Return what tells a sample's format: its name without its stem's numbering."""
    return name.rpartition("/")[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    rows = []
    wrong = 0
    for path in kit.makers():
        if not re.search(args.only, path.stem):
            continue
        maker = matrix.load(path)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            started = time.perf_counter()
            try:
                samples = list(maker.samples(folder / "make"))
            except BaseException as error:  # a maker skips by pytest's own exception
                if type(error).__name__ != "Skipped":
                    raise
                rows.append((path.stem.removeprefix("made_"), "", None, str(error), 0, 0))
                continue
            found = [s for s in samples if not s.twin]
            twins = [s for s in samples if s.twin]
            row = matrix.row_of(path.stem, samples, folder / "scan")
            seconds = time.perf_counter() - started
        names = ", ".join(f"`{ending(s.name)}`" for s in found)
        rows.append((path.stem.removeprefix("made_"), names, row, "; ".join(row.notes), len(twins), seconds))
        wrong += len(row.wrong)
        for line in row.wrong:
            print(f"{path.stem}: {line[:300]}", file=sys.stderr)
        cells = [MARK[c] for c in (row.found, row.placed, row.linked, row.quiet)]
        print(
            f"{path.stem:24} {' '.join(f'{c:7}' for c in cells)} {len(found):3} samples {len(twins):3} twins",
            flush=True,
        )
    if args.write:
        args.write.write_text(page(rows), encoding="utf-8")
    return 1 if wrong else 0


def page(rows) -> str:
    lines = [
        "# Recall, format by format",
        "",
        *INTRO.splitlines(),
        "",
        "| samples of | found | place | linked | twins quiet | files |",
        "|---|---|---|---|---|---|",
    ]
    for name, names, row, note, twins, _ in rows:
        if row is None:
            lines.append(f"| {name} | not run: {note} | | | | |")
            continue
        more = f" ({note})" if note else ""
        cells = f"{MARK[row.found]} | {MARK[row.placed]} | {MARK[row.linked]} | {MARK[row.quiet]} ({twins})"
        shown = names if len(names) < 400 else names[:400].rpartition(",")[0] + " …"
        lines.append(f"| {name} | {cells} | {shown}{more} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
