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
_TEXTS = frozenset(
    ("c", "h", "cc", "cpp", "cxx", "hpp", "s", "m", "mm", "java", "kt", "cs", "go", "rs", "py", "pyi", "js", "ts",
     "tsx", "jsx", "vue", "php", "rb", "pl", "sh", "lua", "swift", "sql", "md", "rst", "txt", "json", "yaml",
     "yml", "toml", "ini", "css", "proto", "dts", "dtsi", "po", "properties")
)  # fmt: skip
_known: dict[str, tuple[str, ...]] = {}


def is_plain_text(data: bytes, display: str) -> bool:
    """Return whether a whole file is text that is no container, no document and no picture. False does not say it is.

    It holds no NUL, which every archive and image that is not told by its start does somewhere.
    """
    return is_plain_name(display) and b"\0" not in data and is_plain_start(data)


def is_plain_name(display: str) -> bool:
    """Return whether nothing need be asked of a file because of its name."""
    name = display[display.rfind("/") + 1 :]
    dot = name.rfind(".")
    end = name[dot:] if dot >= 0 else ""
    ends = _known.get(end)
    if ends is None:
        if len(_known) > 1 << 14:  # the names are the product's
            _known.clear()
        ends = _known[end] = _asked(end)
    return not ((ends and name.lower().endswith(ends)) or name[-1:].isdigit())


def is_text_name(name: str) -> bool:
    """Return whether a file is called as plain text is: an image or an archive may have a plain name, none has this."""
    return name.rpartition(".")[2].lower() in _TEXTS and is_plain_name(name)


def is_plain_start(data: bytes | memoryview) -> bool:
    """Return whether a file without a NUL begins as nothing does that is opened or rendered."""
    head = bytes(data[:512])
    return (
        head[:2] not in _STARTS
        and not head.translate(None, _LETTERS)
        and not _NAMED.match(data)
        and not (head[155:156] == b" " == head[107:108])  # a tar of the oldest kind
        and head[257:262] != b"ustar"
        and head[510:512] != b"\x55\xaa"
        and head[56:60] != b"ARM\x64"
        and head[7:14] != b"**ACE**"
        and head[2:4] != b"-l"
    )


def _asked(end: str) -> tuple[str, ...]:
    """Return with which ends a name that ends so is asked about."""
    low = end.lower()
    return tuple(e for e in _ENDS if low and e.endswith(low))
