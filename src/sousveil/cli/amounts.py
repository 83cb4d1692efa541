"""Amounts as people type them."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s*(?:([kmgtp])(?:i?b)?|b)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4, "p": 1024**5}


def size(text: str) -> int:
    """Return the bytes that ``500M``, ``10G``, ``1.5GiB`` or ``4096`` name; a K is 1024. Raise ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size; write it as 500M, 10G or 1000000")
    amount = int(float(match[1]) * _UNITS[(match[2] or "").lower()])
    if amount <= 0:
        raise ValueError("a size must be above 0")
    return amount


def spoken(amount: float) -> str:
    """Return bytes in at most eight characters: ``312 B``, ``4.2 MB``; a MB is 1024 KB, as `size` takes it."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError


def clock(seconds: float) -> str:
    """Return seconds as ``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
