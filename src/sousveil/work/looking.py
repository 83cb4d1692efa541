"""Pictures are looked at in one process of their own, after everything else: a second or two each."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from sousveil.model import Limit
from sousveil.work.matching import matcher
from sousveil.work.messages import Leaf, Message, Picture, Trouble
from sousveil.work.reading import whole
from sousveil.work.station import Station

MOST = 200
"""Pictures looked at in one scan."""


class Look(Struct, frozen=True, tag=True):
    """Look at one picture."""

    picture: Picture
    path: bytes = b""
    """Of its spool, where descriptors cannot be handed over."""


def warm() -> None:
    """Load the engine and let it read once, while files can still be opened."""
    from sousveil.unpack.render import ocr
    from sousveil.unpack.render.pictures import png

    matcher().matches(b"")
    ocr.words(png(64, 64, 1, 64, bytes(64 * 64)))


def look(station: Station, job: Look) -> Iterator[Message]:
    """Yield the leaf of what a picture says, if that holds a term."""
    import hashlib
    import os

    from sousveil.unpack import Budget
    from sousveil.unpack.render import ocr

    picture = job.picture
    station.at(picture.display, opening=True)
    descriptor = station.files.pop() if station.files else os.open(os.fsdecode(job.path), os.O_RDONLY)
    try:
        data = whole(descriptor, picture.size, picture.offset)
    except OSError as error:
        yield Trouble(Limit(picture.display, "unreadable", error.strerror or str(error)))
        return
    finally:
        os.close(descriptor)
    if picture.place:
        name = f"{picture.display}!/{picture.place.replace(' ', '-')}.md"
        page = ocr.document(ocr.words(data), name, picture.place, 72 / picture.dots)
        entries = [page] if page is not None else []
    else:
        entries = [e for e in ocr.render(data, picture.display, Budget()) if not isinstance(e, Limit)]
    for entry in entries:
        if entry.data is None or not matcher().matches(entry.data, entry.path):
            continue
        kept = station.keep()
        kept.write(entry.data)
        kept.done()
        digest = hashlib.sha256(entry.data).hexdigest()
        yield Leaf(
            entry.path, digest, entry.size, entry.path.rpartition(".")[2], True, spool=station.number,
            offset=kept.offset, origin=picture.sha256, marks=entry.marks,
        )  # fmt: skip


def chosen(pictures: list[Picture]) -> tuple[list[Picture], list[Limit]]:
    """Return which pictures are looked at, pages of documents first, each once, and what that leaves out."""
    seen: set[tuple[str, str]] = set()
    order: list[Picture] = []
    for picture in sorted(pictures, key=lambda p: (not p.place, p.display, p.number)):
        key = (picture.sha256, picture.place)
        if key not in seen:
            seen.add(key)
            order.append(picture)
    if len(order) <= MOST:
        return order, []
    left = order[MOST:]
    pages = any(p.place for p in left)
    detail = f"{len(order)} pictures may show words; the first {MOST} were looked at"
    return order[:MOST], [Limit(left[0].display, "cut", detail, pages)]
