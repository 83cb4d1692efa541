"""The commands and their names. Each command's file imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from sousveil.cli import demo, doctor, rules, scan, schema, terms

app = typer.Typer(
    name="sousveil",
    help="Find code inside products that sorts people by ethnicity, religion or another protected trait, and say why."
    "\n\nsousveil reads products, never people: no face, voice or name is classified here, and none will be.",
    epilog="First steps: sousveil demo; then sousveil scan FILE, or sousveil scan pypi:deepface==0.0.103",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from sousveil import __version__

        typer.echo(f"sousveil {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command("scan", short_help="Scan products and report.")(scan.scan)
app.command("demo", short_help="Scan a made-up SDK; see what a finding looks like.")(demo.demo)
app.add_typer(rules.app, name="rules", short_help="List, show or test the rules.")
app.command("terms", short_help="What the lexicon knows of a word; fast search in files.")(terms.terms)
app.command("schema", short_help="Print the JSON Schema of the report.")(schema.schema)
app.command("doctor", short_help="What is installed, what is missing, what it costs.")(doctor.doctor)
