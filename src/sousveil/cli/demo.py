"""``sousveil demo``: what a finding looks like, on a product that we made up."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click

from sousveil.cli.app import HELP_OPTIONS

_BEFORE = """\
This is a product that we made up: the archive of a camera maker's development
kit, in the shape of real ones. Its zip begins with "DH" instead of "PK", its C
headers are Chinese in the GBK encoding. Nothing was fetched; it is written to a
temporary folder and scanned as any product is:

    sousveil scan {name}
"""

_AFTER = """\
How to read this

- The first line is the answer. "profiles" means that some construct of the
  product infers a protected trait of people, or searches, filters or alerts by
  it.
- Each finding quotes its line and says where it stands: the archive, the file
  inside it, the line. A Chinese line has its meaning beside it, and the report
  says whether that meaning is from sousveil's lexicon or the product's comment.
- The reasons are what was looked for and what was seen. They are why the
  enumeration in nj_event.h is a finding: it sits in a face detection's result,
  beside age, sex and glasses, and one of its values is one ethnic group.
- The same word, 民族, stands in nj_card.h too. There it is read off an identity
  card, beside name, address and number: "records", a declared value, not
  inferred.
- languages.json names Uyghur and Tibetan as languages. That is explained away,
  counted, and shown in full with -v.
- "Does not prove" is as much a part of a finding as its reasons. Quote both.

Next: sousveil scan FILE, sousveil rules, docs/investigators.md
"""


@click.command(short_help="Scan a made-up SDK; see what a finding looks like.", context_settings=HELP_OPTIONS)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the made-up archive there, to try things on, and do nothing else.",
)
def command(keep: Path | None) -> None:
    """Show what a finding looks like: scan a made-up camera SDK, and explain the report. No network.

    \b
    Examples:
      sousveil demo
      sousveil demo --keep .
    """
    import sys

    from sousveil import report
    from sousveil.acquire.scratch import scratch
    from sousveil.cli.scanning import cores
    from sousveil.cli.start import Refused
    from sousveil.cli.terminal import progress_line, wants_colour, width
    from sousveil.demo import sdk
    from sousveil.options import Options
    from sousveil.pipeline import scan

    if keep is not None:
        try:
            print(sdk.write(keep))
        except OSError as error:
            raise Refused(f"{keep}: {error.strerror}") from None
        return
    print(_BEFORE.format(name=sdk.NAME))
    with scratch() as folder, progress_line(False) as line:
        path = sdk.write(folder)
        found = scan(path, Options(jobs=cores()), progress=line)
        text = report.render(found, "text", colour=wants_colour(sys.stdout), width=width(sys.stdout))
    # The temporary folder's name says nothing, and changes from run to run.
    print(text.replace(f"{folder}/", "").rstrip("\n"))
    print()
    print(textwrap.dedent(_AFTER), end="")
