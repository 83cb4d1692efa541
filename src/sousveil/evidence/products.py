"""Keeping what was scanned: the product's bytes (or their digests alone), the report, and how it was made."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sousveil.acquire import Acquired, Input
from sousveil.evidence import DIGEST
from sousveil.evidence.case import LEDGER, Case, subject
from sousveil.evidence.envelope import encode
from sousveil.evidence.pack import FOLDER, LISTS, Folder, Sums, now
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
        self.changed: list[str] = []
        """Files that changed after the scan had begun: what was scanned may not be what is kept."""

    @contextmanager
    def keeping(self, acquired: Acquired) -> Iterator[Folder | None]:
        """Keep the product while it is scanned: a file in a thread of its own, a folder as its files are read.

        A folder of which digests alone are kept is read afterwards. What cannot be kept is told by ``record``, for the
        report stands all the same.
        """
        begun = now()
        roots = [item.path for item in acquired.inputs if item.path.is_dir()]
        files = [item for item in acquired.inputs if item.path not in roots]
        thread = threading.Thread(target=self._keep, args=(files,), daemon=True)
        thread.start()
        folder: Folder | None = None
        with self._telling():
            if roots and not self._hash_only:
                folder = self._open(roots[0], begun)  # there is one at most: what the user named
        try:
            yield folder
            with self._telling():
                if folder is not None:
                    self._folder(folder)
                for root in roots if self._hash_only else ():
                    self._sums(root, begun)
        finally:
            thread.join()
            if folder is not None:
                folder.drop()
        self.changed += [item.display for item in files if _changed(item.path, begun)]

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Note what goes wrong within; ``record`` tells it."""
        try:
            yield
        except (CaseError, OSError) as error:
            self._failed = self._failed or error

    def _keep(self, items: Sequence[Input]) -> None:
        with self._telling():
            for item in items:
                self._subjects.append(self._case.keep(item.display, item.path, hash_only=self._hash_only))

    def _open(self, root: Path, begun: int) -> Folder:
        try:
            return Folder(root, self._case.objects, begun, self._case.root)
        except OSError as error:
            raise self._unkept(root, error) from error

    def _folder(self, folder: Folder) -> None:
        """Keep what was read of a folder, as one archive."""
        try:
            kept = subject(f"{_called(folder.root)}.tar", folder.finish())
        except OSError as error:
            raise self._unkept(folder.root, error) from error
        kept["annotations"][FOLDER] = True
        self._subjects.append(kept)
        self._left += folder.left
        self.changed += folder.changed

    def _sums(self, root: Path, begun: int) -> None:
        """Keep the digests of a folder's files."""
        sums = Sums(root, begun, self._case.root)
        sums.take()
        for kind, lines in (("sha256", sums.short), ("sha512", sums.long)):
            listing = self._case.keep_bytes(f"{_called(root)}.{kind}", b"".join(lines))
            if kind == "sha256":
                listing["annotations"][LISTS] = ""
            self._subjects.append(listing)
        self._left += sums.left
        self.changed += sums.changed

    def _unkept(self, root: Path, error: OSError) -> CaseError:
        return CaseError(f"{root}: it cannot be kept: {error.strerror or error}")

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
                "changed-meanwhile": self.changed[:1000],
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


def _called(root: Path) -> str:
    return root.resolve().name or "folder"


def _changed(path: Path, begun: int) -> bool:
    """Return whether a file, or what its name leads to, is another than at a moment."""
    try:
        return path.stat().st_ctime_ns > begun
    except OSError:
        return True


SHOWS = "shows"
"""The annotation of pictures of a product's pages: the SHA-256 of the report that rests on those places."""


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
        names = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]  # noqa: PTH118
        cut = len(os.fspath(root)) + 1
        for path in sorted(n for n in names if n.endswith(".yaml")):
            with open(path, "rb") as file:  # noqa: PTH123  # half the time of what pathlib takes
                found.update(path[cut:].replace(os.sep, "/").encode() + b"\0" + file.read() + b"\0")
    return found.hexdigest()
