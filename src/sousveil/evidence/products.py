"""Keeping what was scanned: the product's bytes (or their digests alone), the report, and how it was made."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sousveil.acquire import Acquired, Input
from sousveil.evidence.case import LEDGER, Case, subject
from sousveil.evidence.envelope import encode
from sousveil.evidence.pack import LISTS, Folder
from sousveil.evidence.wrong import CaseError
from sousveil.model import Report
from sousveil.report.json import render

_WHOLE_DIGEST = 64


class Keeper:
    """Keeps one product beside its scan, and records both when the report is there."""

    def __init__(self, case: Case, hash_only: bool) -> None:
        self._case, self._hash_only = case, hash_only
        self._subjects: list[dict[str, Any]] = []
        self._left: list[str] = []
        self._failed: BaseException | None = None

    @contextmanager
    def keeping(self, acquired: Acquired) -> Iterator[None]:
        """Keep the product while it is scanned: a file in a thread of its own, a folder afterwards.

        A folder's many small reads in a thread would take turns with the scan for the interpreter, which costs both
        more than it saves. What cannot be kept is told by ``record``, for the report stands all the same.
        """
        files = [item for item in acquired.inputs if not item.path.is_dir()]
        thread = threading.Thread(target=self._keep, args=(files,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        self._keep([item for item in acquired.inputs if item.path.is_dir()])

    def _keep(self, items: Sequence[Input]) -> None:
        try:
            for item in items if self._failed is None else ():
                if item.path.is_dir():
                    self._folder(item.path)
                else:
                    self._subjects.append(self._case.keep(item.display, item.path, hash_only=self._hash_only))
        except (CaseError, OSError) as error:
            self._failed = error

    def _folder(self, path: Path) -> None:
        """Keep a folder as one archive and the listing of its files, or their digests alone."""
        name = path.resolve().name or "folder"
        folder = Folder(path, case=self._case.root, long=self._hash_only)
        archive = ""
        if self._hash_only:
            for _ in folder.chunks():
                pass
        else:
            try:
                kept = subject(f"{name}.tar", self._case.objects.add(folder.chunks()))
            except OSError as error:
                raise CaseError(f"{path}: it cannot be kept: {error.strerror or error}") from error
            self._subjects.append(kept)
            archive = kept["digest"]["sha256"]
        for kind, sums in (("sha256", folder.sums), ("sha512", folder.long_sums)):
            if kind == "sha256" or self._hash_only:
                listing = self._case.keep_bytes(f"{name}.{kind}", b"".join(sums))
                if kind == "sha256":
                    listing["annotations"][LISTS] = archive
                self._subjects.append(listing)
        self._left += folder.left

    def record(self, report: Report, command: list[str]) -> None:
        """Keep the report and record the scan. Raises CaseError where that, or the product, could not be kept."""
        if self._failed is not None:
            raise self._failed
        text = render(report, artifacts=bool(report.artifacts))
        name = report.product.name.rstrip("/").rpartition("/")[2] or "product"
        made = self._case.keep_bytes(f"{name}.report.json", text.encode("utf-8", "backslashreplace"))
        self._subjects += self._cut_outs(name, report, made["digest"]["sha256"])
        self._case.record(
            "scanned",
            {
                "product": report.product.name, "purl": report.product.purl, "verdict": str(report.verdict),
                "complete": report.complete, "findings": len(report.findings), "command": command,
                "rules": {"sha256": rules_digest()}, "python": sys.version.split()[0], "not-kept": self._left[:1000],
            },
            [*self._subjects, made],
        )  # fmt: skip

    def _cut_outs(self, name: str, report: Report, digest: str) -> Iterator[dict[str, Any]]:
        """Keep the pictures of places that the report rests on; they go where it goes."""
        if report.pictures:
            told = [
                {"artifact": p.artifact, "where": p.where, "png": b64encode(p.png).decode()} for p in report.pictures
            ]
            kept = self._case.keep_bytes(f"{name}.cut-outs.json", encode(told))
            kept["annotations"][SHOWS] = digest
            yield kept


SHOWS = "shows"
"""The annotation of pictures of a product's pages: the SHA-256 of the report that rests on those places."""


DIGEST = re.compile("[0-9a-f]{8,64}")
"""What an object of a case may be named by: its SHA-256 or how that begins."""


def object_of(product: str, case: Case | None) -> Acquired | None:
    """Return an object that ``product`` names by its path or, in ``case``, by its digest; None if it names none.

    It is called what the case calls it. Raises CaseError where the beginning of a digest is that of several.
    """
    path = Path(product)
    if path.exists():
        root = next(iter(path.resolve().parents[2:3]), path)
        if len(path.name) != _WHOLE_DIGEST or not (root / LEDGER).is_file():
            return None
        case = case if case is not None and case.root.resolve() == root else Case.open(root)
    elif case is None or "/" in product:
        return None
    begin = path.name.rstrip("…")
    found: dict[str, tuple[str, str]] = {}
    told: dict[str, str] = {}
    for entry in case.entries():
        when = str(entry.predicate.get("time", ""))[:19].replace("T", " ")
        for one in entry.subjects:
            if (digest := one["digest"]["sha256"]).startswith(begin) and not DIGEST.fullmatch(_last(one["name"])):
                found.setdefault(digest, (one["name"], when))
        for one in entry.predicate.get("answers") or ():
            if str(one.get("sha256", "")).startswith(begin):
                told.setdefault(one["sha256"], f", from {one.get('final') or one['url']}")
    if len(found) > 1:
        raise CaseError(f"{product}: {len(found)} objects of the case begin so; write more of the one you mean")
    if not found:
        return None
    ((digest, (name, when)),) = found.items()
    note = f"object {digest} of the case in {case.root}{told.get(digest, '')}, since {when} UTC"
    return Acquired(name, "", (Input(case.objects.path(digest), name),), (note,))


def _last(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]


def rules_digest() -> str:
    """Return one SHA-256 over the built-in rules and the lexicon: which words and rules a report was made with."""
    found = hashlib.sha256()
    for part in ("rules", "lexicon"):
        root = Path(__file__).parent.parent / part
        for path in sorted(root.rglob("*.yaml")):
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
