"""The report as one JSON object: ``sousveil-report/1``."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from sousveil.model import Artifact, Explained, Finding, Limit, ProductInfo, Report, Verdict
from sousveil.report.safe import still, whole


class Artifacts(Struct, frozen=True):
    """The files seen: how many of each kind, and each of them where that was asked for."""

    files: int
    bytes: int
    read: int
    by_kind: dict[str, int]
    coverage: dict[str, int]
    list: tuple[Artifact, ...] | UnsetType = UNSET


class Document(Struct, frozen=True):
    """The JSON report, in the order of its keys."""

    schema: str
    tool: dict[str, str]
    product: ProductInfo
    verdict: Verdict
    complete: bool
    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...]
    limits: tuple[Limit, ...]
    artifacts: Artifacts
    run: dict[str, str | float | int]


def document(report: Report, *, artifacts: bool = False) -> Document:
    """Return what the JSON report holds; every file only with ``artifacts``."""
    counts = report.counts
    return Document(
        report.schema,
        dict(sorted(report.tool.items())),
        report.product,
        report.verdict,
        report.complete,
        report.findings,
        report.explained,
        report.limits,
        Artifacts(
            counts.files,
            counts.bytes,
            counts.read,
            dict(sorted(counts.by_kind.items())),
            dict(sorted(counts.coverage.items())),
            report.artifacts if artifacts else UNSET,
        ),
        dict(sorted(report.run.items())),
    )


def render(report: Report, *, artifacts: bool = False) -> str:
    """Return the report as indented JSON. Apart from ``run``, two runs on one product give the same text."""
    data = msgspec.json.format(encode(document(report, artifacts=artifacts)).encode("utf-8"), indent=2)
    return data.decode("utf-8") + "\n"


def encode(value: Any) -> str:
    """Return a value as JSON on one line: valid for every reader, and still where a terminal shows it.

    Lone surrogates become ``\\udc80`` in plain letters; invisible controls are escaped and mean themselves.
    """
    try:
        text = msgspec.json.encode(value).decode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(_whole(msgspec.to_builtins(value)), ensure_ascii=False, separators=(",", ":"))
    return still(text)


def _whole(value: Any) -> Any:
    """Return built-in values without lone surrogates. The depth is that of the report's own structure."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value
