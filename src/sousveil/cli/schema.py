"""``sousveil schema``: the JSON Schema of the report."""

from __future__ import annotations

import click

from sousveil.cli.app import HELP_OPTIONS


@click.command(short_help="Print the JSON Schema of the report.", context_settings=HELP_OPTIONS)
def command() -> None:
    """Print the JSON Schema of the JSON report.

    \b
    Example:
      sousveil schema > sousveil-report.schema.json
    """
    import json

    from sousveil import report

    print(json.dumps(report.schema(), indent=2, ensure_ascii=False))
