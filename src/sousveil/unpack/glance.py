"""Plain text told at a glance: nearly every file of a source tree, and nothing that anything here opens or renders.

Each way in which a file may be opened asks its own question (`is_container`, `renderer_of`, …), and five of them a file
cost more than the search for terms. What passes here would be answered no by all of them; the tests hold it to that.
"""

from __future__ import annotations

import re

from sousveil.unpack.misnamed import ASKED
from sousveil.unpack.render import RENDERERS, scoped
from sousveil.unpack.sniff import STARTS
from sousveil.unpack.sourcemap import CODE

_ENDS = frozenset((*(f".{end}" for end in ASKED), *CODE, ".map", *(end for r in RENDERERS for end in r.ends)))
# Two bytes are enough to ask: of text that begins like a format little is lost to the longer way.
_STARTS = frozenset(start[:2] for start in STARTS) | {b"RI"}
_NAMED = re.compile(b"|".join(scoped(r.magic) for r in RENDERERS if not r.ends))
_LETTERS = bytes((*range(0x09, 0x0E), *range(0x20, 0x7F), *range(0x80, 0x100)))
"""By these firmware is told from text."""
_known: dict[str, tuple[str, ...] | None] = {}


def is_plain_text(data: bytes, display: str) -> bool:
    """Return whether a whole file is text that is no container, no document and no picture. False does not say it is.

    It holds no NUL, which every archive and image that is not told by its start does somewhere.
    """
    name = display[display.rfind("/") + 1 :]
    dot = name.rfind(".")
    end = name[dot:] if dot >= 0 else ""
    if end not in _known:
        if len(_known) > 1 << 14:  # the names are the product's
            _known.clear()
        _known[end] = _asked(end)
    ends = _known[end]
    if ends is None or (ends and name.lower().endswith(ends)) or name[-1:].isdigit():
        return False
    return (
        data[:2] not in _STARTS
        and not data[:512].translate(None, _LETTERS)
        and b"\0" not in data
        and not _NAMED.match(data)
        and not (data[155:156] == b" " == data[107:108])  # a tar of the oldest kind
        and data[257:262] != b"ustar"
        and data[510:512] != b"\x55\xaa"
        and data[56:60] != b"ARM\x64"
        and data[7:14] != b"**ACE**"
        and data[2:4] != b"-l"
    )


def _asked(end: str) -> tuple[str, ...] | None:
    """Return with which longer ends a name that ends so is asked about; None if it always is."""
    low = end.lower()
    return None if low in _ENDS else tuple(e for e in _ENDS if low and e.endswith(low))
