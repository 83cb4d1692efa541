"""RO-Crate 1.1 metadata of an export: what each file is, for archives that index such folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Write ``ro-crate-metadata.json`` for what lies in ``data``."""
    names = dict(view.kept())
    files = sorted(p.relative_to(data).as_posix() for p in data.rglob("*") if p.is_file())
    parts: list[dict[str, Any]] = []
    for name in files:
        about, kind = _KNOWN.get(name, ("", ""))
        one: dict[str, Any] = {"@id": name, "@type": "File", "contentSize": str((data / name).stat().st_size)}
        digest = name.rpartition("/")[2]
        if digest in names:
            one |= {"name": names[digest], "sha256": digest}
        elif about:
            one |= {"name": about, "encodingFormat": kind}
        parts.append(one)
    first = view.entries[0].predicate["time"]
    root = {
        "@id": "./", "@type": "Dataset", "name": view.title or "A case kept by sousveil",
        "description": "Evidence about a product, with a signed record of every step.",
        "datePublished": view.entries[-1].predicate["time"], "dateCreated": first,
        "license": {"@id": "#terms"}, "hasPart": [{"@id": name} for name in files],
    }  # fmt: skip
    graph = [
        {
            "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        root,
        {
            "@id": "#terms", "@type": "CreativeWork", "name": "As agreed with the one who gave you this",
            "description": "What was captured belongs to those who made it; it is kept as evidence.",
        },
        {"@id": "#sousveil", "@type": "SoftwareApplication", "name": "sousveil", "version": __version__},
        *parts,
    ]  # fmt: skip
    text = json.dumps({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}, indent=1)
    (data / "ro-crate-metadata.json").write_text(text, encoding="utf-8")
