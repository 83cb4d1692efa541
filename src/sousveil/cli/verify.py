"""``sousveil verify``: whether a case is what was recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import wrap

import click

from sousveil.cli.app import HELP_OPTIONS
from sousveil.cli.terminal import width
from sousveil.report.safe import show


@click.command(short_help="Check a case: every claim, by the bytes alone.", context_settings=HELP_OPTIONS)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--roots", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Certificates (PEM) that time-stamp authorities must end in.")  # fmt: skip
@click.option("--headers", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Headers of Bitcoin blocks, a line each: height and 160 hexadecimal digits.")  # fmt: skip
@click.option("--log-keys", "logs", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Public keys (PEM) of the logs that hold entries.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Only what is wrong.")
def command(path: Path, roots: Path | None, headers: Path | None, logs: Path | None, quiet: bool) -> None:
    """Check a case, an export, or one object of either: every claim with its result. No network, no secret is needed.

    \b
    Examples:
      sousveil verify camera-case
      sousveil verify camera-case --roots authorities.pem

    \b
    Exit code:
      0  every claim holds
      1  something is wrong, and it says what
      2  it could not check
    """
    from sousveil.evidence.verify import anchors, verify

    wrong = unsure = 0
    trusted = anchors(
        roots.read_bytes() if roots else b"",
        headers.read_text(errors="replace") if headers else "",
        logs.read_bytes() if logs else b"",
    )
    for claim in verify(path, trusted):
        wrong += claim.holds is False
        unsure += claim.holds is None
        if quiet and claim.holds is not False:
            continue
        mark = {True: "ok     ", False: "WRONG  ", None: "open   "}[claim.holds]
        text = show(claim.what) + (f": {show(claim.detail)}" if claim.detail else "")
        for part in wrap(text, max(width(sys.stdout), 60) - len(mark), break_long_words=False, break_on_hyphens=False):
            print(mark + part)
            mark = " " * len(mark)
    if wrong:
        print(f"Something is wrong: {wrong}, named above.")
    elif not quiet:
        print(f"Nothing is wrong; {unsure} left for you to weigh." if unsure else "All holds.")
    raise SystemExit(1 if wrong else 0)
