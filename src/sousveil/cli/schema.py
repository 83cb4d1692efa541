"""``sousveil schema``: the JSON Schema of the report."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON Schema of the JSON report.

    \b
    Example:
      sousveil schema > sousveil-report.schema.json
    """
    from sousveil import report

    print(json.dumps(report.schema(), indent=2, ensure_ascii=False))
