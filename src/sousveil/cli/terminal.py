"""What the terminal is and wants: colour, width, and a line that says how far a scan is."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from sousveil.acquire.wording import shown
from sousveil.cli.amounts import clock, spoken

if TYPE_CHECKING:
    from sousveil.options import Progress

_EVERY = 0.1
"""Seconds between two drawings."""


def wants_colour(stream: TextIO) -> bool:
    """Return whether to colour what goes to ``stream``: NO_COLOR first, then FORCE_COLOR, then what the terminal is."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    """Return whether a person is likely to look at ``stream``."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def width(stream: TextIO) -> int:
    """Return the columns of text: the terminal's, 40 at least; 80 in a pipe. COLUMNS wins, as everywhere."""
    if not os.environ.get("COLUMNS", "").isdigit() and not is_terminal(stream):
        return 80
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def cells(text: str) -> int:
    """Return how many columns ``text`` takes: two for a wide character, none for a combining one."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, columns: int) -> str:
    """Return ``text`` in at most ``columns`` columns; the middle goes, since a path's end says most."""
    if cells(text) <= columns:
        return text
    if columns < 4:
        return ""
    tail: list[str] = []
    room = columns - 1 - columns // 4
    for c in reversed(text):
        room -= cells(c)
        if room < 0:
            break
        tail.append(c)
    head: list[str] = []
    room = columns // 4
    for c in text:
        room -= cells(c)
        if room < 0:
            break
        head.append(c)
    return "".join(head) + "…" + "".join(reversed(tail))


class ProgressLine:
    """One line on standard error that is drawn over itself and wiped at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._drawn = 0.0
        self._there = False

    def __call__(self, progress: Progress) -> None:
        """Draw how far the scan is, if the last drawing is old enough."""
        now = time.monotonic()
        if now - self._drawn < _EVERY:
            return
        self._drawn = now
        words = {"acquire": "fetching", "match": "opening", "read": "reading", "judge": "judging"}
        head = f"{clock(now - self._started)}  {progress.files:,} files  {spoken(progress.bytes)}"
        if progress.stage == "acquire":
            head = f"{clock(now - self._started)}  {spoken(progress.bytes)}"
        head += f"  {words.get(progress.stage, progress.stage)} "
        room = width(self._stream) - 1
        line = head + cut(shown(progress.now, 2000), room - cells(head))
        self._write("\r" + line[:room] + "\x1b[K")
        self._there = True

    def wipe(self) -> None:
        """Remove the line, so that what is printed next stands alone."""
        if self._there:
            self._write("\r\x1b[K")
            self._there = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a terminal that went away is no reason to stop
            self._stream.write(text)
            self._stream.flush()


@contextlib.contextmanager
def progress_line(quiet: bool) -> Iterator[ProgressLine | None]:
    """Give a progress line where standard error is a terminal that can draw one; wipe it however the block ends."""
    if quiet or not is_terminal(sys.stderr) or os.environ.get("TERM", "dumb") == "dumb":
        yield None
        return
    line = ProgressLine(sys.stderr)
    try:
        yield line
    finally:
        line.wipe()
