"""Kills of whole commands: SIGKILL to acquire, scan, watch, seal and export, at moments spread over all of their time.

    .venv/bin/python benchmarks/evidence/kills.py [--each 200] [--seed 11] [--only acquire,scan,…]

Each round starts the command as a process group of its own, kills the group, and then starts anew: a note, and every
fifth time the same command to its end. After that the case is verified. What must hold:

- what was on record before is on record, byte for byte, and every object is still there;
- what the command said it had done before it was killed is done;
- every claim of the case holds, and every export that has its name is whole;
- the signing key is the one it was; nothing unfinished is named, counted or exported;
- once the command has run to its end, nothing of the killed runs lies about: no temporary folder, part file or process.

``--only new`` kills the first `case new`, which makes the key. ``--only together`` starts two exports, two seals, a
scan and two notes at once on one case, kills about half of them, each at a moment of its own, and asks the same, and
that those that lived have done what they were told to.

Sites and authorities are made up and on loopback. Exit code 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench import Bench, silent
from kinds import KINDS, Kind

from sousveil.evidence import keys
from sousveil.evidence.case import Case
from sousveil.evidence.verify import verify

FRESH = 10
"""Rounds after which a kind begins with a new case, so that cases stay small."""


def objects(case: Case) -> set[str]:
    return {path.name for path in case.objects.every()}


def processes(scratch: Path) -> list[str]:
    """Return the command lines of processes that name the run's folder, but for this one's."""
    out = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(scratch) in words and int(folder.name) != os.getpid() and "kills.py" not in words:
            out.append(words)
    return out


def run_whole(bench: Bench, kind: Kind, number: int) -> tuple[float, list[str]]:
    """Run the command to its end; return its seconds and what was wrong."""
    words = kind.words(number)
    before = sum(1 for _ in kind.case.ledger.lines())
    started = time.perf_counter()
    process = bench.start(words, browser=kind.browser)
    said = process.communicate(timeout=300)[0].decode(errors="replace").splitlines()
    seconds = time.perf_counter() - started
    wrong = [f"ended with {process.returncode}: {said[-3:]}"] if process.returncode not in kind.codes else []
    return seconds, [*wrong, *kind.broken(said, before), *kind.ended(), *left_over(bench, kind)]


def left_over(bench: Bench, kind: Kind) -> Iterator[str]:
    """Yield what killed runs left that a whole run has not taken away."""
    yield from (f"a temporary folder was left: {p.name}" for p in bench.temporary.glob("sousveil-*"))
    parts = [p for p in kind.case.root.rglob("*.part") if p.is_file()]
    yield from (f"a part file was left: {p.relative_to(kind.case.root)}" for p in parts)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def one_kill(bench: Bench, kind: Kind, number: int, span: float) -> tuple[str, list[str]]:
    """Start, kill, start anew, verify; return when it was killed (before, amid, after) and what was wrong."""
    words = kind.words(number)
    ledger = kind.case.ledger.path
    on_record, there = ledger.read_bytes(), objects(kind.case)
    before = on_record.count(b"\n")
    process = bench.start(words, browser=kind.browser)
    time.sleep(bench.choose.random() * span)
    ended = process.poll() is not None
    kill(process)
    raw = process.communicate()[0]
    said = [line.decode(errors="replace") for line in raw.split(b"\n")[:-1]]
    now = ledger.read_bytes()
    touched = any(bench.temporary.iterdir()) or kind.case.objects.leftovers()
    touched = touched or now != on_record or objects(kind.case) != there
    touched = touched or any(bench.scratch.glob("*/.*.part"))  # an export on its way
    wrong = [] if now.startswith(on_record) else ["a line that was on record is no more"]
    if gone := there - objects(kind.case):
        wrong.append(f"{len(gone)} objects are gone")
    # The next start.
    note = bench.start(["case", "note", f"after kill {number}", "--case", str(kind.case.root)])
    if note.wait():
        wrong.append(f"the next start failed: {note.communicate()[0][-300:]!r}")
    elif note.stdout:
        note.stdout.close()
    wrong += kind.broken(said, before)
    wrong += [f"{c.what}: {c.detail}" for c in verify(kind.case.root, bench.roots) if c.holds is False]
    wrong += [f"left after the next start: {p.name}" for p in kind.case.objects.leftovers()]
    if bench.key.read_bytes() != bench.key_bytes or keys.public_pem(keys.private_key(silent)) != kind.case.public_pem:
        wrong.append("the signing key is another")
    return "after" if ended else "amid" if touched else "before", wrong


def first_keys(bench: Bench, name: str, count: int) -> int:
    """Kill the making of a first case with its key ``count`` times; return how many things were wrong."""
    wrong: Counter[str] = Counter()
    when: Counter[str] = Counter()
    span = 0.0
    for i in range(count):
        if i % 20 == 0:
            started = time.perf_counter()
            first = bench.scratch / f"whole-{i}"
            bench.start(
                ["case", "new", str(first / "case")], env={"SOUSVEIL_KEY": str(first / "key.pem")}
            ).communicate()
            span = time.perf_counter() - started
        home = bench.scratch / f"{name}-{i}"
        home.mkdir()
        key, folder = home / "config" / "key.pem", home / "case"
        process = bench.start(["case", "new", str(folder)], env={"SOUSVEIL_KEY": str(key)})
        time.sleep(bench.choose.random() * span)
        when["after" if process.poll() is not None else "amid" if key.parent.exists() else "before"] += 1
        kill(process)
        said = process.communicate()[0]
        made = key.read_bytes() if key.exists() else b""
        if b"a case is begun" in said and not folder.exists():
            wrong["it said that a case is begun, and there is none"] += 1
        if not folder.exists():
            again = bench.start(["case", "new", str(folder)], env={"SOUSVEIL_KEY": str(key)})
            said = again.communicate()[0]
            if again.returncode:
                wrong[f"the next start failed: {said[-300:]!r}"] += 1
        if made and key.read_bytes() != made:
            wrong["the key is another"] += 1
        if keys.public_pem(keys.private_key(silent, key)) != Case.open(folder).public_pem:
            wrong["the case is begun with another key"] += 1
        wrong.update(f"{c.what}: {c.detail}" for c in verify(folder) if c.holds is False)
        if left := [p.name for p in (*home.iterdir(), *key.parent.iterdir()) if p.name.endswith(".part")]:
            wrong[f"part files were left: {left[0][:20]}"] += 1
        shutil.rmtree(home)
    return told(name, count, span, when, wrong)


def told(name: str, count: int, span: float, when: Counter[str], wrong: Counter[str]) -> int:
    """Print what came of a command's kills; return how many things were wrong."""
    print(
        f"{name}: {count} kills over {span:.2f} s: {when['before']} before it had written anything, "
        f"{when['amid']} amid, {when['after']} after its end; wrong: {sum(wrong.values())}",
        flush=True,
    )
    for text, times in wrong.most_common(12):
        print(f"    {times} x {text[:300]}", flush=True)
    return sum(wrong.values())


def kills(bench: Bench, name: str, count: int) -> int:
    """Kill one command ``count`` times; return how many things were wrong."""
    kind = KINDS[name](bench)
    wrong: Counter[str] = Counter()
    when: Counter[str] = Counter()
    spans: list[float] = []
    number = 0
    for i in range(count):
        if i % FRESH == 0:
            kind.fresh()
            if name != "print":  # of which the first is the same
                run_whole(bench, kind, number)  # the first run of a watch finds nothing to tell
        if i % 5 == 0:
            number += 1
            seconds, found = run_whole(bench, kind, number)
            spans.append(seconds)
            wrong.update(found)
        number += 1
        moment, found = one_kill(bench, kind, number, sum(spans[-4:]) / len(spans[-4:]))
        when[moment] += 1
        wrong.update(found)
        if i % FRESH == FRESH - 1:
            number += 1
            wrong.update(run_whole(bench, kind, number)[1])
            shutil.rmtree(kind.case.root)
    time.sleep(1.0)
    wrong.update(f"a process lives on: {words[:150]}" for words in processes(bench.temporary))
    return told(name, count, sum(spans) / len(spans), when, wrong)


def together(bench: Bench, name: str, count: int) -> int:
    """Run commands at once on one case and kill about half of them; return how many things were wrong."""
    wrong: Counter[str] = Counter()
    when: Counter[str] = Counter()
    span = 0.0
    for i in range(count):
        if i % FRESH == 0:
            kinds = [KINDS[one](bench) for one in ("export", "export", "seal", "seal", "scan")]
            kinds[0].fresh()
            for number, kind in enumerate(kinds):
                kind.case, kind.number = kinds[0].case, i * 10 + number
        case = kinds[0].case
        called = [(kind, kind.words(i)) for kind in kinds]
        notes = [["case", "note", f"{i} {n}", "--case", str(case.root)] for n in range(2)]
        on_record, there = case.ledger.path.read_bytes(), objects(case)
        before = on_record.count(b"\n")
        started = time.perf_counter()
        running = [(kind, bench.start(words)) for kind, words in called]
        running += [(None, bench.start(words)) for words in notes]
        doomed = sorted(
            (bench.choose.random() * (span or 3.0), n) for n in range(len(running)) if bench.choose.random() < 0.5
        )
        killed = set()
        for moment, n in doomed:
            time.sleep(max(0.0, started + moment - time.perf_counter()))
            when["after" if running[n][1].poll() is not None else "amid"] += 1
            if running[n][1].poll() is None:
                killed.add(n)
            kill(running[n][1])
        for n, (kind, process) in enumerate(running):
            said = process.communicate(timeout=300)[0].decode(errors="replace").splitlines()
            if n not in killed and process.returncode not in (kind.codes if kind else (0,)):
                wrong[f"{type(kind).__name__} ended with {process.returncode}: {said[-2:]}"] += 1
            if kind is not None:
                wrong.update(kind.broken(said, before))
        if not killed:
            span = time.perf_counter() - started
        now = case.ledger.path.read_bytes()
        if not now.startswith(on_record) or there - objects(case):
            wrong["a line or an object that was on record is no more"] += 1
        wrong.update(f"{c.what}: {c.detail}" for c in verify(case.root, bench.roots) if c.holds is False)
        told_notes = sum(e.kind == "noted" and e.number > before for e in case.entries())
        if told_notes < sum(n not in killed for n in (5, 6)):
            wrong["a note is lost"] += 1
        if i % FRESH == FRESH - 1:
            shutil.rmtree(case.root)
            shutil.rmtree(bench.scratch / "exports")
    time.sleep(1.0)
    wrong.update(f"a process lives on: {words[:150]}" for words in processes(bench.temporary))
    return told(name, sum(when.values()), span, when, wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=200)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--only", default="acquire,scan,watch,seal,export")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        bench = Bench(Path(folder), args.seed)
        try:
            wrong = sum(
                {"new": first_keys, "together": together}.get(kind, kills)(bench, kind, args.each)
                for kind in args.only.split(",")
            )
        finally:
            bench.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
