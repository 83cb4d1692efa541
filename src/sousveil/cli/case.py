"""``sousveil case``: a folder of evidence with a signed record of every step."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from sousveil.cli.acquire import PROXY, way
from sousveil.cli.app import HELP_OPTIONS, Group, text
from sousveil.cli.terminal import width
from sousveil.report.safe import show

if TYPE_CHECKING:
    from sousveil.evidence.case import Case

CASE = click.option(
    "--case",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The case's folder (default: the current one).",
)
_BEFORE = " " * len("2020-11-20 14:05:00  ")
_DIGEST = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{48}\b")
WITNESSES = ("SOUSVEIL_AUTHORITIES", "SOUSVEIL_CALENDARS", "SOUSVEIL_LOGS")


def passphrase(new: bool) -> bytes:
    """Ask for the signing key's passphrase: from ``SOUSVEIL_PASSPHRASE``, else on a terminal; empty for none."""
    given = os.environ.get("SOUSVEIL_PASSPHRASE")
    if given is not None:
        return given.encode()
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        if new:
            return b""
        from sousveil.cli.start import Refused

        raise Refused("the signing key has a passphrase; set SOUSVEIL_PASSPHRASE or run on a terminal")
    if new:
        from sousveil.evidence import keys

        click.echo(f"A signing key is made now, once: {keys.location()}", err=True)
        text = click.prompt(
            "Passphrase for it (empty for none)", default="", show_default=False, hide_input=True, err=True,
            confirmation_prompt="The same again",
        )  # fmt: skip
    else:
        text = click.prompt("Passphrase of the signing key", hide_input=True, err=True)
    return str(text).encode()


def opened(folder: Path) -> Case:
    """Return the case in ``folder``, ready to record."""
    from sousveil.evidence.case import Case

    return Case.open(folder, passphrase)


@click.group(
    cls=Group, short_help="Keep evidence: a folder with a signed record of every step.", context_settings=HELP_OPTIONS
)
def command() -> None:
    """Keep evidence in a case: a plain folder with what was kept and a signed record of every step.

    A case can be copied, put on a stick or under version control, and checked with sousveil verify, which needs neither
    network nor secret.

    \b
    Examples:
      sousveil case new camera-case --title "NightjarVision SDK 3.2"
      sousveil scan sdk.zip --case camera-case
      sousveil case note --case camera-case "asked the vendor by mail"
      sousveil case show --case camera-case
      sousveil verify camera-case
    """


@command.command(short_help="Begin a case.", context_settings=HELP_OPTIONS)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", type=text, default="", help="What the case is about.")
def new(folder: Path, title: str) -> None:
    """Begin a case in FOLDER, a new folder. The first time, a signing key is made outside of it.

    \b
    Example:
      sousveil case new camera-case --title "NightjarVision SDK 3.2"
    """
    from sousveil.evidence import keys
    from sousveil.evidence.case import Case

    fresh = not keys.location().exists()
    case = Case.new(folder, title, passphrase)
    print(f"{show(str(folder))}: a case is begun; its key is {case.keyid[:16]}…")
    if fresh:
        print(show(f"The key was made now: {keys.location()}"))
        print("Back it up: without it the case can be checked, and not gone on with.")
    print(show(f"Next: sousveil acquire URL --case {folder}"))
    print(show(f"or:   sousveil scan FILE --case {folder}"))


@command.command("show", short_help="What happened, in order.", context_settings=HELP_OPTIONS)
@CASE
def show_(folder: Path) -> None:
    """Show the case: its title, every event in order, and what was kept.

    \b
    Example:
      sousveil case show --case camera-case
    """
    from sousveil.evidence.case import Case
    from sousveil.evidence.chronicle import moment, told

    case = Case.open(folder)
    print(f"{show(case.title() or folder.resolve().name)}   key {case.keyid[:16]}…")
    most = max(width(sys.stdout), 60) - len(_BEFORE)
    for entry in case.entries():
        before = f"{moment(entry.predicate.get('time', ''))}  "
        for line in told(entry):
            # Whole digests stand in the export and in case files.
            text = _DIGEST.sub(r"\1…", show(line))
            for part in wrap(text, most, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False):
                print(before + part)
                before = _BEFORE


@command.command(short_help="Record a note.", context_settings=HELP_OPTIONS)
@click.argument("text", type=text)
@CASE
def note(text: str, folder: Path) -> None:
    """Record TEXT, signed and dated.

    \b
    Example:
      sousveil case note --case camera-case "The download was online at 14:05."
    """
    opened(folder).record("noted", {"text": text})
    print("noted.")


@command.command(short_help="Record what was asked of whom, and the answer.", context_settings=HELP_OPTIONS)
@click.argument("text", type=text)
@click.option("--of", "whom", type=text, required=True, help="Who was asked.")
@click.option("--when", type=text, default="", help="When, in your own words; the moment of recording is kept anyway.")
@click.option("--answer", type=text, default="", help="What was answered.")
@CASE
def question(text: str, whom: str, when: str, answer: str, folder: Path) -> None:
    """Record that TEXT was asked, of whom, when, and what was answered.

    \b
    Example:
      sousveil case question --case camera-case --of "the vendor" "What is EM_NATION_TYPE for?"
    """
    opened(folder).record("asked", {"text": text, "of": whom, "when": when, "answer": answer})
    print("recorded.")


@command.command(short_help="What the case keeps.", context_settings=HELP_OPTIONS)
@CASE
def files(folder: Path) -> None:
    """List what the case keeps: SHA-256, size, name, as sha256sum does where names are plain.

    \b
    Example:
      sousveil case files --case camera-case
    """
    from sousveil.evidence import listings
    from sousveil.evidence.case import Case
    from sousveil.evidence.pack import LISTS, listed, unlisted

    case = Case.open(folder)
    without = unlisted(case.entries())
    for entry in case.entries():
        for subject in entry.subjects:
            notes = subject.get("annotations", {})
            digest, name = subject["digest"]["sha256"], show(subject["name"])
            kept = "" if notes.get("kept", True) else "   (digests only)"
            print(f"{digest}  {notes.get('size', 0):>12,}  {name}{kept}")
            if without.pop(digest, None) and (archive := case.objects.path(digest)).is_file():
                with archive.open("rb") as file:
                    for one, inside in listings.files(file, archive):
                        print(f"{one}  {'':>12}  {show(inside)}   (in {name})")
            if LISTS in notes and (listing := case.objects.path(digest)).is_file():
                where = f"in {name.removesuffix('.sha256')}.tar" if notes[LISTS] else "digests only"
                for one, inside in listed(listing):
                    print(f"{one}  {'':>12}  {show(inside)}   ({where})")


@command.command(short_help="Close the record and have its time stamped.", context_settings=HELP_OPTIONS)
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    metavar="URL",
    help="Ask this time-stamp authority (RFC 3161); may be given again. Default: SOUSVEIL_AUTHORITIES, with spaces.",
)
@click.option(
    "--calendar",
    "calendars",
    multiple=True,
    metavar="URL",
    help="Also ask this OpenTimestamps calendar for a place in a Bitcoin block. Default: SOUSVEIL_CALENDARS.",
)
@click.option(
    "--log", "logs", multiple=True, metavar="URL", help="Also enter it in this Rekor log. Default: SOUSVEIL_LOGS."
)
@PROXY
@CASE
def seal(
    authorities: tuple[str, ...], calendars: tuple[str, ...], logs: tuple[str, ...], proxy: str, folder: Path
) -> None:
    """Record that the case is complete and have the record's last line stamped by the witnesses you name.

    A witness sees a digest and nothing else. Without a network the requests wait in the case; seal again sends them,
    and asks calendars whether what they promised is in a block.

    \b
    Example:
      sousveil case seal --case camera-case
    """
    from sousveil.acquire.post import post
    from sousveil.acquire.wording import shown
    from sousveil.cli.start import Refused
    from sousveil.evidence.sealing import Witnesses
    from sousveil.evidence.sealing import seal as close

    named = Witnesses(
        *(given or os.environ.get(name, "").split() for given, name in zip((authorities, calendars, logs), WITNESSES,
                                                                          strict=True))
    )  # fmt: skip
    for _, url in named.all:
        if not url.startswith(("http://", "https://")):
            raise Refused(f"{shown(url)}: a witness is asked at an http:// or https:// address. Nothing was sealed.")
    reached = way((), proxy)
    waits = False
    for line in close(opened(folder), named, lambda url, body, kind: post(url, body, kind, reached)):
        print(show(line))
        waits |= line.startswith("waits: ")
    if waits:
        print(show(f"What waits is asked again by: sousveil case seal --case {folder}"))


@command.command(short_help="Make a folder that a stranger can check.", context_settings=HELP_OPTIONS)
@click.argument("form", metavar="FORMAT", type=click.Choice(["bag", "csv"]))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--redact",
    type=text,
    multiple=True,
    metavar="WHAT=REASON",
    help="Take out object:SHA256, line:NUMBER or name:TEXT, leaving digest and reason; may be given again.",
)
@CASE
def export(form: str, out: Path, redact: tuple[str, ...], folder: Path) -> None:
    """Export the case to OUT. FORMAT is bag (BagIt with verify.sh, WACZ, a page, a table) or csv (the events alone).

    \b
    Examples:
      sousveil case export bag camera-case-export --case camera-case
      sousveil case export bag out --case camera-case --redact "name:A. Source=protects who told us"
    """
    from sousveil.cli.amounts import spoken
    from sousveil.cli.start import Refused
    from sousveil.evidence import export as exporting
    from sousveil.evidence import redaction

    case = opened(folder)
    wishes = [redaction.wish_of(text) for text in redact]
    if form == "csv":
        if wishes:
            raise Refused("--redact goes with bag; its folder holds the events as a table too")
        from sousveil.evidence.durable import write

        told = exporting.view(case)
        write(out, exporting.table(told).encode())
        print(show(f"{out}: {told.total} events"))
        return
    made = exporting.bag(case, out, wishes)
    print(show(f"{made.folder}: {made.files} files, {spoken(made.bytes)}. Check it with: sh {made.folder}/verify.sh"))
    if wishes:
        print(f"Taken out: {made.lines_out} lines of the record, {made.objects_out} objects. Look through it too.")
    for note in made.notes:
        print(show(note))
