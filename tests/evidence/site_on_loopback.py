"""A site on loopback that writes down what it was asked and sends fixed, odd bytes."""

from __future__ import annotations

import gzip
import ipaddress
import socketserver
import threading

from sousveil.acquire.way import Way

LOOPBACK = Way((ipaddress.ip_network("127.0.0.0/8"),))
CRLF = b"\r\n"
PAGE = (
    b'<html><head><title>SDK</title><link rel=stylesheet href="/a.css"></head>'
    b'<body><img src="i.png"><a href="/dl">x</a>'
)
ANSWERS = {
    # Odd case, duplicates, Latin-1, blanks, folding; a reader that tidies loses them.
    "/odd": b"HTTP/1.1 200 OK\r\nserver:   Odd  \r\nSET-COOKIE: a=1\r\nset-cookie: a=2\r\nX-Name: caf\xe9\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
    b"3;note=1\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Trailer: yes\r\n\r\n",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/until-close": b"HTTP/1.0 200 OK\r\n\r\nall there is",
    "/packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
    % (len(gzip.compress(b"packed words", mtime=0)), gzip.compress(b"packed words", mtime=0)),
    "/page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
    % (len(PAGE), PAGE),
    "/a.css": b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 22\r\n\r\nb{background:url(b.gif)",
    "/b.gif": b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: 3\r\n\r\nGIF",
    "/i.png": b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\nPNG",
    "/dl": b"HTTP/1.1 302 Found\r\nLocation: /sdk.zip\r\nContent-Length: 0\r\n\r\n",
    "/sdk.zip": b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: 4\r\n\r\nDH\x03\x04",
    "/lines": b"HTTP/1.1 200 OK\nContent-Type: text/plain\n\nabc",
    "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 3
    + b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
    "/no-http": b"SSH-2.0-made-up\r\n" * 9,
    "/many": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"".join(b"<img src=%d>" % i for i in range(9)),
    "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/away": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "/inside": b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/admin\r\nContent-Length: 0\r\n\r\n",
    "/loop": b"HTTP/1.1 302 Found\r\nLocation: /loop2\r\nContent-Length: 0\r\n\r\n",
    "/loop2": b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n",
}


class Site:
    """A server that writes down what it was asked and sends fixed bytes."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data = b""
                while CRLF * 2 not in data:
                    part = self.request.recv(65536)
                    if not part:
                        return
                    data += part
                outer.asked.append(data)
                path = data.split()[1].decode()
                self.request.sendall(ANSWERS.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
