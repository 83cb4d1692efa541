"""Compiled Python of each version: prebuilt by that version's own compiler, and by the one that runs the test."""

from __future__ import annotations

import base64
import importlib.util
import marshal
import zlib
from collections.abc import Iterator
from pathlib import Path

import kit
import pyc_prebuilt
import pythonsource

FORMAT = "pyc"
FINDS = (kit.NATION, "NJ_NATION_UYGUR", kit.EVENT, "emNation", kit.FILTER, "predict_race", "Latino_Hispanic")


def compiled(source: str) -> bytes:
    """Return source compiled by this interpreter, with a header without time."""
    code = compile(source, "nj_face.py", "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK of each version, and its twins."""
    yield kit.Sample("nj_face.pyc", compiled(pythonsource.profiling()), finds=FINDS, where=f"{kit.EVENT} at 0x")
    for version, packed in pyc_prebuilt.PREBUILT.items():
        data = zlib.decompress(base64.b64decode(packed))
        yield kit.Sample(f"nj_face.{version}.pyc", data, finds=FINDS, where="predict_race")
    service = {"": compiled(pythonsource.service())}
    service |= {f".{v}": zlib.decompress(base64.b64decode(packed)) for v, packed in pyc_prebuilt.SERVICE.items()}
    for version, data in service.items():
        yield kit.Sample(f"nj_service{version}.pyc", data, finds=("FaceReply", "handle"), where="handle at 0x")
    yield kit.Sample("card_service.pyc", compiled(pythonsource.card_service()), "records")
    yield kit.Sample("card.pyc", compiled(pythonsource.card()), "records")
    yield kit.Sample("languages.pyc", compiled(pythonsource.locales()), "clear")
