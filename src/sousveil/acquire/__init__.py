"""Acquire: from what a person typed to files on this machine, without running anything of the product."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sousveil.acquire.acquired import Acquired, Input
from sousveil.acquire.products import package
from sousveil.acquire.wording import AcquireError

if TYPE_CHECKING:
    from sousveil.acquire.cache import Cache
    from sousveil.acquire.products import Package
    from sousveil.acquire.remembered import Fetched

__all__ = ["AcquireError", "Acquired", "Input", "acquire"]


def acquire(
    product: str,
    *,
    all_files: bool = False,
    cache: Path | None = None,
    timeout: float | None = None,
    max_bytes: int | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
    stdin: BinaryIO | None = None,
    offline: bool = False,
) -> Acquired:
    """Return the product as local files. Use the result as a context manager, or close it.

    `product` is a file, a folder, ``-`` (standard input, or `stdin`), ``pypi:NAME[==V]``, ``npm:NAME[@V]``,
    ``deb:NAME[=V]`` or a Package URL. An existing file of that literal name wins over a package.

    `all_files` takes every file of a PyPI version instead of the one chosen. `cache` is the folder for package files.
    `timeout` is in seconds: the silence allowed, and the whole time for an index; without it the user's own setting of
    pip or npm counts, else 60. `max_bytes` bounds each download and standard input. `progress` is called with what is
    being fetched, bytes so far, and the total or None. `offline` asks no registry over the network.

    Raise AcquireError, with a message for the user, where the product cannot be had.
    """
    if product == "-":
        from sousveil.acquire.local import from_stdin

        return from_stdin(stdin or sys.stdin.buffer, max_bytes, progress)
    asked = package(product)
    if asked is None:
        from sousveil.acquire.local import from_path

        return from_path(product)

    from sousveil.acquire.cache import Cache

    store = Cache(cache)
    try:
        fetched = _fetch(asked, all_files, store, timeout, max_bytes, progress, offline)
        _check_checksum(product, asked, fetched)
    except BaseException:
        _discard(store)
        raise
    return Acquired(
        name=product,
        purl=fetched.purl,
        inputs=tuple(Input(stored.path, name, stored.sha256) for name, _, stored in fetched.files),
        notes=(*asked.notes, *fetched.notes, *store.notes),
        limits=fetched.limits,
        temporary=tuple(store.temporary),
    )


def _fetch(
    asked: Package,
    all_files: bool,
    store: Cache,
    timeout: float | None,
    max_bytes: int | None,
    progress: Callable[[str, int, int | None], None] | None,
    offline: bool,
) -> Fetched:
    if asked.ecosystem == "pypi":
        from sousveil.acquire import pypi

        return pypi.fetch(
            asked,
            all_files=all_files,
            cache=store,
            timeout=timeout,
            max_bytes=max_bytes,
            progress=progress,
            offline=offline,
        )
    if asked.ecosystem == "npm":
        from sousveil.acquire import npm

        return npm.fetch(asked, cache=store, timeout=timeout, max_bytes=max_bytes, progress=progress, offline=offline)
    from sousveil.acquire import deb

    return deb.fetch(asked, cache=store, timeout=timeout, max_bytes=max_bytes, progress=progress, offline=offline)


def _check_checksum(product: str, asked: Package, fetched: Fetched) -> None:
    if asked.checksum and all(stored.sha256 != asked.checksum for _, _, stored in fetched.files):
        from sousveil.acquire.wording import shown

        found = ", ".join(f"{shown(name)} has {stored.sha256}" for name, _, stored in fetched.files)
        raise AcquireError(
            f"{shown(product)}: the registry's file is not the one with this checksum: {found}. "
            "Leave the checksum out to scan it all the same."
        )


def _discard(store: Cache) -> None:
    from sousveil.acquire.scratch import remove

    for folder in store.temporary:
        remove(folder)
