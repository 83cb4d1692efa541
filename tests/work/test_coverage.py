"""How far a file's bytes are understood, told from its first bytes."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pytest

import sousveil
from sousveil.report import render
from sousveil.work.coverage import HEAD, class_of, entropy, packed_in

RANDOM = random.Random(4).randbytes(20_000)


def of(data: bytes, name: str = "x.bin") -> str:
    middle = len(data) // 2
    return class_of(data[:HEAD], data[middle : middle + HEAD], name, len(data))


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b"int main(void) { return 0; }\n" * 50, "a.c", "text"),
        ("民族".encode("gb18030") * 400, "a.h", "text"),
        ("民族".encode("utf-16") * 400, "a.h", "text"),
        (b"", "empty", "text"),
        (b"\x89PNG\r\n\x1a\n" + RANDOM, "a.png", "pictures"),
        (b"\0\0\0\x20ftypisom" + RANDOM, "a.mp4", "pictures"),
        (b"\0\1\0\0\0\x12\1\0" + RANDOM, "a.ttf", "pictures"),
        (b"icns\0\1\x19\4icp4" + RANDOM, "a.icns", "pictures"),
        (b"SQLite format 3\0" + bytes(4000), "a.db", "data"),
        (b"GGUF\3\0\0\0" + RANDOM, "a.gguf", "models"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10" + bytes(300), "A.class", "programs"),
        (RANDOM, "firmware.bin", "closed"),
        (zlib.compress(b"".join(b"%d," % (i * i) for i in range(9000))), "x.dat", "closed"),
        (RANDOM[:300], "salt", "closed"),
        (RANDOM[:100], "salt", "other"),
        (bytes(range(64)) * 200, "table.bin", "other"),
        (bytes(5000) + RANDOM[:200], "mostly-empty.bin", "other"),
    ],
)
def test_classes(data: bytes, name: str, found: str) -> None:
    assert of(data, name) == found


def test_entropy_is_in_bits_a_byte() -> None:
    assert entropy(b"") == 0
    assert entropy(b"aaaa") == 0
    assert entropy(bytes(range(256))) == 8
    assert entropy(b"ab" * 50) == 1


def test_the_report_counts_every_byte_once_and_says_what_stayed_closed(tmp_path: Path) -> None:
    files = {"a.c": b"int f(void);\n" * 1000, "b.png": b"\x89PNG\r\n\x1a\n" + RANDOM, "c.bin": RANDOM}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    report = sousveil.scan(tmp_path)
    assert report.counts.coverage == {
        "closed": len(files["c.bin"]), "pictures": len(files["b.png"]), "text": len(files["a.c"]),
    }  # fmt: skip
    assert sum(report.counts.coverage.values()) == report.counts.bytes
    assert report.verdict == "clear" and not report.complete
    text = render(report, "text")
    share = 100 - 100 * len(RANDOM) / report.counts.bytes
    assert text.startswith(f"CLEAR AS FAR AS IT COULD BE OPENED ({share:.0f} %)")


def test_a_program_that_carries_something_packed_is_closed_to_that_share() -> None:
    noise = random.Random(1).randbytes(900_000)
    code = b"\x7fELF\2\1\1".ljust(64, b"\0") + b"\x48\x89\xe5\x5d\xc3 mov %s\0" * 5000
    text = noise.hex().encode()
    picture = b"\x89PNG\r\n" + noise
    assert 0.8 < packed_in(code + noise) / len(code + noise) < 1
    assert packed_in(memoryview(code + noise)) == packed_in(code + noise)
    assert packed_in(code * 12 + noise[:200_000]) == 0
    assert packed_in(code + picture) == 0
    # What is unpacked is not closed.
    packed = zlib.compress(text, 9)
    assert len(packed) > len(code)
    assert packed_in(code + packed) == 0
    assert packed_in(code + packed[:-400]) > 0
