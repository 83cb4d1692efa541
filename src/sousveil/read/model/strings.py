"""Compiled and other models whose layout is not public: runs of strings that stand together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.parts import Hits, Part, Word, constructs, stray

ABOUT = About(
    "Compiled models of accelerators and phones",
    ".ort .rknn .om .engine .trt .dlc .nb .tmfile .cbm .pdmodel .pdparams .mge .bmodel .cvimodel .hef .espdl .nnef",
    "Runs of strings that stand together, as a label set.",
    limits="Their structure: names are not told from labels.",
)
_AROUND = 2000
_GAP = 12
_TEXT = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{2,120}")


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield for each term the strings that stand with it, a few bytes of lengths or zeros between them."""
    found = Hits(data, hits)
    language = path.lower().rpartition(".")[2]
    uses = (f"{language} model",)
    done = 0
    parts: list[Part] = []
    for offset in found.offsets if hits is not None else range(0, min(len(data), 1 << 20), _AROUND):
        if offset < done or len(parts) > 500:
            continue
        runs = list(_TEXT.finditer(data, max(0, offset - _AROUND), offset + _AROUND))
        at = next((i for i, m in enumerate(runs) if m.start() <= offset < m.end()), None)
        if at is None:
            continue
        low = high = at
        while low and runs[low].start() - runs[low - 1].end() <= _GAP:
            low -= 1
        while high + 1 < len(runs) and runs[high + 1].start() - runs[high].end() <= _GAP:
            high += 1
        done = runs[high].end()
        words = [Word(m.group().decode("utf-8", "replace"), m.start(), len(m.group())) for m in runs[low : high + 1]]
        if len(words) >= 2:
            parts.append(Part(Kind.LABEL_SET, "", words, "strings", f"offset 0x{words[0].offset:x}"))
    yield from constructs(found, parts, language, uses)
    yield from stray(found, language, uses)
