"""Bombs, quines, damage, links: bounded, listed, and the rest is read."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import textwrap
import time
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, Quotas, limits, walk

MB = 1_000_000


@functools.cache
def xz_bomb() -> bytes:
    """Return 105 MB of zeros in some 20 kB."""
    return lzma.compress(bytes(105 * MB), preset=0)


def test_bomb_is_stopped_by_its_ratio_and_the_rest_is_read(pack: SimpleNamespace) -> None:
    for made in (pack.zip({"bomb.xz": xz_bomb(), "after.h": b"words"}), gzip.compress(
        pack.tar({"bomb.xz": xz_bomb(), "after.h": b"words"})
    )):  # fmt: skip
        got = pack.go(made, "p")
        assert got.files["p!/after.h"] == b"words"
        assert ("p!/bomb.xz", "quota") in {(limit.path, limit.reason) for limit in got.limits}
        assert all(limit.incomplete and "--max-ratio 1000" in limit.detail for limit in got.limits)
        assert got.budget.bytes < 250 * MB


def test_bomb_as_one_file_of_a_zip(pack: SimpleNamespace) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as made:
        made.writestr("zeros", bytes(105 * MB))
        made.writestr("after", b"words")
    got = pack.go(out.getvalue(), "p.zip")
    assert got.files["p.zip!/after"] == b"words"
    assert len(got.files["p.zip!/zeros"]) <= 100 * MB
    assert [(limit.path, limit.reason) for limit in got.limits] == [("p.zip!/zeros", "quota")]


def test_zip_of_zips_to_a_petabyte(pack: SimpleNamespace) -> None:
    data = pack.zip({f"{n}": bytes(30 * MB) for n in range(2)})
    for _ in range(9):
        data = pack.zip({f"{n}.zip": data for n in range(16)})
    started = time.monotonic()
    got = pack.go(data, "42.zip")
    assert time.monotonic() - started < 20
    assert got.budget.bytes < 2_000 * MB
    assert "quota" in got.reasons
    assert all(limit.incomplete for limit in got.limits)


def test_containers_deeper_than_allowed(pack: SimpleNamespace) -> None:
    data = b"core"
    for _ in range(40):
        data = pack.zip({"a.zip": data})
    got = pack.go(data, "a.zip")
    assert got.budget.containers == 16
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("depth", True)]
    assert "--max-depth 16" in got.limits[0].detail
    assert len(got.entries) == 1
    assert pack.go(data, "a.zip", Budget(Quotas(max_depth=50))).limits == []


def gzip_quine() -> bytes:
    """Return a gzip file that unpacks to itself, after Russ Cox, "Zip Files All The Way Down".

    Every instruction takes five bytes: `literal` copies what follows, `repeat` says the last bytes again. The
    checksum holds itself; it is a fixed point of a linear map.
    """

    def literal(count: int) -> bytes:
        return struct.pack("<B2H", 0, count, count ^ 0xFFFF)

    def repeat(count: int, last: bool = False) -> bytes:
        bits, at = 0, 0

        def put(value: int, width: int, reverse: bool = False) -> None:
            nonlocal bits, at
            if reverse:
                value = int(f"{value:0{width}b}"[::-1], 2)
            bits |= value << at
            at += width

        put(last, 1)
        put(1, 2)  # fixed codes
        base, code, extra = (13, 7, 2) if count <= 16 else (17, 8, 3)
        for length in (10, count - 10):
            put(length - 2, 7, reverse=True)  # lengths 3 to 10 are codes 257 to 264
            put(code, 5, reverse=True)
            put(count - base, extra)
        put(0, 7)
        return bits.to_bytes(5, "little")

    def made(crc: int, size: int) -> bytes:
        prefix = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffq\0"
        suffix = struct.pack("<2L", crc, size)
        lp, rp, l1, l4, r4, l0 = literal(17), repeat(17), literal(5), literal(20), repeat(20), literal(0)
        ls, rs = literal(13), repeat(13, last=True)
        code = lp + prefix + lp + rp + l1 + rp + l1 + l1 + l4 + rp + l1 + l1 + l4 + r4
        code += l4 + r4 + l4 + r4 + l4 + r4 + l4 + r4 + l0 + l0 + ls + r4 + l0 + l0 + ls + rs + suffix + rs
        return prefix + code + suffix

    size = len(made(0, 0))
    zero = zlib.crc32(made(0, size))
    rows = []  # x with (map(x) xor x) = zero, by elimination
    for bit in range(32):
        rows.append((zlib.crc32(made(1 << bit, size)) ^ zero ^ 1 << bit, 1 << bit))
    basis: dict[int, tuple[int, int]] = {}
    for image, origin in rows:
        while image and image.bit_length() in basis:
            other = basis[image.bit_length()]
            image, origin = image ^ other[0], origin ^ other[1]
        if image:
            basis[image.bit_length()] = (image, origin)
    crc, rest = 0, zero
    while rest:
        image, origin = basis[rest.bit_length()]
        rest, crc = rest ^ image, crc ^ origin
    return made(crc, size)


def test_quine(pack: SimpleNamespace) -> None:
    quine = gzip_quine()
    assert gzip.decompress(quine) == quine
    got = pack.go(quine, "q.gz")
    assert list(got.files.values()) == [quine]
    assert [limit.reason for limit in got.limits] == ["depth"]


def test_quotas_name_themselves(pack: SimpleNamespace) -> None:
    data = pack.zip({f"{n}": bytes(1000) for n in range(50)})
    got = pack.go(data, "p.zip", Budget(Quotas(max_files=10)))
    assert len(got.files) == 9
    assert {(limit.reason, limit.incomplete) for limit in got.limits} == {("quota", True)}
    assert all("--max-files 10" in limit.detail for limit in got.limits)
    got = pack.go(data, "p.zip", Budget(Quotas(max_bytes=5500)))
    assert len(got.files) == 5
    assert [limit.reason for limit in got.limits] == ["quota"]
    assert "--max-bytes 5500" in got.limits[0].detail
    assert len(pack.go(data, "p.zip", Budget(Quotas(max_bytes=5500), used_bytes=4000)).files) == 1


def test_quota_inside_a_large_file_ends_its_chunks(pack: SimpleNamespace) -> None:
    data = gzip.compress(pack.tar({"big": bytes(5 << 20)}))
    got = pack.go(data, "p.tar", Budget(Quotas(max_bytes=3 << 20)), in_memory=1 << 20)
    assert 0 < len(got.files["p.tar!/big"]) <= 3 << 20
    assert [limit.reason for limit in got.limits] == ["quota"]


def test_deadline(pack: SimpleNamespace) -> None:
    data = pack.zip({f"{n}": b"x" for n in range(1000)})
    got = pack.go(data, "p.zip", deadline=time.monotonic() - 1)
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("deadline", True)]
    started = time.monotonic()
    slow = list(_slowly(walk(data, "p.zip", deadline=started + 0.05)))
    assert time.monotonic() - started < 1
    assert isinstance(slow[-1], Limit)
    assert slow[-1].reason == "deadline"
    assert isinstance(slow[0], Entry)


def _slowly(found):  # type: ignore[no-untyped-def]
    for one in found:
        time.sleep(0.002)
        yield one


def test_a_bomb_that_was_left_weighs_on_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RATIO_FLOOR", 0)
    budget = Budget(Quotas(max_ratio=10))
    outer = limits.Meter(budget, 100)
    bomb = limits.Meter(budget, 10, outer)
    with pytest.raises(limits.Stop) as stopped:
        bomb.take(101)
    assert stopped.value.meter is bomb
    bomb.forgive()
    outer.take(1000)
    with pytest.raises(limits.Stop):
        outer.take(1)


def test_tar_of_nothing_but_headers_ends(pack: SimpleNamespace) -> None:
    """A million links pack to nothing. They count neither as bytes nor as files, so the stream's ratio must end it."""
    info = tarfile.TarInfo("l")
    info.type, info.linkname = tarfile.SYMTYPE, "x"
    header = info.tobuf()
    data = lzma.compress(header * 300_000, preset=0)
    got = pack.go(data, "l.tar.xz", Budget(Quotas(max_ratio=100)))
    assert "quota" in got.reasons
    assert len(got.limits) < 1000
    assert any("more of this kind" in limit.detail for limit in got.limits)


def test_links_and_devices_in_tar(pack: SimpleNamespace) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("real")
        info.size = 4
        made.addfile(info, io.BytesIO(b"data"))
        for name, kind in (
            ("sym", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("char", tarfile.CHRTYPE),
            ("block", tarfile.BLKTYPE),
            ("fifo", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "real" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            made.addfile(info)
    got = pack.go(out.getvalue(), "a.tar")
    assert got.files == {"a.tar!/real": b"data"}
    assert {(limit.path, limit.reason, limit.incomplete) for limit in got.limits} == {
        ("a.tar!/sym", "link", False),
        ("a.tar!/hard", "link", False),
        ("a.tar!/char", "device", False),
        ("a.tar!/block", "device", False),
        ("a.tar!/fifo", "device", False),
    }


def test_hard_link_that_carries_the_content_is_read(pack: SimpleNamespace) -> None:
    """In cpio the last of several links has the bytes."""

    def entry(name: bytes, data: bytes) -> bytes:
        numbers = (7, 0o100644, 0, 0, 2, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % n for n in numbers) + name + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    end = b"070701" + b"%08X" * 13 % (*(0,) * 4, 1, *(0,) * 6, 11, 0) + b"TRAILER!!!\0"
    got = pack.go(entry(b"a", b"") + entry(b"b", b"words") + end + bytes(3), "a.cpio")
    assert b"words" in got.files.values()


def test_damaged_tar_header_is_skipped(pack: SimpleNamespace) -> None:
    data = bytearray(pack.tar({"a": b"1" * 600, "b": b"2" * 600, "c": b"3" * 600}))
    data[1536 + 148] ^= 0x55
    got = pack.go(bytes(data), "d.tar")
    assert got.files == {"d.tar!/a": b"1" * 600, "d.tar!/c": b"3" * 600}
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("broken", True)]


@pytest.mark.parametrize(
    "compress", [lzma.compress, gzip.compress, functools.partial(bz2.compress, compresslevel=1), bytes]
)
def test_truncated_tar_gives_the_files_before_the_end(compress: object, pack: SimpleNamespace) -> None:
    import random

    first, second = random.Random(1).randbytes(1_000_000), random.Random(2).randbytes(1_000_000)
    data = compress(pack.tar({"a": first, "b": second}))  # type: ignore[operator]
    got = pack.go(data[: len(data) * 2 // 3], "t.tar.x")
    assert got.files["t.tar.x!/a"] == first
    assert second.startswith(got.files["t.tar.x!/b"])
    assert len(got.files["t.tar.x!/b"]) > 0
    assert "truncated" in got.reasons
    assert all(limit.incomplete for limit in got.limits)


@pytest.mark.parametrize("compress", [lzma.compress, gzip.compress, functools.partial(bz2.compress, compresslevel=1)])
def test_damaged_stream_gives_all_before_the_damage(compress: object, pack: SimpleNamespace) -> None:
    text = b"".join(b"line %d of some header\n" % n for n in range(40_000))
    data = bytearray(compress(text))  # type: ignore[operator]
    at = len(data) * 3 // 4
    data[at : at + 40] = bytes(40)
    got = pack.go(bytes(data), "t.x")
    (content,) = got.files.values()
    assert text.startswith(content[: len(text) // 2])
    assert len(content) > len(text) // 2
    assert got.reasons == {"broken"}


def test_wrong_checksum_at_the_end_of_a_small_gzip_loses_nothing(pack: SimpleNamespace) -> None:
    data = bytearray(gzip.compress(b"all of the words"))
    data[-6] ^= 1
    got = pack.go(bytes(data), "a.gz")
    assert got.files == {"a.gz!/a": b"all of the words"}
    assert got.reasons == {"broken"}


@pytest.mark.parametrize("form", ["7z", "rar", "rar4", "cab", "iso", "cpio", "tar", "lha", "rpm", "zip"])
def test_container_cut_in_half_never_loses_its_own_bytes_silently(form: str, pack: SimpleNamespace) -> None:
    data = pack.of(form)
    whole = {f"a.{form}!/{name}": content for name, content in pack.FILES.items()}
    for size in (len(data) // 2, 1100, 40):
        got = pack.go(data[:size], f"a.{form}")
        everything = whole.items() <= got.files.items()
        itself = got.files == {f"a.{form}": data[:size]}
        assert everything or itself or any(limit.incomplete for limit in got.limits)


def test_rar_that_ends_between_two_files_is_called_truncated(pack: SimpleNamespace) -> None:
    """libarchive takes the end of the file for the end of the archive; versions before 3.7 refuse the last file."""
    data = pack.rar5({"a": b"one" * 99, "b": b"two"})
    got = pack.go(data[: data.find(b"two")], "a.rar")
    assert got.files["a.rar!/a"] == b"one" * 99
    assert got.reasons <= {"truncated", "broken"}
    assert any(limit.incomplete for limit in got.limits)


def test_what_does_not_open_is_given_whole(pack: SimpleNamespace) -> None:
    for data in (b"7z\xbc\xaf\x27\x1c" + bytes(90), b"\x1f\x8b\x08\x00garbage!!garbage", b"BZh91AY&SY" + bytes(40)):
        for most in (64 << 20, 20):
            got = pack.go(pack.tar({"x.bin": data, "y": b"ok"}), "p.tar", in_memory=most)
            assert got.files == {"p.tar!/x.bin": data, "p.tar!/y": b"ok"}
            assert [limit.path for limit in got.limits] == ["p.tar!/x.bin"]


def test_encrypted_7z_headers_are_called_encrypted(pack: SimpleNamespace) -> None:
    """A packed header whose coder is AES (06 f1 07 01): what `7z -mhe=on` writes."""
    coders = b"\x17\x06\x20\x01\x09\x10\x00\x07\x0b\x01\x00\x01\x24\x06\xf1\x07\x01\x02\x53\x07\x0c\x08\x00\x00"
    start = struct.pack("<2QL", 16, len(coders), zlib.crc32(coders))
    data = b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<L", zlib.crc32(start)) + start + bytes(16) + coders
    got = pack.go(data, "e.7z")
    assert list(got.files) == ["e.7z"]
    assert all(limit.incomplete for limit in got.limits)
    assert got.reasons <= {"encrypted", "broken", "unsupported"}


def test_encrypted_rar(pack: SimpleNamespace) -> None:
    data = bytearray(pack.rar4({"a": b"words"}))
    at = 7 + 13
    struct.pack_into("<H", data, at + 3, 0x8004)
    size = struct.unpack_from("<H", data, at + 5)[0]
    struct.pack_into("<H", data, at, zlib.crc32(data[at + 2 : at + size]) & 0xFFFF)
    got = pack.go(bytes(data), "e.rar")
    assert got.reasons == {"encrypted"}


def test_duplicates_in_tar_are_both_read(pack: SimpleNamespace) -> None:
    data = pack.tar({"a": b"one"})[:1024] + pack.tar({"a": b"two"})
    got = pack.go(data, "a.tar")
    assert [e.data for e in got.entries] == [b"one", b"two"]
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("duplicate", False)]


def test_nothing_is_written_where_a_name_points(pack: SimpleNamespace, tmp_path: Path, monkeypatch: object) -> None:
    monkeypatch.chdir(tmp_path)  # type: ignore[attr-defined]
    names = {"../up": b"x", str(tmp_path / "abs"): b"x", "plain": b"x", "d/e": pack.of("7z")}
    for made in (pack.tar(names), pack.zip(names), pack.by_libarchive("7zip", {"plain": b"x", "a/b": b"y"})):
        pack.go(made, "a")
        pack.go(made, "a", in_memory=1)
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "up").exists()


MEMORY = """
    import lzma, resource, sys, zlib
    from sousveil.unpack import Budget, Entry, Quotas, walk
    resource.setrlimit(resource.RLIMIT_AS, (900 << 20, 900 << 20))
    limits = []
    for name in sys.argv[1:]:
        for found in walk(name, name.rsplit("/", 1)[-1]):
            if isinstance(found, Entry):
                for chunk in found.chunks():
                    pass
            else:
                limits.append(found)
    print(*sorted({l.reason for l in limits}))
    status = open("/proc/self/status").read()
    print(int(status.split("VmHWM:")[1].split()[0]) >> 10)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_stays_bounded(pack: SimpleNamespace, tmp_path: Path) -> None:
    bomb = xz_bomb()
    huge = bytearray(lzma.compress(b"x", lzma.FORMAT_ALONE))
    huge[1:5] = struct.pack("<L", 1 << 30)  # a dictionary of one gigabyte
    products = {
        "a.xz": bomb,
        "b.zip": pack.zip({"in.zip": pack.zip({"x.xz": bomb, "y.lzma": bytes(huge)})}),
        "c.tar.gz": gzip.compress(pack.tar({"big": bytes(200 * MB)}), 1),
        "d.lzma": bytes(huge),
        "e.tar.gz": gzip.compress(pack.tar({"big.zip": pack.zip({"z": bytes(120 * MB)}, zipfile.ZIP_STORED)}), 1),
    }
    for name, data in products.items():
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEMORY), *(str(tmp_path / name) for name in products)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": ""},
    )
    reasons, peak = done.stdout.splitlines()
    assert reasons == "quota unsupported"
    assert int(peak) < 400
    assert done.stderr == ""
