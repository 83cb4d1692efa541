"""What a page is made of and what it links to, by its markup alone; no script runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

MOST = 2000
"""Addresses taken from one page."""
_CSS = re.compile(r"url\(\s*['\"]?([^'\")\s]{1,2000})|@import\s+['\"]([^'\"]{1,2000})")
_PART = {
    "img": ("src", "srcset", "data-src"), "script": ("src",), "source": ("src", "srcset"), "video": ("src", "poster"),
    "audio": ("src",), "track": ("src",), "embed": ("src",), "object": ("data",), "iframe": ("src",), "frame": ("src",),
    "input": ("src",),
}  # fmt: skip
_LINK_PARTS = frozenset({"stylesheet", "icon", "shortcut icon", "apple-touch-icon", "preload", "manifest"})


class Page(HTMLParser):
    """The parts and links of one page, as absolute addresses, each once, in order."""

    def __init__(self, base: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = base
        self._in_style = False
        self.parts: dict[str, None] = {}
        self.links: dict[str, None] = {}
        self.title = ""
        self._in_title = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href"):
            self._base = joined(self._base, given["href"]) or self._base
        for name in _PART.get(tag, ()):
            for one in _several(given.get(name, ""), name):
                self._add(self.parts, one)
        if tag == "link" and given.get("rel", "").lower() in _LINK_PARTS:
            self._add(self.parts, given.get("href", ""))
        if tag in ("a", "area"):
            self._add(self.links, given.get("href", ""))
        for one in in_css(given.get("style", "")):
            self._add(self.parts, one)
        self._in_style = tag == "style"
        self._in_title = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            for one in in_css(data):
                self._add(self.parts, one)
        elif self._in_title:
            self.title = (self.title + data)[:300]

    def _add(self, to: dict[str, None], address: str) -> None:
        address = address.strip()
        if address and not address.startswith("#") and len(to) < MOST:
            whole = joined(self._base, address)
            if whole.startswith(("http://", "https://")):
                to.setdefault(whole)


def joined(base: str, address: str) -> str:
    """Return an address from a page as a whole one without its fragment, empty where it is none."""
    try:
        return urljoin(base, address.strip().replace(" ", "%20")).partition("#")[0]
    except ValueError:
        return ""


def _several(value: str, name: str) -> list[str]:
    """Return the addresses of an attribute: ``srcset`` holds several."""
    if name != "srcset":
        return [value]
    return [part.split()[0] for part in value.split(",") if part.split()]


def in_css(text: str) -> list[str]:
    """Return the addresses that a style sheet names, at most MOST."""
    found = [a or b for a, b in _CSS.findall(text[: 1 << 20])]
    return [one for one in found if not one.startswith("data:")][:MOST]
