"""Programs of the made-up SDK packed as UPX packs them, and their twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import packer
from kit import Sample
from made_native import CAPTIONS, CARD_CAPTIONS, FIELDS, LANGUAGES
from programs import elf, pe, strings

FORMAT = "upx"
PROGRAM = ((1, 5, ".rodata"), (1, 4, ".data"))
LIBRARY = ((1, 5, ".rodata"), (1, 6, ".data"), (2, 6, ".data"))
REST = (".gap", b"between what is loaded " * 40, False), (".data", strings("a", "b") * 300, False)


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the programs and their twins."""
    wide = pe([(".rdata", strings(*CAPTIONS, encoding="utf-16-le"), False)])
    yield Sample("nj.exe", packer.pe(wide, packer.NRV2E), finds=("民族",), where="[unpacked].exe .rdata 0x14000")
    program = elf([(".rodata", FIELDS + bytes(9000), False), *REST], (), PROGRAM)
    yield Sample("nj_face", packer.elf(program, packer.NRV2B), finds=("emNation",), where="[unpacked] .rodata 0x1")
    library = elf([(".rodata", bytes(900) + FIELDS, False), *REST], (), LIBRARY)
    data = packer.elf(library, packer.LZMA)
    yield Sample("libnj.so", data, finds=("emNation",), where="[unpacked].so .rodata 0x1")
    card = pe([(".rdata", strings(*CARD_CAPTIONS, encoding="utf-16-le"), False)])
    yield Sample("card.exe", packer.pe(card, packer.LZMA), "records")
    names = elf([(".rodata", LANGUAGES, False), *REST], (), PROGRAM)
    yield Sample("locale", packer.elf(names, packer.NRV2D), "clear")
    yield Sample(
        "altered.so", b"\x7fELF\2\1\1".ljust(200, b"\0") + b"UPX!" + bytes(100), "clear",
        note="its header was altered: what it holds is not seen; a limit says so",
    )  # fmt: skip
