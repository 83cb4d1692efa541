"""What the readers of single formats share: the items they give, what they note on the way, how they count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sousveil.model import Limit
from sousveil.unpack.limits import RATIO_FLOOR, Budget, Meter
from sousveil.unpack.names import NameDecoder, shown, unsafe
from sousveil.unpack.source import Source

MOST_DETAIL = 200


class NotOpened(Exception):
    """The container could not be opened at all; nothing came out of it. Its bytes are then an artifact themselves."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Share:
    """Which part of a container's files one walk gives out, where several walk it at once: each takes every n-th."""

    __slots__ = ("number", "of", "spread")

    def __init__(self, number: int, of: int) -> None:
        self.number = number
        """From 0. The first walk gives out all if the container turns out to be one that cannot be shared."""
        self.of = of
        self.spread = False
        """Whether it is shared: known when the first file or limit comes."""


class Item:
    """One file of a container, before it is known whether it is a container itself."""

    __slots__ = ("leftover", "meter", "name", "raw", "source", "taken")

    def __init__(
        self,
        raw: bytes,
        name: str,
        source: Source,
        meter: Meter | None = None,
        leftover: bool = False,
        taken: bool = False,
    ) -> None:
        self.raw = raw
        self.name = name
        """Decoded, not yet escaped."""
        self.source = source
        self.meter = meter
        """Of this file alone, where the container says how much it takes in packed form."""
        self.leftover = leftover
        """Bytes that no entry of a zip accounts for. Those of a leftover are not opened again: each level would give
        nearly the same bytes twice."""
        self.taken = taken
        """Whether the reader has asked for whom this file is (`Reading.passed`); if not, the walk does."""


class Reading:
    """One container being read: its address, its counts, the names seen in it, what was noted and not yet told."""

    def __init__(
        self, display: str, meter: Meter, in_memory: int, share: Share | None = None, without: tuple[str, ...] = ()
    ) -> None:
        self.display = display
        self.without = without
        """How names end, in lower case, of files that nobody wants."""
        self.meter = meter
        self.in_memory = in_memory
        self.names = NameDecoder()
        self.opened = False
        self.metered_below = False
        """Whether the bytes are counted against the ratio where they are decompressed, below the archive."""
        self.shared = False
        """Whether other walks give out a part of the files."""
        self.asked = 0
        """Files of which it was asked whose they are."""
        self._share = share
        self._run = 1
        self._turn = 0
        self._seen: set[int] = set()
        self._notes: list[Limit] = []

    @property
    def budget(self) -> Budget:
        """The totals of the product."""
        return self.meter.budget

    def spread(self, run: int = 1) -> None:
        """Say, before the first file is given, that each can be read without those before it: they may be shared.

        `run` is how many that follow each other go to the same walk, where neighbours lie in one packed block.
        """
        if self._share is not None:
            self.shared = self._share.spread = True
            self._run = run

    def mine(self) -> bool:
        """Return whether the next file is this walk's to give out. Asked once for each, in the same order by all."""
        self.asked += 1
        share = self._share
        if share is None or not self.shared:
            return True
        turn = self._turn // self._run
        self._turn += 1
        # Scattered, for files of a kind often alternate.
        return (turn * 0x9E3779B1 >> 16 & 0xFFFF) % share.of == share.number

    def passed(self, name: str, size: int) -> bool:
        """Return whether the next file is another walk's, or nobody's. It counts here too, unless it states a size too
        large to be believed unread. Raise Stop where a quota is hit."""
        if self.mine() and not self.unwanted(name):
            return False
        self.budget.take_file()
        if 0 < size <= RATIO_FLOOR:
            self.count(size)
        return True

    def unwanted(self, name: str) -> bool:
        """Return whether nobody wants a file of this name."""
        return bool(self.without) and name.lower().endswith(self.without)

    def path(self, name: str) -> str:
        """Return the display address of a name inside this container."""
        return f"{self.display}!/{shown(name)}"

    def note(self, reason: str, detail: str, name: str | None = None, *, incomplete: bool = True) -> None:
        """Keep a limit until it can be given out: of the container, or of a name in it."""
        path = self.display if name is None else self.path(name)
        text = shown(detail)
        text = text if len(text) <= MOST_DETAIL else text[: MOST_DETAIL - 1] + "…"
        self._notes.append(Limit(path=path, reason=reason, detail=text, incomplete=incomplete))

    def drain(self) -> Iterable[Limit]:
        """Return the limits noted since the last call."""
        notes = self._notes
        if notes:
            self._notes = []
        return notes

    def check_name(self, raw: bytes, name: str) -> None:
        """Note a name that could not be used as a path, and one that was there before."""
        why = unsafe(name)
        if why:
            self.note("unsafe-name", f"the name {why}", name, incomplete=False)
        key = hash(raw)
        if key in self._seen:
            self.note("duplicate", "the same name again; each is read", name, incomplete=False)
        else:
            self._seen.add(key)

    def count(self, size: int) -> None:
        """Count bytes that came out. Raise Stop where a quota is hit."""
        self.budget.take_bytes(size)
        if not self.metered_below:
            self.meter.take(size)

    def fed(self, count: int) -> None:
        """Take note that a decoder was given bytes, whether or not anything comes out. Raise Stop at the deadline."""
        if count:
            self.budget.tick()

    def metered(self, chunks: Iterator[bytes], meter: Meter | None = None) -> Iterator[bytes]:
        """Yield the chunks, each counted before it is given out."""
        take = (meter or self.meter).take
        take_bytes = self.budget.take_bytes
        below = self.metered_below and meter is None
        for chunk in chunks:
            take_bytes(len(chunk))
            if not below:
                take(len(chunk))
            yield chunk
