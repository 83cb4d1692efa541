"""What a person typed, taken apart: a local path, standard input, or a package of one ecosystem."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from msgspec import Struct

from sousveil.acquire.wording import AcquireError, shown

ECOSYSTEMS = ("pypi", "npm", "deb")
SUPPORTED = (
    "a file, a folder, - for standard input, pypi:NAME[==VERSION], npm:NAME[@VERSION], deb:NAME[=VERSION], "
    "or a Package URL (pkg:pypi/…, pkg:npm/…, pkg:deb/…)"
)

_PYPI_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?", re.ASCII)
_NPM_NAME = re.compile(
    r"(?!-)(?:@[A-Za-z0-9~][A-Za-z0-9._~-]{0,100}/)?[A-Za-z0-9_~-][A-Za-z0-9._~!'()*-]{0,213}", re.ASCII
)
_DEB_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{0,200}", re.ASCII)
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]{0,40}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~!_-]{0,200}", re.ASCII)
_PREFIXED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,30}):(?!\\)")


class Package(Struct, frozen=True):
    """One package, asked for by name."""

    ecosystem: str
    """``pypi``, ``npm`` or ``deb``."""
    name: str
    """Of npm with its scope: ``@scope/name``."""
    version: str = ""
    """Empty: the newest."""
    architecture: str = ""
    """Of deb only; empty: the machine's own."""
    namespace: str = ""
    """Of a deb Package URL: ``debian``, ``ubuntu``; says nothing about where apt takes packages from."""
    file_name: str = ""
    """Of a Package URL: the one file that is wanted."""
    checksum: str = ""
    """Of a Package URL: SHA-256 in hexadecimal that one of the files must have."""
    notes: tuple[str, ...] = ()


def package(product: str) -> Package | None:
    """Return the package that the string names, or None for a local path or ``-``.

    A file or folder of literally that name is a local path. Raise AcquireError where the string names a registry but
    is not well formed.
    """
    try:
        if os.path.lexists(product):
            return None
    except ValueError:  # a NUL byte
        return None
    if product.startswith("pkg:"):
        return _from_purl(product)
    prefix, colon, rest = product.partition(":")
    if not colon or prefix.lower() not in ECOSYSTEMS:
        return None
    rest = rest.strip()
    match prefix.lower():
        case "pypi":
            return _pypi(product, rest)
        case "npm":
            at = rest.find("@", 1)
            name, version = (rest, "") if at < 0 else (rest[:at], rest[at + 1 :])
            return _checked(product, Package("npm", name, version), at >= 0)
        case _:
            name, equals, version = rest.partition("=")
            name, _, architecture = name.partition(":")
            return _checked(product, Package("deb", name, version.lstrip("="), architecture), bool(equals))


def unknown_prefix(product: str) -> str:
    """Return a hint for a string that is no existing path but looks like a prefix or URL; else an empty string."""
    match = _PREFIXED.match(product)
    if not match:
        return ""
    if product[match.end() :].startswith("//"):
        return (
            " A URL cannot be scanned: keep it with `sousveil acquire URL --case FOLDER`, or download it, "
            f"and scan the file. sousveil takes {SUPPORTED}."
        )
    return f" {shown(match[1])!r} is not a known prefix: sousveil takes {SUPPORTED}."


def _pypi(product: str, text: str) -> Package:
    notes: tuple[str, ...] = ()
    if extra := re.search(r"\[[A-Za-z0-9._, -]*\]", text, re.ASCII):
        text = text[: extra.start()] + text[extra.end() :]
        notes = ("extras name other packages to install beside this one; they were left out",)
    name, equals, version = re.sub(r"\s*(={2,3})\s*", r"\1", text, count=1).partition("==")
    if not equals and re.search(r"[<>=!~,@]", text):
        raise AcquireError(f"{shown(product)}: only one exact version can be named, as pypi:NAME==VERSION.")
    return _checked(product, Package("pypi", name.strip(), version.lstrip("=").strip(), notes=notes), bool(equals))


def _checked(product: str, asked: Package, has_version: bool) -> Package:
    form = {"pypi": "pypi:NAME==VERSION", "npm": "npm:NAME@VERSION", "deb": "deb:NAME=VERSION"}[asked.ecosystem]
    pattern = {"pypi": _PYPI_NAME, "npm": _NPM_NAME, "deb": _DEB_NAME}[asked.ecosystem]
    if not pattern.fullmatch(asked.name):
        raise AcquireError(
            f"{shown(product)}: {shown(asked.name)!r} cannot be the name of a package of this kind. Write {form}."
        )
    if asked.architecture and not _ARCHITECTURE.fullmatch(asked.architecture):
        raise AcquireError(
            f"{shown(product)}: {shown(asked.architecture)!r} is not an architecture. Write deb:NAME:ARCH."
        )
    if has_version and not _VERSION.fullmatch(asked.version):
        what = shown(asked.version) or "nothing"
        raise AcquireError(
            f"{shown(product)}: {what!r} is not one exact version. "
            f"Write {form}, or leave the version out for the newest."
        )
    return asked


def _from_purl(product: str) -> Package:
    from packageurl import PackageURL

    kind = product[4:].lstrip("/").partition("/")[0].lower()
    if kind not in ECOSYSTEMS:
        raise AcquireError(
            f"{shown(product)}: Package URLs of type {shown(kind)!r} are not supported. Supported: "
            + ", ".join(f"pkg:{e}/…" for e in ECOSYSTEMS)
            + "."
        )
    try:
        purl = PackageURL.from_string(product)
    except ValueError as error:
        raise AcquireError(f"{shown(product)}: not a Package URL: {shown(str(error))}") from None
    qualifiers = dict(purl.qualifiers) if isinstance(purl.qualifiers, Mapping) else {}
    namespace, version = purl.namespace or "", purl.version or ""
    name = f"{namespace}/{purl.name}" if kind == "npm" and namespace else purl.name
    if kind == "pypi" and namespace:
        raise AcquireError(f"{shown(product)}: a pypi Package URL has no namespace. Write pkg:pypi/NAME@VERSION.")
    architecture = qualifiers.pop("arch", "") if kind == "deb" else ""
    if architecture == "source":
        raise AcquireError(f"{shown(product)}: source packages of Debian are not supported, only binary packages.")
    notes: list[str] = []
    checksum = ""
    for part in qualifiers.pop("checksum", "").split(","):
        algorithm, _, digest = part.strip().partition(":")
        if algorithm.lower() == "sha256":
            checksum = digest.lower()
        elif part:
            notes.append(f"the Package URL's checksum {shown(part, 80)} was not compared: only sha256 is")
    file_name = qualifiers.pop("file_name", "") if kind == "pypi" else ""
    for key in sorted(qualifiers):
        notes.append(
            f"the Package URL's {shown(key)} was not used: packages come from the registries configured on this machine"
        )
    if purl.subpath:
        notes.append("the Package URL's subpath was not used: the whole package was taken")
    asked = Package(
        kind, name, version, architecture, namespace if kind == "deb" else "", file_name, checksum, tuple(notes)
    )
    return _checked(product, asked, bool(version))
