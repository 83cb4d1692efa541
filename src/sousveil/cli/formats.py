"""``sousveil formats``: what is read, how, and what is not; the page in the docs is this command's output."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from importlib import import_module

import click
from msgspec import Struct

from sousveil.about import About
from sousveil.cli.app import HELP_OPTIONS

CONTAINERS = ("zips", "archive", "streams", "rpm", "asar", "sourcemap")
"""Modules below ``sousveil.unpack`` that open containers."""
_GROUPS = {
    "unpack": "Containers",
    "image": "Firmware and installers",
    "render": "Documents and encoded parts",
    "source": "Source code",
    "resource": "Markup and data",
    "document": "Prose",
    "binary": "Programs",
    "model": "Models",
    "database": "Databases",
}


class Format(Struct, frozen=True):
    """One format: the module that reads it and what that says of itself."""

    group: str
    name: str
    """The last part of the module's path."""
    about: About


def every() -> Iterator[Format]:
    """Yield every format there is a reader, a renderer or a container for, in the order of the page."""
    from sousveil.read.formats import FORMATS
    from sousveil.read.signatures import SIGNATURES
    from sousveil.unpack.image import MODULES as IMAGES
    from sousveil.unpack.render import RENDERERS

    modules = [f"unpack.{name}" for name in CONTAINERS]
    modules += [f"unpack.image.{name}" for name in IMAGES.values()]
    modules += [f"unpack.render.{renderer.module}" for renderer in RENDERERS]
    modules += ["unpack.render.ocr"]
    modules += [f"read.{name}" for name in FORMATS]
    modules += [f"read.{name}" for signature in SIGNATURES for name in signature.readers]
    modules.append("read.binary.strings")
    found = [_format(name, FORMATS) for name in dict.fromkeys(modules)]
    order = list(_GROUPS.values())
    yield from sorted(found, key=lambda f: order.index(f.group))


def _format(path: str, ends: dict[str, str]) -> Format:
    module = import_module(f"sousveil.{path}")
    parts = path.split(".")
    about = getattr(module, "ABOUT", None)
    if about is None:
        # A reader of text says it in its first line: "Go: structs with tags, …".
        title, _, reads = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ").partition(": ")
        about = About(title.replace("``", "`"), ends[".".join(parts[1:])], reads.replace("``", "`"))
    group = parts[-2] if parts[-2] in _GROUPS else "unpack"
    return Format(_GROUPS[group], parts[-1], about)


@click.command(short_help="What is read: formats, how, what they need.", context_settings=HELP_OPTIONS)
@click.argument("word", required=False)
@click.option("--markdown", is_flag=True, help="As the page in the docs.")
def command(word: str | None, markdown: bool) -> None:
    """List the formats sousveil reads: what is read of each, what it needs, what it does not read.

    \b
    Examples:
      sousveil formats
      sousveil formats .so
    """
    chosen = [f for f in every() if word is None or _fits(f, word.lower())]
    if not chosen:
        click.echo(f"No format has {word!r} in its name or its endings. All of them: sousveil formats", err=True)
        raise SystemExit(1)
    print(page(chosen) if markdown else _plain(chosen), end="")


def _fits(one: Format, word: str) -> bool:
    text = f"{one.name} {one.about.title} {one.about.ends}".lower()
    return word in text.split() or word in text


def _plain(chosen: list[Format]) -> str:
    lines: list[str] = []
    group = ""
    for one in chosen:
        if one.group != group:
            group = one.group
            lines += ["", group] if lines else [group]
        about = one.about
        lines += textwrap.wrap(about.title, 80, initial_indent="  ", subsequent_indent="    ")
        for label, text in (("", about.ends), ("", about.reads), ("needs: ", about.needs), ("not: ", about.limits)):
            if text:
                lines += textwrap.wrap(label + text, 76, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(lines) + "\n"


def page(chosen: Sequence[Format] | None = None) -> str:
    """Return the page in the docs: every format, or those chosen."""
    lines = [
        "# Formats",
        "",
        "What `sousveil formats` prints. This page is generated from the readers themselves: "
        "`sousveil formats --markdown`.",
    ]
    group = ""
    for one in every() if chosen is None else chosen:
        if one.group != group:
            group = one.group
            lines += ["", f"## {group}"]
        about = one.about
        lines += ["", f"### {about.title}", "", f"`{about.ends}`", ""] if about.ends else ["", f"### {about.title}", ""]
        lines += textwrap.wrap(about.reads, 118)
        for label, text in (("Needs", about.needs), ("Not read", about.limits)):
            if text:
                lines += ["", *textwrap.wrap(f"{label}: {text}", 118)]
    return "\n".join(lines) + "\n"
