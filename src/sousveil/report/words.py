"""The report's own sentences: verdicts, acts, traits and probabilities in plain words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from sousveil.judge.explain import BASES
from sousveil.model import (
    LIKELY,
    PROFILING,
    SURE,
    VERY_LIKELY,
    Act,
    Basis,
    ConstructSummary,
    Direction,
    Finding,
    Kind,
    Place,
    Report,
    Trait,
    Verdict,
)  # fmt: skip

# Singular ("it infers …") and plural ("parts of it infer …"). The singular agrees with the stage that judges.
_ACTS = {
    Act.INFERS: ("infers {traits}{basis}", "infer {traits}{basis}"),
    Act.TARGETS: ("searches, filters or alerts by {traits}{basis}", "search, filter or alert by {traits}{basis}"),
    Act.RESIDUE: ("keeps a slot where {traits} was", "keep a reserved or emptied slot where {traits} was"),
    Act.RECORDS: ("records a declared {traits}", "store or pass on {traits} as a person or a document states it"),
    Act.MEASURES: ("measures fairness across {traits}", "compare outcomes across {traits}, as a test of fairness does"),
    Act.MENTIONS: ("mentions {traits}", "mention {traits}"),
}
ACT_MEANINGS = {
    Act.INFERS: "the product works the trait out from a face, a voice, a name or the like; nobody stated it",
    Act.TARGETS: "people can be searched for, filtered, listed or alerted on by the trait",
    Act.RESIDUE: "a reserved or emptied place is left where such a field was",
    Act.RECORDS: "a value that a person or a document states is kept or passed on: a form, an identity card",
    Act.MEASURES: "outcomes are compared between groups, as a test of fairness does; nobody is sorted",
    Act.MENTIONS: "a word only: a language, a place, a game, a dictionary",
}
_KINDS = {
    Kind.ENUMERATION: "list of values",
    Kind.RECORD: "record",
    Kind.LABEL_SET: "set of labels",
    Kind.OPERATION: "function or request",
    Kind.OPTION: "choice on a screen",
    Kind.STATEMENT: "statement",
}
_DIRECTIONS = {
    Direction.PUTS_OUT: "the product puts it out",
    Direction.ASKS_FOR: "the product asks for it",
    Direction.KEEPS: "the product keeps it",
    Direction.SHOWS: "the product shows it",
    Direction.UNKNOWN: "",
}
_LANGUAGES = {
    "arrow": "Arrow table",
    "binary": "strings of a file of unknown kind",
    "bplist": "property list",
    "caffe": "Caffe model",
    "coreml": "Core ML model",
    "dbf": "dBase table",
    "gguf": "GGUF model",
    "hdf5": "HDF5 or Keras model",
    "ini": "settings",
    "lightgbm": "LightGBM model",
    "lua": "Lua",
    "mnn": "MNN model",
    "mo": "translations",
    "msgpack": "MessagePack",
    "native": "machine code",
    "ncnn": "NCNN model",
    "npy": "NumPy array",
    "onnx": "ONNX model",
    "parquet": "Parquet table",
    "pickle": "pickle",
    "po": "translations",
    "qm": "translations",
    "rknn": "RKNN model",
    "safetensors": "Safetensors model",
    "sqlite": "SQLite database",
    "tensorflow": "TensorFlow model",
    "text": "text",
    "tflite": "TensorFlow Lite model",
    "toml": "TOML",
    "wasm": "WebAssembly",
    "xgboost": "XGBoost model",
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "css": "CSS",
    "csv": "CSV",
    "go": "Go",
    "html": "HTML",
    "java": "Java",
    "javascript": "JavaScript",
    "json": "JSON",
    "dart": "Dart",
    "kotlin": "Kotlin",
    "markdown": "Markdown",
    "objc": "Objective-C",
    "pascal": "Pascal",
    "php": "PHP",
    "proto": "Protocol Buffers",
    "python": "Python",
    "ruby": "Ruby",
    "rust": "Rust",
    "sql": "SQL",
    "swift": "Swift",
    "typescript": "TypeScript",
    "vue": "Vue",
    "xml": "XML",
    "xsd": "XML Schema",
    "yaml": "YAML",
}
_DOCUMENT = re.compile(
    r"\.(pdf|docx?|docm|rtf|xlsx?|xlsm|xlsb|pptx?|odt|ods|odp|msg|chm)!/[^!]{1,200}\.(?:md|txt|csv)\Z", re.IGNORECASE
)
"""The address of a document's text."""
_RELATIONS = {
    "field-type": "has a field of type",
    "type-of": "is the type of",
    "names": "names",
    "named-by": "is named by",
    "beside": "stands beside",
    "picked-in": "has an item picked in",
    "twin": "has the name of",
    "same-bytes": "lies in the product again, byte for byte:",
}
_LIMITS = {
    "broken": "damaged: it does not open",
    "changed": "changed while it was read",
    "crashed": "the reader failed on it",
    "cut": "too much in one file: only the first part was judged",
    "deadline": "the time for it ran out",
    "depth": "containers inside containers, too deep",
    "device": "a device, pipe or socket: not opened",
    "duplicate": "the same name twice in one container; each was read",
    "narrowed": "not all was asked for",
    "no-text": "pictures: what they show was not read",
    "encrypted": "encrypted: the key is not here",
    "link": "a link: not followed",
    "memory": "the reader ran out of the memory it may use",
    "not-judged": "read, and not judged: a mistake of sousveil's",
    "not-understood": "such words in a kind of file that cannot be read yet",
    "quota": "a limit on size or number was reached",
    "special": "neither a file nor a folder: not opened",
    "timeout": "the time for it ran out",
    "truncated": "cut short: the end is missing",
    "unreadable": "the system did not let it be read",
    "unsafe-name": "its name points outside its container; read, never written there",
    "closed": "encrypted, or packed in a way that is not known",
    "disguised": "disguised, and opened all the same",
    "outside": "it lies beside the container, or a program of the system could not open it",
    "packed": "packed: its strings cannot be seen",
    "too-large": "too large for its reader",
    "unknown": "stretches of no known format: searched as plain bytes",
    "unsupported": "a format that cannot be opened",
}


def joined(parts: Sequence[str], word: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def trait_words(trait: Trait) -> str:
    """Return a trait as it is spoken."""
    return str(trait).replace("-", " ")


def phrase(act: Act, traits: Sequence[Trait], basis: Basis, *, plural: bool = False) -> str:
    """Return ``infers ethnicity from the face``; plural ``infer ethnicity and skin colour from the face``."""
    form = _ACTS[act][1 if plural else 0]
    return form.format(traits=joined([trait_words(t) for t in traits]), basis=BASES[basis])


def how_likely(probability: float) -> str:
    """Return a probability in words."""
    if probability >= VERY_LIKELY:
        return "very likely"
    if probability >= LIKELY:
        return "likely"
    return "more likely than not" if probability >= SURE else "a clue"


def plural(number: int, one: str, many: str = "") -> str:
    """Return ``1 file`` or ``2,000 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(count: int) -> str:
    """Return a number of bytes in decimal units: ``313 kB``."""
    value, unit = float(count), "bytes"
    for bigger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, bigger
    return f"{value:.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"


def title(report: Report) -> str:
    """Return the product's name as a heading: ``deepface 0.0.103``, or the file's own name."""
    purl = report.product.purl
    if purl.startswith("pkg:") and "/" in purl:
        path = purl.partition("?")[0].partition("#")[0].partition("/")[2]
        name, _, version = path.rpartition("@") if "@" in path[1:] else (path, "", "")
        return " ".join(unquote(part) for part in (name, version) if part)
    name = report.product.name
    if name == "-":
        return "standard input"
    # Elsewhere a backslash is a part of a name, or shows a byte of it that is no text.
    name = name.replace("\\", "/") if os.sep == "\\" else name
    return name.rstrip("/").rpartition("/")[2] or name


def verdict_word(report: Report) -> str:
    """Return the verdict as a heading. ``clear`` with something unopened never reads just ``clear``."""
    if report.verdict is Verdict.CLEAR and not report.complete:
        if all(limit.reason == "narrowed" for limit in report.limits if limit.incomplete):
            return "clear of what was asked for"
        return f"clear as far as it could be opened{opened_share(report)}"
    return str(report.verdict)


def why(report: Report) -> str:
    """Return in one sentence why the verdict is what it is."""
    sure = [f for f in report.findings if f.probability >= SURE]
    if report.verdict is Verdict.PROFILES:
        found = [f for f in sure if f.act in PROFILING]
        return f"Parts of this product {joined(_ways(found))}: {_where(found)}."
    if report.verdict is Verdict.RESIDUE:
        found = [f for f in sure if f.act is Act.RESIDUE]
        return f"Parts of this product {joined(_ways(found))}: {_where(found)}. None was found that still fills it."
    if report.verdict is Verdict.RECORDS:
        found = [f for f in sure if f.act is Act.RECORDS]
        return (
            f"Parts of this product {joined(_ways(found))}: {_where(found)}. "
            "None was found that infers it or searches by it."
        )
    if any(limit.reason == "narrowed" for limit in report.limits):
        return "Nothing of what was asked for was found in it."
    if not report.counts.bytes and not report.limits:
        return "It holds nothing that could be looked at: no file, or none that is not empty."
    text = "Nothing was found in it that infers, searches by or records a protected trait."
    found = [f for f in sure if f.act is Act.MEASURES]
    if found:
        text += f" Parts of it {joined(_ways(found))}: {_where(found)}."
    return text


_COVERAGE = {
    "text": "text", "programs": "programs", "models": "models", "data": "data", "documents": "documents",
    "other": "searched as plain bytes", "pictures": "pictures, sound and fonts (not read)",
    "closed": "closed (encrypted, or packed in a way not known)",
}  # fmt: skip
_LARGE_SHARE = 0.02
"""From this share of the bytes on a verdict says how much stayed closed."""


def opened_share(report: Report) -> str:
    """Return `` (73 %)``: how much of the bytes was opened, where a share worth telling was not; else nothing."""
    closed = report.counts.closed
    return f" ({100 * (1 - closed):.0f} %)" if closed >= _LARGE_SHARE else ""


def coverage_words(report: Report) -> str:
    """Return how many bytes were understood how far, largest first; empty where that is not known."""
    found = [(n, name) for name, n in report.counts.coverage.items() if n and name in _COVERAGE]
    return "; ".join(f"{_COVERAGE[name]} {size(n)}" for n, name in sorted(found, key=lambda item: (-item[0], item[1])))


def reservation(report: Report) -> str:
    """Return what must be said where something could not be opened or was not asked for; empty where all of it was."""
    if report.complete:
        return ""
    narrowed = [limit.detail for limit in report.limits if limit.reason == "narrowed"]
    unseen = sum(limit.incomplete for limit in report.limits) - len(narrowed)
    told = [f"not all was asked for ({narrowed[0]})"] if narrowed else []
    if unseen:
        told.append(f"{plural(unseen, 'part')} of it could not be opened or understood, and may hold more")
    return f"The answer is incomplete: {joined(told)}."


def _ways(findings: Sequence[Finding]) -> list[str]:
    traits: dict[tuple[Act, Basis], dict[Trait, None]] = {}
    for finding in findings:
        basis = Basis.UNKNOWN if finding.act not in PROFILING else finding.basis
        traits.setdefault((finding.act, basis), {})[finding.trait] = None
    # "from the face" says more than no basis at all.
    for act, found in [(a, set(t)) for (a, b), t in traits.items() if b is Basis.UNKNOWN]:
        if any(a is act and b is not Basis.UNKNOWN and found <= set(t) for (a, b), t in traits.items()):
            del traits[act, Basis.UNKNOWN]
    ways = [phrase(act, list(found), basis, plural=True) for (act, basis), found in traits.items()]
    return ways if len(ways) < 5 else [*ways[:3], f"do so in {len(ways) - 3} more ways"]


def _where(findings: Sequence[Finding]) -> str:
    files = {f.places[0].artifact for f in findings if f.places}
    return f"{plural(len(findings), 'finding')} in {plural(len(files), 'file')}"


def construct_words(construct: ConstructSummary) -> str:
    """Return what a construct is, without its name: ``record``, ``list of values``."""
    return _KINDS[construct.kind]


def headline(finding: Finding) -> str:
    """Return a finding as a sentence: ``NET_FACE_DATA infers ethnicity from the face``."""
    name, colon, said = headline_parts(finding)
    return f"{name}{colon} {said}"


def headline_parts(finding: Finding) -> tuple[str, str, str]:
    """Return who, a colon or nothing, and what is said of it."""
    construct = finding.construct
    said = phrase(finding.act, [finding.trait], finding.basis)
    if construct.kind is Kind.STATEMENT:
        by_name = bool(finding.places) and not finding.places[0].length and not finding.places[0].text
        # A pair's member is its own key; a condition's are the values that the name is compared with.
        compared = bool(construct.members) and construct.members[0] != construct.name
        source = "The file name" if by_name else "The condition on" if compared else "The text"
        return (f"{source} {construct.name}" if construct.name else source), ":", said
    return construct.name or _unnamed(construct.kind), "", said


def _unnamed(kind: Kind) -> str:
    word = _KINDS[kind]
    return f"{'An' if word[0] in 'aeiou' else 'A'} {word} without a name"


def kind_line(construct: ConstructSummary, places: Sequence[Place] = ()) -> str:
    """Return what a construct is, where it stands and what is done with it: ``record in AipFace; …``.

    What was read in the text of a document is named by the document.
    """
    parts = [_KINDS[construct.kind] + (f" in {' › '.join(construct.scope[-3:])}" if construct.scope else "")]
    if places and (document := _DOCUMENT.search(places[0].artifact)):
        parts.append(f"{document[1].upper()} document")
    elif construct.language:
        parts.append(_LANGUAGES.get(construct.language, construct.language))
    if construct.direction is not Direction.UNKNOWN:
        parts.append(_DIRECTIONS[construct.direction])
    return "; ".join(parts)


def relation_words(relation: str) -> str:
    """Return a link's relation as the words between two names."""
    return _RELATIONS.get(relation, relation.replace("-", " "))


def limit_words(reason: str) -> str:
    """Return a limit's reason as a sentence; an unknown one as it stands."""
    return _LIMITS.get(reason, reason.replace("-", " "))


def gloss_source_words(source: str) -> str:
    """Return where a gloss is from, as it stands in brackets behind it."""
    return {"lexicon": "lexicon", "code": "the product's own words"}.get(source, source)


def seen_words(report: Report) -> str:
    """Return how much was looked at."""
    counts = report.counts
    return (
        f"{plural(counts.files, 'file')}, {size(counts.bytes)}; "
        f"{plural(counts.read, 'file')} held a word that called for reading"
    )


def ordered(acts: Iterable[Act]) -> list[Act]:
    """Return acts strongest first, each once."""
    given = set(acts)
    return [act for act in Act if act in given]
