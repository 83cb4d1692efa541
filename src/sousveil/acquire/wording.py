"""Errors of this stage, and how strings that others wrote are put into its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Everything between "//" and the last "@" before the next slash: user, password or a bare token.
_USERINFO = re.compile(r"//[^/\s]*@")
_AFTER_PATH = re.compile(r"[?#].*", re.DOTALL)


class AcquireError(Exception):
    """The product could not be had. The message says what happened, where, and what to do; it holds no credentials."""


class WebError(AcquireError):
    """A registry could not be asked, or its answer could not be used."""

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again
        """Whether a second try may help."""


def shown(text: str, limit: int = 300) -> str:
    """Return the text with credentials in URLs masked and unprintable characters escaped, cut to `limit` characters.

    Terminal escapes, bidirectional controls and lone surrogates become visible escapes.
    """
    text = _USERINFO.sub("//***@", text)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shown_url(url: str) -> str:
    """Return a URL as it may be printed: no credentials, no query (signed links carry secrets there), no fragment."""
    return shown(_AFTER_PATH.sub("", url))


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names joined by commas, and how many more there are beyond `most`."""
    all_names = [shown(n, 120) for n in names]
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {rest} more" if rest > 0 else "")


def near(word: str, words: Sequence[str], most: int = 5) -> list[str]:
    """Return at most `most` of the words that look like `word`, the nearest first."""
    from difflib import get_close_matches

    return get_close_matches(word, words, n=most, cutoff=0.75)


def like_it(word: str, words: Sequence[str], asked: str) -> str:
    """Return the end of a sentence on an unknown name: names known here that look like it, and what cannot be asked."""
    similar = [n for n in near(word, sorted({*words})) if n != word]
    known = f"Known here and like it: {listed(similar)}." if similar else "Check the spelling."
    return f"{known} {asked} cannot be asked for like names: look on its website."


def around(sorted_versions: Sequence[str], place: int, most: int = 8) -> list[str]:
    """Return the `most` versions nearest to an index of a sorted list, oldest first."""
    start = max(0, min(place - most // 2, len(sorted_versions) - most))
    return list(sorted_versions[start : start + most])
