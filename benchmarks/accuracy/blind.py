"""A set of products labelled before any of them was scanned: verdict, trait, basis and place against the label.

    .venv/bin/python benchmarks/accuracy/blind.py --products DIR [--list FILE] [--only REGEX] [-v]

``blind.tsv`` names each product: a public repository at a commit (and the folder of it that was taken), or a package
with the hash of its archive. They are other people's code: check each out into ``DIR/FOLDER``, the archive of a package
under that name. What the snapshot of a repository lacked (files from 4 MiB on) was not looked at. ``first_run`` is the
verdict before anything was mended by it, ``mended`` the label where reading the product showed that it was wrong.
``blind-small.tsv`` and ``blind-fourth.tsv`` to ``blind-tenth.tsv`` are later sets of the same kind.
``blind-eleventh.tsv`` lists single files, most of them cut to the part around what they hold: a number in the place of
a repository, and the hash of what was scanned.
``blind-twelfth.tsv`` holds single files taken out of a repository or a package, and their SHA-256 (of several, that of
their digests in order of path).
``blind-fourteenth.tsv`` holds single files; of a source ``file:NUMBER`` no repository is known, and most are parts.
``blind-fifteenth.tsv`` holds whole single files of applications, each at its path in a repository at a commit.
``blind-sixteenth.tsv`` and ``blind-eighteenth.tsv`` hold vendors' whole files, at their path in a repository at a
commit, and whole packages.
``blind-nineteenth.tsv`` holds such, and parts of files as in ``blind-fourteenth.tsv``.
``blind-seventeenth.tsv`` holds whole single files of applications whose words are in other languages than English.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from pathlib import Path

from sousveil.acquire.wording import AcquireError
from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.look import collect
from sousveil.match.lexicon import load
from sousveil.model import Finding
from sousveil.options import Options

HERE = Path(__file__).parent


def right(row: dict[str, str], findings: list[Finding]) -> tuple[bool, bool]:
    """Return whether trait and basis, and whether the place, are as labelled in at least one finding that profiles."""
    traits, word = row["traits"].split("|"), row["word"]
    told = any(str(f.trait) in traits and row["basis"] in ("any", str(f.basis)) for f in findings)
    said = (
        f"{f.construct.name} {p.artifact} {p.text} {' '.join(f.construct.members)}" for f in findings for p in f.places
    )
    return told, any(re.search(word, text) for text in said)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=Path, required=True)
    parser.add_argument("--list", type=Path, default=HERE / "blind.tsv")
    parser.add_argument("--only", default="", help="regular expression on the product's folder")
    parser.add_argument("-v", action="store_true", help="list findings")
    args = parser.parse_args()
    rules, tagger = load_rules(), load().tag
    count = dict.fromkeys(("profiles", "found", "called", "told", "placed", "others", "quiet"), 0)
    for row in csv.DictReader(args.list.open(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if args.only and not re.search(args.only, row["folder"]):
            continue
        try:
            gathered = collect(str(args.products / row["folder"]), Options())
        except AcquireError as error:
            print(f"absent {row['folder']}: {error}")
            continue
        judgement = judge(gathered.sited, rules, tagger, gathered.summary)
        verdict, expect = str(judgement.verdict), row["mended"] or row["expect"]
        found = judgement.profiles()
        told, placed = right(row, found) if expect == "profiles" and found else (True, True)
        wrong = expect != "grey" and verdict not in expect.split("|")
        mark = "WRONG" if wrong else "ok" if told and placed else "PLACE"
        print(f"{mark:6} {expect[:16]:16} {verdict:9} {row['folder']}", flush=True)
        if args.v or mark != "ok":
            for f in judgement.findings[:6]:
                print(f"         {f.probability:.2f} {f.rule} {f.basis}: {f.places[0].artifact}:{f.places[0].line}")
        if expect == "grey":
            continue
        count["called"] += verdict == "profiles"
        if expect == "profiles":
            count["profiles"] += 1
            count["found"] += not wrong
            count["told"] += not wrong and told
            count["placed"] += not wrong and placed
        else:
            count["others"] += 1
            count["quiet"] += not wrong
    print("profiles: precision {found} of {called}, recall {found} of {profiles}; ".format(**count), end="")
    print("trait and basis {told}, place {placed}; others as labelled {quiet} of {others}".format(**count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
