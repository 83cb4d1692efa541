"""Verdict against label on real products: precision, recall, places, a keyword baseline, and leave-one-out.

    .venv/bin/python benchmarks/accuracy/run.py --packages DIR --vendor DIR [--leave-one-out] [--json FILE]

Packages are downloaded by name and version through the user's own registries and checked against the listed hash; a
folder given with --packages that already holds the archive saves the download. The vendor's source files are other
people's code and lie in a folder that the user fetched (found there by their hash).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sys
import time
from pathlib import Path

from sousveil.acquire.wording import AcquireError
from sousveil.judge.judgement import Judgement, judge
from sousveil.judge.rules import load_rules
from sousveil.look import collect
from sousveil.match.lexicon import load
from sousveil.options import Options

HERE = Path(__file__).parent
BINARY = (".so", ".jar", ".class")
# Packages whose evidence lies in a library or a model file: a later reader's task, counted apart.
MODEL_ONLY = ("inspireface",)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cases(packages: Path | None, vendor: Path | None):
    """Yield (group, label, name, product path or registry name, allowed verdicts, place, word, naive hits)."""
    have = {digest(p): p for p in packages.rglob("*") if p.is_file()} if packages else {}
    for row in csv.DictReader((HERE / "packages.tsv").open(), delimiter="\t"):
        sign = {"pypi": "==", "npm": "@", "deb": "="}[row["ecosystem"]]
        name = f"{row['ecosystem']}:{row['name']}{sign}{row['version']}"
        allowed = {
            "positive": {"profiles"},
            "grey": {"profiles", "residue", "records", "clear"},
        }.get(row["label"]) or ({"clear", "records"} if row["act"] == "records" else {"clear"})
        local = have.get(row["sha256"])
        group = "models" if row["name"] in MODEL_ONLY else "packages"
        yield group, row["label"], name, str(local or name), allowed, row["place"], row["word"], row["naive_hits"]
    files = {digest(p): p for p in vendor.rglob("*") if p.is_file()} if vendor else {}
    for row in csv.DictReader((HERE / "sources.tsv").open(), delimiter="\t"):
        path = files.get(row["sha256"])
        name = f"{row['repo']}:{row['path'].rsplit('/', 1)[-1]}"
        allowed = {"any": {"profiles", "residue", "records", "clear"}}.get(row["expect"]) or set(
            row["expect"].split("|")
        )
        group = "binaries" if row["path"].endswith(BINARY) else "sources"
        yield group, row["label"], name, str(path) if path else "", allowed, "", row["word"], row["naive_hits"]


def placed(judgement: Judgement, place: str, word: str) -> bool:
    """Return whether some finding that profiles stands where the label's evidence says."""
    for finding in judgement.profiles():
        for spot in finding.places:
            text = f"{finding.construct.name} {spot.text} {' '.join(finding.construct.members)}"
            if re.search(place, spot.artifact) and re.search(word, text):
                return True
    return False


def unique_needs(done: list[dict]) -> dict[str, set[str]]:
    """Return for each positive the rules that no other positive's findings rest on."""
    uses: dict[str, set[str]] = {}
    for row in done:
        if row["label"] == "positive":
            uses[row["name"]] = {f.rule for f in row["judgement"].findings if f.probability >= 0.5}
    out = {}
    for name, rules in uses.items():
        others = set().union(*(r for n, r in uses.items() if n != name))
        out[name] = rules - others
    return out


def unique_terms(done: list[dict], tagger) -> dict[str, set[tuple[str, str]]]:
    """Return for each positive the lexicon terms seen in no other positive's findings."""
    uses: dict[str, set[tuple[str, str]]] = {}
    for row in done:
        if row["label"] == "positive":
            text = "\n".join(p.text for f in row["judgement"].findings for p in f.places)
            uses[row["name"]] = {(t.concept, t.term) for t in tagger(text) if t.trait}
    return {name: terms - set().union(*(t for n, t in uses.items() if n != name)) for name, terms in uses.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--vendor", type=Path)
    parser.add_argument("--only", default="", help="regular expression on the product's name")
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("-v", action="store_true", help="list findings")
    args = parser.parse_args()
    rules, tagger = load_rules(), load().tag
    done: list[dict] = []
    for group, label, name, product, allowed, place, word, naive in cases(args.packages, args.vendor):
        if args.only and not re.search(args.only, name):
            continue
        if not product:
            print(f"{'absent':9} {label:9} {name}: the file is not in --vendor")
            continue
        started = time.perf_counter()
        try:
            gathered = collect(product, Options())
        except AcquireError as error:
            print(f"{'absent':9} {label:9} {name}: {error}")
            continue
        judgement = judge(gathered.sited, rules, tagger, gathered.summary)
        seconds = time.perf_counter() - started
        verdict = str(judgement.verdict)
        right = verdict in allowed
        spot = placed(judgement, place, word) if label == "positive" else None
        mark = "ok" if right and spot is not False else "PLACE" if right else "WRONG"
        row = {
            "group": group, "label": label, "name": name, "verdict": verdict, "right": right, "place": spot,
            "seconds": round(seconds, 2), "naive": int(naive or 0), "judgement": judgement, "gathered": gathered,
        }  # fmt: skip
        done.append(row)
        print(f"{mark:6} {label:9} {verdict:9} {seconds:6.1f} s  {name}", flush=True)
        if args.v or not right:
            for f in judgement.findings[:8]:
                print(f"         {f.probability:.2f} {f.rule}: {f.summary[:110]}")
                first = f.places[0]
                print(f"              {first.artifact.rsplit('/', 2)[-1]}:{first.line}  {first.text[:90]!r}")
    summarise(done)
    if args.leave_one_out:
        leave_one_out(done, rules, tagger)
    if args.json:
        keep = [{k: v for k, v in row.items() if k not in ("judgement", "gathered")} for row in done]
        args.json.write_text(json.dumps(keep, indent=1))
    return 0 if all(r["right"] for r in done if r["label"] != "grey") else 1


def summarise(done: list[dict]) -> None:
    print()
    print(f"{'group':22} {'precision':>9} {'recall':>7} {'places':>7} {'exact':>7}")
    for groups in (("packages",), ("sources",), ("packages", "sources"), ("models",), ("binaries",)):
        rows = [r for r in done if r["group"] in groups and r["label"] != "grey"]
        tp = [r for r in rows if r["label"] == "positive" and r["verdict"] == "profiles"]
        fp = [r for r in rows if r["label"] == "negative" and r["verdict"] == "profiles"]
        fn = [r for r in rows if r["label"] == "positive" and r["verdict"] != "profiles"]
        if not rows:
            continue
        precision = len(tp) / max(1, len(tp) + len(fp))
        recall = len(tp) / max(1, len(tp) + len(fn))
        places = sum(bool(r["place"]) for r in tp) / max(1, len(tp))
        exact = sum(r["right"] for r in rows) / len(rows)
        print(f"{'+'.join(groups):22} {precision:9.2f} {recall:7.2f} {places:7.2f} {exact:7.2f}")
        for r in fn:
            print(f"    missed: {r['name']}")
        for r in fp:
            print(f"    false:  {r['name']}")
    rows = [r for r in done if r["group"] in ("packages", "sources") and r["label"] != "grey"]
    tp = sum(r["label"] == "positive" and r["naive"] > 0 for r in rows)
    fp = sum(r["label"] == "negative" and r["naive"] > 0 for r in rows)
    fn = sum(r["label"] == "positive" and r["naive"] == 0 for r in rows)
    print(f"{'keyword baseline':22} {tp / max(1, tp + fp):9.2f} {tp / max(1, tp + fn):7.2f}")


def leave_one_out(done: list[dict], rules, tagger) -> None:
    print("\nleave-one-out: the verdict without the rules and terms that only this positive needed")
    needs, terms = unique_needs(done), unique_terms(done, tagger)
    kept = total = 0
    for row in done:
        if row["label"] != "positive" or row["verdict"] != "profiles":
            continue
        drop_rules, drop_terms = needs[row["name"]], terms[row["name"]]

        def reduced(text: str, gone=frozenset(drop_terms)):
            return [t for t in tagger(text) if (t.concept, t.term) not in gone]

        left = [r for r in rules if r.id not in drop_rules]
        verdict = judge(row["gathered"].sited, left, reduced, row["gathered"].summary).verdict
        total += 1
        kept += verdict == "profiles"
        without = ", ".join(sorted(drop_rules)) or "-"
        words = ", ".join(sorted({t for _, t in drop_terms})[:8]) or "-"
        print(f"{verdict!s:9} {row['name']}  without rules: {without}; terms: {words}")
    print(f"kept: {kept} of {total}")


if __name__ == "__main__":
    sys.exit(main())
