"""The way to a host: straight to its pinned address, or through a proxy that resolves the name itself.

Through a proxy (``socks5h://`` for Tor and its like, ``http://`` for one that knows CONNECT) no name is resolved on
this machine. An address that is written out is checked all the same; what a proxy makes of a name is beyond our sight.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil.acquire.guard import Network, Refused, Resolve, Target, by_system, closed, pinned
from sousveil.acquire.wording import AcquireError, shown

_REPLIES = {
    1: "general failure", 2: "not allowed by its rules", 3: "network unreachable", 4: "host unreachable",
    5: "connection refused", 6: "time to live expired", 7: "command not known", 8: "address type not known",
}  # fmt: skip


_MOST_TRIED = 4
"""Addresses of one name."""


class Way(Struct, frozen=True):
    """How hosts are reached."""

    allowed: tuple[Network, ...] = ()
    """Networks that are not public and may be talked to."""
    proxy: str = ""
    """``socks5h://HOST:PORT`` or ``http://HOST:PORT``; empty for none."""
    resolve: Resolve = by_system


def proxy_of(text: str) -> str:
    """Return a proxy's address as the user wrote it. Raises Refused where it is none, or would leak names."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        port = None
        parts = urlsplit("")
    if parts.scheme == "socks5":
        raise Refused(f"--proxy {shown(text)}: write socks5h://, so that names are resolved by the proxy and not here.")
    if parts.scheme not in ("socks5h", "http") or not parts.hostname or not port or parts.username:
        raise Refused(f"--proxy {shown(text)}: write socks5h://HOST:PORT or http://HOST:PORT.")
    return text


def connect(target: Target, way: Way, timeout: float) -> tuple[socket.socket, str, Sequence[str]]:
    """Return a socket to ``target``, the address it goes to (of the proxy, if there is one), and the name's addresses.

    Raises Refused for what is not public, AcquireError and OSError where nothing answers.
    """
    if not way.proxy:
        _, answers = pinned(target, way.allowed, way.resolve)
        return *_first(answers, target.port, timeout), answers
    _check_written_out(target, way.allowed)
    parts = urlsplit(way.proxy)
    sock = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=timeout)
    try:
        if parts.scheme == "socks5h":
            _socks(sock, target)
        else:
            _tunnel(sock, target)
    except BaseException:
        sock.close()
        raise
    return sock, str(sock.getpeername()[0]), ()


def _first(answers: Sequence[str], port: int, timeout: float) -> tuple[socket.socket, str]:
    """Return a socket to the first of a name's addresses that answers, all of which were checked, and that address."""
    until = time.monotonic() + timeout
    tried = answers[:_MOST_TRIED]
    for left, address in zip(range(len(tried), 0, -1), tried, strict=True):
        try:
            return socket.create_connection(
                (address, port), timeout=max(1.0, (until - time.monotonic()) / left)
            ), address
        except OSError as error:
            failed = error
            if time.monotonic() > until:
                break
    raise failed


def _check_written_out(target: Target, allowed: Sequence[Network]) -> None:
    try:
        address = ipaddress.ip_address(target.host)
    except ValueError:
        # Odd spellings of addresses (0x7f.1, 2130706433) are no names: a proxy's resolver might take them for one.
        last = target.host.rpartition(".")[2]
        if last.isdigit() or last.startswith("0x") or last == "localhost":
            raise Refused(f"{shown(target.url)}: refused, it names a machine by a number, or this one.") from None
        return
    why = closed(address)
    if why and not any(address.version == n.version and address in n for n in allowed):
        raise Refused(f"{shown(target.url)}: refused, {why}.")


def _socks(sock: socket.socket, target: Target) -> None:
    """SOCKS version 5, no authentication, the name sent as it is (RFC 1928)."""
    sock.sendall(b"\x05\x01\x00")
    if _exactly(sock, 2) != b"\x05\x00":
        raise AcquireError("The proxy is no SOCKS 5 proxy that lets one in without a password.")
    try:
        raw = ipaddress.ip_address(target.host)
        where = (b"\x01" if raw.version == 4 else b"\x04") + raw.packed
    except ValueError:
        name = target.host.encode("ascii")
        where = b"\x03" + bytes([len(name)]) + name
    sock.sendall(b"\x05\x01\x00" + where + struct.pack(">H", target.port))
    head = _exactly(sock, 4)
    if head[1]:
        raise AcquireError(f"{shown(target.url)}: the proxy says: {_REPLIES.get(head[1], f'error {head[1]}')}.")
    size = {1: 4, 4: 16}.get(head[3]) or _exactly(sock, 1)[0]
    _exactly(sock, size + 2)


def _tunnel(sock: socket.socket, target: Target) -> None:
    host = f"[{target.host}]" if ":" in target.host else target.host
    sock.sendall(f"CONNECT {host}:{target.port} HTTP/1.1\r\nHost: {host}:{target.port}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _exactly(sock, 1)
        if len(head) > 1 << 16:
            raise AcquireError("The proxy's answer has no end.")
    words = head.split(b" ", 2)
    if len(words) < 2 or words[1] != b"200":
        said = words[1].decode("latin-1") if len(words) > 1 else "nothing"
        raise AcquireError(f"{shown(target.url)}: the proxy answers {shown(said, 20)}.")


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise AcquireError("The proxy hung up.")
        data += part
    return data
