"""WARC 1.1 files: request and response as they went over the wire, and what is known of the way.

ISO 28500:2017. Blocks are written as recorded; no header of the block is touched. Payload digests are given where the
body is not chunked: readers differ on whose bytes they are over there. Each record is a gzip member of its own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from sousveil import __version__
from sousveil.acquire.wire import Exchange

_STEP = 1 << 20
MOST_BODY = 4 << 30
"""Bytes of a body when unpacked."""


class Writer:
    """Writes records to an open file."""

    def __init__(self, out: BinaryIO, name: str) -> None:
        self._out = out
        self.at = 0
        text = f"software: sousveil {__version__}\r\nformat: WARC File Format 1.1\r\n"
        self._record("warcinfo", text.encode(), {"Content-Type": "application/warc-fields", "WARC-Filename": name})

    def exchange(self, one: Exchange, answer: BinaryIO) -> tuple[int, int]:
        """Write one exchange, whose answer lies whole in ``answer``; return offset and length of the response."""
        date = _date(one.started)
        response = _urn()
        common = {"WARC-Target-URI": one.target.url, "WARC-Date": date, "WARC-IP-Address": one.address}
        kind = "application/http;msgtype="
        more = {"Content-Type": kind + "response", **({"WARC-Truncated": one.truncated} if one.truncated else {})}
        answer.seek(0)
        block, payload = _digests(answer, one.head)
        more["WARC-Block-Digest"] = f"sha256:{block}"
        if b"chunked" not in one.header(b"transfer-encoding").lower():
            more["WARC-Payload-Digest"] = f"sha256:{payload}"
        answer.seek(0)
        start = self.at
        self._stream("response", iter(lambda: answer.read(_STEP), b""), one.size, {**common, **more}, response)
        length = self.at - start
        self._record(
            "request", one.request, {**common, "Content-Type": kind + "request", "WARC-Concurrent-To": response}
        )
        way = {
            "addresses": list(one.answers),
            "finished": _date(one.finished),
            "tls": one.secured
            and {
                "version": one.secured.version,
                "cipher": one.secured.cipher,
                "chain": [base64.b64encode(c).decode() for c in one.secured.chain],
            },
        }
        data = json.dumps(way, sort_keys=True).encode()
        self._record("metadata", data, {**common, "Content-Type": "application/json", "WARC-Concurrent-To": response})
        return start, length

    def resource(self, uri: str, kind: str, data: bytes) -> None:
        """Write what was made of a capture (a screenshot, the page's final markup)."""
        self._record("resource", data, {"WARC-Target-URI": uri, "Content-Type": kind})

    def _record(self, kind: str, block: bytes, headers: dict[str, str]) -> None:
        if "WARC-Block-Digest" not in headers:
            headers = {**headers, "WARC-Block-Digest": f"sha256:{hashlib.sha256(block).hexdigest()}"}
        self._stream(kind, [block], len(block), headers, _urn())

    def _stream(self, kind: str, block: Iterable[bytes], size: int, headers: dict[str, str], name: str) -> None:
        lines = ["WARC/1.1", f"WARC-Type: {kind}", f"WARC-Record-ID: {name}"]
        if "WARC-Date" not in headers:
            lines.append(f"WARC-Date: {_date(time.time())}")
        lines += [f"{key}: {value}" for key, value in headers.items()]
        lines += [f"Content-Length: {size}", "", ""]
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        written = self._put(packer.compress("\r\n".join(lines).encode()))
        for chunk in block:
            written += self._put(packer.compress(chunk))
        written += self._put(packer.compress(b"\r\n\r\n"))
        written += self._put(packer.flush())
        self.at += written

    def _put(self, data: bytes) -> int:
        if data:
            self._out.write(data)
        return len(data)


def _digests(answer: BinaryIO, head: int) -> tuple[str, str]:
    block, payload = hashlib.sha256(), hashlib.sha256()
    seen = 0
    while chunk := answer.read(_STEP):
        block.update(chunk)
        payload.update(chunk[max(0, head - seen) :])
        seen += len(chunk)
    return block.hexdigest(), payload.hexdigest()


def _date(moment: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{whole}.{int(moment % 1 * 1e6):06d}Z"


def _urn() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def body_of(answer: BinaryIO, one: Exchange, most: int = MOST_BODY) -> Iterator[bytes]:
    """Yield an answer's body without transfer and content encoding, ``most`` bytes at most.

    Raises ValueError where it cannot be decoded, or is longer: few bytes sent can unpack to more than a disk holds.
    """
    answer.seek(one.head)
    return plain(answer, one.header(b"transfer-encoding"), one.header(b"content-encoding"), most)


def plain(body: BinaryIO, transfer: bytes, coding: bytes, most: int = MOST_BODY) -> Iterator[bytes]:
    """Yield a body as ``body_of`` does, from where it begins and the values of its two headers."""
    chunks: Iterator[bytes] = iter(lambda: body.read(_STEP), b"")
    if b"chunked" in transfer.lower():
        chunks = _unchunked(body)
    size = 0
    for chunk in _decoded(chunks, coding.lower().strip()):
        size += len(chunk)
        if size > most:
            raise ValueError(
                f"its body is longer than {most:,} bytes when unpacked; it is kept as sent, in the WARC alone"
            )
        yield chunk


def bodies(warc: BinaryIO) -> Iterator[Iterator[bytes]]:
    """Yield the body of each HTTP message in an unpacked WARC file, as ``plain`` yields it.

    Each must be read before the next is asked for. Raises ValueError where the file is no WARC or is cut off.
    """
    while line := warc.readline(1 << 16):
        if not line.strip():
            continue
        if not line.startswith(b"WARC/"):
            raise ValueError("a record does not begin where the one before it ends")
        fields = _fields(warc)
        length = fields.get(b"content-length", b"")
        if not length.isdigit() or len(length) > 15:
            raise ValueError("a record does not say how long it is")
        end = warc.tell() + int(length)
        if fields.get(b"content-type", b"").startswith(b"application/http"):
            warc.readline(1 << 16)
            own = _fields(warc)
            body = io.BytesIO(warc.read(max(0, end - warc.tell())))
            yield plain(body, own.get(b"transfer-encoding", b""), own.get(b"content-encoding", b""))
        warc.seek(end)


def _fields(file: BinaryIO) -> dict[bytes, bytes]:
    out: dict[bytes, bytes] = {}
    while (line := file.readline(1 << 16)).strip():
        name, _, value = line.partition(b":")
        out.setdefault(name.strip().lower(), value.strip())
    return out


def _decoded(chunks: Iterator[bytes], coding: bytes) -> Iterator[bytes]:
    if coding in (b"", b"identity"):
        yield from chunks
        return
    if coding not in (b"gzip", b"x-gzip", b"deflate"):
        raise ValueError(f"content encoding {coding.decode('latin-1')} is not read")
    gzip = coding != b"deflate"
    unpack = zlib.decompressobj(31 if gzip else 15)
    first = True
    for chunk in chunks:
        while chunk:
            if unpack.eof:  # RFC 9110: a gzip body may be several members; after the last, padding is no member
                if not gzip or not chunk.startswith(b"\x1f"):
                    return
                unpack = zlib.decompressobj(31)
            try:
                part = unpack.decompress(chunk, _STEP)
            except zlib.error:
                if gzip or not first:
                    raise ValueError(f"the body is no {coding.decode('latin-1')}") from None
                unpack = zlib.decompressobj(-15)  # "deflate" without the zlib header, as some servers send it
                first = False
                continue
            first = False
            yield part
            chunk = unpack.unconsumed_tail or unpack.unused_data
    # What the last call had no room for.
    while not unpack.eof:
        try:
            part = unpack.decompress(b"", _STEP)
        except zlib.error as error:
            raise ValueError(f"the body is no {coding.decode('latin-1')}") from error
        if not part:
            return
        yield part


def _unchunked(answer: BinaryIO) -> Iterator[bytes]:
    """Yield the chunks' data; RFC 9112 section 7.1. What is cut off ends it."""
    while True:
        size = answer.readline(8192).partition(b";")[0].strip()
        if not size or len(size) > 16 or size.strip(b"0123456789abcdefABCDEF"):
            return
        left = int(size, 16)
        if left == 0:
            return
        while left > 0:
            part = answer.read(min(left, _STEP))
            if not part:
                return
            left -= len(part)
            yield part
        answer.readline(8)
