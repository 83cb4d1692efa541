"""File systems and firmware: every file comes out, and what is hostile costs a limit and no more."""

from __future__ import annotations

import random
import struct
import time
import zlib

import images
import made_images as made
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Quotas, walk

HEADER = made.HEADER


def go(data: bytes, name: str, **quotas: int) -> tuple[dict[str, bytes], list[Limit]]:
    files: dict[str, bytes] = {}
    limits: list[Limit] = []
    budget = Budget(Quotas(**quotas), deadline=time.monotonic() + 60)
    for item in walk(data, name, budget):
        if isinstance(item, Limit):
            limits.append(item)
        else:
            files[item.path] = b"".join(item.chunks())
    return files, limits


def reasons(limits: list[Limit]) -> set[str]:
    return {limit.reason for limit in limits}


@pytest.mark.parametrize("name", images.names())
def test_every_file_of_an_image_comes_out(name: str) -> None:
    files, limits = go(images.image(name), name)
    assert not [limit for limit in limits if limit.incomplete], limits
    assert HEADER in files.values()
    assert b"plain\n" * 4000 in files.values()
    if not name.endswith((".itb", ".exe", ".msi")):
        at = next(path for path, data in files.items() if data == HEADER)
        assert at.endswith("!/inc/deep/sdk.h")


@pytest.mark.parametrize("name", images.names())
def test_a_damaged_image_costs_no_more_than_itself(name: str) -> None:
    good = images.image(name)
    dice = random.Random(name)
    tries = 6 if len(good) > 1 << 20 else 25
    for _ in range(tries):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 3, 30))):
            at = dice.randrange(min(len(bad), dice.choice((128, 4096, len(bad)))))
            bad[at] = dice.choice((0, 0xFF, dice.randrange(256)))
        if dice.random() < 0.2:
            del bad[dice.randrange(len(bad)) :]
        start = time.process_time()
        files, _ = go(bytes(bad), name, max_bytes=1 << 28)
        assert sum(map(len, files.values())) <= 1 << 28
        assert time.process_time() - start < 5


def test_firmware_of_no_known_wrapper_is_searched_and_the_rest_is_told() -> None:
    data = made.firmware(made.uimage(images.image("lzo.squashfs")))
    files, limits = go(data, "dump.bin")
    assert HEADER in files.values()
    assert any(path.endswith("!/etc/hosts") for path in files)
    unknown = [limit for limit in limits if limit.reason == "unknown"]
    assert [limit.path for limit in unknown] == ["dump.bin!/[bytes 0-5000]"]
    assert not any(limit.incomplete for limit in unknown)
    assert files["dump.bin!/[bytes 0-5000]"] == data[:5000]


def test_what_is_encrypted_is_told_with_place_size_and_entropy() -> None:
    secret = random.Random(1).randbytes(100_000)
    files, limits = go(secret, "update.bin")
    assert files == {"update.bin": secret}
    assert [(limit.reason, limit.incomplete) for limit in limits] == [("closed", True)]
    assert "bytes 0-100000 (100000 bytes), entropy 8.00" in limits[0].detail
    _, limits = go(made.firmware(secret + b"\xff" * 50_000 + images.image("le.jffs2")), "update.bin")
    closed = [limit for limit in limits if limit.reason == "closed"]
    assert len(closed) == 1 and "entropy 7.9" in closed[0].detail


def test_a_file_without_images_is_left_alone() -> None:
    for data in (bytes(range(200)) * 500, b"\0\x1f\x8b\x08\x00 hsqs UBI# PK\x03\x04 ustar 070701" * 2000):
        files, limits = go(data, "weights.bin")
        assert files == {"weights.bin": data} and not limits


def test_an_image_inside_a_wrapper_inside_a_disk() -> None:
    data = made.mbr(b"loader", made.uimage(made.trx(b"\x90" * 100, images.image("zstd.squashfs"))))
    files, _ = go(data, "disk.img")
    assert files["disk.img!/[partition 2]!/romfs!/[partition 1]!/inc/deep/sdk.h"] == HEADER


def test_hikvisions_list_of_files() -> None:
    names = {"../../etc/passwd": b"one", "app.img": images.image("gzip.squashfs")}
    files, limits = go(made.hikvision(names), "digicap.dav")
    assert files["digicap.dav!/../../etc/passwd"] == b"one"
    assert HEADER in files.values()
    assert "unsafe-name" in reasons(limits)
    secret = made.hikvision({"a": random.Random(2).randbytes(70_000)})
    _, limits = go(secret, "digicap.dav")
    assert [(limit.path, limit.reason) for limit in limits] == [("digicap.dav!/a", "closed")]


def patched(data: bytes, at: int, form: str, *values: int) -> bytes:
    out = bytearray(data)
    struct.pack_into(form, out, at, *values)
    return bytes(out)


def test_a_squashfs_with_impossible_numbers_is_a_file_with_a_limit() -> None:
    good = images.image("gzip.squashfs")
    for at, form, value in ((12, "<I", 1 << 31), (64, "<Q", 1 << 63), (72, "<Q", 8), (32, "<Q", 1 << 62)):
        files, limits = go(patched(good, at, form, value), "a.squashfs")
        assert [limit.reason for limit in limits] == ["broken"], (at, limits)
        assert list(files) == ["a.squashfs"]


def test_a_squashfs_fragment_out_of_range() -> None:
    files, limits = go(patched(images.image("gzip.squashfs"), 16, "<I", 0), "a.squashfs")
    assert {(limit.reason, limit.path) for limit in limits if limit.incomplete} >= {
        ("broken", "a.squashfs!/inc/deep/sdk.h")
    }
    assert "a.squashfs!/inc/deep/sdk.h" in files


def squashfs(entries: list[tuple[bytes, int, int]], inodes: bytes, root: int, order: str = "<") -> bytes:
    """Return an image with tables as given, not compressed: one folder, `entries` of name, inode's offset, type."""
    listing = struct.pack(order + "3I", len(entries) - 1, 0, 1) if entries else b""
    for name, offset, kind in entries:
        listing += struct.pack(order + "HhHH", offset, 0, kind, len(name) - 1) + name
    table = struct.pack(order + "H", 0x8000 | len(inodes)) + inodes
    folder = struct.pack(order + "H", 0x8000 | len(listing)) + listing
    start = 128
    head = (b"hsqs" if order == "<" else b"sqsh") + struct.pack(order + "4I6H", 3, 0, 131072, 0, 1, 17, 0, 1, 4, 0)
    end = start + len(table) + len(folder)
    head += struct.pack(order + "8Q", root, end, end, 2**64 - 1, start, start + len(table), end, 2**64 - 1)
    return head.ljust(128, b"\0") + table + folder


def folder_inode(listing: int, order: str = "<") -> bytes:
    return struct.pack(order + "4H2I", 1, 0o755, 0, 0, 0, 1) + struct.pack(order + "2I2HI", 0, 2, listing + 3, 0, 1)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_squashfs_folder_that_holds_itself_ends(order: str) -> None:
    entries = [(b"again", 0, 1), (b"..", 0, 1)]
    size = 12 + sum(8 + len(name) for name, _, _ in entries)
    files, limits = go(squashfs(entries, folder_inode(size, order), 0, order), "loop.squashfs")
    assert not files
    assert reasons(limits) == {"link"}


def test_a_squashfs_bomb_of_holes_is_stopped_by_the_quota() -> None:
    blocks = 1 << 11
    big = struct.pack("<4H2I", 9, 0o644, 0, 0, 0, 2) + struct.pack(
        "<3Q4I", 128, blocks * 131072 * 64, 0, 1, 0xFFFFFFFF, 0, 0xFFFFFFFF
    )
    name = [(b"../../bomb", 0, 2)]
    inodes = big + bytes(4 * 500)
    at = len(inodes)
    data = squashfs(name, inodes + folder_inode(12 + 8 + 10), at)
    start = time.process_time()
    _, limits = go(data, "bomb.squashfs")
    assert reasons(limits) & {"quota", "broken"}
    assert time.process_time() - start < 5


def test_links_devices_and_names_that_climb_are_limits() -> None:
    device = struct.pack("<4H2I", 5, 0o644, 0, 0, 0, 2) + struct.pack("<2I", 1, 0x103)
    link = struct.pack("<4H2I", 3, 0o777, 0, 0, 0, 3) + struct.pack("<2I", 1, 9) + b"../../etc"
    entries = [(b"../up", 0, 5), (b"null", 0, 5), (b"link", len(device), 3)]
    size = 12 + sum(8 + len(name) for name, _, _ in entries)
    inodes = device + link
    _, limits = go(squashfs(entries, inodes + folder_inode(size), len(inodes)), "a.squashfs")
    assert {(limit.path, limit.reason) for limit in limits} == {
        ("a.squashfs!/../up", "unsafe-name"),
        ("a.squashfs!/../up", "device"),
        ("a.squashfs!/null", "link"),
        ("a.squashfs!/link", "link"),
    }


def jffs2_node(kind: int, body: bytes, total: int | None = None) -> bytes:
    from sousveil.unpack.image.look import jffs2_crc

    head = struct.pack("<HHI", 0x1985, kind, 12 + len(body) if total is None else total)
    node = head + struct.pack("<I", jffs2_crc(head)) + body
    return node + b"\xff" * (-len(node) % 4)


def jffs2_entry(parent: int, number: int, version: int, name: bytes) -> bytes:
    from sousveil.unpack.image.look import jffs2_crc

    head = struct.pack("<HHI", 0x1985, 0xE001, 40 + len(name))
    body = struct.pack("<4I4B", parent, version, number, 0, len(name), 8, 0, 0)
    crc = jffs2_crc(head + struct.pack("<I", jffs2_crc(head)) + body)
    return jffs2_node(0xE001, body + struct.pack("<2I", crc, jffs2_crc(name)) + name)


def jffs2_file(number: int, version: int, data: bytes, size: int, offset: int = 0, mode: int = 0o100644) -> bytes:
    from sousveil.unpack.image.look import jffs2_crc

    packed = zlib.compress(data)
    head = struct.pack("<HHI", 0x1985, 0xE002, 68 + len(packed))
    body = struct.pack(
        "<3I2H7I2BH", number, version, mode, 0, 0, size, 0, 0, 0, offset, len(packed), len(data), 6, 6, 0
    )
    crc = jffs2_crc(head + struct.pack("<I", jffs2_crc(head)) + body)
    return jffs2_node(0xE002, body + struct.pack("<2I", jffs2_crc(packed), crc) + packed)


def test_jffs2_takes_the_last_version_wherever_it_stands() -> None:
    image = jffs2_entry(1, 2, 1, b"a") + jffs2_file(2, 9, b"new!", 4) + jffs2_file(2, 3, b"old", 3)
    image += jffs2_entry(1, 0, 5, b"gone") + jffs2_entry(1, 3, 4, b"gone") + jffs2_file(3, 1, b"removed", 7)
    files, _ = go(image, "a.jffs2")
    assert files == {"a.jffs2!/a": b"new!", "a.jffs2!/[inode 3]": b"removed"}


def test_jffs2_folders_in_a_circle_end() -> None:
    image = b"".join(jffs2_entry(parent, child, 1, b"d") for parent, child in ((1, 2), (2, 3), (3, 2), (3, 1)))
    start = time.process_time()
    files, limits = go(image * 50, "a.jffs2")
    assert not files and "link" in reasons(limits)
    assert time.process_time() - start < 2


def test_jffs2_of_one_file_written_ten_thousand_times_unpacks_once() -> None:
    page = bytes(4096)
    image = jffs2_entry(1, 2, 1, b"a") + b"".join(jffs2_file(2, n + 1, page, 4096) for n in range(10_000))
    start = time.process_time()
    files, _ = go(image, "a.jffs2")
    assert files == {"a.jffs2!/a": page}
    assert time.process_time() - start < 3


def test_jffs2_with_a_size_near_two_to_the_32() -> None:
    image = jffs2_entry(1, 2, 1, b"a") + jffs2_file(2, 1, b"x", 0xFFFFFFFF)
    _, limits = go(image, "a.jffs2")
    assert "quota" in reasons(limits)


def test_an_ext_extent_tree_that_leads_into_itself() -> None:
    good = images.image("sdk.ext4")
    block = 4096
    table = struct.unpack_from("<I", good, block + 8)[0] * block
    size = struct.unpack_from("<H", good, 1024 + 88)[0]
    bad = bytearray(good)
    for number in range(11, 40):
        at = table + (number - 1) * size
        if struct.unpack_from("<H", bad, at)[0] & 0xF000 == 0x8000:
            struct.pack_into("<I", bad, at + 32, 0x80000)
            struct.pack_into("<I", bad, at + 4, 1 << 30)
            struct.pack_into("<4HI", bad, at + 40, 0xF30A, 1, 4, 1, 0)
            struct.pack_into("<2I2H", bad, at + 52, 0, 100, 0, 0)
    struct.pack_into("<4HI", bad, 100 * block, 0xF30A, 340, 340, 1, 0)
    for n in range(340):
        struct.pack_into("<2I2H", bad, 100 * block + 12 * (n + 1), 0, 100, 0, 0)
    start = time.process_time()
    _, limits = go(bytes(bad), "a.ext4")
    assert "broken" in reasons(limits)
    assert time.process_time() - start < 3


def test_a_fat_chain_that_leads_into_itself() -> None:
    good = bytearray(images.image("fat16.img"))
    reserved = struct.unpack_from("<H", good, 14)[0]
    for cluster in range(2, 200):
        struct.pack_into("<H", good, reserved * 512 + cluster * 2, cluster)
    files, limits = go(bytes(good), "a.img")
    assert list(files) == ["a.img!/readme.txt"]
    assert [(limit.path, limit.reason, limit.incomplete) for limit in limits] == [("a.img!/inc/", "broken", True)]
    assert "leads back into itself" in limits[0].detail


def test_a_sparse_image_of_a_terabyte_is_stopped() -> None:
    chunk = struct.pack("<2H2I", 0xCAC3, 0, 1 << 28, 12)
    data = struct.pack("<I4H4I", 0xED26FF3A, 1, 0, 28, 12, 4096, 1 << 28, 1, 0) + chunk
    start = time.process_time()
    _, limits = go(data.ljust(8192, b"\0"), "a.img")
    assert "quota" in reasons(limits)
    assert time.process_time() - start < 5


def test_a_disk_whose_extended_partitions_lead_in_a_circle() -> None:
    data = bytearray(made.mbr(images.image("xz.squashfs")))
    data[462:478] = struct.pack("<8B2I", 0, 0, 0, 0, 5, 0, 0, 0, 2, 100)
    data[2 * 512 + 446 : 2 * 512 + 462] = struct.pack("<8B2I", 0, 0, 0, 0, 5, 0, 0, 0, 0, 100)
    data[2 * 512 + 510 : 2 * 512 + 512] = b"\x55\xaa"
    files, _ = go(bytes(data), "disk.img")
    assert HEADER in files.values()


def test_apples_images_and_payloads() -> None:
    files, limits = go(made.dmg(images.image("sdk.hfs")), "sdk.dmg")
    assert not [limit for limit in limits if limit.incomplete]
    assert files["sdk.dmg!/[partition 0] disk image (Apple_HFS : 1)!/inc/deep/sdk.h"] == HEADER
    files, limits = go(made.pbzx(made.cpio("sdk.h", HEADER)), "Payload")
    assert files == {"Payload!/[payload]!/sdk.h": HEADER} and not limits


def test_an_installers_files_carry_the_names_of_its_script() -> None:
    for name in ("solid.nsis.exe", "single.nsis.exe"):
        files, _ = go(images.image(name), name)
        assert files[f"{name}!/sdk.h"] == HEADER
        assert b"sdk.h" in files[f"{name}!/[strings].txt"]


def test_lzo_against_itself() -> None:
    from sousveil.unpack.image.blocks import unlzo
    from sousveil.unpack.image.parts import Damaged

    dice = random.Random(5)
    for _ in range(2000):
        raw = dice.randbytes(dice.randrange(1, 80))
        try:
            assert len(unlzo(raw, 4096)) <= 4096 + 600
        except Damaged:
            pass


def test_an_apfs_volume_in_a_disk_image_is_named_and_searched_as_it_is() -> None:
    volume = bytes(32) + b"NXSB" + (4096).to_bytes(4, "little") + bytes(8152)
    files, limits = go(made.dmg(volume), "sdk.dmg")
    assert volume in files.values()
    assert [limit.detail for limit in limits] == ["an APFS volume of 8,192 bytes; its files were not read"]


def test_streams_of_an_installer_that_lie_too_deep_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sousveil.unpack.image.msi._DEEPEST", 0)
    _, limits = go(images.image("sdk.msi"), "sdk.msi")
    assert any("streams lie deeper than 0 storages" in limit.detail and limit.incomplete for limit in limits)


def test_a_made_up_code_page_of_an_installer_costs_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    from sousveil.unpack.image import msi

    plain = msi._stream
    page = struct.pack("<2H", 512, 0)
    monkeypatch.setattr(
        msi,
        "_stream",
        lambda ole, path: page + plain(ole, path)[4:] if "Pool" in msi.plain(path[-1]) else plain(ole, path),
    )
    files, _ = go(images.image("sdk.msi"), "sdk.msi")
    assert HEADER in files.values()
