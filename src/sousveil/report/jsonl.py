"""The report as JSON Lines: one object a line, findings as they come, the verdict last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sousveil.model import Finding, Report


class Stream:
    """Write a report line by line.

    ``write`` gets each line with its line feed. Types of line: ``finding``, ``explained``, ``limit``, ``artifact``
    (where asked for) and, last, ``report`` with the verdict; a stream without it was broken off.
    """

    def __init__(self, write: Callable[[str], object], *, artifacts: bool = False) -> None:
        self._write = write
        self._artifacts = artifacts
        self._written: set[str] = set()

    def finding(self, finding: Finding) -> None:
        """Write a finding, once."""
        if finding.id not in self._written:
            self._written.add(finding.id)
            self._line("finding", finding)

    def finish(self, report: Report) -> None:
        """Write the findings not yet written, and everything else."""
        from sousveil.report.json import document

        for finding in report.findings:
            self.finding(finding)
        for explained in report.explained:
            self._line("explained", explained)
        for limit in report.limits:
            self._line("limit", limit)
        if self._artifacts:
            for artifact in report.artifacts:
                self._line("artifact", artifact)
        end = document(report)
        self._line(
            "report",
            {
                "schema": end.schema,
                "tool": end.tool,
                "product": end.product,
                "verdict": end.verdict,
                "complete": end.complete,
                "findings": len(end.findings),
                "explained": len(end.explained),
                "limits": len(end.limits),
                "artifacts": end.artifacts,
                "run": end.run,
            },
        )

    def _line(self, kind: str, value: Any) -> None:
        import msgspec

        from sousveil.report.json import encode

        # One line is one object, whatever a reader takes for a line's end.
        self._write(encode({"type": kind, **msgspec.to_builtins(value)}) + "\n")


def render(report: Report, *, artifacts: bool = False) -> str:
    """Return the whole stream of a finished report."""
    lines: list[str] = []
    Stream(lines.append, artifacts=artifacts).finish(report)
    return "".join(lines)
