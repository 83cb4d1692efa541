"""One container walked by several at once: every file comes from just one of them, whatever is wrong with it."""

from __future__ import annotations

import random
import sys
from collections import Counter
from types import SimpleNamespace
from typing import Any

import images
import made_images as made
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, is_container, walk
from sousveil.unpack.reading import Share

FILES = {f"d{i % 7}/f{i}.{'py' if i % 2 else 'pyc'}": b"race %d\n" % i * (i % 50) for i in range(200)}
WALKING: Any = sys.modules["sousveil.unpack.walk"]  # the function has the name of its module
Found = tuple[Counter[tuple[str, bytes, str]], Counter[Limit]]


def go(data: bytes, name: str, share: Share | None = None) -> Found:
    files: Counter[tuple[str, bytes, str]] = Counter()
    limits: Counter[Limit] = Counter()
    for item in walk(data, name, Budget(), share=share):
        if isinstance(item, Entry):
            files[item.path, b"".join(item.chunks()), item.document] += 1
        else:
            limits[item] += 1
    return files, limits


def check(data: bytes, name: str, of: int) -> bool:
    """Assert that shares give what one walk does; return whether there was anything to share."""
    files, limits = go(data, name)
    first = Share(0, of)
    got = [go(data, name, first)]
    if not first.spread:
        assert got[0] == (files, limits)
        return False
    got += [go(data, name, Share(number, of)) for number in range(1, of)]
    assert sum((g[0] for g in got), Counter()) == files
    told = set().union(*(g[1] for g in got))
    if any(n >= WALKING.SAME_LIMITS for n in Counter(limit.reason for limit in limits).values()):
        assert told >= {limit for limit in limits if "more of this kind" not in limit.detail}  # each tells as many
    else:
        assert told == set(limits)
    return True


NAMES = (
    "a.zip", "nested.zip", "stored.zip", "cut.zip", "between.zip", "a.tar", "a.7z", "dump.bin", "super.img",
    "payload.bin",
)  # fmt: skip


def sample(name: str, pack: SimpleNamespace) -> bytes:
    zipped = pack.zip(FILES, comment=b"made here")
    match name:
        case "a.zip":
            return bytes(zipped)
        case "nested.zip":
            return bytes(pack.zip({"a.zip": zipped, "b.tar": pack.tar(FILES), "c.txt": b"c"}))
        case "stored.zip":
            return bytes(pack.zip({"a.zip": zipped, "b.bin": bytes(9000)}, method=0))
        case "cut.zip":
            return bytes(zipped[:-300])
        case "between.zip":
            return bytes(b"MZ" + bytes(600) + b"hidden race" * 40 + zipped)
        case "a.tar":
            return bytes(pack.tar(FILES))
        case "a.7z":
            return bytes(pack.by_libarchive("7zip", FILES))
        case "dump.bin":
            return made.firmware(made.uimage(images.image("lzo.squashfs")))
        case "super.img":
            return made.superimage({"a": images.image("lz4.erofs"), "b": images.image("xz.squashfs"), "c": b"c"})
        case "payload.bin":
            return made.payload({"a": images.image("lz4.erofs"), "b": images.image("xz.squashfs"), "c": b"c"})
        case _:
            return images.image(name)


@pytest.mark.parametrize("name", (*NAMES, *images.names()))
@pytest.mark.parametrize("wide", [1, 4 << 20])
def test_shares_add_up(name: str, wide: int, monkeypatch: pytest.MonkeyPatch, pack: SimpleNamespace) -> None:
    monkeypatch.setattr(WALKING, "WIDE", wide)
    data = sample(name, pack)
    spread = [check(data, name, of) for of in (2, 3, 7)]
    fmt = is_container(data, name)
    assert spread == [fmt in WALKING.SHARED and name != "cut.zip"] * 3, fmt


@pytest.mark.parametrize("name", (*NAMES, *images.names()))
def test_shares_of_what_is_damaged_add_up(name: str, monkeypatch: pytest.MonkeyPatch, pack: SimpleNamespace) -> None:
    monkeypatch.setattr(WALKING, "WIDE", 1)
    good = sample(name, pack)
    dice = random.Random(name)
    for _ in range(3 if len(good) > 1 << 20 else 12):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 3, 30))):
            at = dice.randrange(min(len(bad), dice.choice((128, 4096, len(bad)))))
            bad[at] = dice.choice((0, 0xFF, dice.randrange(256)))
        if dice.random() < 0.2:
            del bad[dice.randrange(len(bad)) :]
        check(bytes(bad), name, 3)
