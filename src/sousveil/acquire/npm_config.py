"""The user's own settings for npm packages, read as npm reads them.

Sources: npm's documentation, "config" and ".npmrc". Later wins: the global file, the user's, ``npm_config_*``
variables. A project's ``.npmrc`` is not read: whoever looks into an unpacked product stands in its folder, and its file
could send the user's tokens to a registry of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil.acquire import environment
from sousveil.acquire.web import Settings, basic
from sousveil.acquire.wording import AcquireError, shown

_VARIABLE = re.compile(r"(?<!\\)(\\*)\$\{([^${}]{1,200})\}")
_MAX_FILE = 1 << 20


class NpmConfig(Struct, frozen=True):
    """Where packages come from, who the user is there, and how the way is protected."""

    values: dict[str, str]
    settings: Settings
    notes: tuple[str, ...] = ()

    def registry(self, name: str) -> str:
        """Return the registry for a package, ending in a slash; empty for npm's default."""
        scope = name.partition("/")[0] if name.startswith("@") else ""
        url = (self.values.get(f"{scope}:registry") if scope else "") or self.values.get("registry", "")
        return url.rstrip("/") + "/" if url else ""

    def authorization(self, url: str) -> str:
        """Return the Authorization header's value for a URL, from its longest configured ``//host/path/``."""
        parts = urlsplit(url)
        host, path = f"//{parts.netloc.rpartition('@')[2]}", parts.path
        while True:
            if found := self._login(f"{host}{path.rstrip('/')}/") or self._login(f"{host}{path.rstrip('/')}"):
                return found
            if not path.rstrip("/"):
                return ""
            path = path.rstrip("/").rpartition("/")[0]

    def _login(self, prefix: str) -> str:
        values = self.values
        if token := values.get(f"{prefix}:_authToken"):
            return f"Bearer {token}"
        if pair := values.get(f"{prefix}:_auth"):
            return f"Basic {pair}"
        user, password = values.get(f"{prefix}:username"), values.get(f"{prefix}:_password")
        if user and password:
            try:
                return basic(user, b64decode(password).decode("utf-8"))
            except ValueError:
                raise AcquireError(f"npm's setting {shown(prefix)}:_password is not base64.") from None
        return ""


def read(timeout: float | None) -> NpmConfig:
    """Return npm's settings. Seconds given as `timeout` win over npm's. Raise AcquireError for a broken file."""
    values: dict[str, str] = {}
    notes: list[str] = []
    environment_values = dict(_environment())
    user = _named(environment_values, "userconfig") or Path.home() / ".npmrc"
    for path in (_global_file(environment_values), user):
        if path is None:
            continue
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_FILE + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            notes.append(f"npm's configuration {shown(str(path))} cannot be read ({error.strerror}) and was left out")
            continue
        if len(data) > _MAX_FILE:
            raise AcquireError(f"npm's configuration {shown(str(path))} is longer than {_MAX_FILE:,} bytes.")
        values.update(parse(data.decode("utf-8", "replace")))
    values.update(environment_values)
    return NpmConfig(values, _settings(values, timeout), tuple(notes))


def _settings(values: dict[str, str], timeout: float | None) -> Settings:
    proxies, no_proxy = environment.proxies()
    if proxy := values.get("proxy", ""):
        if proxy == "false":
            proxies = {}
        else:
            proxies = {"http": proxy, "https": values.get("https-proxy") or proxy}
    elif proxy := values.get("https-proxy", ""):
        proxies = {**proxies, "https": proxy}
    if timeout is None:
        text = values.get("fetch-timeout", "")
        timeout = min(max(int(text) / 1000, 1.0), 3600.0) if text.isascii() and text.isdigit() else 60.0
    return Settings(
        timeout=timeout,
        ca_file=str(Path(values["cafile"]).expanduser()) if values.get("cafile") else "",
        ca_text=values.get("ca", ""),
        client_cert=values.get("certfile", ""),
        client_key=values.get("keyfile", ""),
        check_certificates=values.get("strict-ssl", "true") != "false",
        proxies=proxies,
        no_proxy=values.get("noproxy", "") or no_proxy,
    )


def parse(text: str) -> dict[str, str]:
    """Return the settings of an ``.npmrc``: ``key = value`` lines, ``;`` and ``#`` comments, ``${VARIABLE}`` replaced.

    Keys keep their case where they name a host; ``null`` values are left out; the parts of an array (``ca[]``) are
    joined by line breaks.
    """
    values: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line[0] in ";#[":
            continue
        key, equals, value = line.partition("=")
        key, value = _expand(_unquoted(key.strip())), _expand(_unquoted(value.strip()))
        if not equals:
            value = "true"
        if value in ("null", ""):
            continue
        if key.endswith("[]"):
            key = key[:-2]
            value = f"{values[key]}\n{value}" if key in values else value
        values[key] = value
    return values


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            decoded = json.loads(text)
        except ValueError:
            return text[1:-1]
        return decoded if isinstance(decoded, str) else text
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    return re.split(r"(?<!\\)\s[;#]", text, maxsplit=1)[0].strip()


def _expand(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        slashes, name = match[1], match[2]
        if len(slashes) % 2:
            return match[0]
        if name.endswith("?"):
            return slashes + os.environ.get(name[:-1], "")
        return slashes + os.environ[name] if name in os.environ else match[0]

    return _VARIABLE.sub(replaced, text)


def _environment() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name[:11].lower() == "npm_config_" and value:
            key = name[11:]
            if not key.startswith("//"):
                key = key[:1].lower() + key[1:].replace("_", "-").lower()
            yield key, value


def _global_file(environment_values: dict[str, str]) -> Path | None:
    if named := _named(environment_values, "globalconfig"):
        return named
    if prefix := _named(environment_values, "prefix"):
        return prefix / "etc" / "npmrc"
    if environment.is_windows():
        return Path(os.environ.get("APPDATA", str(Path.home()))) / "npm" / "etc" / "npmrc"
    if node := shutil.which("node"):
        return Path(node).resolve().parent.parent / "etc" / "npmrc"
    return Path("/usr/local/etc/npmrc")


def _named(values: dict[str, str], key: str) -> Path | None:
    return Path(values[key]).expanduser() if values.get(key) else None
