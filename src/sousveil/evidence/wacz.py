"""WACZ 1.1.1: captured pages in one file that a replay viewer opens.

A zip, stored, of the WARC files, an index of their responses (CDXJ with SURT keys), the pages, and their digests.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil import __version__

_HEADER = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([^\r\n]*)\r?\n")
_MOST_HEAD = 1 << 20
_STEP = 1 << 18
_MOST_32 = (1 << 31) - 1
"""Bytes from which on the zip library writes sizes of 64 bits into a directory."""


class Response(Struct, frozen=True):
    """One response of a WARC file."""

    url: str
    date: str
    """As the record has it: 2026-11-26T19:00:00.000000Z"""
    status: int
    type: str
    digest: str
    offset: int
    length: int
    title: str = ""


def responses(path: Path) -> Iterator[Response]:
    """Yield the responses of a WARC file of gzip members, with the offset and length of each member."""
    with path.open("rb") as file:
        pending, at = b"", 0
        while True:
            if not pending:
                pending = file.read(_STEP)
            if not pending:
                return
            unpack = zlib.decompressobj(31)
            head = bytearray()
            used = 0
            while not unpack.eof:
                if not pending:
                    pending = file.read(_STEP)
                    if not pending:
                        return
                before = len(pending)
                part = unpack.decompress(pending, _STEP)
                if len(head) < _MOST_HEAD:
                    head += part[: _MOST_HEAD - len(head)]
                pending = unpack.unused_data or unpack.unconsumed_tail
                used += before - len(pending)
            found = _response(bytes(head), at, used)
            at += used
            if found is not None:
                yield found


def _response(head: bytes, offset: int, length: int) -> Response | None:
    fields, _, block = head.partition(b"\r\n\r\n")
    named = {k.lower().decode(): v.decode("utf-8", "replace") for k, v in _HEADER.findall(fields + b"\r\n")}
    if named.get("warc-type") != "response":
        return None
    http, _, body = block.partition(b"\r\n\r\n")
    status = http.split(b" ", 2)[1:2]
    own = {k.lower().decode("latin-1"): v.decode("latin-1") for k, v in _HEADER.findall(http + b"\r\n")}
    title = re.search(rb"<title[^>]*>([^<]{1,300})", body, re.IGNORECASE)
    return Response(
        named.get("warc-target-uri", ""),
        named.get("warc-date", ""),
        int(status[0]) if status and status[0].isdigit() else 0,
        own.get("content-type", "").partition(";")[0].strip().lower(),
        named.get("warc-payload-digest") or named.get("warc-block-digest", ""),
        offset,
        length,
        title[1].decode("utf-8", "replace").strip() if title else "",
    )


def surt(url: str) -> str:
    """Return an address as a key that sorts by site: ``com,example)/path?query``."""
    parts = urlsplit(url)
    host = ",".join(reversed((parts.hostname or "").lower().split(".")))
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    query = f"?{'&'.join(sorted(parts.query.lower().split('&')))}" if parts.query else ""
    return f"{host}{port}){(parts.path or '/').lower()}{query}"


def write(out: Path, warcs: Sequence[tuple[str, Path]], title: str) -> None:
    """Write a WACZ of ``warcs`` (name and path) to ``out``."""
    index: list[str] = []
    pages: list[dict[str, Any]] = []
    files: list[tuple[str, bytes | Path]] = []
    for name, path in warcs:
        files.append((f"archive/{name}", path))
        for one in responses(path):
            stamp = re.sub(r"[^0-9]", "", one.date)[:14]
            entry = {
                "url": one.url, "mime": one.type or "unk", "status": str(one.status), "digest": one.digest,
                "length": str(one.length), "offset": str(one.offset), "filename": name,
            }  # fmt: skip
            index.append(f"{surt(one.url)} {stamp} {json.dumps(entry, ensure_ascii=False)}\n")
            if one.type in ("text/html", "application/xhtml+xml") and one.status == 200:
                ident = hashlib.sha256(f"{one.url} {one.date}".encode()).hexdigest()[:24]
                pages.append({"id": ident, "url": one.url, "ts": one.date, "title": one.title or one.url})
    head = {"format": "json-pages-1.0", "id": "pages", "title": "Captured pages", "hasText": False}
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [head, *pages])
    files.append(("indexes/index.cdx", "".join(sorted(index)).encode()))
    files.append(("pages/pages.jsonl", lines.encode()))
    described = [_described(name, content) for name, content in files]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    package: dict[str, Any] = {
        "profile": "data-package", "wacz_version": "1.1.1", "title": title or "Captured pages", "created": now,
        "software": f"sousveil {__version__}", "resources": described,
    }  # fmt: skip
    if pages:
        package |= {"mainPageUrl": pages[0]["url"], "mainPageDate": pages[0]["ts"]}
    raw = json.dumps(package, indent=1, ensure_ascii=False).encode()
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}"}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, content in files:
            # Sizes of 64 bits only where the directory will hold them too: where it does not, a viewer takes the local
            # header to be without them, and reads what follows from the wrong place.
            large = (len(content) if isinstance(content, bytes) else content.stat().st_size) > _MOST_32
            with archive.open(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), "w", force_zip64=large) as target:
                for chunk in _chunks(content):
                    target.write(chunk)
        archive.writestr(zipfile.ZipInfo("datapackage.json", (1980, 1, 1, 0, 0, 0)), raw)
        archive.writestr(zipfile.ZipInfo("datapackage-digest.json", (1980, 1, 1, 0, 0, 0)), json.dumps(digest))


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _described(name: str, content: bytes | Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    size = 0
    for chunk in _chunks(content):
        digest.update(chunk)
        size += len(chunk)
    return {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{digest.hexdigest()}", "bytes": size}
