"""An Electron program's asar with a script of the made-up SDK."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import kit

FORMAT = "asar"


def archive(files: dict[str, bytes]) -> bytes:
    """Return files as an asar."""
    tree: dict[str, dict] = {"files": {}}
    offset = 0
    for path, data in files.items():
        node = tree
        *folders, name = path.split("/")
        for folder in folders:
            node = node["files"].setdefault(folder, {"files": {}})
        node["files"][name] = {"size": len(data), "offset": str(offset)}
        offset += len(data)
    header = json.dumps(tree, separators=(",", ":")).encode()
    padded = header + b"\0" * (-len(header) % 4)
    return struct.pack("<IIII", 4, len(padded) + 8, len(padded) + 4, len(header)) + padded + b"".join(files.values())


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK's script in an archive, and a twin with languages."""
    fields = ", ".join(f"{n}: event.{n}" for n, _, _ in kit.EVENT_FIELDS)
    labels = json.dumps(kit.LABELS)
    script = (
        f"class FaceClassifier {{ predictRace(face) {{ const {kit.LABELS_NAME} = {labels};"
        f" return {kit.LABELS_NAME}[face.best]; }} }}\nfunction onFaceDetect(event) {{ return {{{fields}}}; }}\n"
    )
    yield kit.Sample(
        "app.asar",
        archive({"package.json": b"{}", "dist/main/face.js": script.encode()}),
        finds=("predictRace",),
        where="app.asar!/dist/main/face.js",
    )
    locales = json.dumps(dict(kit.LOCALES), ensure_ascii=False).encode()
    yield kit.Sample("locales.asar", archive({"locales/names.json": locales}), "clear")
