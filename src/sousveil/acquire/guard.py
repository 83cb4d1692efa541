"""Which addresses a capture may talk to: public ones, checked after resolution and pinned, for every request.

A page that is captured is hostile: it may send its reader to the reader's own network. Ranges are those of the
IANA special-purpose address registries (RFC 6890 and its updates), with the address inside a mapped, NAT64, 6to4 or
Teredo one looked at too.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil.acquire.wording import AcquireError, shown

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], list[str]]

_CLOSED = tuple(
    ipaddress.ip_network(n)
    for n in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
        "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
        "ff00::/8",
    )
)  # fmt: skip
_PORTS = {"http": 80, "https": 443}


class Refused(AcquireError):
    """An address that a capture does not talk to."""


class Target(Struct, frozen=True):
    """Where a request goes."""

    scheme: str
    host: str
    """ASCII: a name, or an address without brackets."""
    port: int
    path: str
    """With its query, as it is sent."""

    @property
    def authority(self) -> str:
        """Return what stands in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address in one form."""
        return f"{self.scheme}://{self.authority}{self.path}"


_TWO_WAYS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")
"""Letters that IDNA 2003 (Python) and IDNA 2008 (browsers) write differently (RFC 5894, 7.2)."""


def target_of(url: str) -> Target:
    """Return where ``url`` leads. Raises Refused where it is not http or https, or can be read two ways."""
    if any(ord(c) < 0x21 or c in "\\\x7f" for c in url):
        raise Refused(f"{shown(url)}: an address holds no blanks, controls or backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise Refused(f"{shown(url)}: this is no address: {error}.") from error
    if parts.scheme not in _PORTS:
        raise Refused(f"{shown(url)}: only http:// and https:// are captured.")
    if port == 0:
        raise Refused(f"{shown(url)}: nothing listens on port 0.")
    if parts.username is not None or parts.password is not None:
        raise Refused(f"{shown(url)}: an address with a user name in it is not captured; it can mislead.")
    if parts.netloc.startswith("[") != (":" in host):
        raise Refused(f"{shown(url)}: only an IPv6 address stands in square brackets.")
    if any(c in _TWO_WAYS for c in host):
        raise Refused(f"{shown(url)}: the host's name can be read two ways; write it as it is registered (xn--…).")
    try:
        name = host.rstrip(".").encode("idna").decode("ascii") if not host.isascii() else host.rstrip(".")
    except UnicodeError as error:
        raise Refused(f"{shown(url)}: the host's name cannot be written in ASCII.") from error
    if not name or "%" in name or len(name) > 253:
        raise Refused(f"{shown(url)}: it names no host.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    raw = "".join(
        c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogateescape")) for c in path
    )
    return Target(parts.scheme, name.lower(), port or _PORTS[parts.scheme], raw)


def closed(address: Address) -> str:
    """Return why an address is not talked to; empty if it is public."""
    inner = _inside(address)
    for one in (address, *inner):
        if any(one.version == network.version and one in network for network in _CLOSED) or not one.is_global:
            # A carrier of a public address is itself in no public range.
            if one is address and inner and all(not closed(i) for i in inner):
                continue
            return f"{address} is not a public address"
    return ""


def _inside(address: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """Return IPv4 addresses that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[ipaddress.IPv4Address] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in ipaddress.ip_network("64:ff9b::/96"):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(found)


def by_system(host: str, port: int) -> list[str]:
    """Return the addresses that the system's resolver gives, in its order."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AcquireError(f"{shown(host)}: the name cannot be resolved: {_why(error)}.") from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


def _why(error: OSError | UnicodeError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def pinned(target: Target, allowed: Sequence[Network] = (), resolve: Resolve = by_system) -> tuple[str, list[str]]:
    """Return the address to connect to and every address the name has.

    Raises Refused if any of them is not public and in none of ``allowed``: a mixed answer is an attempt.
    """
    answers = resolve(target.host, target.port)
    if not answers:
        raise AcquireError(f"{shown(target.host)}: the name has no address.")
    for answer in answers:
        address = ipaddress.ip_address(answer.partition("%")[0])
        if any(address.version == network.version and address in network for network in allowed):
            continue
        why = closed(address)
        if why:
            raise Refused(f"{shown(target.url)}: refused, {why} (--allow-private, where you mean it).")
    return answers[0], answers
