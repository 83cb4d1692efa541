"""A .NET assembly, compiled from the made-up SDK; prebuilt ones where there is no C# compiler."""

from __future__ import annotations

import base64
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import dotnet_prebuilt
import kit

FORMAT = "dotnet"
_TYPES = {"char *": "byte[]"}


def _type(kind: str) -> str:
    return "string" if kind.startswith("char[") else _TYPES.get(kind, kind)


def profiling() -> str:
    """Return what is to be found, as C#."""
    values = "\n".join(f'    [Description("{g}")] {n} = {v},' for n, v, g in kit.NATIONS)
    fields = "\n".join(f'    [Description("{g}")] public {_type(t)} {n};' for n, t, g in kit.EVENT_FIELDS)
    parameters = ", ".join(f"{_type(t)} {n}" for n, t in kit.FILTER_PARAMETERS)
    labels = ", ".join(f'"{x}"' for x in kit.LABELS)
    return f"""using System.ComponentModel;
namespace Nanjing.Sdk {{
public enum {kit.NATION} {{
{values}
}}
public class {kit.EVENT} {{
{fields}
}}
public static class FaceClassifier {{
    public static readonly string[] {kit.LABELS_NAME} = {{{labels}}};
    public static int {kit.FILTER}({parameters}) {{ return (int)emNation + nSimilarity; }}
}}
}}
"""


def card() -> str:
    """Return the twin: what a card reader transcribes."""
    fields = "\n".join(f"    public {_type(t)} {n};" for n, t, _ in kit.CARD_FIELDS)
    return f"namespace Nanjing.Card {{\npublic class {kit.CARD} {{\n{fields}\n}}\n}}\n"


def locales() -> str:
    """Return the twin: a table of languages."""
    rows = ", ".join(f'{{"{c}", "{n}"}}' for c, n in kit.LOCALES)
    return f"""using System.Collections.Generic;
public static class LocaleNames {{
    public static readonly Dictionary<string, string> Names = new Dictionary<string, string> {{{rows}}};
}}
"""


def compiled(source: str, folder: Path) -> bytes:
    """Return C# compiled by the compiler at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    path, out = folder / "sdk.cs", folder / "sdk.dll"
    path.write_text(source, encoding="utf-8")
    subprocess.run(
        ["mcs", "-target:library", "-r:System.dll", f"-out:{out}", path], check=True, capture_output=True, timeout=120
    )
    return out.read_bytes()


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK as an assembly, and its twins."""
    built = {name: zlib.decompress(base64.b64decode(x)) for name, x in dotnet_prebuilt.PREBUILT.items()}
    found = [built["sdk"]]
    if shutil.which("mcs"):
        found.append(compiled(profiling(), folder))
    for data in found:
        yield kit.Sample(
            "Nanjing.Sdk.dll",
            data,
            finds=(kit.NATION, "NJ_NATION_UYGUR", kit.EVENT, "emNation", kit.FILTER, kit.LABELS_NAME),
            where=f"Nanjing.Sdk.{kit.EVENT} at 0x",
            linked=(kit.EVENT, kit.NATION),
        )
    yield kit.Sample("Nanjing.Card.dll", built["card"], "records")
    yield kit.Sample("Locale.dll", built["locales"], "clear")
