"""Compiled things kept between runs, addressed by what they were made of.

A cache that is missing, read-only, full or damaged costs time, never a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path


def folder() -> Path:
    """Return where compiled lexicons and databases are kept for this user."""
    from sousveil.acquire.cache import default_root

    return default_root() / "match"


def get(root: Path | None, name: str) -> bytes | None:
    """Return what was kept under ``name`` if it is whole, else None."""
    if root is None:
        return None
    try:
        raw = (root / name).read_bytes()
    except OSError:
        return None
    body = raw[32:]
    return body if hashlib.sha256(body).digest() == raw[:32] else None


def put(root: Path | None, name: str, body: bytes) -> bool:
    """Keep ``body`` under ``name``, whole or not at all; return whether it could be."""
    if root is None:
        return False
    part = root / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(body).digest() + body)
        part.replace(root / name)
    except OSError:
        return False
    finally:  # a signal may come at any moment
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return True
