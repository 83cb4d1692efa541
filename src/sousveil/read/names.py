"""An artifact's own name as a clue: ``models/race_model_single_batch.onnx``."""

from __future__ import annotations

import re

from sousveil.model import Construct, Kind, Passage

_SEPARATOR = re.compile(r"!/|[/\\]")
_COMPRESSED = frozenset(("gz", "bz2", "xz", "zst", "lz4", "z", "br"))
_EXTENSION = re.compile(r"[A-Za-z0-9_+-]{1,12}\Z")
# Names that do not tell what a file holds: its folder does.
_PLAIN = frozenset(
    ("model", "index", "main", "weights", "saved_model", "data", "readme", "__init__", "config", "labels")
)


def read_name(path: str) -> Construct | None:
    """Return an artifact's display path as a statement, or ``None`` where it has no name.

    ``name`` is the file's name without extensions, ``scope`` the folders and archives that hold it (outermost first),
    ``language`` its extension. The passage is empty and stands at the artifact's start: the name is not in its bytes.
    """
    parts = [part for part in _SEPARATOR.split(path) if part and part != "."]
    if not parts:
        return None
    stem, *extensions = parts[-1].split(".") if not parts[-1].startswith(".") else [parts[-1]]
    # Dots also stand in versions: only what looks like an extension is cut off.
    kept = [stem]
    while extensions and (extensions[0].isdigit() or not _EXTENSION.match(extensions[0])):
        kept.append(extensions.pop(0))
    while len(extensions) > 1 and extensions[-1].lower() not in _COMPRESSED:
        kept.append(extensions.pop(0))
    name = ".".join(kept)
    passage = Passage(0, 0, 1, 1, "utf-8", "")
    uses = tuple(parts[-2:-1]) if name.lower() in _PLAIN else ()
    return Construct(
        kind=Kind.STATEMENT,
        name=name,
        passage=passage,
        gloss=path,
        scope=tuple(parts[:-1]),
        role="artifact-name",
        language=".".join(extensions).lower(),
        uses=uses,
    )
