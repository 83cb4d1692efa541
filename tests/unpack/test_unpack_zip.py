"""Zips that lie, hide, are damaged, or only begin oddly."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zipfile
import zlib
from types import SimpleNamespace

import pytest

from sousveil.unpack import is_container

WORDS = b"enum EM_GLASS_TYPE { NONE, SUN };\n" * 30


def _directory(data: bytes) -> int:
    (start,) = struct.unpack_from("<L", data, data.rfind(b"PK\x05\x06") + 16)
    return int(start)


def test_vendors_zip_that_begins_with_dh(pack: SimpleNamespace) -> None:
    data = b"DH" + pack.of("zip")[2:]
    assert is_container(data[:100], "General_SDK.zip") == "zip"
    got = pack.go(data, "s.zip")
    assert got.files == {f"s.zip!/{name}": content for name, content in pack.FILES.items()}
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("disguised", False)]


def test_dh_words_are_no_zip() -> None:
    assert is_container(b"DH\x03\x04" + bytes(100), "x") is None
    assert is_container(b"DHCP options and more of them, in plain words", "x.txt") is None


@pytest.mark.parametrize("method", [0, 8, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("most", [64 << 20, 100])
def test_methods_small_and_streamed(method: int, most: int, pack: SimpleNamespace) -> None:
    got = pack.go(pack.zip({"a": WORDS, "b": b""}, method), "m.zip", in_memory=most)
    assert got.files == {"m.zip!/a": WORDS, "m.zip!/b": b""}
    assert got.limits == []


@pytest.mark.parametrize(("method", "form"), [(93, "zst"), (95, "xz")])
def test_modern_methods(method: int, form: str, pack: SimpleNamespace) -> None:
    import lzma

    packed = lzma.compress(WORDS) if form == "xz" else pack.by_libarchive("raw", {"x": WORDS}, "zstd")
    data = _by_hand([(b"a", method, 0, zlib.crc32(WORDS), packed, len(WORDS))])
    got = pack.go(data, "m.zip")
    assert got.files == {"m.zip!/a": WORDS}
    assert got.limits == []


def test_unknown_method_is_named(pack: SimpleNamespace) -> None:
    got = pack.go(_by_hand([(b"a", 98, 0, 0, b"xxxx", 9), (b"b", 0, 0, zlib.crc32(b"ok"), b"ok", 2)]), "m.zip")
    assert got.files == {"m.zip!/b": b"ok"}
    assert [(limit.path, limit.reason) for limit in got.limits] == [("m.zip!/a", "unsupported")]
    assert "PPMd" in got.limits[0].detail


def _by_hand(
    files: list[tuple[bytes, int, int, int, bytes, int]], extra: bytes = b"", mode: int = 0, before: int = 0
) -> bytes:
    """Each file as name, method, flags, checksum, packed bytes, size."""
    body = directory = b""
    for name, method, flags, crc, packed, size in files:
        start = before + len(body)
        body += struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 0, crc, len(packed), size, len(name), 0)
        body += name + packed
        numbers = (20 | 3 << 8, 20, flags, method, 0, 0, crc, len(packed), size, len(name), len(extra), 0, 0, 0)
        directory += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *numbers, mode << 16, start) + name + extra
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(files), len(files), len(directory), before + len(body), 0)
    return body + directory + end


def test_streamed_zip_with_descriptors(pack: SimpleNamespace) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[arg-type]
        made.writestr("a", WORDS)
        made.writestr("b", b"two")
    got = pack.go(pipe.data, "s.zip")
    assert got.files == {"s.zip!/a": WORDS, "s.zip!/b": b"two"}
    assert got.limits == []
    cut = pack.go(pipe.data[: pipe.data.rfind(b"PK\x01\x02") - 60], "s.zip")
    assert cut.files["s.zip!/a"] == WORDS
    assert "truncated" in cut.reasons


def test_zip64(pack: SimpleNamespace) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made, made.open("a", "w", force_zip64=True) as file:
        file.write(WORDS)
    data = out.getvalue()
    assert pack.go(data, "a.zip").files == {"a.zip!/a": WORDS}
    at = data.rfind(b"PK\x05\x06")
    start = _directory(data)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, at - start, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    got = pack.go(data[:at] + record + locator + end, "a.zip")
    assert got.files == {"a.zip!/a": WORDS}
    assert got.limits == []
    got = pack.go(b"#!stub\n" + data[:at] + record + locator + end, "a.zip")
    assert got.files == {"a.zip!/[bytes 0-7]": b"#!stub\n", "a.zip!/a": WORDS}


def test_bytes_before_between_and_behind_are_read(pack: SimpleNamespace) -> None:
    first = pack.zip({"a": b"one"}, 0)
    data = b"\x7fELF program" + first
    assert is_container(data, "tool") == "zip"
    got = pack.go(data, "tool")
    assert got.files == {"tool!/[bytes 0-12]": b"\x7fELF program", "tool!/a": b"one"}
    got = pack.go(first + b"appended words", "a.zip")
    assert got.files == {"a.zip!/a": b"one", f"a.zip!/[bytes {len(first)}-{len(first) + 14}]": b"appended words"}


def test_two_zips_in_one_file_are_both_read(pack: SimpleNamespace) -> None:
    got = pack.go(pack.zip({"a": b"one"}) + pack.zip({"b": b"two"}), "a.zip")
    assert set(got.files.values()) == {b"one", b"two"}


def test_file_hidden_from_the_central_directory_is_read(pack: SimpleNamespace) -> None:
    hidden = pack.zip({"hidden.h": WORDS})
    hidden = hidden[: _directory(hidden)]
    shown = pack.zip({"a": b"one"})
    start = _directory(shown)
    end = bytearray(shown[start:])
    struct.pack_into("<L", end, end.rfind(b"PK\x05\x06") + 16, start + len(hidden))
    got = pack.go(shown[:start] + hidden + bytes(end), "a.zip")
    assert set(got.files.values()) == {b"one", WORDS}
    assert any(path.endswith("!/hidden.h") for path in got.files)


def test_comments_are_read(pack: SimpleNamespace) -> None:
    got = pack.go(pack.zip({"a": b"one"}, comment=b"built for x"), "a.zip")
    assert got.files == {"a.zip!/a": b"one", "a.zip!/[comment]": b"built for x"}


def test_comments_of_files_are_read_and_make_no_archive_again(pack: SimpleNamespace) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("a", "b"):
            info = zipfile.ZipInfo(name)
            info.comment = b"about " + name.encode()
            archive.writestr(info, name)
    got = pack.go(made.getvalue(), "a.zip")
    assert got.files == {"a.zip!/a": b"a", "a.zip!/b": b"b", "a.zip!/[comments of files]": b"about a\nabout b"}
    assert not got.limits


def test_overlapping_files_are_read_once(pack: SimpleNamespace) -> None:
    """Fifield's bomb: each file's packed bytes hold the next file's header and all that follows."""
    kernel = zlib.compressobj(9, 8, -15)
    packed = kernel.compress(bytes(50_000)) + kernel.flush()
    data = bytearray(_by_hand([(b"a", 8, 0, zlib.crc32(bytes(50_000)), packed, 50_000)] * 1))
    start = _directory(bytes(data))
    record = bytes(data[start : data.rfind(b"PK\x05\x06")])
    inner = bytearray(record)
    struct.pack_into("<L", inner, 42, 10)
    inner[46:47] = b"b"
    twin = bytearray(record)
    twin[46:47] = b"c"
    end = bytearray(data[-22:])
    struct.pack_into("<2HL", end, 8, 3, 3, len(record) * 3)
    got = pack.go(bytes(data[:start]) + record + bytes(twin) + bytes(inner) + bytes(end), "a.zip")
    assert got.files == {"a.zip!/a": bytes(50_000)}
    assert {(limit.path, limit.reason, limit.incomplete) for limit in got.limits} == {
        ("a.zip!/c", "duplicate", False),
        ("a.zip!/b", "broken", True),
    }


def test_encrypted_file_is_listed_and_the_rest_read(pack: SimpleNamespace) -> None:
    files = [(b"a", 0, 1, 0, b"\x9f" * 20, 8), (b"b", 0, 0, zlib.crc32(b"ok"), b"ok", 2)]
    got = pack.go(_by_hand(files), "e.zip")
    assert got.files == {"e.zip!/b": b"ok"}
    assert [(limit.path, limit.reason, limit.incomplete) for limit in got.limits] == [("e.zip!/a", "encrypted", True)]


def test_damaged_file_gives_what_came_out_and_the_next_is_read(pack: SimpleNamespace) -> None:
    words = b"".join(b"line %d of the header\n" % n for n in range(5000))
    data = bytearray(pack.zip({"a": words, "b": b"two"}))
    data[3000:3004] = b"\xff\xff\xff\xff"
    got = pack.go(bytes(data), "d.zip")
    assert got.files["d.zip!/b"] == b"two"
    assert got.files["d.zip!/a"][:3000] == words[:3000]
    assert got.reasons == {"broken"}
    assert {limit.path for limit in got.limits} == {"d.zip!/a"}


def test_wrong_checksum_and_wrong_size_are_told(pack: SimpleNamespace) -> None:
    got = pack.go(_by_hand([(b"a", 0, 0, 1, b"data", 4), (b"b", 0, 0, zlib.crc32(b"data"), b"data", 9)]), "w.zip")
    assert got.files == {"w.zip!/a": b"data", "w.zip!/b": b"data"}
    assert [limit.path for limit in got.limits] == ["w.zip!/a", "w.zip!/b"]
    assert got.reasons == {"broken"}


def test_cut_off_zip_is_read_by_its_own_headers(pack: SimpleNamespace) -> None:
    data = pack.zip({"a": WORDS, "b": WORDS * 2, "c": b"three"})
    got = pack.go(data[: data.rfind(b"c") - 60], "c.zip")
    assert got.files["c.zip!/a"] == WORDS
    assert "truncated" in got.reasons
    whole = pack.go(data[: _directory(data)], "c.zip")
    assert whole.files == {"c.zip!/a": WORDS, "c.zip!/b": WORDS * 2, "c.zip!/c": b"three"}
    assert [limit.reason for limit in whole.limits] == ["truncated"]


def test_damaged_central_directory_goes_on_at_the_next_record(pack: SimpleNamespace) -> None:
    data = bytearray(pack.zip({"a": b"one", "b": b"two", "c": b"three"}))
    at = data.find(b"PK\x01\x02", _directory(bytes(data)) + 4)
    data[at : at + 4] = b"XXXX"
    got = pack.go(bytes(data), "d.zip")
    assert set(got.files.values()) >= {b"one", b"two", b"three"}  # the second through its own header
    assert "broken" in got.reasons


def test_same_name_twice_is_read_twice(pack: SimpleNamespace) -> None:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as made:
        warnings.simplefilter("ignore")
        made.writestr("a", b"one")
        made.writestr("a", b"two")
    got = pack.go(out.getvalue(), "a.zip")
    assert [e.data for e in got.entries] == [b"one", b"two"]
    assert [(limit.path, limit.reason, limit.incomplete) for limit in got.limits] == [("a.zip!/a", "duplicate", False)]


def test_other_name_in_the_files_own_header_is_told(pack: SimpleNamespace) -> None:
    data = pack.zip({"innocent": b"one"}, 0)
    got = pack.go(data.replace(b"innocent", b"profiles", 1), "a.zip")
    assert got.files == {"a.zip!/innocent": b"one"}
    assert "profiles" in got.limits[0].detail


def test_links_and_devices_are_listed_and_their_bytes_read(pack: SimpleNamespace) -> None:
    data = _by_hand([(b"l", 0, 0, zlib.crc32(b"/etc/passwd"), b"/etc/passwd", 11)], mode=0o120777)
    got = pack.go(data, "a.zip")
    assert got.files == {"a.zip!/l": b"/etc/passwd"}
    assert [(limit.reason, limit.incomplete) for limit in got.limits] == [("link", False)]


def test_folder_with_content_is_a_file(pack: SimpleNamespace) -> None:
    data = _by_hand([(b"d/", 0, 0, zlib.crc32(b"hid"), b"hid", 3), (b"e/", 0, 0, 0, b"", 0)])
    assert pack.go(data, "a.zip").files == {"a.zip!/d/": b"hid"}


def test_name_in_the_unicode_path_field(pack: SimpleNamespace) -> None:
    raw = b"\x81\x82.h"
    path = "民.h".encode()
    extra = struct.pack("<2HBL", 0x7075, 5 + len(path), 1, zlib.crc32(raw)) + path
    data = _by_hand([(raw, 0, 0, zlib.crc32(b"x"), b"x", 1)], extra)
    got = pack.go(data, "a.zip")
    assert set(got.files) == {"a.zip!/民.h"}
    assert got.entries[0].raw == raw


def test_wrong_utf8_in_one_name_does_not_lose_the_archive(pack: SimpleNamespace) -> None:
    """The standard library's reader refuses the whole file."""
    data = _by_hand([(b"\xff\xfe.h", 0, 0x800, zlib.crc32(b"x"), b"x", 1), (b"b", 0, 0, zlib.crc32(b"y"), b"y", 1)])
    assert pack.go(data, "a.zip").files == {"a.zip!/\\xff\\xfe.h": b"x", "a.zip!/b": b"y"}


def test_several_disks_are_told(pack: SimpleNamespace) -> None:
    data = bytearray(pack.zip({"a": b"one"}))
    struct.pack_into("<2H", data, len(data) - 18, 3, 3)
    assert "unsupported" in pack.go(bytes(data), "a.zip").reasons


def test_end_record_alone(pack: SimpleNamespace) -> None:
    empty = pack.go(pack.zip({}), "e.zip")
    assert empty.files == {}
    assert empty.limits == []
    lying = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 99999, 77, 0)
    got = pack.go(lying, "e.zip")
    assert got.files == {"e.zip": lying}
    assert got.reasons == {"broken"}


def test_many_headers_without_an_end_take_time_in_proportion(pack: SimpleNamespace) -> None:
    """Each header says that a descriptor tells its size; there is none, or one at the very end."""
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 8, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    for end in (b"", b"PK\x07\x08" + bytes(12)):
        started = time.monotonic()
        got = pack.go(header * 20_000 + end, "m.zip")
        assert time.monotonic() - started < 10
        assert len(got.entries) >= 20_000
        assert "truncated" in got.reasons
    lying = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 1 << 31, 1 << 31, 1, 0) + b"a"
    started = time.monotonic()
    got = pack.go(lying * 20_000, "m.zip")
    assert time.monotonic() - started < 10
    assert "truncated" in got.reasons
