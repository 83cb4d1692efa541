"""The places of workers by their numbers, and among them shelves: where the bytes that a message speaks of lie."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sousveil.work.shelf import Keeps, Shelf
from sousveil.work.station import PASSING, Station


class Stations:
    """Places, numbered from 1; no number is given twice."""

    def __init__(self) -> None:
        self._all: dict[int, Station | Shelf] = {}
        self._next = 1
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def make(self) -> Station:
        """Return a new place for a worker."""
        if not PASSING and self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sousveil-")
        station = Station(self._next, None if self._folder is None else Path(self._folder.name))
        self._add(station)
        return station

    def shelve(self, keeps: Keeps) -> Shelf:
        """Return a new place for what is kept."""
        shelf = Shelf(self._next, keeps)
        self._add(shelf)
        return shelf

    def _add(self, one: Station | Shelf) -> None:
        self._all[one.number] = one
        self._next += 1

    def of(self, number: int) -> Station | Shelf | None:
        """Return the place of this number, if there is one."""
        return self._all.get(number)

    def remove(self, number: int) -> None:
        """Let go of one place; its worker must have ended."""
        if (one := self._all.pop(number, None)) is not None:
            one.close()

    def empty(self) -> None:
        """Give back what lies in the spools; their workers go on."""
        for one in self._all.values():
            if isinstance(one, Station):
                one.empty()

    def close(self) -> None:
        """Remove everything; the workers must have ended."""
        for number in list(self._all):
            self.remove(number)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
