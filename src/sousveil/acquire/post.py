"""One bounded request: how a time stamp is asked for. What is sent is what the caller gives, and nothing else."""

from __future__ import annotations

import io
import ipaddress
import ssl

import httpcore2
from msgspec.structs import replace

from sousveil.acquire.guard import target_of
from sousveil.acquire.way import Way
from sousveil.acquire.wire import Backend, Cut, Limits, Record
from sousveil.acquire.wording import AcquireError, shown

_LIMITS = Limits(most=1 << 20, seconds=60.0, silence=20.0)
_ANY = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
"""An authority is named by the user, not by a page: it may stand in a private network."""


def post(url: str, body: bytes | None, content_type: str, way: Way | None = None) -> bytes:
    """Return the body of the answer to a POST, or to a GET where there is no ``body``.

    Raises OSError where there is none with status 200 or 201 within a minute.

    Redirects are not followed: an authority is asked at the address the user named, or not at all.
    """
    try:
        target = target_of(url)
        record = Record(io.BytesIO(), _LIMITS)
        headers = [(b"Host", target.authority.encode()), (b"User-Agent", b"sousveil"), (b"Connection", b"close"),
                   (b"Accept", content_type.encode() if body is None else b"*/*")]  # fmt: skip
        if body is not None:
            headers += [(b"Content-Type", content_type.encode()), (b"Content-Length", b"%d" % len(body))]
        connection = httpcore2.HTTPConnection(
            httpcore2.Origin(target.scheme.encode(), target.host.encode(), target.port),
            ssl_context=ssl.create_default_context(),
            network_backend=Backend(target, record, replace(way or Way(), allowed=_ANY)),
        )
        where = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        method = "GET" if body is None else "POST"
        with connection:
            response = connection.handle_request(httpcore2.Request(method, where, headers=headers, content=body))
            if response.status not in (200, 201):
                raise OSError(f"{shown(url)}: it answers with status {response.status}")
            return b"".join(response.iter_stream())
    except Cut as cut:
        raise OSError(f"{shown(url)}: the answer goes past a bound: {cut}") from cut
    except AcquireError as error:
        raise OSError(str(error)) from error
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
        raise OSError(f"{shown(url)}: {type(error).__name__}") from error
