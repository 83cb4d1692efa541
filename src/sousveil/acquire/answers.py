"""Judging a registry's answer: status, encoding, and the client library's errors as sentences."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sousveil.acquire.wording import WebError, shown, shown_url

if TYPE_CHECKING:
    import httpcore2

SLOWEST = 4096
"""Bytes a second that a download must reach on average once the time for silence is over."""


def header(response: httpcore2.Response, name: bytes) -> str:
    for key, value in response.headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return ""


def check_status(status: int, url: str, final: str) -> None:
    if status == 200:
        return
    where = shown_url(url) if url == final else f"{shown_url(url)} (redirected to {shown_url(final)})"
    if status in (401, 403):
        raise WebError(
            f"{where}: access refused ({status}). Check the name, and the credentials configured for this registry "
            "(netrc, pip's or npm's configuration)."
        )
    if status == 407:
        raise WebError(f"{where}: the proxy asks for credentials (407). Check the configured proxy.")
    if status == 429:
        raise WebError(f"{where}: the registry asks to come back later (429, too many requests).")
    if status >= 500:
        raise WebError(f"{where}: the registry failed ({status}). Try again later.", again=status in (502, 503, 504))
    raise WebError(f"{where}: unexpected answer ({status}).")


def decoded(chunks: Iterator[bytes], encoding: str, url: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise WebError(f"{shown_url(url)}: answers in an encoding that was not asked for ({shown(encoding, 40)}).")
    unpacker = zlib.decompressobj(wbits=47 if "gzip" in encoding else 15)
    try:
        for chunk in chunks:
            # Bounded steps: a small answer must not become gigabytes before the size is looked at.
            data = chunk
            while data and not unpacker.eof:
                yield unpacker.decompress(data, 1 << 20)
                data = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise WebError(f"{shown_url(url)}: the answer is broken (bad {encoding} data).", again=True) from None
    if not unpacker.eof:
        raise WebError(f"{shown_url(url)}: the answer was cut short.", again=True)


@contextmanager
def sentences(url: str, timeout: float) -> Iterator[None]:
    """Turn the client library's errors into sentences; its own messages may quote headers and are not passed on."""
    import httpcore2

    where = shown_url(url)
    try:
        yield
    except httpcore2.ConnectTimeout:
        raise WebError(f"{where}: no connection in time. Is the network or the registry down?") from None
    except httpcore2.TimeoutException:
        raise WebError(
            f"{where}: too slow: nothing, or less than {SLOWEST:,} bytes a second, for {timeout:g} seconds. "
            "Try again, or raise --timeout."
        ) from None
    except httpcore2.ConnectError as error:
        raise WebError(f"{where}: no connection: {_cause(error)}.", again=True) from None
    except httpcore2.ProxyError:
        raise WebError(
            f"{where}: the configured proxy refused to connect. Check the proxy and its credentials."
        ) from None
    except httpcore2.LocalProtocolError:
        raise WebError(
            f"{where}: the request cannot be made: credentials or address hold illegal characters."
        ) from None
    except httpcore2.RemoteProtocolError:
        raise WebError(f"{where}: the answer was cut short, or is not HTTP.", again=True) from None
    except (httpcore2.NetworkError, httpcore2.UnsupportedProtocol) as error:
        raise WebError(f"{where}: the connection broke: {_cause(error)}.", again=True) from None


def _cause(error: Exception) -> str:
    import socket
    import ssl

    cause: BaseException | None = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({shown(cause.verify_message)})"
    if isinstance(cause, ssl.SSLError):
        return "no secure connection could be made"
    if isinstance(cause, socket.gaierror):
        return "its name cannot be resolved"
    return shown(getattr(cause, "strerror", None) or "the peer closed it")
