"""What a reader raises when it gives up in the middle of a file, and notes where it leaves something out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sousveil.model import Construct


class Unfinished(Exception):
    """A file that was read in part or not at all: what is missing, and what was read nevertheless.

    ``reason`` and ``detail`` are those of a ``Limit`` (``timeout``, ``quota``); ``constructs`` may be judged all the
    same.
    """

    def __init__(self, reason: str, detail: str, constructs: Sequence[Construct] = ()) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.constructs = tuple(constructs)


One = TypeVar("One")
_MOST_TOLD = 20
_told: dict[tuple[str, str], None] = {}


def tell(reason: str, detail: str) -> None:
    """Note that something of the file at hand is left out, where reading goes on: it becomes a limit of the file."""
    if len(_told) < _MOST_TOLD:
        _told.setdefault((reason, detail))


def told() -> list[tuple[str, str]]:
    """Return what was noted since the last call, each thing once."""
    out = list(_told)
    _told.clear()
    return out


def bounded(things: Sequence[One], most: int, what: str) -> Sequence[One]:
    """Return the first ``most`` of several things; where there are more, that is noted."""
    if len(things) <= most:
        return things
    tell("cut", f"{len(things):,} {what}: the first {most:,} were read")
    return things[:most]
