"""Compiled HTML help: the pages, contents and index as files.

The directory is read here (ITSF, ITSP, PMGL, as chmspec and the chmlib sources describe them). What is LZX-compressed
is put into a cabinet, whose folders are LZX as well, and decoded by libarchive: each reset interval is one folder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.archive import read_archive
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget, Meter
from sousveil.unpack.reading import NotOpened, Reading
from sousveil.unpack.render.marked import inside
from sousveil.unpack.source import Memory

ABOUT = About(
    title="Compiled HTML help",
    ends=".chm",
    reads="Every page, its contents and index, pictures: each as a file.",
    limits="Damaged intervals of the compressed part: the pages in them are named.",
)
_FRAME = 0x8000
_ENTRIES = 200_000
_CHUNKS = 100_000
_MOST = 512 << 20
"""Bytes of the compressed part, unpacked."""
_DATA = "::DataSpace/Storage/MSCompressed/"
_RESET = "Transform/{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}/InstanceData/ResetTable"
_BATCH = 64
"""Intervals of one cabinet."""


class _File(Struct, frozen=True):
    name: str
    section: int
    offset: int
    size: int


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield every file of the help, and what could not be unpacked."""
    try:
        files, content = _directory(data, budget)
    except (struct.error, ValueError) as error:
        yield Limit(display, "broken", f"no directory: {error}"[:200])
        return
    named = {f.name: f for f in files}

    def plain(name: str) -> bytes:
        file = named.get(_DATA + name)
        return b"" if file is None else data[content + file.offset : content + file.offset + file.size]

    packed: list[_File] = []
    for file in files:
        if file.name.startswith(("::", "/#", "/$")) or file.name.endswith("/") or not file.size:
            continue
        if file.section == 0:
            body = data[content + file.offset : content + file.offset + file.size]
            yield Entry(inside(display, file.name.lstrip("/")), b"", len(body), body, inside=True)
        else:
            packed.append(file)
    if not packed:
        return
    try:
        unpacked = _Unpacked(plain("ControlData"), plain(_RESET), plain("Content"), display, budget)
    except (struct.error, ValueError) as error:
        yield Limit(display, "broken", f"the compressed part, {len(packed)} files: {error}"[:200])
        return
    packed.sort(key=lambda f: f.offset)
    for file in packed:
        found = unpacked.read(file.offset, file.size)
        if found is None:
            yield Limit(inside(display, file.name.lstrip("/")), "broken", "its part of the compressed data is damaged")
        else:
            yield Entry(inside(display, file.name.lstrip("/")), b"", len(found), found, inside=True)


def _directory(data: bytes, budget: Budget) -> tuple[list[_File], int]:
    """Return the files and where the uncompressed content begins."""
    version = struct.unpack_from("<I", data, 4)[0]
    at, length = struct.unpack_from("<QQ", data, 0x48)
    content = struct.unpack_from("<Q", data, 0x58)[0] if version >= 3 else at + length
    if data[at : at + 4] != b"ITSP":
        raise ValueError("no ITSP header")
    header, _, size = struct.unpack_from("<III", data, at + 8)
    count = struct.unpack_from("<I", data, at + 0x2C)[0]
    if not 64 <= size <= 1 << 20:
        raise ValueError(f"chunks of {size} bytes")
    files: list[_File] = []
    for number in range(min(count, _CHUNKS)):
        chunk = data[at + header + number * size : at + header + (number + 1) * size]
        if len(chunk) < 20:
            break
        if chunk[:4] != b"PMGL":
            continue
        end = size - min(struct.unpack_from("<I", chunk, 4)[0], size)
        here = 20
        while here < end and len(files) < _ENTRIES:
            length, here = _number(chunk, here)
            name = chunk[here : here + length].decode("utf-8", "backslashreplace")
            section, here = _number(chunk, here + length)
            offset, here = _number(chunk, here)
            length, here = _number(chunk, here)
            files.append(_File(name, section, offset, length))
        budget.tick()
    return files, content


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    value = 0
    for _ in range(9):
        if at >= len(raw):
            raise ValueError("an entry runs out of its chunk")
        value = value << 7 | raw[at] & 0x7F
        at += 1
        if not raw[at - 1] & 0x80:
            break
    return value, at


class _Unpacked:
    """The compressed part, unpacked a few intervals at a time as its files are asked for in order."""

    def __init__(self, control: bytes, reset: bytes, content: bytes, display: str, budget: Budget) -> None:
        if control[4:8] != b"LZXC":
            raise ValueError("not LZX")
        version, interval, window = struct.unpack_from("<III", control, 8)
        unit = _FRAME if version >= 2 else 1
        self._frames = interval * unit // _FRAME
        self._window = (window * unit).bit_length() - 1
        if not 1 <= self._frames <= 64 or not 15 <= self._window <= 21:
            raise ValueError(f"interval {interval}, window {window}")
        count, width, header = struct.unpack_from("<III", reset, 4)
        self._size, packed, block = struct.unpack_from("<QQQ", reset, 16)
        if block != _FRAME or width != 8 or self._size > _MOST:
            raise ValueError(f"{self._size} bytes in blocks of {block}")
        count = min(count, (len(reset) - header) // 8, self._size // _FRAME + 1)
        self._starts = [*struct.unpack_from(f"<{count}Q", reset, header), min(packed, len(content))]
        self._content, self._display, self._budget = content, display, budget
        self._held: dict[int, bytes | None] = {}

    def read(self, offset: int, size: int) -> bytes | None:
        """Return bytes of the unpacked part, None where an interval is damaged."""
        step = self._frames * _FRAME
        if size > self._size or offset + size > self._size:
            return None
        parts: list[bytes] = []
        for number in range(offset // step, (offset + size - 1) // step + 1):
            part = self._interval(number)
            if part is None:
                return None
            parts.append(part)
        start = offset % step
        whole = b"".join(parts)[start : start + size]
        return whole if len(whole) == size else None

    def _interval(self, number: int) -> bytes | None:
        if number not in self._held:
            if len(self._held) > 4 * _BATCH:
                self._held = {n: raw for n, raw in self._held.items() if n >= number - _BATCH}
            first = number - number % _BATCH
            self._held.update(dict.fromkeys(range(first, first + _BATCH)))
            self._unpack(range(first, first + _BATCH))
        return self._held.get(number)

    def _unpack(self, numbers: range) -> None:
        folders: list[tuple[int, list[tuple[bytes, int]]]] = []
        for number in numbers:
            frames: list[tuple[bytes, int]] = []
            for frame in range(number * self._frames, (number + 1) * self._frames):
                left = self._size - frame * _FRAME
                if frame + 1 >= len(self._starts) or left <= 0:
                    break
                frames.append((self._content[self._starts[frame] : self._starts[frame + 1]], min(left, _FRAME)))
            if frames and all(0 < len(raw) <= 0xFFFF for raw, _ in frames):
                folders.append((number, frames))
        if self._read(folders) or len(folders) < 2:
            return
        # One that is damaged ends the cabinet: each alone.
        for folder in folders:
            if self._held.get(folder[0]) is None:
                self._read([folder])

    def _read(self, folders: list[tuple[int, list[tuple[bytes, int]]]]) -> bool:
        if not folders:
            return True
        cabinet = _cabinet(folders, self._window)
        reading = Reading(self._display, Meter(self._budget, len(cabinet)), _MOST)
        try:
            for item in read_archive("cab", Memory(cabinet), reading):
                if not isinstance(item, Limit):
                    raw = b"".join(item.source.chunks())
                    self._held[int(item.name)] = raw
        except (NotOpened, OSError, ValueError):
            return False
        return all(self._held.get(number) is not None for number, _ in folders)


def _cabinet(folders: list[tuple[int, list[tuple[bytes, int]]]], window: int) -> bytes:
    """Return a cabinet ([MS-CAB]) with one folder of one file for each interval."""
    heads = b""
    entries = b""
    blocks = b""
    names = [b"%d\0" % number for number, _ in folders]
    start = 36 + 8 * len(folders) + sum(16 + len(name) for name in names)
    for index, (_, frames) in enumerate(folders):
        heads += struct.pack("<IHH", start + len(blocks), len(frames), 3 | window << 8)
        size = sum(length for _, length in frames)
        entries += struct.pack("<IIHHHH", size, 0, index, 0, 0, 0x20) + names[index]
        for raw, length in frames:
            blocks += struct.pack("<IHH", 0, len(raw), length) + raw
    total = start + len(blocks)
    head = b"MSCF" + struct.pack(
        "<IIIIIBBHHHHH", 0, total, 0, 36 + len(heads), 0, 3, 1, len(folders), len(folders), 0, 0, 0
    )
    return head + heads + entries + blocks
