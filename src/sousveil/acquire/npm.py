"""Packages of npm's registry and of every registry that npm is configured for.

The protocol is small: one document per package, one tarball per version (npm's "Package metadata" documentation).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from sousveil.acquire import npm_config
from sousveil.acquire.cache import Cache, clean_digests
from sousveil.acquire.download import Progress, digest_note, download
from sousveil.acquire.npm_config import NpmConfig
from sousveil.acquire.products import Package
from sousveil.acquire.remembered import Fetched, Key, again, keep
from sousveil.acquire.web import Web
from sousveil.acquire.wording import AcquireError, WebError, around, like_it, listed, shown, shown_url

_ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
_SEMVER = re.compile(
    r"v?(\d{1,40})\.(\d{1,40})\.(\d{1,40})(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]{1,200})?", re.ASCII
)
_Order = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


class _Document(Struct):
    tags: dict[str, str] = msgspec.field(name="dist-tags", default_factory=dict)
    versions: dict[str, msgspec.Raw] = {}


class _Dist(Struct):
    tarball: str
    integrity: str | None = None
    shasum: str | None = None


class _Version(Struct):
    dist: _Dist
    deprecated: str | bool | None = None


def fetch(
    asked: Package,
    *,
    cache: Cache,
    timeout: float | None,
    max_bytes: int | None,
    progress: Progress | None,
    offline: bool,
) -> Fetched:
    """Return a package's tarball, checked and in the cache. Raise AcquireError where that cannot be done."""
    config = npm_config.read(timeout)
    name = asked.name
    registry = config.registry(name) or default_registry()
    exact = _SEMVER.fullmatch(asked.version) is not None
    key: Key = {"kind": "npm", "name": name, "version": asked.version, "sources": [shown_url(registry)]}
    if exact and (known := again(cache, key, offline=offline, max_bytes=max_bytes)):
        return known
    if offline:
        raise AcquireError(
            f"npm:{shown(name)} is not on this machine, and no network may be used (offline). "
            "Name an exact version that was scanned before."
        )
    if urlsplit(registry).scheme not in ("http", "https"):
        raise AcquireError(f"npm's configuration names {shown_url(registry)} as registry, which is not a web address.")
    with Web(config.settings, _credentials(config, registry)) as web:
        document, url = _document(web, registry, name, cache)
        version, why = _choose(asked, document)
        entry = _entry(document, version, url)
        notes = [*config.notes]
        notes.append(why)
        if entry.deprecated:
            notes.append(f"version {shown(version)} is deprecated: {shown(str(entry.deprecated))}")
        tarball = _tarball(entry.dist.tarball, url, registry, config)
        digests = _digests(entry.dist)
        file = f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
        stored = download(web, cache, file, tarball, digests, max_bytes, progress)
        if note := digest_note(file, digests):
            notes.append(note)
    result = Fetched(_purl(name, version), ((file, digests, stored),), tuple(notes))
    if exact:
        keep(cache, key, result)
    return result


def default_registry() -> str:
    """Return the registry that npm would use: the one that the Package URL library has built in."""
    from packageurl.contrib.purl2url import get_download_url

    url: str | None = get_download_url("pkg:npm/a@1")  # type: ignore[no-untyped-call]
    if not url:
        raise AcquireError("The installed packageurl-python does not know npm's registry. Set npm's registry setting.")
    return urljoin(url, "/")


def _credentials(config: NpmConfig, registry: str) -> _Credentials:
    return _Credentials(config, registry)


class _Credentials:
    """As npm: a URL's own setting, else the registry's where it is on the registry's host."""

    def __init__(self, config: NpmConfig, registry: str) -> None:
        self._config = config
        self._registry = registry

    def __call__(self, url: str) -> str:
        from urllib.parse import unquote

        from sousveil.acquire.web import basic

        if found := self._config.authorization(url):
            return found
        here, home = urlsplit(url), urlsplit(self._registry)
        if (here.scheme, here.hostname, here.port) != (home.scheme, home.hostname, home.port):
            return ""
        if home.username is not None:
            return basic(unquote(home.username), unquote(home.password or ""))
        return self._config.authorization(self._registry)


def _document(web: Web, registry: str, name: str, cache: Cache) -> tuple[_Document, str]:
    url = registry + quote(name, safe="@!~*'().-_")
    page = web.page(url, _ACCEPT)
    if page.status != 200:
        message = f"npm:{shown(name)}: the registry {shown_url(registry)} knows no package of this name."
        if name != name.lower():
            message += f" Names are usually in small letters: npm:{name.lower()}."
        raise AcquireError(f"{message} {like_it(name, cache.names('npm'), 'A registry')}")
    kind = page.content_type.partition(";")[0].strip().lower()
    try:
        document = msgspec.json.decode(page.body, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        what = "a web page, as login pages and proxies do" if "html" in kind else "something that is not its JSON"
        raise WebError(
            f"{shown_url(url)}: answers with {what}. Check npm's registry setting and the network."
        ) from None
    return document, page.url


def _choose(asked: Package, document: _Document) -> tuple[str, str]:
    """Return the version to take and a sentence that says why."""
    name, versions = shown(asked.name), document.versions
    ordered = sorted((v for v in versions if _order(v)), key=lambda v: _order(v) or _LOWEST)
    if not versions:
        raise AcquireError(f"npm:{name} has no versions: everything of it was withdrawn (unpublished).")
    if asked.version:
        for text in (asked.version, asked.version.removeprefix("v")):
            if text in versions:
                return text, f"version {shown(text)} was asked for"
        tagged = document.tags.get(asked.version, "")
        if tagged in versions and _order(tagged):
            return tagged, f"{shown(asked.version)!r} is the registry's tag for version {shown(tagged)}"
        wanted = _order(asked.version)
        place = sum((_order(v) or _LOWEST) < wanted for v in ordered) if wanted else len(ordered)
        message = f"npm:{name} has no version {shown(asked.version)}."
        if ordered:
            message += (
                f" Nearest are {listed(around(ordered, place))}; the newest of {len(ordered)} is {shown(ordered[-1])}."
            )
        if document.tags:
            message += f" Tags: {listed(sorted(document.tags), 8)}."
        raise AcquireError(message)
    if not ordered:
        raise AcquireError(f"npm:{name} has no version that follows npm's rules. There are {listed(sorted(versions))}.")
    return _newest(document, ordered)


def _newest(document: _Document, ordered: list[str]) -> tuple[str, str]:
    """The registry's ``latest`` is what everyone gets who names no version, so it goes before the highest number."""
    standing = [v for v in ordered if not _deprecated(document, v)]
    stable = [v for v in standing if not _is_prerelease(v)]
    latest = document.tags.get("latest", "")
    if latest in stable:
        best, what = latest, "is the registry's latest"
    elif stable:
        best, what = stable[-1], "is the newest that is neither a pre-release nor deprecated"
    elif settled := [v for v in ordered if not _is_prerelease(v)]:
        best, what = (latest if latest in settled else settled[-1]), "is the newest, though deprecated, as every one is"
    else:
        best, what = (standing or ordered)[-1], "is the newest, and there are only pre-releases"
    why = f"no version was named: of {len(ordered)}, {shown(best)} {what}"
    if newer := ordered[ordered.index(best) + 1 :]:
        why += f" (higher numbers: {listed(reversed(newer), 5)})"
    return best, why


def _deprecated(document: _Document, version: str) -> bool:
    try:
        return bool(msgspec.json.decode(document.versions[version], type=_Version).deprecated)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True  # an entry that cannot be read is not one to choose


def _entry(document: _Document, version: str, url: str) -> _Version:
    try:
        return msgspec.json.decode(document.versions[version], type=_Version)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise AcquireError(f"{shown_url(url)}: the entry of version {shown(version)} is malformed.") from None


def _tarball(named: str, document_url: str, registry: str, config: NpmConfig) -> str:
    """Return the tarball's address; one on npm's default registry is asked from the configured one, as npm does."""
    url = urljoin(document_url, named)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise WebError(f"{shown_url(document_url)}: names a tarball at {shown_url(url)}, which is not a web address.")
    rule = config.values.get("replace-registry-host", "npmjs")
    default, home = urlsplit(default_registry()), urlsplit(registry)
    host = parts.hostname or ""
    if rule == "always" or (rule == "npmjs" and host == default.hostname) or rule == host:
        same_place = (home.hostname, home.port) == (parts.hostname, parts.port)
        if not same_place:
            path = parts.path if parts.path.startswith(home.path) else home.path.rstrip("/") + parts.path
            return urlunsplit((home.scheme, home.netloc.rpartition("@")[2], path, parts.query, ""))
    return url


def _digests(dist: _Dist) -> Mapping[str, str]:
    """Return the strongest digests of ``integrity`` (Subresource Integrity: base64), else of ``shasum``."""
    named: dict[str, str] = {}
    for part in (dist.integrity or "").split():
        algorithm, _, text = part.partition("-")
        try:
            named.setdefault(algorithm, b64decode(text.partition("?")[0], validate=True).hex())
        except ValueError:
            continue
    if dist.shasum:
        named.setdefault("sha1", dist.shasum)
    return clean_digests(named)


_LOWEST: _Order = (0, 0, 0, False, ())


def _order(version: str) -> _Order | None:
    """Return a key that sorts by Semantic Versioning 2.0.0 section 11, or None for something else."""
    match = _SEMVER.fullmatch(version)
    if not match:
        return None
    parts = (match[4] or "").split(".") if match[4] else []
    before = tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts)
    return int(match[1]), int(match[2]), int(match[3]), not before, before


def _is_prerelease(version: str) -> bool:
    match = _SEMVER.fullmatch(version)
    return match is None or match[4] is not None


def _purl(name: str, version: str) -> str:
    from packageurl import PackageURL

    namespace, _, bare = name.rpartition("/")
    return PackageURL("npm", namespace or None, bare, version).to_string()
