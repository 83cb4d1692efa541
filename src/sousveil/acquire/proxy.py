"""A recording proxy on loopback for a browser: everything it asks for goes through here, checked and written down.

Each connection carries one exchange: the request is sent on in origin form with ``Connection: close``, so that the end
of the answer is the end of the connection and no byte is anybody's guess. TLS ends here under a certificate of this
run; what the server itself sent is recorded with the exchange. Names are resolved here, once, and held to.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import socket
import socketserver
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from sousveil.acquire import scratch
from sousveil.acquire.guard import Target, target_of
from sousveil.acquire.way import Way, connect
from sousveil.acquire.wire import Exchange, Limits, Unwritten, head_of, secured, written
from sousveil.acquire.wording import AcquireError

Done = Callable[[Exchange, BinaryIO], None]
"""Called with each exchange and its answer, one at a time."""
_MOST_HEAD = 1 << 18
_STEP = 1 << 16
_OWN = re.compile(
    r"https?://(clients\d*\.google\.com/(time|domainreliability|uma)|accounts\.google\.com/ListAccounts"
    r"|update\.googleapis\.com/|optimizationguide-pa\.googleapis\.com/|safebrowsing\.googleapis\.com/)"
)
"""What Chromium asks its maker on its own account; no page asked for it, and nobody is to learn of the capture."""
_DROPPED = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization", b"upgrade"})


class Certificates:
    """Certificates of this run: one key, a leaf for each host asked for. Nothing is put into any trust store."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def spki(self) -> str:
        """Return the Base64 SHA-256 of the key that a browser is told to accept."""
        import base64
        import hashlib

        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def context(self, host: str) -> ssl.SSLContext:
        """Return what a connection for ``host`` is ended with."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._make(host)
            return self._contexts[host]

    def _make(self, host: str) -> ssl.SSLContext:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host[:64])])
        now = datetime.datetime.now(datetime.UTC)
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{len(self._contexts)}.pem"
        path.write_bytes(
            self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.set_alpn_protocols(["http/1.1"])
        path.unlink()
        return context


class Proxy:
    """The proxy, while it runs. Use as a context manager."""

    def __init__(
        self,
        done: Done,
        *,
        way: Way | None = None,
        limits: Limits | None = None,
        upstream: ssl.SSLContext | None = None,
        most_requests: int = 2000,
    ) -> None:
        self.refused: list[str] = []
        """Addresses that were asked for and not talked to, with the reason."""
        self.unwritten: Unwritten | None = None
        """Why something that passed is not written down: then the record is not to be used."""
        self._done, self._way = done, way or Way()
        self._limits = limits or Limits()
        self._upstream = upstream or ssl.create_default_context()
        self._left = most_requests
        self._closing = False
        self._busy: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._scratch = scratch.make()
        self.certificates = Certificates(self._scratch)
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer._busy.add(threading.current_thread())
                try:
                    outer._serve(self.request)
                except Unwritten as error:
                    outer.unwritten = error
                finally:
                    outer._busy.discard(threading.current_thread())

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A browser that hangs up is no error of ours."""

        self._server = Server(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        """Return where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # What is still coming is cut here: afterwards the record is somebody else's to write.
        self._closing = True
        self._server.shutdown()
        self._server.server_close()
        until = time.monotonic() + 5.0
        for thread in list(self._busy):
            thread.join(max(0.0, until - time.monotonic()))
        with self._lock:
            self._done = lambda one, answer: None
        scratch.remove(self._scratch)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(self._limits.silence)
        head = _head(client)
        method, where = _asked(head)
        if method == "CONNECT":
            host, _, port = where.rpartition(":")
            if not port.isdigit():
                return
            base = f"https://{host}" + ("" if port == "443" else f":{port}")
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                inner = self.certificates.context(host.strip("[]")).wrap_socket(client, server_side=True)
            except (ssl.SSLError, OSError):
                with self._lock:
                    self.refused.append(f"{where[:500]}: what is no HTTPS is not passed on (a WebSocket, for example)")
                return
            with inner:
                head = _head(inner)
                method, path = _asked(head)
                if method:
                    self._forward(inner, base + path, head)
        elif where.startswith("http://"):
            self._forward(client, where, head)

    def _forward(self, client: socket.socket, url: str, head: bytes) -> None:
        try:
            with self._lock:
                self._left -= 1
                if self._left < 0:
                    raise AcquireError("the capture's bound of requests is reached")
            target = target_of(url)
            if _OWN.match(target.url):
                raise AcquireError("the browser asked on its own account")
            server, address, answers = connect(target, self._way, self._limits.silence)
        except (AcquireError, OSError) as error:
            with self._lock:
                self.refused.append(f"{url[:500]}: {error}")
            client.sendall(b"HTTP/1.1 502 Not talked to\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        started = time.time()
        with server, tempfile.TemporaryFile(dir=self._scratch) as sink:
            tls = None
            if target.scheme == "https":
                try:
                    server = self._upstream.wrap_socket(server, server_hostname=target.host)
                except (ssl.SSLError, OSError) as error:
                    with self._lock:
                        self.refused.append(f"{url[:500]}: {error}")
                    return
                tls = secured(server)
            request = _origin_form(head, target) + _body(client, head)
            server.sendall(request)
            size, truncated = self._relay(server, client, sink)
            if size:
                one = _exchange(target, request, started, address, tuple(answers), tls, sink, size, truncated)
                with self._lock, written():
                    self._done(one, sink)
            server.close()

    def _relay(self, server: socket.socket, client: socket.socket, sink: BinaryIO) -> tuple[int, str]:
        size = 0
        listening = True
        until = time.monotonic() + self._limits.seconds
        silent = time.monotonic() + self._limits.silence
        server.settimeout(0.5)
        while True:
            try:
                part = server.recv(_STEP)
            except TimeoutError:
                if self._closing or time.monotonic() > silent:
                    return size, "time"
                continue
            except OSError:
                return size, "disconnect"
            if not part:
                return size, ""
            silent = time.monotonic() + self._limits.silence
            with written():
                sink.write(part)
            size += len(part)
            if listening:
                try:
                    client.sendall(part)
                except OSError:
                    listening = False  # the browser has seen enough; what comes is kept all the same
            if size > self._limits.most:
                return size, "length"
            if self._closing or time.monotonic() > until:
                return size, "time"


def _head(sock: socket.socket) -> bytes:
    """Return what was sent up to the blank line, with what of a body came along."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _MOST_HEAD:
        try:
            part = sock.recv(_STEP)
        except OSError:
            break
        if not part:
            break
        data += part
    return data


def _asked(head: bytes) -> tuple[str, str]:
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    return (words[0], words[1]) if len(words) == 3 else ("", "")


def _origin_form(head: bytes, target: Target) -> bytes:
    lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
    method = lines[0].split(b" ")[0]
    kept = [line for line in lines[1:] if line.partition(b":")[0].strip().lower() not in _DROPPED]
    first = method + b" " + target.path.encode() + b" HTTP/1.1"
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _body(client: socket.socket, head: bytes) -> bytes:
    """Return a request's body; one of unknown length is not forwarded."""
    top, _, rest = head.partition(b"\r\n\r\n")
    length = 0
    for line in top.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = min(int(value), 64 << 20)
    while len(rest) < length:
        part = client.recv(min(_STEP, length - len(rest)))
        if not part:
            break
        rest += part
    return rest[:length]


def _exchange(
    target: Target, request: bytes, started: float, address: str, answers: tuple[str, ...], way: Any, sink: BinaryIO,
    size: int, truncated: str,
) -> Exchange:  # fmt: skip
    sink.seek(0)
    top = sink.read(_MOST_HEAD)
    head = head_of(top)
    lines = top[:head].rstrip(b"\r\n").replace(b"\r\n", b"\n").rpartition(b"\n\n")[2].split(b"\n")
    words = lines[0].split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    headers = tuple(
        (name.strip(), value.strip()) for name, colon, value in (line.partition(b":") for line in lines[1:]) if colon
    )
    return Exchange(
        target, request, started, time.time(), address, answers, way, status, headers, head, size, truncated
    )
