"""What a page is made of and what it links to, by its markup alone; no script runs."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

MOST = 2000
"""Addresses taken from one page."""
_MOST_VALUE = 1 << 16
_TAG = re.compile(r"<([A-Za-z][^\s/>]{0,100}+)(?=[\s/>]|$)")
_OPTION = re.compile(r"""[\s/]*+(?:([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+("[^"]*+"?|'[^']*+'?|[^\s>]*+))?|=)?""")
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "noembed", "noframes", "iframe")
}
"""Elements whose text holds no tags."""
_CSS = re.compile(r"url\(\s*['\"]?([^'\")\s]{1,2000})|@import\s+['\"]([^'\"]{1,2000})")
_PART = {
    "img": ("src", "srcset", "data-src"), "script": ("src",), "source": ("src", "srcset"), "video": ("src", "poster"),
    "audio": ("src",), "track": ("src",), "embed": ("src",), "object": ("data",), "iframe": ("src",), "frame": ("src",),
    "input": ("src",),
}  # fmt: skip
_LINK_PARTS = frozenset({"stylesheet", "icon", "shortcut icon", "apple-touch-icon", "preload", "manifest"})


class Page:
    """The parts and links of one page, as absolute addresses, each once, in order.

    Tags are found as browsers find them (HTML, 13.2.5), each byte looked at a bounded number of times: a page is
    hostile, and the standard library's parser takes minutes over 100 KB of the wrong ones.
    """

    def __init__(self, base: str, text: str) -> None:
        self._base = base
        self.parts: dict[str, None] = {}
        self.links: dict[str, None] = {}
        self.title = ""
        self._read(text)

    def _read(self, text: str) -> None:
        at = 0
        while (at := text.find("<", at)) >= 0:
            tag = _TAG.match(text, at)
            if tag is None:
                end = "-->" if text.startswith("<!--", at) else ">" if text[at + 1 : at + 2] in ("!", "?", "/") else ""
                if end and (found := text.find(end, at + 2)) < 0:
                    return  # what is not closed swallows the rest
                at = found + len(end) if end else at + 1
                continue
            name = tag[1].lower()
            given: dict[str, str] = {}
            at = tag.end()
            while (one := _OPTION.match(text, at)) and one.end() > at:
                value = one[2] or ""
                if value[:1] in ("'", '"'):
                    if len(value) < 2 or value[-1] != value[0]:
                        return
                    value = value[1:-1]
                if one[1]:
                    given.setdefault(one[1][:100].lower(), _text(value[:_MOST_VALUE]))
                at = one.end()
            if not text.startswith(">", at):
                return
            at += 1
            self._tag(name, given)
            if name in _RAW:
                end_tag = _RAW[name].search(text, at)
                within = text[at : end_tag.start() if end_tag else len(text)]
                if name == "style":
                    for address in in_css(within):
                        self._add(self.parts, address)
                elif name == "title" and not self.title:
                    self.title = _text(within[:1000])[:300]
                at = end_tag.start() if end_tag else len(text)

    def _tag(self, tag: str, given: dict[str, str]) -> None:
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

    def _add(self, to: dict[str, None], address: str) -> None:
        address = address.strip()
        if address and not address.startswith("#") and len(to) < MOST:
            whole = joined(self._base, address)
            if whole.startswith(("http://", "https://")):
                to.setdefault(whole)


def _text(value: str) -> str:
    try:
        return unescape(value)
    except ValueError:  # a reference of thousands of digits
        return value


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
