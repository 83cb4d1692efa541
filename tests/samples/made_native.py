"""Programs of the made-up SDK, stripped and not; a card reader's and a table of languages as their twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kit import CARD_FIELDS, EVENT, EVENT_FIELDS, LABELS, LOCALES, NATION, NATIONS, Sample
from made_databases import descriptor
from programs import BASE, elf, fat, macho, pe, stored, strings

FORMATS = ("native", "strings")
ENUMERATORS = strings("stuChannel", *(name for name, _, _ in NATIONS), "bIsOpen")
FIELDS = strings(*(name for name, _, _ in EVENT_FIELDS))
CARD = strings(*(name for name, _, _ in CARD_FIELDS))
CAPTIONS = ("性别", "年龄", "民族", "是否戴眼镜", "是否戴口罩")
CARD_CAPTIONS = ("姓名", "性别", "民族", "出生", "住址", "公民身份号码")
CODE = b"\x55" + b"".join(stored(label) for label in LABELS) + b"\xc3"
PREDICTOR = "_ZN2nj18FaceRacePredictor7predictERKNS_5ImageE"
LANGUAGES = strings(*(name for _, name in LOCALES), encoding="utf-8")


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the programs and their twins."""
    yield Sample(
        "libnj_enum.so", elf([(".rodata", ENUMERATORS + FIELDS, False)]), finds=("emNation",), where=".rodata 0x1"
    )
    labels = strings(*LABELS) + bytes(32) + strings("face_race.onnx", "softmax")

    yield Sample("libnj_face.so", elf([(".rodata", labels, False)]), finds=("Latino_Hispanic",), where=".rodata")
    declared = descriptor(EVENT, [n for n, _, _ in EVENT_FIELDS], NATION, [n for n, _, _ in NATIONS])
    proto = elf([(".rodata", strings("sdk.proto", "emRace") + declared + bytes(5) + strings("emBeard"), False)])
    yield Sample("libnj_proto.so", proto, finds=(EVENT, NATION), where=".rodata 0x1", linked=(EVENT, NATION))
    code = elf([(".text", CODE, True)], [(PREDICTOR, BASE + 64, len(CODE))])
    yield Sample("libnj_code.so", code, finds=("Middle Eastern", "predict"), where=".text 0x1")
    gb = strings(*CAPTIONS, encoding="gb18030")
    yield Sample("nj_gb.dll", pe([(".rdata", gb, False)]), finds=("民族",), where=".rdata 0x14000")
    wide = strings(*CAPTIONS, encoding="utf-16-le")
    yield Sample("nj_wide.dll", pe([(".rdata", wide, False)]), finds=("民族",), where=".rdata 0x14000")
    apple = macho([("__cstring", FIELDS, False)])
    yield Sample("libnj.dylib", fat([apple, apple]), finds=("emNation",), where="__TEXT,__cstring 0x1")
    yield Sample("nj.bin", b"\x13\x37NJFW\0\0\x01" + bytes(64) + FIELDS, finds=("emNation",), where="offset 0x")
    for name, inner in (("card", CARD), ("card_gb", strings(*CARD_CAPTIONS, encoding="gb18030"))):
        yield Sample(f"libnj_{name}.so", elf([(".rodata", inner, False)]), "records")
    yield Sample("nj_card.dll", pe([(".rdata", strings(*CARD_CAPTIONS, encoding="utf-16-le"), False)]), "records")
    yield Sample("libnj_locale.so", elf([(".rodata", LANGUAGES, False)]), "clear")
    lock = strings("data race detected between threads", "race condition in %s: lock=%p thread=%d", "detect_race")
    yield Sample("libnj_sync.so", elf([(".rodata", lock, False)]), "clear")
    yield Sample("nj_card.bin", b"\x13\x37NJFW\0\0\x01" + bytes(64) + CARD, "records")
