"""FAT12, FAT16 and FAT32, with long names. Layout: Microsoft FAT Specification, 2005."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import MOST_NAME, Damaged, behind, give, u16, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(title="FAT images", ends=".img .vfat", reads="Every file in a folder.", limits="Deleted files; exFAT.")
_MOST_FOLDER = 8 << 20


class _Image:
    def __init__(self, source: Seekable) -> None:
        head = source.read(0, 512)
        self.source = source
        sector, per_cluster, reserved = u16(head, 11), head[13], u16(head, 14)
        tables, roots = head[16], u16(head, 17)
        sectors = u16(head, 19) or u32(head, 32)
        table = u16(head, 22) or u32(head, 36)
        wrong = not per_cluster or per_cluster & (per_cluster - 1) or roots * 32 % sector if sector else True
        if wrong or sector not in (512, 1024, 2048, 4096) or not table or not tables or not reserved:
            raise Damaged("impossible numbers in the boot sector")
        self.end = sectors * sector
        self.cluster = sector * per_cluster
        self.root_at = (reserved + tables * table) * sector
        self.root_size = roots * 32
        self.data = self.root_at + -(-self.root_size // sector) * sector
        self.count = max(0, (self.end - self.data) // self.cluster)
        self.bits = 12 if self.count < 4085 else 16 if self.count < 65525 else 32
        self.root = u32(head, 44) if self.bits == 32 else 0
        self.table = source.read(reserved * sector, min(table * sector, 1 << 28))
        second = source.read((reserved + table) * sector, 4) if tables > 1 else self.table[:4]
        self.doubt = ""
        if self.table[:1] != head[21:22] or second != self.table[:4]:
            self.doubt = "the tables do not begin where the boot sector says"
        elif len(self.table) * 8 < (self.count + 2) * self.bits:
            self.doubt = f"a table of {len(self.table)} bytes for {self.count} clusters"

    def chain(self, cluster: int) -> Iterator[int]:
        """Yield a file's clusters. Raise Damaged where they lead in a circle or out of the image."""
        steps = 0
        while 2 <= cluster < self.count + 2:
            yield cluster
            steps += 1
            if steps > self.count:
                raise Damaged("a chain of clusters that leads back into itself")
            if self.bits == 12:
                word = u16(self.table, cluster * 3 // 2)
                cluster = word >> 4 if cluster & 1 else word & 0xFFF
            elif self.bits == 16:
                cluster = u16(self.table, cluster * 2)
            else:
                cluster = u32(self.table, cluster * 4) & 0x0FFFFFFF

    def content(self, cluster: int) -> Iterator[bytes]:
        for number in self.chain(cluster):
            data = self.source.read(self.data + (number - 2) * self.cluster, self.cluster)
            if not data:
                raise Damaged(f"cluster {number} lies beyond the end")
            yield data

    def folder(self, cluster: int) -> bytes:
        if not cluster:
            return self.source.read(self.root_at, self.root_size)
        parts: list[bytes] = []
        for data in self.content(cluster):
            parts.append(data)
            if len(parts) * self.cluster > _MOST_FOLDER:
                raise Damaged("a folder that is too large")
        if parts and cluster != self.root and not parts[0].startswith(b".  "):
            raise Damaged("a folder that does not begin with itself")
        return b"".join(parts)


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files in the order of the folders. Raise NotOpened if the boot sector cannot be one."""
    del name
    try:
        image = _Image(source)
    except (Damaged, IndexError) as error:
        raise NotOpened("broken", str(error)) from None
    reading.opened = True
    reading.spread()
    if image.doubt:
        reading.note("broken", image.doubt)
    seen = {image.root}
    stack = [("", image.root)]
    while stack:
        folder, cluster = stack.pop()
        below: list[tuple[str, int]] = []
        try:
            for short, start, size, is_folder in _entries(image.folder(cluster)):
                reading.budget.tick()
                path = folder + short
                if not is_folder:
                    yield from give(reading, path.encode("utf-8", "surrogateescape"), size, image.content(start))
                elif start not in seen and len(path) < MOST_NAME:
                    seen.add(start)
                    below.append((path + "/", start))
                elif start:
                    reading.note("broken", "a folder that is met again or lies too deep", path)
        except Damaged as error:
            reading.note("broken", str(error), folder or "/")
        yield from reading.drain()
        stack.extend(reversed(below))
    yield from behind(source, image.end, reading)
    yield from reading.drain()


def _entries(data: bytes) -> Iterator[tuple[str, int, int, bool]]:
    """Yield name, first cluster, size and whether it is a folder."""
    long: dict[int, bytes] = {}
    for at in range(0, len(data) - 31, 32):
        entry = data[at : at + 32]
        kind = entry[11]
        if not entry[0]:
            return
        if entry[0] == 0xE5:
            long = {}
        elif kind & 0x3F == 0x0F:
            long[entry[0] & 0x1F] = entry[1:11] + entry[14:26] + entry[28:32]
        elif kind & 8:
            long = {}
        else:
            raw = b"".join(part for _, part in sorted(long.items()))
            name = raw.decode("utf-16-le", "backslashreplace").split("\0")[0] if raw else _short(entry)
            long = {}
            if name not in (".", ".."):
                yield name, u16(entry, 20) << 16 | u16(entry, 26), u32(entry, 28), bool(kind & 0x10)


def _short(entry: bytes) -> str:
    base, end = entry[:8].rstrip(b" "), entry[8:11].rstrip(b" ")
    raw = (b"\xe5" + base[1:] if base[:1] == b"\5" else base) + (b"." + end if end else b"")
    name = raw.decode("cp437")
    return name.lower() if entry[12] & 0x18 else name
