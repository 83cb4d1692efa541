"""What can go wrong with a case, in words for its user."""

from __future__ import annotations


class CaseError(Exception):
    """A case that cannot be used, or a step that cannot be taken; the message says what, where and what to do."""
