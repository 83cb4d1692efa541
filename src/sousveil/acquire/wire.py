"""One HTTP exchange as it went over the wire, byte for byte: what was sent, what came, from where, under which TLS.

httpcore speaks the protocol; below it a backend of our own connects to the pinned address only and writes down what
passes. HTTP/1.1, one connection an exchange, so that the bytes of two exchanges never mix.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import httpcore2
from msgspec import Struct

from sousveil.acquire.guard import Target
from sousveil.acquire.way import Way, connect
from sousveil.acquire.wording import AcquireError, shown

AGENT = "sousveil (evidence capture)"
_STEP = 1 << 16
_BLANK = re.compile(rb"\n\r?\n")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}\b")


class Limits(Struct, frozen=True):
    """Bounds of one exchange."""

    most: int = 4 << 30
    """Bytes of an answer as sent."""
    seconds: float = 600.0
    silence: float = 30.0


class Secured(Struct, frozen=True):
    """How an exchange was secured."""

    version: str
    cipher: str
    chain: tuple[bytes, ...]
    """Certificates as the server sent them, DER, its own first."""


class Exchange(Struct, frozen=True):
    """What went over the wire."""

    target: Target
    request: bytes
    started: float
    """Seconds since 1970, UTC."""
    finished: float
    address: str
    """The address connected to; of a proxy where there was one."""
    answers: tuple[str, ...]
    """Every address that the name had."""
    secured: Secured | None
    status: int
    """0 where no answer came."""
    headers: tuple[tuple[bytes, bytes], ...]
    head: int
    """Bytes before the body, in the answer as recorded."""
    size: int
    """Bytes of the answer as recorded."""
    truncated: str = ""
    """Why the answer ends early: length, time, disconnect; empty if it is whole."""

    def header(self, name: bytes) -> bytes:
        """Return the first value of a header, empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), b"")


class Cut(Exception):
    """An answer went past a bound."""


class Unwritten(Exception):
    """What came could not be written down."""


@contextmanager
def written() -> Iterator[None]:
    """Raise Unwritten where writing fails: that is our disk, and no fault of who answers."""
    try:
        yield
    except OSError as error:
        raise Unwritten from error


class Record:
    """What passed on one connection."""

    def __init__(self, sink: BinaryIO, limits: Limits) -> None:
        self.sink, self.limits = sink, limits
        self.sent = bytearray()
        self.received = 0
        self.head = bytearray()
        self.until = time.monotonic() + limits.seconds
        self.address = ""
        self.answers: tuple[str, ...] = ()
        self.secured: Secured | None = None

    def took(self, data: bytes) -> None:
        with written():
            self.sink.write(data)
        self.received += len(data)
        if len(self.head) < 1 << 18:
            self.head += data[: 1 << 18]
        if self.received > self.limits.most:
            raise Cut("length")

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise Cut("time")
        return min(left, self.limits.silence)


class Backend(httpcore2.NetworkBackend):
    """Connects to checked addresses only, and writes down what passes."""

    def __init__(self, target: Target, record: Record, way: Way) -> None:
        self._target, self._record, self._way = target, record, way

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        sock, address, answers = connect(self._target, self._way, self._record.left())
        self._record.address, self._record.answers = address, tuple(answers)
        return _Stream(sock, self._record)


class _Stream(httpcore2.NetworkStream):
    """A socket whose traffic is written down."""

    def __init__(self, sock: socket.socket, record: Record) -> None:
        self._sock, self._record = sock, record

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._sock.settimeout(self._record.left())
        try:
            data = self._sock.recv(min(max_bytes, _STEP))
        except TimeoutError:
            raise Cut("time") from None
        self._record.took(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._sock.settimeout(self._record.left())
        self._sock.sendall(buffer)
        self._record.sent += buffer

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._sock.settimeout(self._record.left())
        ssl_context.set_alpn_protocols(["http/1.1"])
        inner = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        self._record.secured = secured(inner)
        return _Stream(inner, self._record)

    def get_extra_info(self, info: str) -> Any:
        return self._sock if info == "socket" else None


def secured(secure: Any) -> Secured | None:
    """Return how a TLS socket or object is secured, with the chain as the server sent it; None for None."""
    if secure is None:
        return None
    chain: list[bytes] = []
    # Public from Python 3.13; before that only the wrapped object has it.
    get = getattr(secure, "get_unverified_chain", None) or getattr(
        getattr(secure, "_sslobj", None), "get_unverified_chain", None
    )
    if get is not None:
        for one in get() or ():
            chain.append(one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()))
    if not chain and (own := secure.getpeercert(binary_form=True)):
        chain.append(own)
    cipher = secure.cipher()
    return Secured(secure.version() or "", cipher[0] if cipher else "", tuple(chain))


def exchange(
    target: Target,
    sink: BinaryIO,
    *,
    agent: str = AGENT,
    limits: Limits | None = None,
    way: Way | None = None,
    context: ssl.SSLContext | None = None,
    arrived: Callable[[int], None] | None = None,
) -> Exchange:
    """Ask for ``target`` and write the answer to ``sink`` as it comes; return what is known of the exchange.

    Redirects are not followed: each is an exchange of its own. Raises AcquireError where nothing came at all.
    """
    limits = limits or Limits()
    record = Record(sink, limits)
    origin = httpcore2.Origin(target.scheme.encode(), target.host.encode(), target.port)
    url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    headers = [
        (b"Host", target.authority.encode()),
        (b"User-Agent", agent.encode("ascii", "replace")),
        (b"Accept", b"*/*"),
        (b"Accept-Encoding", b"gzip, deflate"),
        (b"Connection", b"close"),
    ]
    started = time.time()
    status, truncated = 0, ""
    received: tuple[tuple[bytes, bytes], ...] = ()
    connection = httpcore2.HTTPConnection(
        origin,
        ssl_context=context or ssl.create_default_context(),
        network_backend=Backend(target, record, way or Way()),
    )
    try:
        with connection:
            response = connection.handle_request(httpcore2.Request("GET", url, headers=headers))
            status, received = response.status, tuple(response.headers)
            for _ in response.iter_stream():
                if arrived:
                    arrived(record.received)
    except Unwritten as error:
        raise error.__cause__ or error from None
    except Cut as cut:
        truncated = str(cut)
    except httpcore2.TimeoutException:
        truncated = "time"
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError, OSError) as error:
        if not record.received:
            raise AcquireError(f"{shown(target.url)}: {_why(error)}.") from error
        truncated = "disconnect"
    if truncated and not record.received:
        raise AcquireError(f"{shown(target.url)}: no answer within {limits.silence:g} s.")
    head = head_of(record.head)
    return Exchange(
        target, bytes(record.sent), started, time.time(), record.address, record.answers, record.secured, status,
        received, head, record.received, truncated,
    )  # fmt: skip


def head_of(answer: bytes | bytearray) -> int:
    """Return how many bytes stand before an answer's body: its head, and interim answers (1xx) before it."""
    at = 0
    while end := _BLANK.search(answer, at):
        if not _INTERIM.match(answer, at):
            return end.end()
        at = end.end()
    return len(answer)


def _why(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not to be trusted (" + text.partition("CERTIFICATE_VERIFY_FAILED] ")[2][:120] + ")"
    return re.sub(r"^\[Errno -?\d+\] ", "", text)[:200]
