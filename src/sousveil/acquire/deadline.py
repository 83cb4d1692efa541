"""A network backend for httpcore that never waits past a deadline, however slowly the peer drips."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

Left = Callable[[], float]
"""Seconds left, above zero."""


class DeadlineBackend(httpcore2.NetworkBackend):
    """Connect with no more time than is left."""

    def __init__(self, left: Left) -> None:
        self._inner = httpcore2.SyncBackend()
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        options = list(socket_options or ())
        stream = self._inner.connect_tcp(host, port, _shorter(timeout, self._left()), local_address, options)
        return _DeadlineStream(stream, self._left)


class _DeadlineStream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, left: Left) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _shorter(timeout, self._left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _shorter(timeout, self._left()))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _shorter(timeout, self._left()))
        return _DeadlineStream(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _shorter(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)
