"""``sousveil terms``: what the lexicon knows, and where its words stand in files."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sousveil.cli.app import HELP_OPTIONS, text

if TYPE_CHECKING:
    from sousveil.match.lexicon import Description, Entry, Lexicon

_MOST = 20


@click.command(short_help="What the lexicon knows of a word; fast search in files.", context_settings=HELP_OPTIONS)
@click.argument("word", required=False, type=text)
@click.option(
    "--in",
    "inside",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Search this file or folder, for every term or for WORD.",
)
def command(word: str | None, inside: Path | None) -> None:
    """Say what the lexicon knows of a word: meaning, sources, what it is mistaken for. Or search files for all of it.

    With --in every place is printed as PATH:LINE:OFFSET: the word, its concept and its meaning. Archives are not
    opened, and nothing is judged: a word alone is no finding.

    \b
    Examples:
      sousveil terms
      sousveil terms 维族
      sousveil terms uyghur
      sousveil terms --in sdk/include/
      sousveil terms 民族 --in sdk/include/

    \b
    Exit code, as grep's:
      0  something is known, or was found
      1  nothing
      2  it could not do what was asked, and says why
    """
    if inside is not None:
        from sousveil.cli.search import search

        raise SystemExit(search(inside, word))
    from sousveil.match.lexicon import load

    lexicon = load()
    if word is None:
        print(_overview(lexicon))
        return
    described = lexicon.describe(word)
    if not described.entries and not described.false_friends:
        from sousveil.acquire.wording import listed, near, shown

        close = near(word.strip().lower(), sorted({e.text.lower() for e in lexicon.entries}))
        like = f" Like it are: {listed(close)}." if close else ""
        print(f"The lexicon does not know {shown(word, 80)}.{like}", file=sys.stderr)
        raise SystemExit(1)
    print(_page(described))


def _overview(lexicon: Lexicon) -> str:
    lines: list[str] = []
    groups: dict[str, list[tuple[str, str, int, int]]] = {}
    for concept in lexicon.concepts:
        own = [e for e in lexicon.entries if e.concept == concept.concept]
        title = str(concept.trait) if concept.trait else f"{concept.role} (no trait; says what stands around)"
        languages = len({e.term.language for e in own})
        groups.setdefault(title, []).append((concept.concept, concept.gloss, len(own), languages))
    for title in sorted(groups, key=lambda t: ("(" in t, t)):
        lines += ["", title]
        for name, gloss, count, languages in sorted(groups[title]):
            amount = (
                f"{count} spellings, {languages} language{'s' * (languages != 1)}" if count else "false friends only"
            )
            head = f"  {name:<24} {amount:<28}"
            lines += textwrap.wrap(gloss, 80, initial_indent=head + " ", subsequent_indent=" " * 55) or [head.rstrip()]
    lines += ["", "sousveil terms WORD shows a word with its sources and what it is mistaken for."]
    return "\n".join(lines[1:])


def _page(described: Description) -> str:
    low = described.word.strip().lower()
    same = [e for e in described.entries if e.text.lower() == low]
    near = [e for e in described.entries if e.text.lower() != low]
    blocks = [_entry(e) for e in same]
    if near:
        lines = [f"  {e.text}  {e.gloss} ({e.term.language}, {e.concept})" for e in near[:_MOST]]
        if len(near) > _MOST:
            lines.append(f"  and {len(near) - _MOST} more")
        blocks.append("Terms that contain it\n" + "\n".join(lines))
    if described.false_friends:
        blocks.append(
            "Not to be mistaken for it\n"
            + "\n".join(
                _item(f"{f.why} ({concept}): {f.text or f'pattern {f.regex}'}")
                for concept, f in described.false_friends
            )
        )
    if described.sources:
        blocks.append("Sources\n" + "\n".join(_item(f"{k}: {v}") for k, v in sorted(described.sources.items())))
    if same and described.encodings:
        wide = max(map(len, described.encodings))
        blocks.append(
            "Bytes it is found by\n" + "\n".join(f"  {k:<{wide}}  {v}" for k, v in described.encodings.items())
        )
    return "\n\n".join(blocks)


def _entry(entry: Entry) -> str:
    term = entry.term
    meaning = {
        "certain": "opens a file alone",
        "likely": "opens a file with company nearby",
        "weak": "opens no file; counts where one is read for another reason",
    }[term.strength]
    lines = [
        f"{entry.text}  {entry.gloss}".rstrip(),
        f"  concept   {entry.concept} ({entry.role}{f', {entry.trait}' if entry.trait else ''})",
        f"  language  {term.language}",
        f"  strength  {term.strength}: {meaning}",
    ]
    if term.text != entry.text:
        lines.append(f"  form of   {term.text}")
    if term.style == "code":
        lines.append("  only exactly as written")
    if term.source:
        lines.append(f"  source    {term.source}")
    lines.append(f"  file      lexicon/{entry.file}")
    return "\n".join(lines)


def _item(text: str) -> str:
    return textwrap.fill(text, 80, initial_indent="  - ", subsequent_indent="    ", break_long_words=False)
