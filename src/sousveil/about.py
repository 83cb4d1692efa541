"""What a reader says of its format, for ``sousveil formats`` and the generated documentation."""

from __future__ import annotations

from msgspec import Struct


class About(Struct, frozen=True):
    """One format, as a user would ask for it."""

    title: str
    """``ELF programs and libraries``"""
    ends: str
    """How such files' names end, separated by spaces, for show."""
    reads: str
    """One or two sentences: what is read from it."""
    needs: str = ""
    """An extra or a program of the system; empty for none."""
    limits: str = ""
    """What is not read."""
