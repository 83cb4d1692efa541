"""The ledger: one signed line an event, each naming the digest of the line before.

A line is on the disk before it counts. A run that was killed in the middle of one leaves a torn line; the next start
cuts it off, keeps it beside the ledger and says so in the ledger.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sousveil.evidence import durable, keys
from sousveil.evidence.envelope import MOST_LINE, open_line, seal, stub_digest
from sousveil.evidence.wrong import CaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NO_PREDECESSOR = "0" * 64
_BLOCK = 1 << 16


def _read_at(descriptor: int, count: int, at: int) -> bytes:
    os.lseek(descriptor, at, os.SEEK_SET)  # os.pread is not on every system
    return os.read(descriptor, count)


def _write_whole(descriptor: int, data: bytes) -> None:
    """Add ``data`` at the end and sync it; where that fails (a full disk), the file is as long as it was."""
    size = os.fstat(descriptor).st_size
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except BaseException:
        os.ftruncate(descriptor, size)
        raise


_RECORD = "of-the-record"
"""The annotation of a subject that is no object: a statement of in-toto has one, and a note is about nothing kept."""


class Entry(Struct, frozen=True):
    """One event."""

    number: int
    """From 1."""
    digest: str
    """SHA-256 of the line without its line feed, in hexadecimal."""
    statement: dict[str, Any]

    @property
    def predicate(self) -> dict[str, Any]:
        """Return what happened."""
        found: dict[str, Any] = self.statement["predicate"]
        return found

    @property
    def kind(self) -> str:
        """Return the event's word: acquired, scanned, noted, asked, watched, changed, gone, sealed, exported …"""
        return str(self.predicate.get("event", ""))

    @property
    def subjects(self) -> list[dict[str, Any]]:
        """Return what the event is about: names with digests."""
        found: list[dict[str, Any]] = self.statement["subject"]
        return [one for one in found if not one.get("annotations", {}).get(_RECORD)]


def _about(number: int, previous: str, keyid: str) -> dict[str, Any]:
    """Return what an event is about that is about nothing kept: the line before it, of the first the key."""
    name, digest = (f"line {number - 1} of the record", previous) if number > 1 else ("the signing key (DER)", keyid)
    return {"name": name, "digest": {"sha256": digest}, "annotations": {"kept": False, _RECORD: True}}


class Ledger:
    """A ledger file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(
        self, subjects: list[dict[str, Any]], predicate: dict[str, Any], key: Ed25519PrivateKey, keyid: str
    ) -> str:
        """Write one event and return its digest once it is on the disk. The case's lock must be held.

        Without subjects it is about the record so far. ``number`` and ``previous`` are added to the predicate. The cost
        does not depend on the length of the ledger.
        """
        with self.path.open("ab+", buffering=0) as file:
            last = self._last(file.fileno())
            number, previous = 1, NO_PREDECESSOR
            if last is not None:
                number = self._number(last) + 1
                previous = hashlib.sha256(last).hexdigest()
            line = seal(
                subjects or [_about(number, previous, keyid)],
                {**predicate, "number": number, "previous": {"sha256": previous}},
                key,
                keyid,
            )
            if len(line) >= MOST_LINE:
                raise CaseError(f"{self.path}: the event is longer than a line may be ({len(line):,} bytes)")
            _write_whole(file.fileno(), line + b"\n")
        if last is None:
            durable.sync_folder(self.path.parent)
        return hashlib.sha256(line).hexdigest()

    def _last(self, descriptor: int) -> bytes | None:
        """Return the last line without its line feed, None for an empty ledger."""
        size = os.fstat(descriptor).st_size
        if size == 0:
            return None
        tail = b""
        at = size
        while at > 0 and tail.count(b"\n") < 2 and len(tail) <= MOST_LINE:
            step = min(_BLOCK, at)
            at -= step
            tail = _read_at(descriptor, step, at) + tail
        if not tail.endswith(b"\n"):
            raise CaseError(f"{self.path}: its last line is torn; open the case again to cut it off")
        return tail[:-1].rpartition(b"\n")[2]

    def _number(self, line: bytes) -> int:
        import base64
        import json

        try:
            return int(json.loads(base64.b64decode(json.loads(line)["payload"]))["predicate"]["number"])
        except (ValueError, KeyError, TypeError) as error:
            raise CaseError(f"{self.path}: its last line is no event; run sousveil verify on the case") from error

    def head(self) -> str | None:
        """Return the digest of the last line, None for an empty ledger."""
        last = self.last()
        return None if last is None else hashlib.sha256(last).hexdigest()

    def last(self) -> bytes | None:
        """Return the last line without its line feed, None for an empty ledger."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            return self._last(file.fileno())

    def cut_torn(self, beside: Path) -> str:
        """Cut off a line that a killed run left unfinished; return what was done, empty if nothing. Lock held."""
        if not self.path.exists():
            return ""
        with self.path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            at = size
            tail = b""
            while at > 0 and b"\n" not in tail:
                step = min(_BLOCK, at)
                at -= step
                tail = _read_at(file.fileno(), step, at) + tail
            torn = tail.rpartition(b"\n")[2]
            if not torn:
                return ""
            name = f"torn-{hashlib.sha256(torn).hexdigest()[:16]}.bin"
            durable.write(beside / name, torn)
            file.truncate(size - len(torn))
            os.fsync(file.fileno())
        return f"a line of {len(torn)} bytes that was not finished was cut off; it lies in {beside.name}/{name}"

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield number (from 1) and bytes of each line, with its line feed where it has one."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            number = 0
            while line := file.readline(MOST_LINE + 1):
                number += 1
                yield number, line

    def entries(self, key: Ed25519PublicKey, stubs: dict[str, int] | None = None) -> Iterator[Entry]:
        """Yield the events in order, each checked. Raises CaseError at the first that is wrong.

        In an export a line may have been taken out: its digest and number are put into ``stubs``, and the next line
        vouches for the digest. Without ``stubs`` such a line is wrong.
        """
        previous = NO_PREDECESSOR
        last = ""
        keyid = keys.fingerprint(keys.public_pem(key))
        for number, line in self.lines():
            where = f"{self.path.name}, line {number}"
            if not line.endswith(b"\n"):
                raise CaseError(f"{where}: it is torn or longer than a line may be")
            gone = stub_digest(line[:-1], number) if stubs is not None else ""
            if gone and stubs is not None:
                if gone in stubs:
                    raise CaseError(f"{where}: it stands for a line that was taken out already")
                stubs[gone] = number
                previous = last = gone
                continue
            try:
                statement = open_line(line[:-1], key, keyid)
            except CaseError as error:
                raise CaseError(f"{where}: {error}") from error
            predicate = statement["predicate"]
            if type(predicate.get("number")) is not int or predicate["number"] != number:
                raise CaseError(f"{where}: it says that it is number {predicate.get('number')!r}")
            if predicate.get("previous") != {"sha256": previous}:
                raise CaseError(f"{where}: it does not follow the line before it")
            previous = hashlib.sha256(line[:-1]).hexdigest()
            yield Entry(number, previous, statement)
        if last and last == previous:
            raise CaseError(
                f"{self.path.name}: its last line stands for one that was taken out; nothing vouches for it"
            )
