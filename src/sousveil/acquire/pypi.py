"""Packages of the Python package index and of every index that pip is configured for."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sousveil.acquire import pip_config, pypi_index
from sousveil.acquire.cache import Cache, TooLong
from sousveil.acquire.download import Progress, digest_note, download
from sousveil.acquire.products import Package
from sousveil.acquire.pypi_index import Listed, Listing
from sousveil.acquire.remembered import Fetched, Key, again, keep
from sousveil.acquire.web import Web
from sousveil.acquire.wording import AcquireError, around, like_it, listed, shown, shown_url
from sousveil.model import Limit

if TYPE_CHECKING:
    from packaging.tags import Tag
    from packaging.version import Version

_SDIST = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar.Z", ".tar")
_FILE_NAME = re.compile(r"[A-Za-z0-9._+!-]{1,300}", re.ASCII)
_OTHER_PYTHON = 1 << 20
"""Ranks from here on: wheels for this platform and another Python."""
_NO_FIT = 1 << 30
_OTHER = (".exe", ".msi", ".rpm", ".deb", ".dmg")


class File(Struct, frozen=True):
    """A listed file and what its name says."""

    listed: Listed
    version: str
    """Normalized where it is a version by today's rules, else as written."""
    kind: str
    """``wheel``, ``sdist``, ``egg`` or ``other``."""
    rank: int
    """Among wheels: lower fits this platform better; `_NO_FIT` does not fit."""


def fetch(
    asked: Package,
    *,
    all_files: bool,
    cache: Cache,
    timeout: float | None,
    max_bytes: int | None,
    progress: Progress | None,
    offline: bool,
) -> Fetched:
    """Return the chosen files of a package, checked and in the cache. Raise AcquireError where that cannot be done."""
    config = pip_config.read(timeout)
    name = re.sub(r"[-_.]+", "-", asked.name).lower()
    key: Key = {
        "kind": "pypi",
        "name": name,
        "version": asked.version,
        "file": asked.file_name,
        "all": all_files,
        "sources": [shown_url(u) for u in (*config.indexes, *config.find_links)],
        "platform": [sysconfig.get_platform(), *sys.version_info[:2]],
    }
    if asked.version and (known := again(cache, key, offline=offline, max_bytes=max_bytes)):
        return known
    indexes = tuple(url or pypi_index.default_index() for url in config.indexes)
    if not indexes and not config.find_links:
        raise AcquireError("pip's configuration has no-index set and no find-links: there is nowhere to look.")
    with Web(config.settings, pip_config.PipCredentials(config, indexes)) as web:
        listing = pypi_index.collect(config, indexes, name, web, offline)
        files = _understood(listing, name)
        if not files:
            here = (*indexes, *config.find_links)
            raise AcquireError(
                _nothing(asked, name, listing, lambda: cache.names("pypi") + pypi_index.local_names(here), offline)
            )
        notes = [*listing.notes, *config.notes]
        notes += [f"an index could not be asked: {reason}" for reason in listing.failed]
        version, why = _version(asked, name, files, listing)
        of_version = [f for f in files if f.version == version]
        chosen, reasons = _choose(asked, name, version, of_version, all_files)
        notes += [why, *reasons]
        if withdrawn := [f for f in chosen if f.listed.yanked is not None]:
            because = shown(withdrawn[0].listed.yanked or "") or "no reason given"
            notes.append(f"version {shown(version)} was withdrawn (yanked) by its publisher: {because}")
        fetched = []
        limits = []
        for file in chosen:
            each = file.listed
            try:
                stored = download(web, cache, each.name, each.url, each.digests, max_bytes, progress)
            except TooLong as error:
                if not all_files:
                    raise
                limits.append(Limit(each.name, "quota", str(error)))
                continue
            fetched.append((each.name, each.digests, stored))
            if note := digest_note(each.name, each.digests):
                notes.append(note)
        if not fetched:
            raise AcquireError(limits[0].detail)
    result = Fetched(_purl(name, version), tuple(fetched), tuple(notes), tuple(limits))
    if asked.version and not listing.failed and not offline:
        keep(cache, key, result)
    return result


def _understood(listing: Listing, name: str) -> list[File]:
    from packaging.tags import platform_tags, sys_tags

    ranks: dict[Tag, int] = {}
    platforms: dict[str, int] = {}
    files = []
    for each in listing.files:
        if each.name.endswith(".whl") and not ranks:
            ranks = {tag: i for i, tag in enumerate(sys_tags())}
            platforms = {p: _OTHER_PYTHON + i for i, p in enumerate((*platform_tags(), "any"))}
        if file := _file(each, name, ranks, platforms):
            files.append(file)
    # 1.0 and 1.0.0 are one version; it is called as its first file is.
    called: dict[Version, str] = {}
    return [
        msgspec.structs.replace(f, version=called.setdefault(v, f.version)) if (v := _parsed(f.version)) else f
        for f in files
    ]


def _file(each: Listed, name: str, ranks: dict[Tag, int], platforms: dict[str, int]) -> File | None:
    """Return what a file name says, or None for one that is not of this package or not understood."""
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

    if not _FILE_NAME.fullmatch(each.name):
        return None
    if each.name.endswith(".whl"):
        try:
            project, version, _, tags = parse_wheel_filename(each.name)
        except (InvalidWheelFilename, ValueError):
            return None
        if project != name:
            return None
        rank = min((ranks.get(t, platforms.get(t.platform, _NO_FIT)) for t in tags), default=_NO_FIT)
        return File(each, str(version), "wheel", rank)
    for kind, endings in (("sdist", _SDIST), ("egg", (".egg",)), ("other", _OTHER)):
        for ending in endings:
            if each.name.endswith(ending):
                stem = each.name.removesuffix(ending)
                # "a-b-1.0": which joint ends the name is known only by comparing with it.
                for joint in re.finditer("-", stem):
                    if canonicalize_name(stem[: joint.start()]) == name:
                        rest = stem[joint.end() :]
                        version_text = (
                            rest if kind == "sdist" else re.split(r"-py\d|-|\.(?:win|linux|macosx|noarch)", rest)[0]
                        )
                        return File(each, _normal(version_text), kind, 0)
                return None
    return None


def _normal(text: str) -> str:
    parsed = _parsed(text)
    return str(parsed) if parsed else text


def _parsed(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _version(asked: Package, name: str, files: list[File], listing: Listing) -> tuple[str, str]:
    """Return the version to take and a sentence that says why."""
    parsed = {text: v for text in {f.version for f in files} if (v := _parsed(text))}
    ordered = sorted(parsed, key=lambda text: parsed[text])
    if asked.version:
        wanted = _parsed(asked.version)
        # As in PEP 440, 1.0 also means 1.0+cpu where 1.0 itself is not there.
        same = [v for v in ordered if parsed[v] == wanted] or [v for v in ordered if parsed[v].public == str(wanted)]
        if not same and any(f.version == asked.version for f in files):
            same = [asked.version]
        if same:
            return same[-1], f"version {shown(same[-1])} was asked for"
        raise AcquireError(_no_version(asked, name, ordered, listing))
    usable = {f.version for f in files if f.kind != "other"}
    standing = {f.version for f in files if f.kind != "other" and f.listed.yanked is None}
    for versions, what in (
        ([v for v in ordered if v in standing and not parsed[v].is_prerelease], "that is not a pre-release"),
        ([v for v in ordered if v in standing], "and there are only pre-releases"),
        ([v for v in ordered if v in usable], "though withdrawn (yanked), as every one is"),
    ):
        if versions:
            best = versions[-1]
            why = f"no version was named: {shown(best)} is the newest of {len(ordered)} {what}"
            if newer := ordered[ordered.index(best) + 1 :]:
                why += f" (newer but pre-release, withdrawn or without a usable file: {listed(reversed(newer), 5)})"
            return best, why
    raise AcquireError(
        f"pypi:{name}: none of its {len(files)} files can be used ({listed(f.listed.name for f in files)}). "
        "Name a version and use --all-files to take them as they are."
    )


def _no_version(asked: Package, name: str, ordered: list[str], listing: Listing) -> str:
    message = f"pypi:{name} has no version {shown(asked.version)}."
    if ordered:
        asked_for = _parsed(asked.version)
        parsed = [v for text in ordered if (v := _parsed(text))]
        place = sum(v < asked_for for v in parsed) if asked_for else len(ordered)
        message += (
            f" Nearest are {listed(around(ordered, place))}; the newest of {len(ordered)} is {shown(ordered[-1])}."
        )
    if listing.failed:
        message += f" Not every index could be asked: {' '.join(listing.failed)}"
    return message


def _choose(
    asked: Package, name: str, version: str, files: list[File], all_files: bool
) -> tuple[list[File], list[str]]:
    """Return the files to take and sentences that say which were taken and which not."""
    if asked.file_name:
        taken = [f for f in files if f.listed.name == asked.file_name]
        if not taken:
            raise AcquireError(
                f"pypi:{name} {shown(version)} has no file {shown(asked.file_name)}. "
                f"It has {listed(f.listed.name for f in files)}."
            )
        return taken, [f"{shown(asked.file_name)} was asked for", *_left_out(files, taken)]
    if all_files:
        return sorted(files, key=lambda f: f.listed.name), [
            f"all {len(files)} files of version {shown(version)} were taken"
        ]
    # Where some files of a version are withdrawn and some are not, those that stand come first.
    order = {"wheel": 0, "sdist": 1, "egg": 2}
    best = min(
        (f for f in files if f.kind in order),
        key=lambda f: (f.listed.yanked is not None, order[f.kind], f.rank, f.listed.name),
        default=None,
    )
    if best is None:
        raise AcquireError(
            f"pypi:{name} {shown(version)} has no wheel and no source distribution, "
            f"only {listed(f.listed.name for f in files)}. Use --all-files to take those."
        )
    fit = "a wheel that fits this platform"
    if best.rank >= _OTHER_PYTHON:
        fit = "a wheel; none fits this platform"
        fit = "a wheel for this platform and another Python" if best.rank < _NO_FIT else fit
    why = {
        "wheel": fit,
        "sdist": "the source distribution; there is no wheel",
        "egg": "an egg; there is no wheel and no source distribution",
    }[best.kind]
    return [best], [f"{shown(best.listed.name)} was taken: {why}", *_left_out(files, [best])]


def _left_out(files: list[File], taken: list[File]) -> list[str]:
    rest = sorted(f.listed.name for f in files if f not in taken)
    return [f"not taken: {listed(rest)} (--all-files takes all)"] if rest else []


def _nothing(asked: Package, name: str, listing: Listing, known: Callable[[], list[str]], offline: bool) -> str:
    if listing.failed:
        return (
            f"pypi:{shown(asked.name)} could not be looked up. {' '.join(listing.failed)} Check the network, the proxy "
            "and `pip config list`; a file that you have is scanned by its path."
        )
    if offline:
        return (
            f"pypi:{shown(asked.name)} is not on this machine, and no network may be used (offline). "
            "Name an exact version that was scanned before."
        )
    if listing.files:
        return (
            f"pypi:{shown(asked.name)} has no usable file: the index lists {listed(f.name for f in listing.files)}, "
            "none of which is named like a file of this package."
        )
    message = f"pypi:{shown(asked.name)}: no configured index knows a package of this name, or it has no files."
    message += f" Asked: {listed(listing.asked)}."
    return f"{message} {like_it(name, known(), 'An index')}"


def _purl(name: str, version: str) -> str:
    from packageurl import PackageURL

    return PackageURL("pypi", None, name, version).to_string()
