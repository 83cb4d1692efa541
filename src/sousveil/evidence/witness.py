"""Who else saw a line of the record: an authority, a calendar, a log. What all have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

Post = Callable[[str, bytes | None, str], bytes]
"""Address, body (None: a GET), its type (of the body and of what is wanted); returns the answer's body.

Raises OSError where there is none.
"""


class Trust(Struct, frozen=True):
    """What a witness's answer is worth."""

    valid: bool | None
    """True: it is what a witness that the person named signed; None: nothing was given to check it by; False: wrong."""
    detail: str


class Anchors(Struct, frozen=True):
    """What a person trusts, given to check answers by."""

    roots: bytes = b""
    """Certificates in PEM form that the chains of time-stamp authorities end in."""
    headers: Mapping[int, bytes] = {}
    """Headers of Bitcoin blocks, by height."""
    logs: bytes = b""
    """Public keys of logs in PEM form."""


class Kind(Struct, frozen=True):
    """One kind of witness."""

    claim: str
    """What is claimed by an answer: ``the time stamp`` by somebody holds."""
    done: str
    """What an answer that was kept is called: ``stamped``."""
    answered: str
    """How the name of a kept answer ends."""
    waiting: str
    """How the name of a question that nobody has answered yet ends."""
    question: Callable[[bytes], bytes]
    """Of a line of the ledger without its line feed."""
    send: Callable[[str, bytes, Post], bytes]
    """Ask the witness at an address; return what is kept. Raises OSError where it does not answer."""
    wrong: Callable[[bytes, bytes], str]
    """What is wrong with an answer over a digest, empty if nothing."""
    judge: Callable[[bytes, bytes, Anchors], Trust]
    """What an answer over a digest is worth."""
