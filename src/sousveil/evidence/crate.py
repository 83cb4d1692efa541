"""RO-Crate 1.1 metadata of an export: what each file is, for archives that index such folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

from sousveil import __version__

if TYPE_CHECKING:
    from sousveil.evidence.export import View

_KNOWN = {
    "ledger.jsonl": ("The record: one signed event a line", "application/jsonl"),
    "signing-key.pub.pem": ("The public key of the record's signatures", "application/x-pem-file"),
    "events.csv": ("The record as a table", "text/csv"),
    "case.html": ("The case as a page", "text/html"),
    "case.pdf": ("The case for printing", "application/pdf"),
    "capture.wacz": ("Captured pages for viewing", "application/wacz"),
}


def write(data: Path, view: View) -> None:
    """Write ``ro-crate-metadata.json`` for what lies in ``data``, a file at a time: there may be a hundred thousand."""
    names = dict(view.kept())
    files = sorted(p.relative_to(data).as_posix() for p in data.rglob("*") if p.is_file())
    root = {
        "@id": "./", "@type": "Dataset", "name": view.title or "A case kept by sousveil",
        "description": "Evidence about a product, with a signed record of every step.",
        "datePublished": view.entries[-1].predicate["time"], "dateCreated": view.entries[0].predicate["time"],
        "license": {"@id": "#terms"},
    }  # fmt: skip
    others = (
        {
            "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        {
            "@id": "#terms", "@type": "CreativeWork", "name": "As agreed with the one who gave you this",
            "description": "What was captured belongs to those who made it; it is kept as evidence.",
        },
        {"@id": "#sousveil", "@type": "SoftwareApplication", "name": "sousveil", "version": __version__},
    )  # fmt: skip
    with (data / "ro-crate-metadata.json").open("w", encoding="utf-8", newline="\n") as out:
        # That context has no word for a digest; the next version's says it so.
        context = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}]
        out.write(f'{{"@context": {json.dumps(context)}, "@graph": [\n')
        for other in others:
            out.write(json.dumps(other) + ",\n")
        out.write(json.dumps(root).removesuffix("}") + ', "hasPart": [')
        for number, name in enumerate(files):
            out.write((",\n" if number else "\n") + json.dumps({"@id": name}))
        out.write("]}")
        for name in files:
            out.write(",\n" + json.dumps(_part(name, (data / name).stat().st_size, names)))
        out.write("\n]}\n")


def _kind(name: str) -> str:
    """Return a media type by how a name ends."""
    if name.endswith((".sha256", ".sha512")):
        return "text/plain"
    return "application/warc" if name.endswith(".warc.gz") else guess_type(name)[0] or "application/octet-stream"


def _part(name: str, size: int, names: Mapping[str, str]) -> dict[str, str]:
    """Return what is said of one file; ``names`` has the objects' by digest."""
    about, kind = _KNOWN.get(name, ("", ""))
    # The record in a bag ends with an event that has this file's digest.
    one = {"@id": name, "@type": "File"} | ({} if name == "ledger.jsonl" else {"contentSize": str(size)})
    digest = name.rpartition("/")[2]
    if digest in names:
        one |= {"name": names[digest], "sha256": digest, "encodingFormat": _kind(names[digest])}
    elif about:
        one |= {"name": about, "encodingFormat": kind}
    elif name.startswith("stamps/"):
        kind = "application/timestamp-reply" if name.endswith(".tsr") else _kind(name)
        one |= {"name": "A witness's word on a line of the record, or its address", "encodingFormat": kind}
    return one
