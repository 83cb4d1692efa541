"""What a reader raises when it gives up in the middle of a file."""

from __future__ import annotations

from collections.abc import Sequence

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
