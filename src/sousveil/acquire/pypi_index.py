"""What the configured Python package indexes list for a name.

`unearth` reads the pages (PEP 503, PEP 691); asking is done here, so that each index's failure is known and bounded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil.acquire.cache import clean_digests
from sousveil.acquire.download import local_path
from sousveil.acquire.pip_config import PipConfig
from sousveil.acquire.web import MAX_PAGE, Web, is_listed, is_loopback
from sousveil.acquire.wording import AcquireError, WebError, shown, shown_url

if TYPE_CHECKING:
    from unearth import Link

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = "application/vnd.pypi.simple.v1+html"
_ACCEPT = f"{_JSON}, {_HTML}; q=0.2, text/html; q=0.01"
_MAX_LOCAL_NAMES = 100_000
_LOCAL_EXTENSIONS = (".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".egg")


class Listed(Struct, frozen=True):
    """One file as an index lists it."""

    name: str
    url: str
    digests: dict[str, str]
    yanked: str | None
    """Why it was withdrawn; None if it was not."""
    index: str
    """The index or folder, as it may be shown."""


class Listing(Struct, frozen=True):
    """What all indexes together said."""

    files: tuple[Listed, ...]
    """Each file name once, from the first index that lists it."""
    failed: tuple[str, ...]
    """Why each index that could not be asked could not; sentences."""
    asked: tuple[str, ...]
    """Indexes that answered, as they may be shown."""
    notes: tuple[str, ...]


def default_index() -> str:
    """Return the index that pip would use: the one that the client library has built in."""
    from unearth import PackageFinder

    return PackageFinder().sources[0]["url"]


def collect(config: PipConfig, indexes: tuple[str, ...], name: str, web: Web, offline: bool) -> Listing:
    """Ask every index and every place of links for the files of a normalized name."""
    files: dict[str, Listed] = {}
    failed: list[str] = []
    asked: list[str] = []
    notes: list[str] = []
    pages = [(url, url.rstrip("/") + f"/{name}/", True) for url in indexes]
    pages += [(place, _as_url(place), False) for place in config.find_links]
    for place, url, is_index in pages:
        remote = not url.startswith("file:")
        if remote and offline:
            continue
        where = shown_url(place)
        try:
            if remote:
                _check_safe(url, web)
            found = list(_links(url, web) if remote else _local_links(url, is_index))
        except AcquireError as error:
            failed.append(str(error))
            continue
        asked.append(where)
        for each in found:
            if not is_index and not _joined(each.name).startswith(name):
                continue  # a place of links holds files of other packages too
            if not remote or each.url.startswith(("http:", "https:")):
                first = files.setdefault(each.name, each)
                if any(first.digests[a] != d for a, d in each.digests.items() if a in first.digests):
                    notes.append(
                        f"{each.name} differs between {first.index} and {where}; the one of {first.index} counts"
                    )
    return Listing(tuple(files.values()), tuple(failed), tuple(asked), tuple(notes))


def _joined(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def local_names(places: Iterable[str]) -> list[str]:
    """Return the names that indexes and folders of packages on this machine hold."""
    names: set[str] = set()
    for place in places:
        try:
            if (url := _as_url(place)).startswith("file:"):
                for entry in islice(os.scandir(local_path(url)), _MAX_LOCAL_NAMES):
                    if entry.is_dir():
                        names.add(entry.name)
                    elif entry.name.endswith(_LOCAL_EXTENSIONS):
                        names.add(_joined(re.split(r"-\d", entry.name)[0]))
        except (OSError, AcquireError):
            continue
    return sorted(names)


def _check_safe(url: str, web: Web) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise WebError(f"{shown_url(url)}: indexes of this kind are not supported, only https:, http: and file:.")
    if scheme == "http" and not is_loopback(url) and not is_listed(url, web.settings.trusted_hosts):
        raise WebError(
            f"{shown_url(url)}: is not protected (http) and its host is not among pip's trusted-host; "
            "left out, as pip does."
        )


def _as_url(place: str) -> str:
    if place.startswith(("http://", "https://", "file:")):
        return place
    try:
        return Path(place).expanduser().absolute().as_uri()
    except (ValueError, RuntimeError):
        raise AcquireError(f"pip's find-links names {shown_url(place)}, which is not a path.") from None


def _links(url: str, web: Web) -> Iterator[Listed]:
    if urlsplit(url).path.endswith(_LOCAL_EXTENSIONS):
        from unearth import Link

        yield _listed(Link(url), url)
        return
    page = web.page(url, _ACCEPT)
    if page.status != 200:
        return
    kind = page.content_type.partition(";")[0].strip().lower()
    if kind not in (_JSON, _HTML, "text/html"):
        raise WebError(f"{shown_url(url)}: answers with {shown(kind) or 'no content type'}, not with a package index.")
    found = list(_entries(page.body, page.url, kind))
    if not found and kind == "text/html":
        raise WebError(
            f"{shown_url(url)}: answers with a web page that lists no files, as login pages and proxies do. "
            "Check pip's index-url and the network."
        )
    yield from found


def _local_links(url: str, is_index: bool) -> Iterator[Listed]:
    path = local_path(url)
    try:
        if is_index:
            if path.is_dir():
                yield from _local_page(path / "index.html")
        elif path.is_dir():
            for child in sorted(path.iterdir())[:_MAX_LOCAL_NAMES]:
                if child.name.endswith(_LOCAL_EXTENSIONS):
                    yield Listed(child.name, child.as_uri(), {}, None, str(path))
                elif child.name.endswith((".html", ".htm")):
                    yield from _local_page(child)
        elif path.name.endswith(_LOCAL_EXTENSIONS):
            yield Listed(path.name, path.as_uri(), {}, None, str(path.parent))
        else:
            yield from _local_page(path)
    except OSError as error:
        raise WebError(f"{shown_url(url)}: cannot be read: {error.strerror}.") from None


def _local_page(path: Path) -> Iterator[Listed]:
    if not path.exists():
        return
    if not path.is_file() or path.stat().st_size > MAX_PAGE:
        raise WebError(f"{shown(str(path))}: is not a file, or too long for an index page.")
    yield from _entries(path.read_bytes(), path.as_uri(), "text/html")


def _listed(link: Link, url: str) -> Listed:
    digests = clean_digests({a: d[0] for a, d in (link.hash_option or {}).items()})
    return Listed(link.filename, link.url_without_fragment, digests, link.yank_reason, shown_url(url))


def _entries(body: bytes, url: str, kind: str) -> Iterator[Listed]:
    from unearth import Link
    from unearth.collector import IndexPage, parse_html_page, parse_json_response

    text = body.decode("utf-8", "replace").encode()
    page = IndexPage(Link(url), text, "utf-8", kind)
    try:
        for link in parse_json_response(page) if kind == _JSON else parse_html_page(page):
            if not link.is_vcs:
                yield _listed(link, url)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        # The page is a registry's: whatever shape it has, it must end in a sentence.
        raise WebError(f"{shown_url(url)}: the answer is not a package index (malformed {shown(kind)}).") from None
