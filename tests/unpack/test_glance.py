"""What passes at a glance is answered no by every question that it stands for."""

from __future__ import annotations

import random
from pathlib import Path

import kit
import matrix
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sousveil import unpack
from sousveil.unpack.misnamed import ASKED
from sousveil.unpack.render import RENDERERS
from sousveil.unpack.sniff import STARTS
from sousveil.work import coverage

NAMES = (
    "a.c", "d/Makefile", "a.h", "x_pb2.py", "a.bin", "a.img", "a.js", "a.js.map", "a.zip.002", "v.r01", "a.cpio",
    "a.Z", "a", ".z", "a.dmg", "a.msi", "a.arj", "d.zip/a.txt", "a.PDF", "a.tar.gz", "a.zip!/b.c", "mtd1", "firmware-x",
    *(f"a.{end}" for end in sorted(ASKED)), *(f"a{end}" for r in RENDERERS for end in r.ends),
)  # fmt: skip
MARKS = (
    *STARTS, b"GIF89a", b"BM", b"RIFF", b"%PDF-1", b"{\\rtf", b"ustar", b"**ACE**", b"-lh5-", b"U\xaa", b"ARM\x64",
    b"S\xef", b"H+", b"koly", b"PK\5\6", b"PK\3\4", b"CD001", b"NXSB", b"EFI PART", b"FAT16", b"HdrS", b"FAT32",
    b"sourceMappingURL=data:", b"  644 ", b"00644 ", b"{", b"From a\nb:", b"ITSF", b"Microsoft C/C++ MSF 7.00\r\n",
)  # fmt: skip


def answered_no(data: bytes, name: str) -> bool:
    return (
        unpack.is_container(data, name) is None
        and unpack.renderer_of(data, name) is None
        and not unpack.has_sourcemap(name, data)
        and not unpack.worth_reading(data)
        and not unpack.misnamed(name, data)
        and coverage.class_of(data[: coverage.HEAD], b"", name, len(data)) == coverage.TEXT
    )


def test_source_text_passes() -> None:
    text = "/* 民族 */\nint race(void);\r\n\tint other;\f\n"
    for name in ("a.c", "d/Makefile", "src/x.py", "d.d/README", "a.txt"):
        for data in (text.encode(), text.encode("gb18030"), text.encode() * 500):
            assert unpack.is_plain_text(data, name), name


@pytest.mark.parametrize("maker", list(kit.makers()), ids=lambda p: p.stem)
def test_no_sample_is_passed_over(maker: Path, tmp_path: Path) -> None:
    rng = random.Random(1)
    for sample in matrix.load(maker).samples(tmp_path):
        letters = bytes(range(256)).translate(None, b"\0")
        for data in (sample.data, sample.data[: rng.randrange(len(sample.data) + 1)], sample.data.replace(b"\0", b" ")):
            for table in (None, bytes(b if b in letters and b > 31 else 32 for b in range(256))):
                changed = data if table is None else data.translate(table)
                for name in (sample.name, "a.c", "a.bin"):
                    assert not unpack.is_plain_text(changed, name) or answered_no(changed, name)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(MARKS), st.integers(0, 1200)), max_size=4),
    st.integers(0, 5000),
    st.sampled_from((b" ", b"a", b"\n", b"0", b"\x80")),
    st.sampled_from(NAMES),
)
@example([(b"-lh5-", 2)], 600, b"a", "a.c")
@example([(b"U\xaa", 510), *((b"\x80", at) for at in (446, 462, 478, 494))], 600, b"a", "a.c")
@example([(b"ustar", 257)], 600, b"a", "a.c")
@example([], 600, b"a", "a.zip.002")
@example([(b"{\\rtf", 5)], 600, b" ", "a.c")
@example([(b"GIF89a", 0)], 4000, b"a", "a.c")
def test_marks_anywhere_in_a_text(marks: list[tuple[bytes, int]], size: int, filling: bytes, name: str) -> None:
    data = bytearray(filling * size)
    for mark, at in marks:
        data[at : at + len(mark)] = mark
    text = bytes(data)
    assert not unpack.is_plain_text(text, name) or answered_no(text, name)
