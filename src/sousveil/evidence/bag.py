"""What a bag holds beside the record: its last line names it, so that no page can be exchanged for another."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sousveil.evidence.case import LEDGER
from sousveil.evidence.objects import chunks_of, digest_of

_BESIDE = ("verify.sh", "HOW-TO-VERIFY.txt")
"""What stands beside a bag's data and is no manifest."""


def made(bag: Path) -> dict[str, Any]:
    """Return what a bag holds but for the record and the manifests: its objects, and the digest of every other file."""
    objects = bag / "data" / "objects"
    names = sorted(p.name for p in objects.rglob("*") if p.is_file())
    files = [p for p in (bag / "data").rglob("*") if p.is_file() and objects not in p.parents]
    files = [p for p in files if p != bag / "data" / LEDGER] + [bag / name for name in _BESIDE]
    return {
        "files": {p.relative_to(bag).as_posix(): digest_of(chunks_of(p)).sha256 for p in files if p.is_file()},
        "objects": len(names),
        "objects-sha256": hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest(),
    }
