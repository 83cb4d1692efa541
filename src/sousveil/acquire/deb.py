"""Packages of Debian and its like, through apt's own tools: its sources, credentials, proxies and signatures.

``apt-cache show`` names the file's SHA-256 out of signed lists, ``apt-get download`` fetches; nothing is installed and
no script of the package runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from sousveil.acquire import scratch
from sousveil.acquire.answers import SLOWEST
from sousveil.acquire.cache import Cache, Chunks, clean_digests
from sousveil.acquire.download import Progress, digest_note
from sousveil.acquire.products import Package
from sousveil.acquire.remembered import Fetched
from sousveil.acquire.wording import AcquireError, listed, near, shown

_MAX_OUTPUT = 64 << 20
_CHUNK = 1 << 20


class Stanza(Struct, frozen=True):
    """One version of a package as apt's lists have it."""

    package: str
    version: str
    architecture: str
    file: str
    """Path in the archive; empty for a version that is only installed."""
    size: int
    digests: dict[str, str]


def fetch(
    asked: Package,
    *,
    cache: Cache,
    timeout: float | None,
    max_bytes: int | None,
    progress: Progress | None,
    offline: bool,
) -> Fetched:
    """Return a binary package's file, checked and in the cache. Raise AcquireError where that cannot be done."""
    seconds = timeout or 60.0
    for tool in ("apt-get", "apt-cache"):
        if not shutil.which(tool):
            raise AcquireError(
                f"deb:{shown(asked.name)}: {tool} is not on this machine, and packages of this kind come through it. "
                "Use a Debian or Ubuntu machine, or download the .deb file and name it."
            )
    name = f"{asked.name}:{asked.architecture}" if asked.architecture else asked.name
    stanzas = [s for s in _stanzas(name, seconds) if s.package == asked.name and s.file and s.digests]
    if not stanzas:
        raise AcquireError(_nothing(asked, name, seconds))
    stanza, why = _choose(asked, name, stanzas, seconds)
    file = shown(stanza.file.rpartition("/")[2]) or f"{asked.name}_{stanza.version}_{stanza.architecture}.deb"
    notes = [why]
    if asked.namespace:
        notes.append(
            f"the package comes from whatever sources apt has on this machine, not only from {shown(asked.namespace)}'s"
        )
    stored = cache.find(file, stanza.digests)
    if stored is None:
        if offline:
            raise AcquireError(f"{shown(file)} is not in the cache, and no network may be used (offline).")
        if max_bytes is not None and stanza.size > max_bytes:
            raise AcquireError(
                f"{shown(file)}: {stanza.size:,} bytes, at most {max_bytes:,} are allowed. Raise --max-bytes."
            )
        if progress:
            progress(file, 0, stanza.size or None)
        with _downloaded(f"{name}={stanza.version}", file, stanza.size, seconds) as path:

            @contextmanager
            def source() -> Iterator[Chunks]:
                with path.open("rb") as opened:
                    yield path.stat().st_size, iter(lambda: opened.read(_CHUNK), b"")

            stored = cache.add(file, stanza.digests, source, max_bytes)
        if progress:
            progress(file, stored.size, stored.size)
    if note := digest_note(file, stanza.digests):
        notes.append(note)
    purl = _purl(asked, stanza)
    return Fetched(purl, ((file, stanza.digests, stored),), tuple(notes))


def _stanzas(name: str, seconds: float) -> list[Stanza]:
    _, output, _ = _run(["apt-cache", "show", "--", name], seconds)
    return parse(output)


def parse(text: str) -> list[Stanza]:
    """Return the versions in the output of ``apt-cache show``, the first one first."""
    stanzas = []
    for block in text.split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.splitlines():
            key, colon, value = line.partition(":")
            if colon and not line.startswith((" ", "\t")):
                fields.setdefault(key.lower(), value.strip())
        if "version" in fields:
            size = fields.get("size", "")
            stanzas.append(
                Stanza(
                    fields.get("package", ""),
                    fields["version"],
                    fields.get("architecture", ""),
                    fields.get("filename", ""),
                    int(size) if size.isascii() and size.isdigit() and len(size) < 19 else 0,
                    clean_digests(
                        {
                            "sha256": fields.get("sha256", ""),
                            "sha512": fields.get("sha512", ""),
                            "sha1": fields.get("sha1", ""),
                            "md5": fields.get("md5sum", ""),
                        }
                    ),
                )
            )
    return stanzas


def _choose(asked: Package, name: str, stanzas: list[Stanza], seconds: float) -> tuple[Stanza, str]:
    versions = list(dict.fromkeys(s.version for s in stanzas))
    if asked.version:
        for stanza in stanzas:
            if stanza.version == asked.version:
                return stanza, f"version {shown(asked.version)} was asked for"
        raise AcquireError(
            f"deb:{shown(name)} has no version {shown(asked.version)} in apt's lists. There are {listed(versions)}. "
            "Other versions need other sources (a snapshot archive), or download the .deb file and name it."
        )
    _, policy, _ = _run(["apt-cache", "policy", "--", name], seconds)
    candidate = next((line.split()[-1] for line in policy.splitlines() if line.strip().startswith("Candidate:")), "")
    for stanza in stanzas:
        if stanza.version == candidate:
            others = [v for v in versions if v != candidate]
            rest = f" (not taken: {listed(others)})" if others else ""
            return stanza, f"no version was named: {shown(candidate)} is the one apt would install{rest}"
    return stanzas[
        0
    ], f"no version was named: {shown(stanzas[0].version)} is the first in apt's lists; apt would install none"


def _nothing(asked: Package, name: str, seconds: float) -> str:
    _, names, _ = _run(["apt-cache", "pkgnames"], seconds)
    known = names.split()
    if asked.architecture:
        if asked.name in known:
            return (
                f"deb:{shown(name)}: apt's lists have no file of it for this architecture. "
                f"`dpkg --add-architecture {shown(asked.architecture)}` and `apt-get update` add one."
            )
    elif asked.name in known and _has_lists(seconds):
        return f"deb:{shown(name)}: apt knows the name but no file to download: it is virtual, or only installed."
    if not _has_lists(seconds):
        return f"deb:{shown(name)}: apt's package lists are empty. Run `apt-get update` once, then try again."
    message = f"deb:{shown(name)}: apt's lists have no package of this name."
    if similar := near(asked.name, known):
        message += f" Like it are: {listed(similar)}."
    return message + " Check the spelling, or run `apt-get update` if the lists are old."


def _has_lists(seconds: float) -> bool:
    _, output, _ = _run(["apt-cache", "policy"], seconds)
    return "Packages" in output


@contextmanager
def _downloaded(what: str, file: str, size: int, seconds: float) -> Iterator[Path]:
    """Yield the file as apt-get leaves it in a private folder that is removed afterwards."""
    try:
        folder = scratch.make()
    except OSError as error:
        raise AcquireError(f"{shown(file)}: no temporary folder can be made: {error.strerror}. Set TMPDIR.") from None
    try:
        whole = max(1, round(seconds))
        command = ["apt-get", "download", "-q", "-o", "Acquire::Retries=1"]
        for scheme in ("http", "https"):
            command += ["-o", f"Acquire::{scheme}::Timeout={whole}"]
        code, _, errors = _run([*command, "--", what], seconds * 3 + size / SLOWEST, folder)
        found = [p for p in folder.iterdir() if p.name.endswith(".deb") and p.is_file()]
        if code != 0 or len(found) != 1:
            said = " ".join(e for e in errors.splitlines() if e.startswith("E:")) or f"it ended with {code}"
            raise AcquireError(f"{shown(file)}: apt-get could not download it: {shown(said, 500)}")
        yield found[0]
    except OSError as error:
        raise AcquireError(f"{shown(file)}: could not be kept in {shown(str(folder))}: {error.strerror}.") from None
    finally:
        scratch.remove(folder)


def _run(command: list[str], seconds: float, folder: Path | None = None) -> tuple[int, str, str]:
    """Return a tool's exit code, output and errors. It is killed when the time is over or this call is interrupted."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed tool, checked names after "--", no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=folder,
            env=environment,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AcquireError(
            f"{command[0]} did not end within {seconds:.0f} seconds. Is another apt running, or the network down?"
        ) from None
    except OSError as error:
        raise AcquireError(f"{command[0]} cannot be started: {error.strerror}.") from None
    output = done.stdout[:_MAX_OUTPUT].decode("utf-8", "replace")
    return done.returncode, output, done.stderr[:_MAX_OUTPUT].decode("utf-8", "replace")


def _purl(asked: Package, stanza: Stanza) -> str:
    from packageurl import PackageURL

    qualifiers = {"arch": stanza.architecture} if stanza.architecture else None
    return PackageURL("deb", asked.namespace or "debian", asked.name, stanza.version, qualifiers).to_string()
