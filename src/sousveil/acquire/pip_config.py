"""The user's own settings for Python packages, read as pip reads them.

Sources: pip's documentation, "Configuration": files (global, user, site, ``PIP_CONFIG_FILE``), sections ``[global]``
then ``[download]``, ``PIP_*`` variables last.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from sousveil.acquire import environment
from sousveil.acquire.web import Settings, basic
from sousveil.acquire.wording import AcquireError, shown, shown_url


class PipConfig(Struct, frozen=True):
    """Where packages come from and how the way there is protected."""

    indexes: tuple[str, ...]
    """``index-url`` first, then each ``extra-index-url``; an empty string stands for pip's default index."""
    find_links: tuple[str, ...]
    settings: Settings
    keyring: bool
    """Whether the user told pip to ask the system's keyring."""
    notes: tuple[str, ...] = ()


def read(timeout: float | None) -> PipConfig:
    """Return pip's settings. Seconds given as `timeout` win over pip's. Raise AcquireError for a broken file."""
    values, notes = _values()
    no_index = environment.is_yes(values.get("no-index", ""))
    index = values.get("index-url") or values.get("pypi-url") or ""
    indexes = () if no_index else (index.strip(), *values.get("extra-index-url", "").split())
    proxies, no_proxy = environment.proxies()
    if proxy := values.get("proxy", "").strip():
        proxies = {"http": proxy, "https": proxy}
    if timeout is None:
        timeout = _seconds(values.get("timeout") or values.get("default-timeout") or "")
    return PipConfig(
        indexes=indexes,
        find_links=tuple(values.get("find-links", "").split()),
        settings=Settings(
            timeout=timeout,
            ca_file=str(Path(values["cert"].strip()).expanduser()) if values.get("cert") else environment.ca_bundle(),
            client_cert=str(Path(values["client-cert"].strip()).expanduser()) if values.get("client-cert") else "",
            trusted_hosts=tuple(values.get("trusted-host", "").split()),
            proxies=proxies,
            no_proxy=no_proxy,
        ),
        keyring=values.get("keyring-provider", "disabled").strip() not in ("", "disabled"),
        notes=tuple(notes),
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 60.0
    return min(max(seconds, 1.0), 3600.0)


def _values() -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    notes: list[str] = []
    for path in _files():
        parser = configparser.RawConfigParser()
        try:
            with path.open(encoding="utf-8") as file:
                parser.read_file(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            notes.append(f"pip's configuration {shown(str(path))} cannot be read ({error.strerror}) and was left out")
            continue
        except (configparser.Error, UnicodeDecodeError):
            # The parser's message quotes the line, which may hold a password.
            raise AcquireError(
                f"pip's configuration {shown(str(path))} is broken. `pip config debug` says where."
            ) from None
        for section in ("global", "download"):
            if parser.has_section(section):
                values.update({_key(k): v for k, v in parser.items(section) if v})
    values.update({_key(k[4:]): v for k, v in os.environ.items() if k.startswith("PIP_") and v})
    return values, notes


def _key(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _files() -> Iterator[Path]:
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path.home()
    name = "pip.ini" if environment.is_windows() else "pip.conf"
    if environment.is_windows():
        yield Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData")) / "pip" / name
        user = [home / "pip" / name, Path(os.environ.get("APPDATA", str(home / "AppData" / "Roaming"))) / "pip" / name]
    elif environment.is_mac():
        yield Path("/Library/Application Support/pip") / name
        own = home / "Library" / "Application Support" / "pip"
        user = [home / ".pip" / name, (own if own.is_dir() else home / ".config" / "pip") / name]
    else:
        for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
            if folder:
                yield Path(folder) / "pip" / name
        yield Path("/etc") / name
        user = [home / ".pip" / name, environment.config_home() / "pip" / name]
    if not (named and Path(named).exists()):
        yield from user
    yield Path(sys.prefix) / name
    if named:
        yield Path(named)


class PipCredentials:
    """Who the user is to each index: credentials in index URLs, netrc, and the keyring where pip was told to use it."""

    def __init__(self, config: PipConfig, indexes: tuple[str, ...]) -> None:
        self._config = config
        self._by_origin: dict[tuple[str, str], tuple[str, str]] = {}
        for url in (*indexes, *config.find_links):
            try:
                parts = urlsplit(url)
                if parts.username is not None and parts.hostname:
                    login = (unquote(parts.username), unquote(parts.password or ""))
                    self._by_origin.setdefault(_origin(url), login)
            except ValueError:
                raise AcquireError(
                    f"pip's configuration names {shown_url(url)}, which is not a valid address."
                ) from None

    def __call__(self, url: str) -> str:
        """Return the Authorization header's value for a URL, or an empty string."""
        parts = urlsplit(url)
        if parts.username is not None:
            return basic(unquote(parts.username), unquote(parts.password or ""))
        known = self._by_origin.get(_origin(url))
        if known and known[1]:
            return basic(*known)
        if login := _netrc(parts.hostname or ""):
            return basic(*login)
        if self._config.keyring:
            from unearth.auth import get_keyring_auth

            if found := get_keyring_auth(url, known[0] if known else None):
                return basic(*found)
        return basic(*known) if known else ""


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, f"{(parts.hostname or '').lower()}:{port}"


def _netrc(host: str) -> tuple[str, str] | None:
    import netrc

    named = os.environ.get("NETRC")
    for path in [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]:
        try:
            found = netrc.netrc(path).authenticators(host)
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            continue  # as pip: a netrc that cannot be read gives no credentials, and the registry says so
        if found and (found[0] or found[2]):
            return found[0], found[2] or ""
    return None
