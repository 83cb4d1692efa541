"""The shared words: every stage speaks in these types and in nothing else.

All types are frozen ``msgspec`` structs. Offsets and lengths are counted in bytes of the
artifact as it lies in the product; lines and columns start at 1; a column counts characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

SURE, LIKELY, VERY_LIKELY = 0.5, 0.8, 0.95
"""Probabilities from which on a finding counts, is called likely, is called very likely."""


class Act(StrEnum):
    """What is done with a trait, strongest first."""

    INFERS = "infers"
    TARGETS = "targets"
    RESIDUE = "residue"
    RECORDS = "records"
    MEASURES = "measures"
    MENTIONS = "mentions"


PROFILING = (Act.INFERS, Act.TARGETS)
"""The acts that sort people; every other is told of a product, and accuses it of nothing."""


class Trait(StrEnum):
    """A protected trait (EU AI Act Art. 5(1)(g), and colour and caste beside race)."""

    ETHNICITY = "ethnicity"
    SKIN_COLOUR = "skin-colour"
    RELIGION = "religion"
    CASTE = "caste"
    POLITICS = "politics"
    UNION = "union"
    SEXUALITY = "sexuality"


class Basis(StrEnum):
    """What the trait is taken from."""

    FACE = "face"
    BODY = "body"
    GAIT = "gait"
    VOICE = "voice"
    MEDICAL_IMAGE = "medical-image"
    NAME = "name"
    TEXT = "text"
    BEHAVIOUR = "behaviour"
    DOCUMENT = "document"
    DECLARED = "declared"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """Of a whole product, strongest first."""

    PROFILES = "profiles"
    RESIDUE = "residue"
    RECORDS = "records"
    CLEAR = "clear"


class Direction(StrEnum):
    """What the product does with a construct."""

    PUTS_OUT = "puts-out"
    ASKS_FOR = "asks-for"
    KEEPS = "keeps"
    SHOWS = "shows"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """The structure that gives words their meaning."""

    ENUMERATION = "Enumeration"
    RECORD = "Record"
    LABEL_SET = "LabelSet"
    OPERATION = "Operation"
    OPTION = "Option"
    STATEMENT = "Statement"


class Passage(Struct, frozen=True, gc=False):
    """Decoded text with its place inside one artifact.

    ``artifact[offset:offset + length].decode(encoding, "backslashreplace") == text`` always holds.
    """

    offset: int
    length: int
    line: int
    """From 1; 0 where the bytes are no text with lines: ``where`` then says where they stand."""
    column: int
    encoding: str
    text: str
    where: str = ""
    """What a person would look for: ``.rodata 0x4a10``, ``page 12``, ``Sheet1!B7``; empty where the line says it."""


class Member(Struct, frozen=True, gc=False):
    """One enumerator, field, parameter, label or option of a construct."""

    name: str
    passage: Passage
    value: str = ""
    """The value as written: ``= 3``'s ``3``, a dictionary entry's value, an option's value."""
    type: str = ""
    """The declared type as written, without the name."""
    gloss: str = ""
    """Comment, annotation, docstring line or ``description`` that belongs to it, decoded."""
    values: tuple[tuple[str, str], ...] = ()
    """Value lists found in the gloss: ``//0未识别 1黄 2黑`` is ``(("0", "未识别"), ("1", "黄"), ("2", "黑"))``."""


class Construct(Struct, frozen=True, gc=False):
    """A structure read from one artifact, before any judgement."""

    kind: Kind
    name: str
    """As written; empty if it has none."""
    passage: Passage
    """The declaration's own line: where a person would point."""
    members: tuple[Member, ...] = ()
    gloss: str = ""
    scope: tuple[str, ...] = ()
    """Names of what encloses it, outermost first: namespace, class, function, JSON path, headings."""
    role: str = ""
    """What the syntax says: class, struct, union, enum, constants, function, method, constructor, endpoint,
    table, message, interface, list, dict, attribute-list, parameter-list, options, column-header, comment,
    docstring, string, sentence, heading, table-row, cell, artifact-name, key-value, title …"""
    language: str = ""
    """Name of the reader's language: c, java, python, json, markdown …"""
    bases: tuple[str, ...] = ()
    """Superclasses and implemented interfaces as written."""
    returns: str = ""
    """Of an Operation: the type returned, as written."""
    uses: tuple[str, ...] = ()
    """Identifiers and short strings its body uses, in order, each once, at most 200."""
    package: str = ""
    """What its file says that it belongs to, as written: ``com.vendor.face.enums``; empty where it says nothing."""
    spots: tuple[Passage, ...] = ()
    """Of an Operation or an Option: lines of its body, or beside it, that hold a term, in order, at most 12."""


class Artifact(Struct, frozen=True, gc=False):
    """One file in the product's containment tree."""

    path: str
    """Display address: ``sdk.zip!/inc.tar.xz!/dhnetsdk.h``; undecodable bytes and controls escaped."""
    sha256: str
    size: int
    kind: str
    """Of content: text, source, markup, archive, binary, image, empty …"""
    origin: str = ""
    """SHA-256 of the file that this one was rendered from (a PDF's text); empty for what lies in the product itself."""


class Limit(Struct, frozen=True, gc=False):
    """Something that was not opened, decoded or understood, and why."""

    path: str
    reason: str
    """A short word: encrypted, broken, link, device, quota, unsafe-name, duplicate, crashed, timeout …"""
    detail: str = ""
    incomplete: bool = True
    """Whether the product may hold something unseen because of it."""


class Place(Struct, frozen=True, gc=False):
    """One place a finding rests on."""

    artifact: str
    sha256: str
    offset: int
    length: int
    line: int
    column: int
    encoding: str
    text: str
    gloss: str = ""
    """What the words mean in English."""
    gloss_source: str = ""
    """``lexicon`` or ``code`` (the product's own comment) or ``lexicon+code``."""
    where: str = ""
    """Section and address, page and box, sheet and cell; empty where the line says it."""
    origin: str = ""
    """SHA-256 of the file that ``artifact`` was rendered from: then offsets count in the rendered text."""


class Reason(Struct, frozen=True, gc=False):
    """A node of the tree that says why: what was looked for, what was seen, where."""

    text: str
    met: bool = True
    weight: float = 0.0
    """Contribution in log-odds; 0 where the node only groups."""
    places: tuple[int, ...] = ()
    """Indexes into the finding's places."""
    children: tuple[Reason, ...] = ()


class ConstructSummary(Struct, frozen=True, gc=False):
    """What of a construct is shown in a report."""

    kind: Kind
    name: str
    members: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    direction: Direction = Direction.UNKNOWN
    language: str = ""


class Link(Struct, frozen=True, gc=False):
    """A construct that uses, or is used by, the finding's construct."""

    relation: str
    """``type-of`` (that field has this type), ``field-type`` (this field has that type), ``names``, ``named-by``,
    ``beside`` (a list of inputs in a file beside a model's), ``same-bytes`` (the same construct in a copy of the file).
    """
    name: str
    place: Place


class Finding(Struct, frozen=True, gc=False):
    """Act x trait x basis, the rule that says so, and every place it rests on."""

    id: str
    """First 16 hexadecimal digits of a SHA-256 over act, trait, basis, rule, construct and place."""
    act: Act
    trait: Trait
    basis: Basis
    probability: float
    rule: str
    summary: str
    construct: ConstructSummary
    reasons: tuple[Reason, ...]
    not_proved: tuple[str, ...]
    places: tuple[Place, ...]
    links: tuple[Link, ...] = ()


SET_ASIDE = "set-aside"
"""The rule of what is explained by nothing but words that anybody can add; without them it would be a finding."""
ALONE = "words-alone"
"""The rule of what holds a term and is nothing that any rule knows."""


class Explained(Struct, frozen=True, gc=False):
    """A construct that holds a term and is harmless, with the rule that says why."""

    reason: str
    rule: str
    construct: ConstructSummary
    place: Place
    trait: Trait


class ProductInfo(Struct, frozen=True, gc=False):
    """What was scanned and how it was chosen."""

    name: str
    """As the user typed it."""
    purl: str = ""
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Which version and files were chosen and which were not."""


class Counts(Struct, frozen=True, gc=False):
    """How much was seen."""

    files: int = 0
    bytes: int = 0
    read: int = 0
    by_kind: dict[str, int] = {}
    coverage: dict[str, int] = {}
    """Bytes by how far they are understood: text, programs, models, data, documents, pictures, other, closed."""

    @property
    def closed(self) -> float:
        """Return the share of the bytes that stayed closed, 0 to 1: encrypted, or packed in a way not known."""
        total = sum(n for name, n in self.coverage.items() if name != "rendered")
        return self.coverage.get("closed", 0) / total if total else 0.0


class CutOut(Struct, frozen=True, gc=False):
    """A picture of a place: of the page or the picture it stands on."""

    artifact: str
    where: str
    png: bytes


class Report(Struct, frozen=True, gc=False):
    """The one report object; every format is a face of it."""

    schema: str
    tool: dict[str, str]
    product: ProductInfo
    verdict: Verdict
    complete: bool
    """False where a limit may hide something; the verdict then reads "as far as it could be opened"."""
    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...]
    limits: tuple[Limit, ...]
    counts: Counts
    artifacts: tuple[Artifact, ...] = ()
    run: dict[str, str | float | int] = {}
    """What differs between two runs: times, machine, versions of libraries, command line."""
    pictures: tuple[CutOut, ...] = ()
    """Cut-outs of pages and pictures that findings rest on, where they were asked for; in no report but the HTML."""

    def profiles(self) -> Iterator[Finding]:
        """Return the findings that infer or target."""
        return (f for f in self.findings if f.act in PROFILING and f.probability >= SURE)
