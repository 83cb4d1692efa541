"""Each format opens, by a container made here."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from sousveil.unpack import Budget, Entry, is_container, native, walk

ARCHIVES = {
    "zip": "zip",
    "tar": "tar",
    "tar.gz": "gz",
    "tar.bz2": "bz2",
    "tar.xz": "xz",
    "tar.zst": "zst",
    "tar.lz4": "lz4",
    "tar.lz": "lzip",
    "tar.Z": "compress",
    "7z": "7z",
    "iso": "iso",
    "cpio": "cpio",
    "cab": "cab",
    "rar": "rar",
    "rar4": "rar",
    "lha": "lha",
}
STREAMS = ("gz", "bz2", "xz", "lzma", "zst", "lz4")


@pytest.mark.parametrize("form", ARCHIVES)
def test_archive_opens_from_memory_and_from_a_file(form: str, pack: SimpleNamespace, tmp_path: Path) -> None:
    data = pack.of(form)
    assert is_container(data[:65536], f"x.{form}", data) == ARCHIVES[form]
    expected = {f"x.{form}!/{name}": content for name, content in pack.FILES.items()}
    file = tmp_path / "x"
    file.write_bytes(data)
    for product in (data, str(file)):
        got = pack.go(product, f"x.{form}")
        assert got.files == expected
        assert got.limits == []
        assert {e.raw for e in got.entries} == {name.encode() for name in pack.FILES}
        assert got.budget.files == len(expected) + 1
        assert got.budget.containers == 1


@pytest.mark.parametrize("form", STREAMS)
def test_single_stream_gives_one_file_named_without_its_ending(form: str, pack: SimpleNamespace) -> None:
    got = pack.go(pack.of(form), f"lib/sdk.h.{form}")
    assert got.files == {f"lib/sdk.h.{form}!/sdk.h": pack.FILES["inc/sdk.h"]}
    assert got.limits == []


@pytest.mark.parametrize("form", [*ARCHIVES, *STREAMS])
def test_each_format_opens_inside_a_zip_and_inside_a_compressed_tar(form: str, pack: SimpleNamespace) -> None:
    data = pack.of(form)
    name = f"y.{form}"
    inside = pack.go(data, name).files
    assert inside
    for outer, made in (("o.zip", pack.zip({name: data})), ("o.tgz", gzip.compress(pack.tar({name: data})))):
        got = pack.go(made, outer)
        assert got.files == {f"{outer}!/{path}": content for path, content in inside.items()}
        assert got.limits == []


@pytest.mark.parametrize("form", ["tar.gz", "tar.xz", "tar.zst", "cpio", "zip", "7z", "iso", "rar", "gz"])
def test_nested_container_larger_than_is_held_in_memory(form: str, pack: SimpleNamespace) -> None:
    """Streamed where the format allows it, else through a file without a name; the content is the same."""
    data = pack.of(form)
    name = f"y.{form}"
    inside = pack.go(data, name).files
    got = pack.go(gzip.compress(pack.tar({name: data, "after": b"still here"})), "o.tgz", in_memory=100)
    assert got.files == {f"o.tgz!/{path}": c for path, c in inside.items()} | {"o.tgz!/after": b"still here"}
    assert got.limits == []


def test_static_library_and_its_members(pack: SimpleNamespace) -> None:
    assert set(pack.go(pack.of("ar"), "lib.a").files) == {"lib.a!/sdk.h", "lib.a!/b.txt"}


def test_debian_package(pack: SimpleNamespace) -> None:
    got = pack.go(pack.of("deb"), "p.deb")
    assert got.files["p.deb!/data.tar.xz!/inc/sdk.h"] == pack.FILES["inc/sdk.h"]
    assert got.files["p.deb!/control.tar.gz!/control"] == b"Package: x\n"
    assert got.files["p.deb!/debian-binary"] == b"2.0\n"
    assert got.limits == []


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress, bz2.compress, bytes])
def test_rpm_gives_its_header_with_scripts_and_its_files(packed: object, pack: SimpleNamespace) -> None:
    got = pack.go(pack.rpm(packed=packed), "p.rpm")
    assert b"%post\necho set up" in got.files.pop("p.rpm!/[header]")
    assert got.files == {f"p.rpm!/{name}": content for name, content in pack.FILES.items()}
    assert got.limits == []


def test_gzip_of_several_members_padded_is_one_file(pack: SimpleNamespace) -> None:
    got = pack.go(gzip.compress(b"one ") + gzip.compress(b"two") + bytes(300), "a.gz")
    assert got.files == {"a.gz!/a": b"one two"}
    assert got.limits == []


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_bytes_behind_a_stream_are_not_lost(compress: object, pack: SimpleNamespace) -> None:
    data = compress(b"seen" * 99)  # type: ignore[operator]
    got = pack.go(data + bytes(16) + b"hidden words", "a.x")
    assert sorted(got.files.values()) == [b"hidden words", b"seen" * 99]


def test_gzip_names_its_file(pack: SimpleNamespace) -> None:
    out = io.BytesIO()
    with gzip.GzipFile("secret.h", "wb", fileobj=out) as made:
        made.write(b"x")
    assert set(pack.go(out.getvalue(), "a.gz").files) == {"a.gz!/secret.h"}


def test_tar_behind_the_end_of_a_tar_is_read(pack: SimpleNamespace) -> None:
    got = pack.go(pack.tar({"a": b"1"}) + pack.tar({"b": b"2"}), "a.tar")
    assert got.files == {"a.tar!/a": b"1", "a.tar!/b": b"2"}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_tar(form: int, pack: SimpleNamespace) -> None:
    name = "d" * 90 + "/" + "文件" + "n" * 80 if form != tarfile.USTAR_FORMAT else "d" * 90 + "/文件"
    assert pack.go(pack.tar({name: b"x"}, form), "a.tar").files == {f"a.tar!/{name}": b"x"}


def test_v7_tar_without_magic(pack: SimpleNamespace) -> None:
    data = bytearray(pack.tar({"a": b"1"}))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert is_container(bytes(data), "a") == "tar"
    assert pack.go(bytes(data), "a").files == {"a!/a": b"1"}


def test_sparse_tar_keeps_its_holes(pack: SimpleNamespace) -> None:
    """GNU sparse, one island of four bytes at one megabyte."""
    info = tarfile.TarInfo("s")
    info.size = 4
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:410] = b"%011o\0%011o\0" % (1 << 20, 4)
    header[483:495] = b"%011o\0" % ((1 << 20) + 4)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    got = pack.go(bytes(header) + b"abcd".ljust(512, b"\0") + bytes(1024), "a.tar")
    assert got.files == {"a.tar!/s": bytes(1 << 20) + b"abcd"}


def test_large_file_comes_in_chunks_once(pack: SimpleNamespace) -> None:
    data = bytes(range(256)) * 20_000
    for made, name in ((pack.tar({"big": data, "b": b"2"}), "a.tar"), (pack.zip({"big": data, "b": b"2"}), "a.zip")):
        found = list[Entry]()
        for entry in walk(made, name, in_memory=1 << 20):
            assert isinstance(entry, Entry)
            if entry.path.endswith("big"):
                assert entry.data is None
                assert b"".join(entry.chunks()) == data
                assert entry.size == len(data)
                assert list(entry.chunks()) == []
            found.append(entry)
        assert [e.path for e in found] == [f"{name}!/big", f"{name}!/b"]


def test_large_file_left_unread_does_not_disturb_the_next(pack: SimpleNamespace) -> None:
    data = bytes(3 << 20)
    for made in (pack.tar({"big": data, "b": b"2"}), pack.zip({"big": data, "b": b"2"}), gzip.compress(
        pack.tar({"big": data, "b": b"2"})
    )):  # fmt: skip
        entries = [e for e in walk(made, "a", in_memory=1 << 20) if isinstance(e, Entry)]
        assert [e.path for e in entries] == ["a!/big", "a!/b"]
        assert entries[1].data == b"2"


def test_not_a_container_is_one_file(pack: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"plain")
    assert pack.go(str(tmp_path / "f"), "f").files == {"f": b"plain"}
    assert pack.go(b"", "f").files == {"f": b""}


def test_missing_and_unreadable_product(pack: SimpleNamespace, tmp_path: Path) -> None:
    got = pack.go(str(tmp_path / "none.zip"), "none.zip")
    assert [(limit.reason, limit.path) for limit in got.limits] == [("unreadable", "none.zip")]
    assert pack.go(str(tmp_path), "dir").reasons == {"unreadable"}


def test_file_that_changes_while_it_is_read(pack: SimpleNamespace, tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(pack.zip({"a": b"1", "b": b"2"}))
    found = walk(str(file), "a.zip")
    assert isinstance(next(found), Entry)
    file.write_bytes(file.read_bytes()[:60])
    reasons = {limit.reason for limit in found if not isinstance(limit, Entry)}
    assert "changed" in reasons


def test_what_cannot_be_opened_is_named_and_given_whole(pack: SimpleNamespace) -> None:
    image = b"MSWIM\0\0\0" + bytes(100)
    got = pack.go(pack.zip({"rootfs.bin": image, "a.z02": b"part"}), "fw.zip")
    assert got.files == {"fw.zip!/rootfs.bin": image, "fw.zip!/a.z02": b"part"}
    assert {(limit.path, limit.reason) for limit in got.limits} == {
        ("fw.zip!/rootfs.bin", "unsupported"),
        ("fw.zip!/a.z02", "unsupported"),
    }
    assert all(limit.incomplete for limit in got.limits)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"MSWIM\0\0\0" + bytes(92), "a Windows image"),
        (b"WLPWM\0\0\0" + bytes(92), "a Windows image"),
        (b"ISc(" + bytes(96), "an InstallShield cabinet"),
        (bytes(32) + b"NXSB" + (4096).to_bytes(4, "little") + bytes(60), "an APFS volume"),
    ],
)
def test_a_limit_names_what_stays_closed_and_its_size(pack: SimpleNamespace, head: bytes, kind: str) -> None:
    got = pack.go(pack.zip({"a.bin": head}), "fw.zip")
    assert [limit.detail for limit in got.limits] == [f"{kind} of 100 bytes; its files were not read"]
    assert got.files == {"fw.zip!/a.bin": head}
    near = head[:-66][:33] + b"x" + head[34:] if b"NXSB" in head else b"x" + head[1:]
    assert not pack.go(pack.zip({"a.bin": near}), "fw.zip").limits


def test_counts_go_on_from_what_others_used(pack: SimpleNamespace) -> None:
    got = pack.go(pack.zip({"a": b"12345"}), "a.zip", Budget(used_bytes=100, used_files=10))
    assert (got.budget.bytes, got.budget.files) == (105, 12)


def test_the_library_is_found_and_says_its_version() -> None:
    assert native.version().startswith("libarchive 3.")


def test_programs_with_archives_behind_them(pack: SimpleNamespace) -> None:
    stub = b"MZ" + bytes(5000)
    for form in ("7z", "rar", "rar4", "cab", "zip"):
        data = stub + pack.of(form)
        assert is_container(data, "setup.exe") in ("stub", "zip")
        got = pack.go(data, "setup.exe")
        assert sorted(got.files.values()) == sorted([stub, *pack.FILES.values()]), form
        assert got.limits == []


def test_script_with_a_compressed_tar_behind_it(pack: SimpleNamespace) -> None:
    script = b"#!/bin/sh\ntail -n +4 $0 | tar xz\nexit 0\n"
    got = pack.go(script + pack.of("tar.gz"), "install.run")
    assert sorted(got.files.values()) == sorted([script, *pack.FILES.values()])


def test_plain_programs_and_scripts_are_files(pack: SimpleNamespace) -> None:
    for data in (
        b"MZ" + b"7z\xbc\xaf\x27\x1c" + bytes(100),
        b"\x7fELF Rar!\x1a\x07\x00",
        b"#!/bin/sh\necho PK\x05\x06\n",
    ):
        assert is_container(data, "x") is None
        assert pack.go(data, "x").files == {"x": data}


def test_nullsoft_installer_is_named(pack: SimpleNamespace) -> None:
    got = pack.go(b"MZ" + bytes(600) + b"\xef\xbe\xad\xdeNullsoftInst" + bytes(100), "setup.exe")
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("broken", True)]
    assert list(got.files) == ["setup.exe"]
