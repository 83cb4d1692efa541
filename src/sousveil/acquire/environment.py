"""What the environment says to every HTTP client: proxies and certificate bundles."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def proxies() -> tuple[dict[str, str], str]:
    """Return proxies by scheme (``http``, ``https``) and the hosts that go without, from HTTP_PROXY and its like.

    On macOS and Windows the system's own settings count where the environment says nothing.
    """
    if not is_windows() and not is_mac() and not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}, ""  # the import below costs 25 ms
    from urllib.request import getproxies

    found = getproxies()
    everything = found.get("all", "")
    by_scheme = {s: found.get(s) or everything for s in ("http", "https")}
    return {s: p for s, p in by_scheme.items() if p}, found.get("no", "")


def ca_bundle() -> str:
    """Return the bundle named by REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, as pip does. SSL_CERT_FILE is OpenSSL's."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or ""


def config_home() -> Path:
    """Return the folder for a user's configuration outside Windows and macOS."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".config"


def is_yes(value: str) -> bool:
    """Return whether a configuration value means yes, as pip and npm read it."""
    return value.strip().lower() in ("1", "y", "yes", "t", "true", "on")


def is_windows() -> bool:
    """Return whether this is Windows; a function, so that type checkers look at both ways."""
    return sys.platform == "win32"


def is_mac() -> bool:
    """Return whether this is macOS."""
    return sys.platform == "darwin"


def goes_direct(host: str, port: int | None, no_proxy: str) -> bool:
    """Return whether NO_PROXY, or npm's noproxy, takes a host out.

    Rules: ``*``, a name with all names below it, an address, a network; each may name a port.
    """
    import ipaddress

    host = host.lower().strip("[]")
    for rule in (r.strip().lower() for r in no_proxy.replace("\n", ",").split(",")):
        name, _, wanted_port = rule.rpartition(":") if rule.count(":") == 1 else (rule, "", "")
        if wanted_port and str(port or "") != wanted_port:
            continue
        name = name.removeprefix("*").removeprefix(".").strip("[]") if rule != "*" else "*"
        if name and (name in ("*", host) or host.endswith("." + name)):
            return True
        if "/" in name:
            try:
                if ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False):
                    return True
            except ValueError:
                continue
    return False
