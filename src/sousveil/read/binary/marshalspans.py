"""Where the strings of a marshalled module stand: those that ``marshalled.strings`` finds, and no object is made.

Every compiled file is asked for them before it is searched, so this is one loop. The layout is described there.
"""

from __future__ import annotations

from sousveil.read.binary.bytestream import Damaged
from sousveil.read.binary.marshalled import DEPTH

_NOTHING, _SHORT, _STRING, _REFERENCE, _TUPLE, _SEVERAL, _CODE, _FIXED, _LONG, _FLOAT, _MAPPED, _SLICE = range(12)
_KIND: list[int] = [-1] * 256
_FIXED_SIZE = {ord("i"): 4, ord("I"): 8, ord("g"): 8, ord("y"): 16}
for _tags, _kind in (
    (b"NFTS.0", _NOTHING), (b"zZ", _SHORT), (b"stuaA", _STRING), (b"rR", _REFERENCE), (b")", _TUPLE),
    (b"([<>", _SEVERAL), (b"c", _CODE), (b"iIgy", _FIXED), (b"l", _LONG), (b"fx", _FLOAT), (b"{", _MAPPED),
    (b":", _SLICE),
):  # fmt: skip
    for _tag in _tags:
        _KIND[_tag] = _kind

_Run = tuple[int, bool, int, int, int, int]
"""Objects still to come, whether their strings count, how deep they lie, bytes before them (-1: a dictionary's), and
what is told of them at their end: the number of the object they are parts of, and where its strings begin."""


def places(data: bytes, at: int, version: tuple[int, int]) -> list[tuple[int, int]]:
    """Return start and end of each string of the code that begins at ``at``; raise Damaged where it is not whole.

    Byte code, tables, file names and the names of closures' variables are none, unless something else refers to them.
    """
    try:
        return _places(data, at, version)
    except IndexError:
        raise Damaged("the end is reached within an object") from None


def _places(data: bytes, at: int, version: tuple[int, int]) -> list[tuple[int, int]]:
    end = len(data)
    flags = version >= (3, 4)
    newest = version >= (3, 11)
    # Numbers before a code object's parts, and after its name.
    ahead = 20 if version >= (3, 11) else 24 if version >= (3, 8) else 20 if version >= (3, 0) else 16
    if data[at] & (0x7F if flags else 0xFF) != ord("c"):
        raise Damaged("the outermost object is no code")
    found: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    references: list[tuple[tuple[int, int], ...]] = []
    interned: list[tuple[tuple[int, int], ...]] = []
    room = 4 * end
    runs: list[_Run] = []
    left, keep, depth, skip, owner, low = 1, True, 0, 0, -1, 0
    while True:
        if not left:
            if skip == -1 and data[at] != 0x30:
                left = 2
            else:
                at += skip == -1
                if owner >= 0:
                    references[owner] = tuple(others[low:])
                    room -= len(others) - low
                    if room < 0:
                        raise Damaged("objects refer to one another too often")
                if not runs:
                    break
                left, keep, depth, skip, owner, low = runs.pop()
                if skip > 0:
                    at += skip
                continue
        left -= 1
        tag = data[at]
        at += 1
        number = -1
        if flags and tag & 0x80:
            tag &= 0x7F
            if tag != 0x72 and tag != 0x52:
                number = len(references)
                references.append(())
        kind = _KIND[tag]
        if kind in (_SHORT, _STRING):
            if kind == _SHORT:
                size = data[at]
                at += 1
            else:
                size = int.from_bytes(data[at : at + 4], "little")
                at += 4
            place = (at, at + size)
            at += size
            if at > end:
                raise Damaged(f"a string of {size} bytes ends at {at}, the end is at {end}")
            if keep:
                found.append(place)
            else:
                others.append(place)
                if number >= 0:
                    references[number] = (place,)
            if tag == 0x74 and version < (3, 0):
                interned.append(() if keep else (place,))
        elif kind == _REFERENCE:
            index = int.from_bytes(data[at : at + 4], "little")
            at += 4
            meant = (references if tag == 0x72 else interned)[index]
            if meant:
                room -= len(meant)
                if room < 0:
                    raise Damaged("objects refer to one another too often")
                (found if keep else others).extend(meant)
        elif kind == _NOTHING:
            pass
        elif kind in (_TUPLE, _SEVERAL):
            if kind == _TUPLE:
                size = data[at]
                at += 1
            else:
                size = int.from_bytes(data[at : at + 4], "little")
                at += 4
            if size > end - at:
                raise Damaged(f"{size} objects in {end - at} bytes")
            runs.append((left, keep, depth, skip if skip == -1 else 0, owner, low))
            left, depth, skip, owner, low = size, depth + 1, 0, -1 if keep else number, len(others)
        elif kind == _CODE:
            at += ahead
            runs.append((left, keep, depth, skip if skip == -1 else 0, owner, low))
            depth += 1
            owner, low = -1 if keep else number, len(others)
            runs.append((2 if newest else 1, False, depth, 4, owner, low))
            if newest:
                runs.append((1, False, depth, 0, -1, 0))
            runs.append((1, keep, depth, 0, -1, 0))
            runs.append((2 if newest else 3, False, depth, 0, -1, 0))
            runs.append((3, keep, depth, 0, -1, 0))
            left, keep, skip, owner = 1, False, 0, -1
        elif kind == _FIXED:
            at += _FIXED_SIZE[tag]
        elif kind == _LONG:
            size = int.from_bytes(data[at : at + 4], "little", signed=True)
            at += 4 + 2 * abs(size)
        elif kind == _FLOAT:
            for _ in range(1 if tag == 0x66 else 2):
                at += 1 + data[at]
        elif kind == _MAPPED:
            runs.append((left, keep, depth, skip if skip == -1 else 0, owner, low))
            left, depth, skip, owner, low = 0, depth + 1, -1, -1 if keep else number, len(others)
        elif kind == _SLICE:
            runs.append((left, keep, depth, skip if skip == -1 else 0, owner, low))
            left, keep, depth, skip, owner = 3, False, depth + 1, 0, -1
        else:
            raise Damaged(f"object of kind {chr(tag)!r} at {at - 1}")
        if depth > DEPTH and left:
            raise Damaged(f"objects nested deeper than {DEPTH}")
    if at > end:
        raise Damaged(f"the last object ends at {at}, the end is at {end}")
    return found
