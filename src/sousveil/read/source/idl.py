"""Thrift, FlatBuffers, GraphQL and ASN.1: records, enumerations, services and queries, with comments and descriptions.

What they declare has one shape: a word, a name, braces. Read without a grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.drafts import Draft, Spots
from sousveil.read.source.plain import Plain, said
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".thrift", ".fbs", ".graphql", ".graphqls", ".gql", ".asn", ".asn1")

_MEMBERS = 4000
_ASN = re.compile(rb"::=")
_THRIFT = re.compile(rb"(?m)^[ \t]*+(?:namespace[ \t]++[\w*.]++[ \t]++\w|exception\b|service\b)|\{\s*+\d+[ \t]*+:")
_FLAT = re.compile(rb"(?m)\btable[ \t]++\w|^[ \t]*+(?:root_type|rpc_service|file_identifier)\b")
_BLOCK = re.compile(
    rb"\b(?P<kind>enum|senum|struct|union|exception|table|service|rpc_service|type|input|interface)\s{1,40}+"
    rb"(?P<name>[A-Za-z_]\w{0,200}+)(?P<rest>[^{};=\"]{0,300}+)(?P<brace>\{)"
)
_ASSIGNED = re.compile(
    rb"(?P<name>\b[A-Za-z][\w-]{0,200}+)\s{0,40}+(?:::=)?\s{0,40}+(?:\[[^\]\n]{1,60}\]\s{0,40}+)?"
    rb"(?:(?:IMPLICIT|EXPLICIT)\s{1,40}+)?(?P<kind>ENUMERATED|SEQUENCE|SET|CHOICE|INTEGER)\s{0,40}+(?P<brace>\{)"
)
_ENUMERATOR = re.compile(
    rb"@\w{1,100}+(?:\([^()]{0,400}\))?|\([^()]{0,400}\)|(?P<name>\b[A-Za-z_](?:[\w-]{0,200}+))"
    rb"(?:\s{0,40}+=\s{0,40}+(?P<value>-?\w{1,100}+)|\s{0,40}+\(\s{0,40}+(?P<number>-?\d{1,20})\s{0,40}+\))?"
)
# Thrift: ``1: optional map<string, i32> name``; the others but ASN.1: ``name(arguments): [Type!]``.
_NUMBERED = re.compile(
    rb"\b-?\d{1,10}+\s{0,20}+:\s{0,20}+(?:(?:required|optional)\s{1,40}+)?"
    rb"(?P<type>(?:map|list|set)\s{0,20}+<[\w\s.,<>]{1,200}>|[\w.]{1,200}+)\s{1,40}+&?(?P<name>\w{1,200}+)"
)
_TYPED = re.compile(
    rb"(?P<name>\b[A-Za-z_]\w{0,200}+)\s{0,40}+(?P<args>\([^()]{0,4000}\))?\s{0,40}+:\s{0,40}+"
    rb"(?P<type>\[{0,3}[A-Za-z_][\w.]{0,200}+[\]!:\d]{0,20}+)"
)
_ASN_FIELD = re.compile(
    rb"\s{0,200}+(?P<name>[a-z][\w-]{0,200}+)\s{1,40}+(?:\[[^\]\n]{1,60}\]\s{0,40}+)?"
    rb"(?:(?:IMPLICIT|EXPLICIT)\s{1,40}+)?(?P<type>[A-Z][\w-]{0,200}+(?:\s{1,40}OF\s{1,40}[\w-]{1,200}| STRING)?)"
)
_CALL = re.compile(
    rb"(?:\boneway\s{1,40}+)?(?P<type>(?:map|list|set)\s{0,20}+<[\w\s.,<>]{1,200}>|[\w.]{1,200}+)\s{1,40}+"
    rb"(?P<name>\w{1,200}+)\s{0,40}+(?P<args>\([^()]{0,4000}\))"
)
_ROOTS = (b"Query", b"Mutation", b"Subscription")
_BASES = re.compile(rb"\b(?:extends|implements)\s{1,40}+([\w\s&,.]{1,400}+)")
# ``query Name($x: T) { faces(x: $x) { age race } }``: what is asked for is named in braces.
_ASKED = re.compile(rb"\b(?:query|mutation|subscription|fragment)\b[^{}\"]{0,2000}+(?P<brace>\{)")
_SELECTED = re.compile(
    rb"(?P<name>\b[A-Za-z_]\w{0,200}+)(?:\s{0,10}+:\s{0,10}+\w{1,200}+)?\s{0,40}+(?:\([^()]{0,4000}\))?\s{0,40}+(?P<brace>\{)"
)
_PLAIN = re.compile(rb"\b[A-Za-z_]\w{0,200}+|\([^()]{0,4000}\)|(?P<brace>\{)|@\w++")
_ON = re.compile(rb"\bfragment\s{1,40}+(\w{1,200}+)\s{1,40}+on\s{1,40}+(\w{1,200}+)")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished`` past a bound."""
    return _Declared(text).read(hits) if hits is None or hits else []


class _Declared(Plain):
    language = "graphql"
    # A description is told of in GraphQL as a comment is elsewhere.
    comments: ClassVar = {b"#": b"\n", b'"""': b'"""', b'"': b'"'}
    quotes = b""
    lists = re.compile(rb"(?!)(x)")

    def __init__(self, text: Text) -> None:
        head = text.utf8[: 1 << 18]
        marks = {b"//": b"\n", b"/*": b"*/", b"#": b"\n"}
        if _ASN.search(head):
            self.language, self.comments, self.quotes = "asn1", {b"--": b"\n", b"/*": b"*/"}, b'"'  # type: ignore[misc]
        elif _THRIFT.search(head) or _FLAT.search(head):
            self.language = "thrift" if _THRIFT.search(head) else "flatbuffers"
            self.comments, self.quotes = marks, b"\"'"  # type: ignore[misc]
        super().__init__(text)

    def drafts(self) -> Iterator[Draft]:
        """Yield every declaration."""
        found = list((_ASSIGNED if self.language == "asn1" else _BLOCK).finditer(self.code))
        for index, match in enumerate(found):
            kind, end = match["kind"], self.closing(match.start("brace"))
            if index + 1 < len(found) and kind not in (b"SEQUENCE", b"SET", b"CHOICE"):
                # Only these hold another declaration: one that is not closed ends where the next begins.
                end = max(match.end() + 1, min(end, found[index + 1].start()))
            start, _ = self.blanked.leading(match.start())
            stop, _ = self.blanked.trailing(end)
            name = (said(match["name"]),)
            if kind in (b"enum", b"senum", b"ENUMERATED", b"INTEGER"):
                yield Draft(start, stop, partial(self._enumeration, match, end), name)
            elif kind in (b"service", b"rpc_service") or (kind == b"type" and match["name"] in _ROOTS):
                yield from self._calls(match, end)
            elif kind != b"union" or self.language == "thrift":
                yield Draft(start, stop, partial(self._record, match, end), name)
        if self.language == "graphql":
            yield from self._queries()

    def scripts(self, spots: Spots, taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
        """Yield nothing: no code stands in such a file."""
        yield from ()

    def _bounded(self, members: list[Member]) -> bool:
        if len(members) < _MEMBERS:
            return True
        tell("cut", f"more than {_MEMBERS:,} members of one type: the first were read")
        return False

    def _enumeration(self, match: re.Match[bytes], end: int) -> Construct:
        members: list[Member] = []
        for one in _ENUMERATOR.finditer(self.code, match.end(), end - 1):
            if one["name"] is not None and self._bounded(members):
                value = one["value"] or one["number"] or b""
                members.append(self.member(one["name"], *one.span(), value=value))
        return self.declared(Kind.ENUMERATION, match["name"], match.start(), match.end(), members, "enum")

    def _record(self, match: re.Match[bytes], end: int) -> Construct:
        members: list[Member] = []
        if self.language == "asn1":
            for low, high in self.split(match.end(), end - 1):
                if one := _ASN_FIELD.match(self.code, low, high):
                    members.append(self.member(one["name"], one.start("name"), one.end("type"), one["type"]))
        else:
            pattern = _NUMBERED if self.language == "thrift" else _TYPED
            for one in pattern.finditer(self.code, match.end(), end - 1):
                if self._bounded(members):
                    members.append(self.member(one["name"], *one.span(), one["type"]))
        bases = _BASES.search(match["rest"]) if self.language != "asn1" else None
        named = tuple(re.findall(r"\w+", said(bases[1]))) if bases else ()
        role = {b"interface": "interface", b"struct": "struct"}.get(match["kind"], "message")
        return self.declared(Kind.RECORD, match["name"], match.start(), match.end(), members, role, bases=named)

    def _calls(self, match: re.Match[bytes], end: int) -> Iterator[Draft]:
        for one in (_CALL if self.language == "thrift" else _TYPED).finditer(self.code, match.end(), end - 1):
            start, _ = self.blanked.leading(one.start())
            stop, _ = self.blanked.trailing(one.end())
            build = partial(self._call, match, one)
            yield Draft(start, stop, build, (said(one["name"]),), callable=True)

    def _call(self, match: re.Match[bytes], one: re.Match[bytes]) -> Construct:
        members: list[Member] = []
        given = one["args"] or b""
        if given:
            low, high = one.start("args") + 1, one.end("args") - 1
            for part in (_NUMBERED if self.language == "thrift" else _TYPED).finditer(self.code, low, high):
                members.append(self.member(part["name"], *part.span(), part["type"]))
            if not members and re.fullmatch(rb"\([\w.\s]{1,200}\)", given):
                # FlatBuffers: a call is given a record.
                kind = given[1:-1].strip()
                members.append(self.member(kind, low, high, kind))
        uses = tuple(dict.fromkeys((*(m.type for m in members), said(one["type"]))))
        scope, returns = (said(match["name"]),), one["type"]
        return self.operation(one["name"], one.start(), one.end(), members, "endpoint", scope, returns, uses)

    def _queries(self) -> Iterator[Draft]:
        """Yield what a query or fragment names of each thing it asks for."""
        last = 0
        for match in _ASKED.finditer(self.code):
            if match.start() < last:
                continue
            last = self.closing(match.start("brace"))
            if on := _ON.match(self.code, match.start()):
                build = partial(self._selection, on[1], match.start(), match.start("brace"), last, (said(on[2]),))
                yield Draft(match.start(), last, build, (said(on[1]),))
            for one in _SELECTED.finditer(self.code, match.end(), last):
                end = self.closing(one.start("brace"))
                build = partial(self._selection, one["name"], one.start(), one.start("brace"), end, ())
                yield Draft(one.start(), end, build, tag="selection")

    def _selection(self, name: bytes, begin: int, brace: int, end: int, bases: tuple[str, ...]) -> Construct | None:
        members: list[Member] = []
        at = brace + 1
        while len(members) < _MEMBERS and (one := _PLAIN.search(self.code, at, end - 1)):
            at = one.end()
            if one["brace"]:
                at = max(at, self.closing(one.start()))
            elif one[0][:1] not in (b"(", b"@"):
                members.append(self.member(one[0], *one.span()))
        if len(members) < 2:
            return None
        return self.declared(Kind.RECORD, name, begin, brace, members, "selection", bases=bases)
