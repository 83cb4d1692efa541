"""Which objects of a case hold a text: as they are, in what is packed in them, in captured bodies, in documents.

Bytes are looked at here; what needs a format's reader to become text (a PDF, a workbook) is rendered by the locked
workers that scan. What cannot be decoded, and a capture that is damaged, may hold anything, and is taken for it.
"""

from __future__ import annotations

import contextlib
import gzip
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, BinaryIO, cast

from sousveil.acquire import Acquired, Input
from sousveil.acquire.scratch import scratch
from sousveil.evidence.case import Case
from sousveil.evidence.needles import Needles
from sousveil.evidence.pack import listed, members, packs
from sousveil.evidence.warc import bodies
from sousveil.options import Options
from sousveil.run import Run
from sousveil.unpack.names import shown
from sousveil.work.messages import Job, Leaf, Message, Survey

_MOST_LOOKED_INTO = 1 << 30
_STEP = 1 << 18
_IN_MEMORY = 1 << 26
_DEEPEST = 6


def holding(case: Case, names: Mapping[str, str], needles: Needles) -> set[str]:
    """Return the SHA-256 of the objects of ``names``, and of files in kept folders, that hold it."""
    archives = packs(case.entries())
    found: set[str] = set()
    inputs: list[Input] = []
    with scratch() as folder:
        for digest, name in names.items():
            path = case.objects.path(digest)
            if not path.exists():
                continue
            if digest in archives:
                # A listing escapes some signs in its own way.
                inner = "\1\1".join(name for _, name in listed(case.objects.path(archives[digest])))
                if needles.within([inner.encode("utf-8", "surrogateescape")]):
                    found.add(archives[digest])
                found.update(_inside(path, case.objects.path(archives[digest]), needles, folder / "file"))
                inputs.append(Input(path, f"{digest}/folder.tar"))
            elif holds(path, needles):
                found.add(digest)
            else:
                inputs.append(Input(path, f"{digest}/{name.rpartition('/')[2]}"))
                inputs += _captured(path, digest, folder)
        if inputs:
            found.update(_rendered(case, archives, inputs, needles))
    return found


def _inside(archive: Path, listing: Path, needles: Needles, scrap: Path) -> Iterator[str]:
    """Yield the SHA-256 of the files in an archive of a folder that hold it."""
    for digest, chunks in members(archive, listing):
        with scrap.open("wb") as file:
            file.writelines(chunks)
        if holds(scrap, needles):
            yield digest


def _captured(path: Path, digest: str, folder: Path) -> Iterator[Input]:
    """Yield the bodies of a capture as files."""
    with path.open("rb") as raw:
        if raw.read(2) != b"\x1f\x8b":
            return
        raw.seek(0)
        try:
            with gzip.GzipFile(fileobj=raw) as warc:
                if not warc.peek(5).startswith(b"WARC/"):
                    return
                for number, body in enumerate(bodies(cast("BinaryIO", warc))):
                    part = folder / f"{digest}-{number}"
                    with part.open("wb") as file:
                        file.writelines(body)
                    yield Input(part, f"{digest}/{number}")
        except (OSError, EOFError, zlib.error, ValueError):
            return  # it was taken for holding it already


class _Rendering(Run):
    """A run that looks for a text in everything that comes out of its products, and reads nothing."""

    needles: Needles
    found: set[str]

    def _take(self, job: Job, message: Message) -> None:
        if not isinstance(message, Leaf) or not isinstance(job, Survey):
            super()._take(job, message)
            return
        if message.hit:
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as out:
                self._feed.copy(message, job, cast("BinaryIO", out))
                out.seek(0)
                if self.needles.within(iter(lambda: out.read(_STEP), b"")):
                    self.found.add(message.display)
            self._feed.drop(message)

    def survey(self) -> None:
        """Survey the products once."""
        self._pass((), self._inputs)


def _rendered(case: Case, archives: Mapping[str, str], inputs: list[Input], needles: Needles) -> Iterator[str]:
    """Yield the SHA-256 of what holds it once rendered."""
    with Acquired("", "", tuple(inputs)) as acquired:
        run = _Rendering(acquired, Options(everything=True, ocr=False, listing=True), None)
        run.needles, run.found = needles, set()
        try:
            run.survey()
        finally:
            run.close()
    for display in run.found:
        digest, _, within = display.partition("/")
        if digest not in archives:
            yield digest
            continue
        name = within.split("!/")[1] if "!/" in within else ""
        for inner, written in listed(case.objects.path(archives[digest])):
            if shown(written) == name or not name:
                yield inner


def holds(path: Path, needles: Needles) -> bool:
    """Return whether a file holds the text, or may: as it is, in what is packed in it, in captured bodies."""
    from sousveil.unpack import Budget, Entry, walk

    with path.open("rb") as file:
        if _among(iter(lambda: file.read(_STEP), b""), needles):
            return True
    for item in walk(path, "", Budget(), in_memory=_MOST_LOOKED_INTO):
        if isinstance(item, Entry) and (
            needles.within([item.path.encode("utf-8", "surrogateescape")]) or _among(item.chunks(), needles)
        ):
            return True
    return False


def _among(chunks: Iterable[bytes], needles: Needles, depth: int = 0) -> bool:
    """Return whether bytes hold it. Those of a WARC, packed or not, are looked at decoded too.

    What is packed too deep or too large to look into may hold anything.
    """
    if depth > _DEEPEST:
        return True
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:

        def noted() -> Iterator[bytes]:
            kept = False
            for n, chunk in enumerate(chunks):
                kept = kept or (n == 0 and chunk.startswith((b"WARC/", b"\x1f\x8b")))
                if kept and spool.tell() <= _MOST_LOOKED_INTO:
                    spool.write(chunk)
                yield chunk

        if needles.within(noted()) or spool.tell() > _MOST_LOOKED_INTO:
            return True
        if not spool.tell():
            return False
        spool.seek(0)
        if spool.read(2) == b"\x1f\x8b":
            spool.seek(0)
            return _packed(spool, needles, depth + 1)
        spool.seek(0)
        try:
            return any(_among(body, needles, depth + 1) for body in bodies(cast("BinaryIO", spool)))
        except ValueError:
            return True


def _packed(file: IO[bytes], needles: Needles, depth: int) -> bool:
    """Return whether what gzip packed holds it; a broken member ends it, and must not hide what stands before."""

    def members() -> Iterator[bytes]:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked, contextlib.suppress(OSError, EOFError, zlib.error):
            while part := unpacked.read(_STEP):
                yield part

    return _among(members(), needles, depth)
