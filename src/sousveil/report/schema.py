"""The JSON Schema of the JSON report, from its own types, with what each key means."""

from __future__ import annotations

from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = "sousveil-report/1"

_SHA256 = {"pattern": "^[0-9a-f]{64}$"}
_COUNT = {"minimum": 0}

# "Type.key": what it means, and what its type alone does not say.
_KEYS: dict[str, tuple[str, dict[str, Any]]] = {
    "Document.schema": (f"Name and version of this schema: {NAME}. The number grows when a key changes or goes.", {}),
    "Document.tool": ("Name and version of what wrote the report.", {}),
    "Document.product": ("What was scanned and how it was chosen.", {}),
    "Document.verdict": (
        "Of the whole product, strongest first: profiles (some finding infers or targets), residue, records, clear. "
        "Only findings with a probability of at least 0.5 count.",
        {},
    ),
    "Document.complete": (
        "False where a limit may hide something: a clear verdict then means clear as far as it could be opened.",
        {},
    ),
    "Document.findings": ("Strongest first; those below a probability of 0.5 are clues and do not count.", {}),
    "Document.explained": ("Constructs that hold a term and are harmless, each with the reason.", {}),
    "Document.limits": ("What was not opened, decoded or understood, and why.", {}),
    "Document.artifacts": ("The files seen.", {}),
    "Document.run": (
        "What differs between two runs on one product: times, machine, versions. All else is the same byte for byte.",
        {},
    ),
    "Artifacts.files": ("How many files were seen, containers and what they hold.", _COUNT),
    "Artifacts.bytes": ("How many bytes they hold together.", _COUNT),
    "Artifacts.read": ("How many held a term and were read for structure.", _COUNT),
    "Artifacts.by_kind": ("How many files there are of each kind.", {"additionalProperties": {"type": "integer"}}),
    "Artifacts.coverage": (
        "How many bytes are understood how far: text, programs, models, data and documents have readers; other was "
        "searched as plain bytes; pictures (sound and fonts too) were not read; closed is encrypted or packed in a way "
        "not known; rendered is text made from the others.",
        {"additionalProperties": {"type": "integer"}},
    ),
    "Artifacts.list": ("Every file seen; only where it was asked for.", {}),
    "ProductInfo.name": ("As the user typed it.", {}),
    "ProductInfo.purl": ("Package URL with the version that was scanned; empty for files and folders.", {}),
    "ProductInfo.files": ("The files or folders scanned, as shown in addresses.", {}),
    "ProductInfo.notes": ("Which version and files were chosen and which were not.", {}),
    "Artifact.path": ("Display address in the containment tree: sdk.zip!/inc.tar.xz!/dhnetsdk.h.", {}),
    "Artifact.sha256": ("SHA-256 of the file's bytes, in hexadecimal: its identity.", _SHA256),
    "Artifact.size": ("In bytes.", _COUNT),
    "Artifact.kind": ("What it is, by content or extension.", {}),
    "Artifact.origin": ("SHA-256 of the file it was rendered from; empty for a file of the product.", {}),
    "Finding.id": ("The same for the same finding on any machine and in any order.", {"pattern": "^[0-9a-f]{16}$"}),
    "Finding.act": (
        "What is done with the trait: infers, targets (searches, filters, alerts or registers people by it), residue "
        "(a reserved or emptied slot), records (a declared value), measures (fairness), mentions.",
        {},
    ),
    "Finding.trait": ("The protected trait.", {}),
    "Finding.basis": ("What the trait is taken from.", {}),
    "Finding.probability": ("How probable it is that the construct does so, 0 to 1.", {"minimum": 0, "maximum": 1}),
    "Finding.rule": ("Identifier of the rule that says so.", {}),
    "Finding.summary": ("The finding in one sentence.", {}),
    "Finding.construct": ("The structure that was judged.", {}),
    "Finding.reasons": ("The tree of reasons: what was looked for, what was seen, where.", {}),
    "Finding.not_proved": ("What the finding does not prove. Quote it with the finding.", {}),
    "Finding.places": ("Every place it rests on; the first is where to point.", {"minItems": 1}),
    "Finding.links": ("Constructs that use this one or are used by it.", {}),
    "ConstructSummary.kind": ("The kind of structure.", {}),
    "ConstructSummary.name": ("As written; empty if it has none.", {}),
    "ConstructSummary.members": ("Names of its enumerators, fields, parameters, labels or options, in order.", {}),
    "ConstructSummary.scope": ("Names of what encloses it, outermost first.", {}),
    "ConstructSummary.direction": ("What the product does with it: puts out, asks for, keeps, shows.", {}),
    "ConstructSummary.language": ("The language it is written in.", {}),
    "Reason.text": ("What was looked for and what was seen.", {}),
    "Reason.met": ("Whether it was found.", {}),
    "Reason.weight": ("Contribution in log-odds that the construct profiles; 0 where the node only groups.", {}),
    "Reason.places": ("Indexes into the finding's places.", {"items": {"type": "integer", "minimum": 0}}),
    "Reason.children": ("What this reason rests on.", {}),
    "Place.artifact": ("Display address of the file.", {}),
    "Place.sha256": ("SHA-256 of the file's bytes, in hexadecimal.", _SHA256),
    "Place.offset": ("Where it begins in the file, in bytes.", _COUNT),
    "Place.length": ("In bytes; 0 where the file's own name is the place.", _COUNT),
    "Place.line": ("Counted from 1; 0 where the bytes are no text with lines.", {"minimum": 0}),
    "Place.column": ("Counted from 1, in characters; 0 where there are no lines.", {"minimum": 0}),
    "Place.encoding": ("The encoding those bytes are in.", {}),
    "Place.text": ("The bytes decoded in that encoding, undecodable ones as \\xNN.", {}),
    "Place.gloss": ("What the words mean in English; empty where they are plain.", {}),
    "Place.gloss_source": ("Who says so: lexicon, code (the product's own comment), lexicon+code, or nobody.", {}),
    "Place.where": ("Section and address, page and box, sheet and cell; empty where the line says it.", {}),
    "Place.origin": (
        "SHA-256 of the file that the artifact was rendered from (a PDF's text); empty for a file of the product.",
        {"pattern": "^([0-9a-f]{64})?$"},
    ),
    "Link.relation": (
        "field-type, type-of, names, named-by, beside, picked-in, twin or same-bytes, read from the finding's "
        "construct to this one.",
        {},
    ),
    "Link.name": ("The other construct, with the member where there is one.", {}),
    "Link.place": ("Where it stands.", {}),
    "Explained.reason": ("Why it is harmless.", {}),
    "Explained.rule": ("Identifier of the rule that says so.", {}),
    "Explained.construct": ("The structure that was judged.", {}),
    "Explained.place": ("Where it stands.", {}),
    "Explained.trait": ("The trait its term names elsewhere.", {}),
    "Limit.path": ("Display address of the file.", {}),
    "Limit.reason": (
        "A short word: encrypted, broken, link, device, quota, crashed, timeout and others.",
        {},
    ),
    "Limit.detail": ("More of it, in words.", {}),
    "Limit.incomplete": ("Whether the product may hold something unseen because of it.", {}),
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema, draft 2020-12, of what :func:`sousveil.report.json.render` writes."""
    import msgspec

    from sousveil.report.json import Document

    _, parts = msgspec.json.schema_components((Document,), ref_template="#/$defs/{name}")
    for name, part in parts.items():
        if "properties" in part:
            _describe(name, part)
    document = parts.pop("Document")
    document["properties"]["schema"]["const"] = NAME
    return {
        "$schema": DIALECT,
        "title": NAME,
        **{key: value for key, value in document.items() if key != "title"},
        "description": "The JSON report of sousveil on one product.",
        "$defs": dict(sorted(parts.items())),
    }


def _describe(name: str, part: dict[str, Any]) -> None:
    """Say what each key means, and that it is always there: the report leaves no default out."""
    for key, value in list(part["properties"].items()):
        text, more = _KEYS[f"{name}.{key}"]
        value.pop("default", None)
        # Beside a reference a description stands on its own, as 2020-12 allows.
        part["properties"][key] = {**value, **more, "description": text}
    part["required"] = [key for key in part["properties"] if f"{name}.{key}" != "Artifacts.list"]
