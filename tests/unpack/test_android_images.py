"""Android's partitions and updates: every partition comes out as it was, and what is missing is told."""

from __future__ import annotations

import random
import struct
import time

import images
import made_images as made
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Quotas, walk

DICE = random.Random(7)
SYSTEM, VENDOR = DICE.randbytes(70_000), b"vendor text\n" * 3000


def go(data: bytes, name: str) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    files: dict[str, bytes] = {}
    limits: list[tuple[str, str]] = []
    for item in walk(data, name, Budget(Quotas(max_bytes=1 << 28), deadline=time.monotonic() + 60)):
        if isinstance(item, Limit):
            limits.append((item.path, item.reason))
        else:
            files[item.path.removeprefix(f"{name}!/")] = b"".join(item.chunks())
    return files, limits


def test_every_partition_of_a_super_image_comes_out() -> None:
    whole = made.superimage({"system": SYSTEM, "vendor": VENDOR})
    files, limits = go(whole, "super.img")
    assert not [one for one in limits if one[1] not in ("unknown", "closed")]
    assert files["system_a.img"].rstrip(b"\0") == SYSTEM.rstrip(b"\0")
    assert files["vendor_a.img"].rstrip(b"\0") == VENDOR
    assert set(files) == {"system_a.img", "vendor_a.img"}
    one = bytearray(whole)
    one[4200] ^= 1  # the first geometry may be broken, there is a copy
    one[4104] ^= 1
    assert go(bytes(one), "super.img")[0] == files


@pytest.mark.parametrize("at", [4100, 12290, 12300, 12400])
def test_a_super_image_without_a_whole_description_is_a_file(at: int) -> None:
    whole = bytearray(made.superimage({"system": SYSTEM}))
    for place in (at, at + 4096) if at < 12288 else (at,):
        whole[place] ^= 0x55
    files, limits = go(bytes(whole), "super.img")
    assert list(files) == ["super.img"]
    assert limits == [("super.img", "broken")]


def test_a_partition_that_is_cut_is_told() -> None:
    whole = made.superimage({"system": SYSTEM, "vendor": VENDOR})
    files, limits = go(whole[:-2000], "super.img")
    assert ("super.img!/vendor_a.img", "truncated") in limits or ("super.img!/vendor_a", "truncated") in limits
    assert "system_a.img" in files


def test_every_partition_of_an_update_comes_out() -> None:
    files, limits = go(made.payload({"system": SYSTEM, "vendor": VENDOR}), "payload.bin")
    assert not [one for one in limits if one[1] not in ("unknown", "closed")]
    assert files["system.img"].rstrip(b"\0") == SYSTEM.rstrip(b"\0")
    assert files["vendor.img"].rstrip(b"\0") == VENDOR
    assert len(files["vendor.img"]) == -(-len(VENDOR) // 4096) * 4096 + 3 * 4096


def test_what_an_update_does_not_hold_is_told() -> None:
    whole = made.payload({"system": SYSTEM[:5000]})
    kind = whole.index(b"\x08\x08\x10\0")  # an operation packed by xz, the first of the package's bytes
    files, limits = go(whole[: kind + 1] + b"\4" + whole[kind + 2 :], "payload.bin")
    assert ("payload.bin!/system.img", "outside") in limits
    assert set(files) == {"system.img"}
    assert not files["system.img"].strip(b"\0")
    files, limits = go(whole[:-100], "payload.bin")
    assert {reason for path, reason in limits if path == "payload.bin!/system.img"} >= {"broken", "truncated"}
    files, limits = go(whole[:4] + struct.pack(">Q", 1) + whole[12:], "payload.bin")
    assert limits == [("payload.bin", "unsupported")]
    assert list(files) == ["payload.bin"]


@pytest.mark.parametrize("kind", ["super.img", "payload.bin"])
def test_damage_costs_no_more_than_the_image(kind: str) -> None:
    parts = {"system": images.image("lz4.erofs"), "vendor": VENDOR}
    good = made.superimage(parts) if kind == "super.img" else made.payload(parts)
    head = 16384 if kind == "super.img" else 700
    dice = random.Random(3)
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 3, 30))):
            bad[dice.randrange(4 if kind == "payload.bin" else 4100, dice.choice((head, len(bad))))] = dice.randrange(
                256
            )
        started = time.process_time()
        files, _ = go(bytes(bad), kind)
        assert sum(map(len, files.values())) <= 1 << 28
        assert time.process_time() - started < 5


def test_an_image_of_erofs_that_leads_into_itself_ends() -> None:
    """The root among its own files, and ends of files that lie in a file without any."""
    good = images.image("shared.erofs")
    root = struct.unpack_from("<H", good, 1024 + 14)[0]
    for packed in (0, root, 1 << 60):
        bad = bytearray(good)
        struct.pack_into("<Q", bad, 1024 + 96, packed)
        files, limits = go(bytes(bad), "shared.erofs")
        assert any(reason == "broken" for _, reason in limits), limits
        assert all(len(data) <= 1 << 20 for data in files.values())


def test_a_file_system_of_a_telephones_own_files_is_named_and_searched_as_it_is() -> None:
    head = struct.pack("<I2H4I", 0xF2F52010, 1, 16, 9, 3, 12, 9)
    data = (bytes(1024) + head).ljust(1 << 16, b"\0") + SYSTEM
    files, limits = go(made.superimage({"userdata": data}), "super.img")
    assert ("super.img!/userdata_a.img", "unsupported") in limits
    assert SYSTEM in files["userdata_a.img"]


@pytest.mark.parametrize("magic", [b"\xe2\xe1\xf5\xe0", b"\x10\x20\xf5\xf2\1\0\x10\0\x09\0\0\0", b"gDla"])
@pytest.mark.parametrize("at", [1024, 4096])
def test_a_file_that_ends_behind_a_mark_is_a_file(magic: bytes, at: int) -> None:
    """Found by benchmarks/fuzz."""
    for more in range(24):
        data = bytes(at) + magic + bytes(more)
        assert go(data, "x")[0] in ({"x": data}, {})
