"""``sousveil scan``: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from sousveil.cli.app import HELP_OPTIONS, paths
from sousveil.cli.outlet import target


@click.command(short_help="Scan products and report.", context_settings={**HELP_OPTIONS, "max_content_width": 100})
@click.argument("products", metavar="PRODUCT...", nargs=-1, required=True, shell_complete=paths)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["text", "json", "jsonl", "sarif", "html"]),
    default="text",
    show_default=True,
    help="How the report is written.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    callback=target,
    help="Write the report there, whole or not at all. A folder takes one file a product.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["profiles", "residue", "records", "never"]),
    default="profiles",
    show_default=True,
    help="Exit with 1 from this verdict on.",
)
@click.option(
    "--jobs",
    "-j",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Worker processes (default: one a core).",
)
@click.option(
    "--rules",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rules of your own, added to the built-in ones. Repeatable.",
)
@click.option("--only", metavar="WORD", multiple=True, help="Only findings of this act, trait or rule. Repeatable.")
@click.option("--skip", metavar="WORD", multiple=True, help="No findings of this act, trait or rule. Repeatable.")
@click.option(
    "--max-bytes", metavar="SIZE", default="100G", help="Unpack at most this much (default 100G; 500M, 2G …)."
)
@click.option(
    "--max-files",
    metavar="N",
    type=click.IntRange(1),
    default=1_000_000,
    help="Open at most this many files (default 1,000,000).",
)
@click.option(
    "--max-depth",
    metavar="N",
    type=click.IntRange(1),
    default=16,
    help="Open archives in archives this deep (default 16).",
)
@click.option(
    "--max-ratio",
    metavar="N",
    type=click.IntRange(1),
    default=1000,
    help="Give up an archive that swells more than this above 100 MB (default 1000).",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0.1),
    default=60.0,
    help="Give up one file after this long (default 60).",
)
@click.option(
    "--ocr/--no-ocr",
    default=None,
    help="Read words in pictures and scanned pages (default: where the extra ocr is installed).",
)
@click.option("--all-files", is_flag=True, help="Every file of a PyPI version, not only the one for this machine.")
@click.option(
    "--require-sandbox", is_flag=True, help="Refuse to scan where readers cannot be locked down wholly (exit code 2)."
)
@click.option("--artifacts", is_flag=True, help="List every file seen in the report.")
@click.option(
    "--case",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep product and report in this case.",
)
@click.option("--hash-only", is_flag=True, help="With --case: keep the product's digests, not its bytes.")
@click.option("--verbose", "-v", count=True, help="Show what was explained away in full.")
@click.option("--quiet", "-q", is_flag=True, help="No progress line; the report alone.")
def command(
    products: tuple[str, ...],
    form: str,
    output: Path | None,
    fail_on: str,
    jobs: int | None,
    rules: tuple[Path, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    max_bytes: str,
    max_files: int,
    max_depth: int,
    max_ratio: int,
    timeout: float,
    ocr: bool | None,
    all_files: bool,
    require_sandbox: bool,
    artifacts: bool,
    case: Path | None,
    hash_only: bool,
    verbose: int,
    quiet: bool,
) -> None:
    """Scan products: say whether they sort people by a protected trait, where, and why.

    PRODUCT is a file, a folder, - (standard input), pypi:NAME[==VERSION], npm:NAME[@VERSION], deb:NAME[=VERSION]
    or a Package URL (pkg:pypi/deepface@0.0.103). Several are scanned in turn. Nothing of a product is ever executed.

    \b
    Examples:
      sousveil scan camera-sdk.zip
      sousveil scan pypi:deepface==0.0.103
      sousveil scan npm:baidu-aip-sdk@4.16.16 --format html --output report.html
      sousveil scan firmware/ --fail-on residue --format sarif --output fw.sarif
      curl -s "$URL" | sousveil scan -
      sousveil scan camera-sdk.zip --case camera-case

    \b
    Exit code:
      0  nothing at or above --fail-on
      1  something at or above --fail-on
      2  it could not do what was asked, and says why
    """
    from sousveil.cli.amounts import size
    from sousveil.cli.scanning import Request, cores, run
    from sousveil.cli.start import Refused
    from sousveil.options import Options
    from sousveil.unpack.limits import Quotas

    try:
        bytes_allowed = size(max_bytes)
    except ValueError as error:
        raise Refused(f"--max-bytes: {error}") from None
    if ocr:
        from sousveil.unpack.render.ocr import available

        if not available():
            raise Refused("--ocr: the extra is not installed; how to get it: sousveil doctor")
    options = Options(
        jobs=jobs or cores(),
        rules=rules,
        only=only,
        skip=skip,
        quotas=Quotas(bytes_allowed, max_files, max_depth, max_ratio),
        timeout=timeout,
        all_files=all_files,
        listing=artifacts,
        sandbox="required" if require_sandbox else "used",
        ocr=ocr,
        pictures=form == "html" or case is not None,
    )
    raise SystemExit(run(Request(products, options, form, output, fail_on, verbose, quiet, case, hash_only)))
