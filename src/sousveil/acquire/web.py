"""HTTP for registries: every answer bounded in bytes and time, every failure a sentence without credentials.

httpcore does the protocol. Redirects, deadlines and content encodings are handled here because each needs a bound that
client libraries do not offer: a peer that sends one byte every few seconds never trips a read timeout.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from msgspec import Struct

from sousveil.acquire.answers import SLOWEST, check_status, decoded, header, sentences
from sousveil.acquire.environment import goes_direct
from sousveil.acquire.wording import AcquireError, WebError, shown, shown_url

if TYPE_CHECKING:
    import ssl

    import httpcore2

MAX_PAGE = 128 << 20
"""Bytes of one index document, unpacked; the largest real ones are a tenth of that."""
MAX_REDIRECTS = 10
_CONNECT = 20.0


class Settings(Struct, frozen=True):
    """What a user configured about the way to a registry."""

    timeout: float = 60.0
    """Seconds of silence allowed, and for a whole index document."""
    ca_file: str = ""
    """File or folder of certificates to trust instead of the system's."""
    ca_text: str = ""
    """Certificates (PEM) to trust instead of the system's."""
    client_cert: str = ""
    client_key: str = ""
    check_certificates: bool = True
    trusted_hosts: tuple[str, ...] = ()
    """``host`` or ``host:port``: their certificates are not checked, and plain HTTP is allowed."""
    proxies: dict[str, str] = {}
    """By scheme, ``http`` and ``https``."""
    no_proxy: str = ""


class Page(Struct, frozen=True):
    """An index document."""

    status: int
    url: str
    """Where it came from in the end."""
    content_type: str
    body: bytes


Credentials = Callable[[str], str]
"""For a URL, the value of the Authorization header, or an empty string."""


class Web:
    """Connections of one run to registries. Use as a context manager."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self.settings = settings
        self._credentials = credentials
        self._pools: dict[tuple[str, bool], httpcore2.ConnectionPool] = {}
        self._clock = _Clock()

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def page(self, url: str, accept: str) -> Page:
        """Return an index document; statuses 404 and 410 are returned, every other failure raises WebError."""
        for attempt in (1, 2):
            try:
                return self._page(url, accept)
            except WebError as error:
                if attempt == 2 or not error.again:
                    raise
                time.sleep(0.3)
        raise AssertionError("unreachable")

    def _page(self, url: str, accept: str) -> Page:
        started = time.monotonic()
        self._clock.limit = lambda: started + self.settings.timeout
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        with self._open(url, headers) as (response, final):
            content_type = header(response, b"content-type")
            if response.status in (404, 410):
                return Page(response.status, final, content_type, b"")
            check_status(response.status, url, final)
            encoding = header(response, b"content-encoding").lower()
            body = bytearray()
            for chunk in decoded(self._chunks(response, url), encoding, url):
                body += chunk
                if len(body) > MAX_PAGE:
                    raise WebError(
                        f"{shown_url(url)}: the answer is longer than {MAX_PAGE:,} bytes, too long for an index."
                    )
            return Page(response.status, final, content_type, bytes(body))

    @contextmanager
    def stream(
        self, url: str, arrived: Callable[[int, int | None], None]
    ) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """Yield a file's length, if it is said, and its bytes as they arrive, exactly as sent.

        `arrived` is called with the count of bytes so far and the length. Raise WebError on any failure.
        """
        started = time.monotonic()
        received = 0
        self._clock.limit = lambda: started + self.settings.timeout + received / SLOWEST

        with self._open(url, {"Accept": "*/*", "Accept-Encoding": "identity"}) as (response, final):
            check_status(response.status, url, final)
            length = header(response, b"content-length")
            total = int(length) if length.isascii() and length.isdigit() else None

            def counted() -> Iterator[bytes]:
                nonlocal received
                for chunk in self._chunks(response, url):
                    received += len(chunk)
                    arrived(received, total)
                    yield chunk

            yield total, counted()

    def _chunks(self, response: httpcore2.Response, url: str) -> Iterator[bytes]:
        chunks = response.iter_stream()
        while True:
            with sentences(url, self.settings.timeout):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    @contextmanager
    def _open(self, url: str, headers: Mapping[str, str]) -> Iterator[tuple[httpcore2.Response, str]]:
        """Follow redirects to an answer; yield it and its URL."""
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            clean, origin = _wire_url(at)
            send = [(k, v) for k, v in headers.items()]
            send += [("Host", origin), ("User-Agent", "sousveil")]
            if authorization := self._credentials(at):
                send.append(("Authorization", authorization))
            pool = self._pool(at)
            silence = min(self.settings.timeout, self._clock.left())
            timeouts = {"connect": min(silence, _CONNECT), "read": silence, "write": silence, "pool": silence}
            raw = [(k.encode("ascii"), v.encode("latin-1", "replace")) for k, v in send]
            opened = pool.stream("GET", clean, headers=raw, extensions={"timeout": timeouts})
            with sentences(at, self.settings.timeout):
                response = opened.__enter__()
            try:
                target = header(response, b"location") if response.status in (301, 302, 303, 307, 308) else ""
                if not target:
                    yield response, at
                    return
            finally:
                with sentences(at, self.settings.timeout):
                    opened.__exit__(None, None, None)
            at = redirected(at, target)
        raise WebError(
            f"{shown_url(url)}: redirects more than {MAX_REDIRECTS} times, last to {shown_url(at)}. "
            "The registry or a proxy on the way is misconfigured."
        )

    def _pool(self, url: str) -> httpcore2.ConnectionPool:
        import httpcore2

        from sousveil.acquire.deadline import DeadlineBackend

        parts = urlsplit(url)
        proxy = self._proxy(parts.scheme, parts.hostname or "", parts.port)
        checked = self.settings.check_certificates and not is_listed(url, self.settings.trusted_hosts)
        if (proxy, checked) in self._pools:
            return self._pools[proxy, checked]
        context = self._context(checked)
        backend = DeadlineBackend(self._clock.left)
        if proxy:
            pool = _proxy_pool(proxy, context, backend)
        else:
            pool = httpcore2.ConnectionPool(ssl_context=context, network_backend=backend)
        self._pools[proxy, checked] = pool
        return pool

    def _proxy(self, scheme: str, host: str, port: int | None) -> str:
        proxy = self.settings.proxies.get(scheme, "")
        if not proxy:
            return ""
        if goes_direct(host, port, self.settings.no_proxy):
            return ""
        return proxy if "://" in proxy else f"http://{proxy}"

    def _context(self, checked: bool) -> ssl.SSLContext:
        import ssl

        import httpcore2

        chosen = self.settings
        try:
            if not checked:
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            elif chosen.ca_text:
                context = ssl.create_default_context(cadata=chosen.ca_text)
            elif chosen.ca_file:
                from pathlib import Path

                folder = Path(chosen.ca_file).is_dir()
                context = ssl.create_default_context(
                    cafile=None if folder else chosen.ca_file, capath=chosen.ca_file if folder else None
                )
            else:
                context = httpcore2.default_ssl_context()
            if chosen.client_cert:
                # An empty password instead of a prompt that would wait for ever.
                context.load_cert_chain(chosen.client_cert, chosen.client_key or None, password="")
        except (OSError, ValueError) as error:
            what = chosen.ca_file or chosen.client_cert or "the configured certificates"
            raise AcquireError(
                f"The certificates configured for registries cannot be used ({shown(what)}): "
                f"{shown(getattr(error, 'strerror', None) or type(error).__name__)}."
            ) from None
        return context


def _proxy_pool(proxy: str, context: ssl.SSLContext, backend: httpcore2.NetworkBackend) -> httpcore2.ConnectionPool:
    import httpcore2

    try:
        parts = urlsplit(proxy)
        auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        address = _wire_url(proxy)[0]
        if parts.scheme in ("socks5", "socks5h"):
            return httpcore2.SOCKSProxy(address, proxy_auth=auth, ssl_context=context, network_backend=backend)
        if parts.scheme in ("http", "https"):
            return httpcore2.HTTPProxy(address, proxy_auth=auth, ssl_context=context, network_backend=backend)
    except (ImportError, ValueError, RuntimeError, WebError):
        pass  # one sentence for every way in which a proxy cannot be used
    raise WebError(
        f"The configured proxy {shown_url(proxy)} cannot be used: only http:// and https:// proxies are, "
        "and socks5:// ones where the Python package socksio is installed."
    )


class _Clock:
    """When the exchange under way must be over."""

    def __init__(self) -> None:
        self.limit: Callable[[], float] = lambda: 0.0

    def left(self) -> float:
        return max(0.001, self.limit() - time.monotonic())


def basic(user: str, password: str) -> str:
    """Return the Authorization header's value for a user and password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def is_listed(url: str, hosts: tuple[str, ...]) -> bool:
    """Return whether a URL's host is one of ``host`` or ``host:port``."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return any(h.lower() in (host, f"{host}:{port}") for h in hosts)


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is this machine."""
    import ipaddress

    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def redirected(at: str, target: str) -> str:
    try:
        new = urljoin(at, target[:4096])
        scheme = urlsplit(new).scheme
    except ValueError:
        raise WebError(f"{shown_url(at)}: redirects to {shown_url(target)}, which is not a web address.") from None
    if scheme not in ("http", "https"):
        raise WebError(f"{shown_url(at)}: redirects to {shown_url(new)}, which is not a web address.")
    if scheme == "http" and urlsplit(at).scheme == "https" and not is_loopback(new):
        raise WebError(f"{shown_url(at)}: redirects to unprotected {shown_url(new)}; not followed.")
    return new


def _wire_url(url: str) -> tuple[str, str]:
    """Return the URL as it goes on the wire, without credentials and fragment, and the Host header."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if not host:
            raise ValueError
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:
        raise WebError(f"{shown_url(url)}: not a valid web address.") from None
    host = f"[{host}]" if ":" in host else host
    origin = f"{host}:{port}" if port else host
    safe = "%/:=&?~#+!$,;'@()*[]"
    path = quote(parts.path or "/", safe=safe)
    return urlunsplit((parts.scheme, origin, path, quote(parts.query, safe=safe), "")), origin
