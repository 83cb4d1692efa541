"""``sousveil terms --in``: where the lexicon's words stand in files, and nothing more."""

from __future__ import annotations

import mmap
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from sousveil.acquire.wording import shown
from sousveil.cli.start import FOUND, TROUBLE, Refused
from sousveil.unpack import Opener, any_name, not_opened, tree

if TYPE_CHECKING:
    from sousveil.match.database import Matcher
    from sousveil.match.together import Together

_BATCH_FILES = 256
_IN_MEMORY = 64 << 20
_SILENCE = 600.0
"""Seconds one file may take: a very large one is slow, not stuck."""
_matchers: list[Matcher] = []
"""One a process; workers that are forked find their parent's."""
_together: list[Together] = []
"""One a process."""


class Batch(Struct, frozen=True):
    """Files to search."""

    number: int
    top: bytes
    paths: tuple[bytes, ...]
    words: tuple[str, ...]
    """Only these terms; all if empty."""


class Lines(Struct, frozen=True):
    """What to print of one batch."""

    number: int
    found: tuple[str, ...]
    wrong: tuple[str, ...]


def search(top: Path, word: str | None) -> int:
    """Print each place under ``top`` where a term (``word``, if given) stands. Return 0, 1 for none, 2 for trouble."""
    from sousveil.match.lexicon import load
    from sousveil.work.pool import Lost, Pool

    if not os.path.lexists(top):
        raise Refused(f"{shown(str(top))}: there is no such file or folder")
    words: tuple[str, ...] = ()
    if word is not None:
        low = word.strip().lower()
        words = tuple({e.term.text for e in load().entries if low in (e.text.lower(), e.concept)})
        if not words:
            raise Refused(f"the lexicon does not know {shown(word, 80)}; see: sousveil terms")
    prepare()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pool: Pool[Batch, Lines] = Pool(find, Batch, Lines, cores, _SILENCE, prepare)
    any_found = any_wrong = False
    waiting: dict[int, Lines] = {}
    following = 0

    def note(said: str) -> None:
        nonlocal any_wrong
        any_wrong = True
        print(f"sousveil: {said}", file=sys.stderr)

    try:
        for job, message in pool.results(_batches(top, words, note)):
            if isinstance(message, Lost):
                names = ", ".join(shown(os.fsdecode(p)) for p in job.paths[:3])
                message = Lines(job.number, (), (f"{names}: given up ({message.reason}: {message.detail})",))
            if message is None:
                continue
            waiting[message.number] = message
            while following in waiting:  # in the order of the names, whichever worker was quicker
                lines = waiting.pop(following)
                following += 1
                for line in lines.found:
                    print(line)
                for line in lines.wrong:
                    note(line)
                any_found |= bool(lines.found)
    finally:
        pool.close()
    return 0 if any_found else TROUBLE if any_wrong else FOUND


def prepare() -> None:
    """Load the matcher, once a process."""
    if not _matchers:
        from sousveil.match.database import Matcher
        from sousveil.match.lexicon import load

        _matchers.append(Matcher(load()))
    if not _together:
        from sousveil.match.together import Together

        _together.append(Together(_matchers[0]))


def find(batch: Batch) -> Iterator[Lines]:
    """Yield what was found in a batch."""
    found: list[str] = []
    wrong: list[str] = []
    together, waiting = _together[0], []
    opener = Opener()
    opener.trust(os.fsdecode(batch.top))
    for raw in batch.paths:
        path = os.fsdecode(raw)
        try:
            descriptor = opener.open(raw)
            try:
                if together.take(descriptor):
                    waiting.append(path)
                    if together.full:
                        found += _searched(together, waiting, batch.words)
                else:
                    found += _searched(together, waiting, batch.words)  # in the order of the names
                    found += _file(path, descriptor, batch.words)
            finally:
                os.close(descriptor)
        except OSError as error:
            wrong.append(f"{shown(path)}: {not_opened('', error).detail}")
    opener.close()
    found += _searched(together, waiting, batch.words)
    yield Lines(batch.number, tuple(found), tuple(wrong))


def _searched(together: Together, waiting: list[str], words: tuple[str, ...]) -> list[str]:
    """Return what stands in the files that were read together."""
    found: list[str] = []
    for path, (data, _, places) in zip(waiting, together.files(), strict=True):
        if places != []:
            found += _places(path, data, words)
    waiting.clear()
    return found


def _file(path: str, descriptor: int, words: tuple[str, ...]) -> list[str]:
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        raise OSError(0, "neither a file nor a folder; not opened")
    if info.st_size <= _IN_MEMORY:
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file, memoryview(file.read()) as data:
            return _places(path, data, words)
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as data:
        return _places(path, data, words)


def _places(path: str, data: memoryview, words: tuple[str, ...]) -> list[str]:
    hits = _matchers[0].match(data, path)
    found: list[str] = []
    line, counted = 1, 0
    last = (-1, "")
    for hit in hits:
        line += bytes(data[counted : hit.offset]).count(b"\n")
        counted = hit.offset
        if (words and hit.term not in words) or (hit.offset, hit.concept) == last:
            continue  # one spelling may belong to several languages
        last = (hit.offset, hit.concept)
        how = "" if hit.encoding == "utf-8" else f" {hit.encoding}"
        if hit.escape:
            how += f" written {hit.escape}"
        found.append(f"{shown(path, 1000)}:{line}:{hit.offset}: {hit.term} ({hit.concept}, {hit.strength}{how})")
    return found


def _batches(top: Path, words: tuple[str, ...], note: Callable[[str], None]) -> Iterator[Batch]:
    """Yield every file under ``top``; say what cannot be looked at."""
    from sousveil.model import Limit

    raw = os.fsencode(top)
    if not top.is_dir():
        yield Batch(0, raw, (raw,), words)
        return
    paths: list[bytes] = []
    number = 0
    for entry in tree(top, unsized=any_name):
        if isinstance(entry, Limit):
            note(f"{entry.path}: {entry.detail or entry.reason}")
            continue
        paths.append(os.fsencode(entry.path))
        if len(paths) >= _BATCH_FILES:
            yield Batch(number, raw, tuple(paths), words)
            number += 1
            paths.clear()
    if paths:
        yield Batch(number, raw, tuple(paths), words)
