"""``sousveil inspect``: a product the way sousveil sees it."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from sousveil.cli.app import HELP_OPTIONS, paths
from sousveil.cli.outlet import check, target, whole

if TYPE_CHECKING:
    from sousveil.look import Collected
    from sousveil.model import Construct, Member, Passage
    from sousveil.options import Options


@click.command(short_help="A product the way sousveil sees it.", context_settings=HELP_OPTIONS)
@click.argument("product", metavar="PRODUCT", shell_complete=paths)
@click.option("--constructs", is_flag=True, help="Every structure that was read, with its members.")
@click.option("--everything", is_flag=True, help="With --constructs: read files that hold no such word as well.")
@click.option("--extract", metavar="ADDRESS", help="Write the bytes of the artifact at this address of a report.")
@click.option("--output", "-o", metavar="FILE", callback=target, help="Where to; else standard output.")
def command(product: str, constructs: bool, everything: bool, extract: str | None, output: Path | None) -> None:
    """Show PRODUCT the way sousveil sees it: every artifact with kind, size and hash, what stayed closed, and why.

    For the engineer who wants to know why something was not found (--constructs), and for whoever wants to cut a place
    out of the artifact by its offset (--extract): an address is the line of a folder and the name below it. A PDF's
    text and the like have an address of their own.

    \b
    Examples:
      sousveil inspect camera-sdk.zip
      sousveil inspect camera-sdk.zip --constructs
      sousveil inspect sdk.zip --extract sdk.zip!/inc/nj_event.h -o nj_event.h
    """
    from sousveil.cli.scanning import cores
    from sousveil.cli.terminal import progress_line
    from sousveil.options import Options

    options = Options(jobs=cores(), listing=True, everything=everything)
    if extract is not None:
        _extract(product, extract, output, options)
        return
    from sousveil.look import collect

    with progress_line(False) as line:
        seen = collect(product, options, line)
    _tree(seen, constructs)


def _tree(seen: Collected, constructs: bool) -> None:
    from sousveil.report import words
    from sousveil.report.safe import show

    read = Counter(sited.artifact for sited in seen.sited)
    by_artifact: dict[str, list[Construct]] = {}
    for sited in seen.sited:
        by_artifact.setdefault(sited.artifact, []).append(sited.construct)
    last = ""
    for artifact in sorted(seen.artifacts, key=lambda a: (_folder(a.path), a.path)):
        folder = _folder(artifact.path)
        if folder != last:
            print(show(folder))
            last = folder
        name = artifact.path[len(folder) :]
        made = "  made from another" if artifact.origin else ""
        count = f"  {words.plural(read[artifact.path], 'structure')}" if read[artifact.path] else ""
        print(show(f"  {name}  {words.size(artifact.size)}  {artifact.kind}{made}{count}"))
        print(f"    {artifact.sha256}")
        if constructs:
            for one in by_artifact.get(artifact.path, ()):
                for row in _construct(one):
                    print(show(f"      {row}"))
    for limit in seen.limits:
        print(show(f"not seen, or not whole: {limit.path}: {limit.reason}: {limit.detail}"))
    counts = seen.counts
    coverage = "; ".join(f"{name} {words.size(n)}" for name, n in sorted(counts.coverage.items(), key=lambda i: -i[1]))
    print(f"{words.plural(counts.files, 'file')}, {words.size(counts.bytes)}: {coverage or 'nothing'}.")


def _folder(path: str) -> str:
    """Return what stands before a file's own name: folders and containers."""
    return path[: path.rfind("/") + 1]


def _construct(one: Construct) -> list[str]:
    where = _where(one.passage)
    scope = ".".join(s for s in one.scope if s)
    said = " ".join(one.gloss.split())[:80]
    rows = [f"{one.kind} {one.name or '(no name)'}  {one.role}  {one.language}  {where}"
            + (f"  in {scope[-60:]}" if scope else "") + (f"  // {said}" if said else "")]  # fmt: skip
    rows += [f"  {_member(member)}" for member in one.members[:200]]
    if len(one.members) > 200:
        rows.append(f"  and {len(one.members) - 200} more members")
    return rows


def _member(member: Member) -> str:
    kind = f": {member.type}" if member.type else ""
    value = f" = {' '.join(member.value.split())[:60]}" if member.value else ""
    said = " ".join(member.gloss.split())[:80]
    return f"{member.name}{kind}{value}" + (f"  // {said}" if said else "")


def _where(passage: Passage) -> str:
    line = f"line {passage.line}" if passage.line else f"byte {passage.offset}"
    return f"{line} ({passage.where})" if passage.where else line


def _extract(product: str, address: str, output: Path | None, options: Options) -> None:
    from msgspec.structs import replace

    from sousveil.look import extract
    from sousveil.report.safe import show

    options = replace(options, listing=False)
    if output is None:
        found = extract(product, address, sys.stdout.buffer, options)
    else:
        check(output, [product])
        with whole(output) as out:
            if (found := extract(product, address, out, options)) is None:
                _not_there(product, address)
    if found is None:
        _not_there(product, address)
    print(show(f"{found.sha256}  {found.size} bytes  {address}"), file=sys.stderr)


def _not_there(product: str, address: str) -> NoReturn:
    from sousveil.cli.start import FOUND
    from sousveil.report.safe import show

    text = f"no artifact has the address {address}; all of them: sousveil inspect {product}"
    print(show(f"sousveil: {product}: {text}"), file=sys.stderr)
    raise SystemExit(FOUND)
