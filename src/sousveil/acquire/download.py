"""From a registry's file entry to a checked file in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sousveil.acquire.cache import WEAK, Cache, Chunks, Stored, TooLong
from sousveil.acquire.web import Web
from sousveil.acquire.wording import AcquireError, WebError, shown, shown_url

Progress = Callable[[str, int, int | None], None]
_CHUNK = 1 << 20


def download(
    web: Web,
    cache: Cache,
    name: str,
    url: str,
    digests: Mapping[str, str],
    max_bytes: int | None,
    progress: Progress | None,
) -> Stored:
    """Return the file from the cache, else fetch it once or, after a broken connection, twice.

    Raise AcquireError for a wrong digest, a file too long, no room, or a registry that fails.
    """
    if digests and (stored := cache.find(name, digests)):
        if max_bytes is not None and stored.size > max_bytes:
            raise TooLong(name, stored.size, max_bytes)
        return stored

    def arrived(done: int, total: int | None) -> None:
        if progress:
            progress(name, done, total)

    @contextmanager
    def source() -> Iterator[Chunks]:
        if url.startswith("file:"):
            with _local(url, name, arrived) as chunks:
                yield chunks
        else:
            with web.stream(url, arrived) as chunks:
                yield chunks

    try:
        return cache.add(name, digests, source, max_bytes)
    except WebError as error:
        if not error.again:
            raise
    return cache.add(name, digests, source, max_bytes)


def digest_note(name: str, digests: Mapping[str, str]) -> str:
    """Return what must be said of a file whose registry names no digest or only a weak one; else an empty string."""
    if not digests:
        return f"{shown(name)}: the registry names no digest, so the bytes received could not be checked"
    if all(a in WEAK for a in digests):
        return f"{shown(name)}: the registry names only a weak digest ({', '.join(digests)}); it matches"
    return ""


def local_path(url: str) -> Path:
    """Return the path of a ``file:`` URL. Raise AcquireError for one that names another machine."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise AcquireError(f"{shown_url(url)}: a file: address can only name this machine.")
    return Path(url2pathname(parts.path))


@contextmanager
def _local(url: str, name: str, arrived: Callable[[int, int | None], None]) -> Iterator[Chunks]:
    path = local_path(url)
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "no such file")
        file = path.open("rb")
    except OSError as error:
        raise AcquireError(f"{shown(name)}: {shown(str(path))} cannot be read: {error.strerror}.") from None
    with file:
        total = path.stat().st_size

        def chunks() -> Iterator[bytes]:
            done = 0
            while True:
                try:
                    chunk = file.read(_CHUNK)
                except OSError as error:
                    raise AcquireError(f"{shown(str(path))}: cannot be read: {error.strerror}.") from None
                if not chunk:
                    return
                done += len(chunk)
                arrived(done, total)
                yield chunk

        yield total, chunks()
