"""Keeping what was scanned: the product's bytes (or their digests alone), the report, and how it was made."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from sousveil.acquire import Acquired
from sousveil.evidence.case import Case
from sousveil.evidence.wrong import CaseError
from sousveil.model import Limit, Report
from sousveil.report.json import render
from sousveil.unpack import tree


class Keeper:
    """Keeps one product beside its scan, and records both when the report is there."""

    def __init__(self, case: Case, hash_only: bool) -> None:
        self._case, self._hash_only = case, hash_only
        self._subjects: list[dict[str, Any]] = []
        self._left: list[str] = []
        self._failed: BaseException | None = None

    @contextmanager
    def keeping(self, acquired: Acquired) -> Iterator[None]:
        """Keep the product's files in a thread of its own while it is scanned."""
        thread = threading.Thread(target=self._keep, args=(acquired,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        if self._failed is not None:
            raise self._failed

    def _keep(self, acquired: Acquired) -> None:
        def keep(name: str, path: Path) -> None:
            self._subjects.append(self._case.keep(name, path, hash_only=self._hash_only, batch=batch))

        try:
            with self._case.objects.batch() as batch:
                for item in acquired.inputs:
                    if not item.path.is_dir():
                        keep(item.display, item.path)
                        continue
                    for entry in tree(item.path):
                        if isinstance(entry, Limit):
                            self._left.append(f"{entry.path}: {entry.reason}")
                        else:
                            keep(entry.display, Path(entry.path))
        except (CaseError, OSError) as error:
            self._failed = error

    def record(self, report: Report, command: list[str]) -> None:
        """Keep the report and record the scan."""
        text = render(report, artifacts=bool(report.artifacts))
        name = report.product.name.rstrip("/").rpartition("/")[2] or "product"
        self._case.record(
            "scanned",
            {
                "product": report.product.name, "purl": report.product.purl, "verdict": str(report.verdict),
                "complete": report.complete, "findings": len(report.findings), "command": command,
                "rules": {"sha256": rules_digest()}, "python": sys.version.split()[0], "not-kept": self._left[:1000],
            },
            [*self._subjects, self._case.keep_bytes(f"{name}.report.json", text.encode("utf-8", "backslashreplace"))],
        )  # fmt: skip


def rules_digest() -> str:
    """Return one SHA-256 over the built-in rules and the lexicon: which words and rules a report was made with."""
    found = hashlib.sha256()
    for part in ("rules", "lexicon"):
        root = Path(str(resources.files("sousveil").joinpath(part)))
        for path in sorted(root.rglob("*.yaml")):
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
