"""One bounded POST: how a time stamp is asked for. What is sent is what the caller gives, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

_MOST = 1 << 20
"""Bytes of an answer."""
_SILENCE = 20.0


def post(url: str, body: bytes, content_type: str) -> bytes:
    """Return the body of the answer to a POST. Raises OSError where there is none with status 200.

    Redirects are not followed: an authority is asked at the address the user named, or not at all.
    """
    import httpcore2

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OSError(f"{url}: an authority's address begins with http:// or https://")
    timeouts = {"connect": _SILENCE, "read": _SILENCE, "write": _SILENCE, "pool": _SILENCE}
    headers = [(b"Host", parts.netloc.encode("idna")), (b"Content-Type", content_type.encode()),
               (b"Content-Length", b"%d" % len(body)), (b"User-Agent", b"sousveil")]  # fmt: skip
    answer = bytearray()
    try:
        with (
            httpcore2.ConnectionPool() as pool,
            pool.stream("POST", url, headers=headers, content=body, extensions={"timeout": timeouts}) as response,
        ):
            if response.status != 200:
                raise OSError(f"{url}: it answers with status {response.status}")
            for chunk in response.iter_stream():
                answer += chunk
                if len(answer) > _MOST:
                    raise OSError(f"{url}: the answer is longer than {_MOST:,} bytes")
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
        raise OSError(f"{url}: {type(error).__name__}") from error
    return bytes(answer)
