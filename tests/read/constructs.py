"""What a reader makes of a made-up text, and whether it stands where it says."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from sousveil.model import Construct, Kind
from sousveil.read.text import decode


def read_terms(module: ModuleType, source: str, *terms: str) -> list[Construct]:
    """Return what a reader of text makes of ``source`` where it holds ``terms``: of all of it without any."""
    text = decode(source.encode())
    offsets = sorted({i for t in terms for i in range(len(text.utf8)) if text.utf8.startswith(t.encode(), i)})
    found: list[Construct] = module.read(text, offsets if terms else None)
    return found


def placed(found: list[Construct], data: bytes) -> list[Construct]:
    """Return ``found``; each passage must be those bytes of ``data``."""
    for construct in found:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            cut = data[passage.offset : passage.offset + passage.length]
            assert cut.decode(passage.encoding, "backslashreplace") == passage.text
    return found


def one(found: Sequence[Construct], kind: Kind, name: str = "", role: str = "") -> Construct:
    """Return the only construct of a kind, with this name and role where they are given."""
    chosen = [c for c in found if c.kind is kind and name in ("", c.name) and role in ("", c.role)]
    assert len(chosen) == 1, [(c.kind, c.role, c.name) for c in found]
    return chosen[0]
