"""One report object, many faces. The stage that comes last: it reads the model and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sousveil.report.jsonl import Stream

if TYPE_CHECKING:
    from sousveil.model import Report
    from sousveil.report.rules import RuleInfo

FORMATS = ("text", "json", "jsonl", "sarif", "html")

__all__ = ["FORMATS", "Stream", "render", "schema"]


def render(
    report: Report,
    format: str,
    *,
    colour: bool = False,
    width: int = 80,
    verbose: bool = False,
    artifacts: bool = False,
    rules: Mapping[str, RuleInfo] | None = None,
) -> str:
    """Return ``report`` in one of ``FORMATS``; it encodes to UTF-8 and ends in a line feed.

    ``colour``, ``width`` (columns) and ``verbose`` are for text. ``artifacts`` lists every file the report holds.
    ``rules`` say in SARIF and HTML what a rule is and why; None for the built-in ones. Raises ValueError for a format
    that is none.
    """
    match format:
        case "text":
            from sousveil.report import text

            return text.render(report, colour=colour, width=width, verbose=verbose, artifacts=artifacts)
        case "json":
            from sousveil.report import json

            return json.render(report, artifacts=artifacts)
        case "jsonl":
            from sousveil.report import jsonl

            return jsonl.render(report, artifacts=artifacts)
        case "sarif":
            from sousveil.report import sarif

            return sarif.render(report, rules=rules, artifacts=artifacts)
        case "html":
            from sousveil.report import html

            return html.render(report, rules=rules, artifacts=artifacts)
    raise ValueError(f"no report format is called {format!r}; there are {', '.join(FORMATS)}")


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the JSON report, ``sousveil-report/1``."""
    from sousveil.report.schema import schema as build

    return build()
