"""Quotas of one product, what is already used of them, and the meters that stop a bomb while it streams."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

RATIO_FLOOR = 100_000_000
"""Bytes. Below this much unpacked, no ratio is a bomb: a small file of zeros packs a thousandfold."""


class Quotas(Struct, frozen=True):
    """How much may come out of one product. Names and defaults are those of the command line's options."""

    max_bytes: int = 100 * 1024**3
    max_files: int = 1_000_000
    max_depth: int = 16
    max_ratio: int = 1000


class Stop(Exception):
    """A quota or the deadline was hit. `meter` is whose cap it was; None where nothing more may be read at all."""

    def __init__(self, reason: str, detail: str, meter: Meter | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.meter = meter


def _all(text: bytes, display: str) -> bool:
    return True


class Budget:
    """Running totals of one product. Pass what other workers have used to go on counting from there."""

    def __init__(
        self, quotas: Quotas | None = None, *, used_bytes: int = 0, used_files: int = 0, deadline: float | None = None
    ) -> None:
        self.quotas = quotas or Quotas()
        self.bytes = used_bytes
        """Bytes that came out of containers, those of nested containers included."""
        self.files = used_files
        """Files that came out of containers, and containers."""
        self.containers = 0
        self.deadline = deadline
        """On the clock of `time.monotonic`; None for none."""
        self.pictures = False
        """Whether pages that are pictures are wanted as such, to be looked at."""
        self.wanted: Callable[[bytes, str], bool] = _all
        """Whether a rendering of this text at this address is wanted with the place of every word."""

    def take_file(self) -> None:
        """Count one file or container. Raise Stop past `max_files` or the deadline."""
        self.files += 1
        if self.files > self.quotas.max_files:
            raise Stop("quota", f"--max-files {self.quotas.max_files}: the product holds more files")
        self.tick()

    def take_bytes(self, count: int) -> None:
        """Count bytes that came out. Raise Stop past `max_bytes`."""
        self.bytes += count
        if self.bytes > self.quotas.max_bytes:
            raise Stop("quota", f"--max-bytes {self.quotas.max_bytes}: more than that came out of the product")

    def tick(self) -> None:
        """Raise Stop once the deadline has passed."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Stop("deadline", "not finished in the time allowed")


class Meter:
    """What came out of one container against what went in. What a child lets out counts for its parents too."""

    __slots__ = ("budget", "cap", "out", "packed", "parent")

    def __init__(self, budget: Budget, packed: int, parent: Meter | None = None) -> None:
        self.budget = budget
        self.packed = max(packed, 1)
        self.cap = max(RATIO_FLOOR, self.packed * budget.quotas.max_ratio)
        self.out = 0
        self.parent = parent

    def grow(self, packed: int) -> None:
        """Raise the cap by input that was not known at the start: of a stream whose length nobody knew."""
        self.packed += packed
        self.cap = max(RATIO_FLOOR, self.packed * self.budget.quotas.max_ratio)

    def take(self, count: int) -> None:
        """Count unpacked bytes here and in every parent. Raise Stop past the ratio of one of them or the deadline."""
        meter: Meter | None = self
        over: Meter | None = None
        while meter is not None:  # all count it, that ``forgive`` takes no more out of them than went in
            meter.out += count
            if over is None and meter.out > meter.cap:
                over = meter
            meter = meter.parent
        if over is not None:
            raise Stop(
                "quota",
                f"--max-ratio {self.budget.quotas.max_ratio}: {over.packed} bytes unpack to more than {over.cap}",
                over,
            )
        self.budget.tick()

    def forgive(self) -> None:
        """Take what this meter counted out of its parents' counts: the bomb is left, the rest is read."""
        meter = self.parent
        while meter is not None:
            meter.out -= self.out
            meter = meter.parent

    def within(self, other: Meter) -> bool:
        """Return whether `other` is this meter or one of its parents."""
        meter: Meter | None = self
        while meter is not None:
            if meter is other:
                return True
            meter = meter.parent
        return False
