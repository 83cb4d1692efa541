"""Compiled Lua of each version and of LuaJIT, prebuilt."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from pathlib import Path

import kit
import lua_prebuilt

FORMAT = "lua"


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK's classifier of each version, and twins with languages."""
    for version, packed in lua_prebuilt.PREBUILT.items():
        data = zlib.decompress(base64.b64decode(packed))
        if version.startswith("twin"):
            yield kit.Sample(f"names.{version[5:]}.luac", data, "clear")
        else:
            yield kit.Sample(f"face.{version}.luac", data, finds=("predict_race",), where="at 0x")
