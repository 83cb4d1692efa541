"""What the system knows of its own clock: whether a time service keeps it, and how far it may be off."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

_UNKEPT = 0x40
"""STA_UNSYNC (adjtimex(2))."""


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_long * 40),
    )  # fmt: skip


@cache
def _ask() -> Any:
    try:
        return ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None


def known() -> dict[str, int | bool]:
    """Return whether the clock is ``kept`` by a time service and, if so, within how many microseconds.

    Empty where the system does not tell. Nothing is asked of any network.
    """
    if not sys.platform.startswith("linux") or (ask := _ask()) is None:
        return {}
    told = _Timex()
    if ask(ctypes.byref(told)) < 0:
        return {}
    if told.status & _UNKEPT:
        return {"kept": False}
    return {"kept": True, "within-us": int(told.maxerror)}
