"""Scan what was asked for, product by product, and write each report where it was wanted."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from sousveil.acquire.wording import AcquireError, near, shown
from sousveil.cli.outlet import check, print_bytes, write_whole
from sousveil.cli.start import FOUND, TROUBLE, Refused, say
from sousveil.cli.terminal import progress_line, wants_colour, width
from sousveil.model import Act, Report, Trait, Verdict

if TYPE_CHECKING:
    from sousveil.acquire import Acquired
    from sousveil.crew import Crew
    from sousveil.evidence.case import Case
    from sousveil.evidence.products import Keeper
    from sousveil.options import Options
    from sousveil.report.rules import RuleInfo

_EXTENSIONS = {"text": "txt", "json": "json", "jsonl": "jsonl", "sarif": "sarif", "html": "html"}
_WHOLE = ("html", "sarif")
"""Formats of which two cannot stand one after the other."""
_ORDER = tuple(Verdict)


class Request(Struct, frozen=True):
    """What the command line asked for."""

    products: tuple[str, ...]
    options: Options
    format: str
    output: Path | None
    fail_on: str
    verbose: int
    quiet: bool
    case: Path | None = None
    """A case that keeps the product, the report and how it was made."""
    hash_only: bool = False


def cores() -> int:
    """Return the cores this process may use: containers and taskset give fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(request: Request) -> int:
    """Return the worst exit code of all products. Raise Refused or RuleError where nothing can be scanned at all."""
    _check_words(request.options)
    if request.hash_only and request.case is None:
        raise Refused("--hash-only says what a case keeps; name one: --case FOLDER")
    if request.output is not None:
        check(request.output, request.products)
    folder = request.output if request.output is not None and request.output.is_dir() else None
    products = _once(request.products)
    if len(products) > 1 and request.format in _WHOLE and folder is None:
        raise Refused(
            f"{request.format} holds one product a file; with several, name a folder that exists: --output FOLDER"
        )
    # What a case keeps is read by workers that saw nothing else.
    with _crew(request) if len(products) > 1 and request.case is None else nullcontext() as crew:
        return _run(products, request, folder, crew)


@contextmanager
def _crew(request: Request) -> Iterator[Crew]:
    from sousveil.crew import Crew

    crew = Crew(request.options)
    try:
        yield crew
    finally:
        crew.close()


def _run(products: Sequence[str], request: Request, folder: Path | None, crew: Crew | None) -> int:
    worst = 0
    pieces: list[bytes] = []
    names: set[str] = set()
    for product in products:
        try:
            report, unkept = _scan(product, request, crew)
        except AcquireError as error:
            say(str(error))
            worst = max(worst, TROUBLE)
            continue
        worst = max(worst, exit_code(report, request.fail_on))
        if request.output is None:
            if request.format != "jsonl":  # whose lines were printed as they came
                print_bytes(_separator(request, bool(pieces)) + _rendered(report, request))
                pieces = [b""]
        elif folder is not None:
            name = _unused(slug(product), names)
            write_whole(folder / f"{name}.{_EXTENSIONS[request.format]}", [_rendered(report, request)])
        else:
            pieces.append(_separator(request, bool(pieces)) + _rendered(report, request))
        if unkept:
            say(unkept)
            worst = TROUBLE
        elif request.case is not None and not request.quiet:
            what = "the product's digests" if request.hash_only else "the product"
            say(f"{what} and this report are on record in {request.case}")
    if request.output is not None and folder is None and pieces:
        write_whole(request.output, pieces)
    return worst


def _once(products: tuple[str, ...]) -> list[str]:
    """Return each product once, however it was written; standard input would be empty the second time."""
    found: dict[str, str] = {}
    for product in products:
        key = os.path.realpath(product) if product != "-" and os.path.lexists(product) else product
        if key in found:
            say(f"{shown(product)} was named before; it is scanned once")
        found.setdefault(key, product)
    return list(found.values())


def _separator(request: Request, more: bool) -> bytes:
    return b"\n" if more and request.format == "text" else b""


def _unused(name: str, names: set[str]) -> str:
    """Return ``name``, with a number if it was taken: two products may differ only in what a file name cannot hold."""
    number, free = 2, name
    while free in names:
        free, number = f"{name}-{number}", number + 1
    names.add(free)
    return free


def exit_code(report: Report, fail_on: str) -> int:
    """Return 1 where the verdict is at or above ``fail_on``, else 0."""
    if fail_on == "never":
        return 0
    return FOUND if _ORDER.index(report.verdict) <= _ORDER.index(Verdict(fail_on)) else 0


def slug(product: str) -> str:
    """Return a file name for a product's report: letters, digits, ``.``, ``_``, ``-`` and ``@``, at most 100."""
    if product == "-":
        return "stdin"
    name = re.sub(r"[^A-Za-z0-9._@=-]+", "-", product.rstrip("/").removeprefix("./")).strip("-.")
    return name[-100:].strip("-.") or "product"


def _scan(product: str, request: Request, crew: Crew | None) -> tuple[Report, str]:
    """Return the report; JSON Lines for standard output are written while it comes. A case gets what was scanned.

    What kept the case from getting it comes beside the report: a long scan is not lost to a full disk.
    """
    if request.case is None:
        return _scanned(_named(product, None), request, None, crew), ""
    from sousveil.cli.case import opened
    from sousveil.evidence.products import Keeper
    from sousveil.evidence.wrong import CaseError

    case = opened(request.case)
    keeper = Keeper(case, request.hash_only)
    report = _scanned(_named(product, case), request, keeper)
    try:
        keeper.record(report, ["sousveil", *sys.argv[1:]])
    except CaseError as error:
        return report, f"{error}. This report is not on record."
    if keeper.changed:
        first = ", ".join(shown(one) for one in keeper.changed[:3])
        say(f"changed while it was scanned, so that what is kept may be another state: {first}"
            + (f" and {len(keeper.changed) - 3} more" if len(keeper.changed) > 3 else ""))  # fmt: skip
    return report, ""


def _named(product: str, case: Case | None) -> str | Acquired:
    """Return what is to be scanned: an object of a case, named by its path or its digest, by what the case calls it."""
    from sousveil.evidence import DIGEST

    if not DIGEST.fullmatch(product.rstrip("…").rpartition("/")[2]):
        return product
    from sousveil.evidence.products import object_of

    return object_of(product, case) or product


def _scanned(product: str | Acquired, request: Request, keeper: Keeper | None, crew: Crew | None = None) -> Report:
    from sousveil.pipeline import scan

    keeping = keeper.keeping if keeper else None
    with progress_line(request.quiet) as line:
        if request.format != "jsonl" or request.output is not None:
            return scan(product, request.options, progress=line, keeping=keeping, crew=crew)
        from sousveil.report import Stream

        def write(text: str) -> None:
            if line:
                line.wipe()
            print_bytes(text.encode())

        stream = Stream(write, artifacts=request.options.listing)
        report = scan(product, request.options, progress=line, arrived=stream.finding, keeping=keeping, crew=crew)
        stream.finish(report)
        return report


def _rendered(report: Report, request: Request) -> bytes:
    from sousveil import report as faces

    to_file = request.output is not None
    text = faces.render(
        report,
        request.format,
        colour=not to_file and wants_colour(sys.stdout),
        width=80 if to_file else width(sys.stdout),
        verbose=request.verbose > 0,
        artifacts=request.options.listing,
        rules=_rule_texts(request) if request.options.rules and request.format in _WHOLE else None,
    )
    return text.encode("utf-8", "backslashreplace")


def _rule_texts(request: Request) -> dict[str, RuleInfo]:
    """Return what SARIF and HTML say of the rules, those of --rules among them."""
    from sousveil.judge.rules import load_rules
    from sousveil.report.rules import RuleInfo

    return {
        r.id: RuleInfo(r.id, r.file.what, r.file.why, r.file.limits, r.file.references)
        for r in load_rules(request.options.rules)
    }


def _check_words(options: Options) -> None:
    """Refuse a word of --only or --skip that is no act, trait or rule."""
    if not options.only and not options.skip:
        return
    from sousveil.judge.rules import load_rules

    rules = [r.id for r in load_rules(options.rules)]
    known = [*(str(a) for a in Act), *(str(t) for t in Trait), *rules]
    for option, words in (("--only", options.only), ("--skip", options.skip)):
        for word in words:
            if word not in known:
                holding = [k for k in known if len(word) > 2 and word.lower() in k.lower()][:8]
                close = list(dict.fromkeys((*holding, *near(word, known))))
                raise Refused(
                    f"{option} {shown(word, 80)}: no act, trait or rule has this name."
                    + (f" Near: {', '.join(close)}." if close else "")
                    + f"\n  acts    {', '.join(Act)}\n  traits  {', '.join(Trait)}\n  rules   see: sousveil rules"
                )
