"""``sousveil scan``: the main job."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sousveil.cli.amounts import size


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    HTML = "html"


class FailOn(StrEnum):
    """From which verdict on the exit code is 1."""

    PROFILES = "profiles"
    RESIDUE = "residue"
    RECORDS = "records"
    NEVER = "never"


_HELP = """Scan products: say whether they sort people by a protected trait, where, and why.

PRODUCT is a file, a folder, - (standard input), pypi:NAME[==VERSION], npm:NAME[@VERSION], deb:NAME[=VERSION]
or a Package URL (pkg:pypi/deepface@0.0.103). Nothing of a product is ever executed.

\b
Examples:
  sousveil scan camera-sdk.zip
  sousveil scan pypi:deepface==0.0.103
  sousveil scan npm:baidu-aip-sdk@4.16.16 --format html --output report.html
  sousveil scan firmware/ --fail-on residue --format sarif --output report.sarif
  curl -s "$URL" | sousveil scan -

\b
Exit code:
  0  nothing at or above --fail-on
  1  something at or above --fail-on
  2  it could not do what was asked, and says why"""


def scan(
    products: Annotated[
        list[str],
        typer.Argument(metavar="PRODUCT", help="What to scan; several are scanned in turn.", show_default=False),
    ],
    format: Annotated[Format, typer.Option("--format", "-f", help="How the report is written.")] = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the report there, whole or not at all. A folder takes one file a product.",
        ),
    ] = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 from this verdict on.")] = FailOn.PROFILES,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=0,
            max=256,
            show_default=False,
            help="Worker processes; as a rule one a core.",
        ),
    ] = 0,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="DIR", help="Rules of your own, added to the built-in ones. Repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="WORD", help="Only findings of this act, trait or rule. Repeatable."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", metavar="WORD", help="No findings of this act, trait or rule. Repeatable."),
    ] = None,
    max_bytes: Annotated[
        str, typer.Option("--max-bytes", metavar="SIZE", help="Unpack at most this much (500M, 10G).")
    ] = "100G",
    max_files: Annotated[
        int,
        typer.Option(
            "--max-files",
            metavar="N",
            min=1,
            show_default=False,
            help="Open at most this many files (default 1,000,000).",
        ),
    ] = 1_000_000,
    max_depth: Annotated[
        int,
        typer.Option(
            "--max-depth",
            metavar="N",
            min=1,
            show_default=False,
            help="Open archives in archives this deep (default 16).",
        ),
    ] = 16,
    max_ratio: Annotated[
        int,
        typer.Option(
            "--max-ratio",
            metavar="N",
            min=1,
            show_default=False,
            help="Give up an archive that swells more than this above 100 MB (default 1000).",
        ),
    ] = 1000,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=0.1,
            show_default=False,
            help="Give up one file after this long (default 60).",
        ),
    ] = 60.0,
    all_files: Annotated[
        bool, typer.Option("--all-files", help="Every file of a PyPI version, not the one for this machine.")
    ] = False,
    artifacts: Annotated[bool, typer.Option("--artifacts", help="List every file seen in the report.")] = False,
    verbose: Annotated[
        int,
        typer.Option("--verbose", "-v", count=True, show_default=False, help="Show what was explained away in full."),
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress line, no notes; the report alone.")] = False,
) -> None:
    from sousveil.cli.scanning import Request, cores, run
    from sousveil.cli.start import Refused
    from sousveil.pipeline import Options
    from sousveil.unpack.limits import Quotas

    try:
        bytes_allowed = size(max_bytes)
    except ValueError as error:
        raise Refused(f"--max-bytes: {error}") from None
    options = Options(
        jobs=jobs or cores(),
        rules=tuple(rules or ()),
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        quotas=Quotas(bytes_allowed, max_files, max_depth, max_ratio),
        timeout=timeout,
        all_files=all_files,
        listing=artifacts,
    )
    request = Request(tuple(products), options, format.value, output, fail_on.value, verbose, quiet)
    raise typer.Exit(run(request))


scan.__doc__ = _HELP
