"""romfs. Layout: Linux Documentation/filesystems/romfs.rst."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import MOST_NAME, Damaged, behind, give, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable

ABOUT = About(title="romfs images", ends=".romfs .img", reads="Every file; hard and symbolic links are listed.")
_KINDS = {4: "a block device", 5: "a character device", 6: "a socket", 7: "a FIFO (named pipe)"}
_MOST = 1_000_000


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files in the order in which they lie in the folders. Raise NotOpened if this is no image."""
    del name
    size = u32(source.read(8, 4), 0, "big")
    if size < 32:
        raise NotOpened("broken", f"an image of {size} bytes")
    reading.opened = True
    if size > source.size:
        reading.note("truncated", f"{source.size} of {size} bytes are there")
    seen: set[int] = set()
    stack = [(b"", _padded(source, 16)[1])]
    while stack:
        folder, at = stack.pop()
        below: list[tuple[bytes, int]] = []
        while at and at not in seen:
            if len(seen) >= _MOST:
                reading.note("cut", f"more than {_MOST:,} files; the rest was not read")
                break
            seen.add(at)
            reading.budget.tick()
            head = source.read(at, 16)
            if len(head) < 16:
                reading.note("broken", f"a file header at {at}, beyond the end")
                break
            following, info, length = u32(head, 0, "big"), u32(head, 4, "big"), u32(head, 8, "big")
            short, data = _padded(source, at + 16)
            path = folder + short
            kind = following & 7
            shown = reading.names.decode(path)
            if short in (b".", b".."):
                pass
            elif kind == 1:
                if len(path) < MOST_NAME:
                    below.append((path + b"/", info & ~15))
                else:
                    reading.note("depth", "folders lie deeper than is followed", shown)
            elif kind == 2:
                yield from give(reading, path, length, _content(source, data, length))
            elif kind == 3:
                reading.note(
                    "link",
                    "symbolic link to " + source.read(data, min(length, 255)).decode("utf-8", "backslashreplace"),
                    shown,
                    incomplete=False,
                )
            elif kind == 0:
                reading.note("link", f"hard link to the file at {info}", shown, incomplete=False)
            else:
                reading.note("device", _KINDS[kind], shown, incomplete=False)
            yield from reading.drain()
            at = following & ~15
        stack.extend(reversed(below))
    yield from behind(source, size, reading)
    yield from reading.drain()


def _padded(source: Seekable, at: int) -> tuple[bytes, int]:
    """Return a name and where what follows it begins."""
    raw = source.read(at, 256)
    end = raw.find(b"\0")
    end = len(raw) if end < 0 else end
    return raw[:end], at + (end + 16 & ~15)


def _content(source: Seekable, at: int, size: int) -> Iterator[bytes]:
    for offset in range(0, size, CHUNK):
        part = source.read(at + offset, min(CHUNK, size - offset))
        if not part:
            raise Damaged("beyond the end of the image")
        yield part
