"""A case: a plain folder with objects, a signed ledger, its public key and its time stamps.

::

    CASE/README.txt              what this is and how to check it
    CASE/ledger.jsonl            one event a line
    CASE/signing-key.pub.pem     whose signatures they are
    CASE/objects/ab/ab12…        what was kept, by SHA-256
    CASE/stamps/                 time stamps over lines of the ledger
    CASE/cut-off/                what killed runs left unfinished; counts for nothing
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sousveil import __version__
from sousveil.evidence import clock, durable, keys
from sousveil.evidence.ledger import Entry, Ledger
from sousveil.evidence.objects import Digest, Objects, chunks_of, digest_of
from sousveil.evidence.wrong import CaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LEDGER = "ledger.jsonl"
PUBLIC_KEY = "signing-key.pub.pem"
README = "README.txt"
MOST_SUBJECTS = 5000
"""Subjects of one line."""
_README = """\
This folder is a case kept by sousveil: evidence about a product, with a signed record of every step.

ledger.jsonl          one event a line: a DSSE envelope over an in-toto statement, signed with the key below; each names
                      the SHA-256 of the line before it
signing-key.pub.pem   the public half of the signing key (Ed25519)
objects/              what was kept, each file named by its SHA-256; a folder as a tar archive with a listing of its
                      files, which sha256sum -c reads
stamps/               time stamps (RFC 3161) over lines of the ledger, where they were asked for

Check it with: sousveil verify THIS-FOLDER
Without sousveil: sousveil case export gives a folder with verify.sh, which needs openssl, jq, base64 and sha256sum.
"""


class Recorded(Struct, frozen=True):
    """An event that is on the disk."""

    digest: str
    """SHA-256 of its line in hexadecimal."""
    time: str
    """UTC, ISO 8601 with microseconds, by this machine's clock."""


class Case:
    """A case that is open. Reading needs no secret; recording needs the signing key, asked for when first used."""

    def __init__(self, root: Path, public_pem: bytes, ask: keys.Ask) -> None:
        self.root = root
        self.public_pem = public_pem
        self.objects = Objects(root / "objects")
        self.ledger = Ledger(root / LEDGER)
        self._ask = ask
        self._private: Ed25519PrivateKey | None = None
        self._held = False

    @classmethod
    def new(cls, root: Path, title: str, ask: keys.Ask) -> Case:
        """Return a new case in ``root``, which must not exist or be empty; its first event is on the disk."""
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise CaseError(f"{root}: it exists already; name a new folder, or go on with: sousveil case show {root}")
        private = keys.private_key(ask)
        part = None
        try:
            root.parent.mkdir(parents=True, exist_ok=True)
            durable.sweep(root.parent, root.name)
            # Made beside its place and moved there: a run that is killed leaves no half of a case.
            part = durable.part_of(root)
            part.mkdir()
            durable.write(part / PUBLIC_KEY, keys.public_pem(private))
            durable.write(part / README, _README.encode())
            begun = cls(part, keys.public_pem(private), ask)
            begun._private = private
            begun.record("opened", {"title": title})
            if root.exists():
                root.rmdir()
            part.rename(root)
            durable.sync_folder(root.parent)
        except OSError as error:
            if part is not None:
                shutil.rmtree(part, ignore_errors=True)
            raise CaseError(f"{root}: no case can be made there: {error.strerror}") from error
        case = cls(root, keys.public_pem(private), ask)
        case._private = private
        return case

    @classmethod
    def open(cls, root: Path, ask: keys.Ask | None = None) -> Case:
        """Return the case in ``root``. Raises CaseError if there is none."""
        try:
            pem = (root / PUBLIC_KEY).read_bytes()
        except OSError as error:
            raise CaseError(_no_case(root)) from error
        return cls(root, pem, ask or _no_passphrase)

    @cached_property
    def keyid(self) -> str:
        """Return the SHA-256 of the public key, which names it."""
        return keys.fingerprint(self.public_pem)

    @property
    def public_key(self) -> Ed25519PublicKey:
        """Return the key that the ledger's lines must be signed with."""
        return keys.load_public(self.public_pem)

    def entries(self) -> Iterator[Entry]:
        """Yield the events, each checked. Raises CaseError at the first that is wrong."""
        return self.ledger.entries(self.public_key)

    def title(self) -> str:
        """Return the case's title."""
        first = next(self.entries(), None)
        return str(first.predicate.get("title", "")) if first else ""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nobody else write until the block ends: what is read meanwhile stays as it is. May be nested."""
        if self._held:
            yield
            return
        with durable.locked(self.root):
            self._held = True
            try:
                yield
            finally:
                self._held = False

    def record(self, event: str, details: dict[str, Any], subjects: Iterable[dict[str, Any]] = ()) -> Recorded:
        """Write an event and return its line's digest and its time. What a killed run left is dealt with first.

        Raises CaseError where it cannot be written; the record is then as it was.
        """
        try:
            return self._record(event, details, subjects)
        except OSError as error:
            raise self._unwritten(error) from error

    def _record(self, event: str, details: dict[str, Any], subjects: Iterable[dict[str, Any]]) -> Recorded:
        private = self._key()
        with self.held():
            self._tidy(private)
            named = [_writable(one) for one in subjects]
            details = _writable(details)
            # A line has a bound; what a large product is made of stands in lines before the event's own.
            while len(named) > MOST_SUBJECTS:
                part, named = named[:MOST_SUBJECTS], named[MOST_SUBJECTS:]
                self.ledger.append(part, {**self._stamp("kept"), "for": event}, private, self.keyid)
            stamp = self._stamp(event)
            digest = self.ledger.append(named, {**stamp, **details}, private, self.keyid)
            return Recorded(digest, stamp["time"])

    def ready(self) -> None:
        """Have the key at hand and deal with what a killed run left; nothing else is recorded."""
        private = self._key()
        with self.held():
            self._tidy(private)

    def _tidy(self, private: Ed25519PrivateKey) -> None:
        """Deal with what a killed run left, and record it. The lock must be held."""
        cut = [torn] if (torn := self.ledger.cut_torn(self.root / "cut-off")) else []
        for left in self.objects.leftovers():
            # Another run may still be writing it; only a dead one's is taken away.
            if not durable.alive(left.name.partition("-")[0]):
                size = left.lstat().st_size
                left.unlink(missing_ok=True)
                cut.append(f"an object of which {size} bytes were written, and that was never recorded, was removed")
        for folder in (self.root, self.root / "stamps", self.root / "cut-off"):
            cut += [f"{name}, which was not written to its end, was removed" for name in durable.sweep(folder)]
        if cut:
            told = "; ".join(dict.fromkeys(cut[:20])) + (f"; and {len(cut) - 20} more" if len(cut) > 20 else "")
            self.ledger.append([], {**self._stamp("cut-off"), "what": told}, private, self.keyid)

    def _stamp(self, event: str) -> dict[str, Any]:
        now = time.time()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
        told = {"event": event, "time": moment, "tool": {"name": "sousveil", "version": __version__}}
        return told | ({"clock": of_clock} if (of_clock := clock.known()) else {})

    def _key(self) -> Ed25519PrivateKey:
        if self._private is None:
            private = keys.private_key(self._ask)
            if keys.public_pem(private) != self.public_pem:
                raise CaseError(
                    f"{self.root}: the case was begun with another signing key ({self.keyid[:16]}…); "
                    "name its file by SOUSVEIL_KEY"
                )
            self._private = private
        return self._private

    def keep(self, name: str, path: Path, *, hash_only: bool = False) -> dict[str, Any]:
        """Keep a file (or only its digests) and return it as an event's subject."""
        try:
            digest = digest_of(chunks_of(path)) if hash_only else self.objects.add_file(path)
        except OSError as error:
            raise CaseError(f"{path}: it cannot be kept: {error.strerror or error}") from error
        return subject(name, digest, kept=not hash_only)

    def keep_bytes(self, name: str, data: bytes) -> dict[str, Any]:
        """Keep bytes and return them as an event's subject."""
        try:
            return subject(name, self.objects.add([data]))
        except OSError as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> CaseError:
        return CaseError(f"{self.root}: the case cannot be written: {error.strerror or error}")


def _writable(value: Any) -> Any:
    """Return a value whose texts can be written: a file name may hold bytes that are no text."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _writable(inner) for key, inner in value.items()}
    return [_writable(inner) for inner in value] if isinstance(value, list | tuple) else value


def subject(name: str, digest: Digest, *, kept: bool = True) -> dict[str, Any]:
    """Return a resource descriptor of in-toto: a name, two digests, the size and whether the bytes are in the case."""
    return {
        "name": name,
        "digest": {"sha256": digest.sha256, **({"sha512": digest.sha512} if digest.sha512 else {})},
        "annotations": {"size": digest.size, "kept": kept},
    }


def _no_case(root: Path) -> str:
    """Return that there is no case in ``root``, and which one may have been meant."""
    if root == Path():
        near = sorted(p.parent.name for p in root.glob(f"*/{PUBLIC_KEY}"))
        names = " or ".join(f"--case {name}" for name in near[:3]) or "--case FOLDER"
        return f"this folder is no case; name one: {names}"
    near = sorted(p.parent.name for p in root.parent.glob(f"*/{PUBLIC_KEY}"))
    others = f" Here lie: {', '.join(near[:5])}." if near else ""
    return f"{root}: there is no case here; make one with: sousveil case new {root}.{others}"


def _no_passphrase(new: bool) -> bytes:
    if new:
        raise CaseError("there is no signing key yet; sousveil case new makes one")
    raise CaseError("the signing key has a passphrase; set SOUSVEIL_PASSPHRASE or run on a terminal")


def foreign(root: Path) -> list[str]:
    """Return what stands below ``root`` and is neither a file nor a folder, relative to it; nothing is opened.

    A link leads to bytes that are not the case's, and reading a pipe never ends: no case and no export holds either.
    """
    out = []
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                out.append(path.relative_to(root).as_posix())
    return sorted(out)
