"""JSON, JSON5 and JSON Lines: only the objects and arrays around hits are built.

One pass over the text notes where brackets open and close (about 40 MB/s); a container's own keys and values are
tokenized only when it is asked for. Broken documents are read as far as they go: a string ends at its line's end.
"""

from __future__ import annotations

import json as standard
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import methodcaller

import msgspec

from sousveil.model import Construct, Kind
from sousveil.read.places import Hits, Places
from sousveil.read.resource.tree import Node
from sousveil.read.resource.values import ROWS, Builder
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (
    ".json", ".json5", ".jsonc", ".jsonl", ".ndjson", ".geojson", ".jsonld", ".webmanifest", ".ipynb", ".avsc", ".har",
    ".topojson", ".arb", ".babelrc", ".eslintrc", ".prettierrc", ".resjson",
)  # fmt: skip

CONTAINERS = 4_000_000
"""Most objects and arrays of one file; behind them nothing is read."""
LOOKED_AT = 40_000
"""Most objects and arrays with hits that are looked at."""
_TOKENS = 60_000
_ALL_TOKENS = 1_500_000

_STRINGS = rb"""
    "(?:[^"\\\n]++|\\.)*+"?  |  '(?:[^'\\\n]++|\\.)*+'?
"""
_COMMENTS = rb"""
    //[^\n]*+  |  /\*(?:[^*]++|\*(?!/))*+(?:\*/)?  |  \#[^\n]*+
"""
_BRACKET = re.compile(
    rb"(?: [^{}\[\]\"'/\#]++ | " + _STRINGS + rb"|" + _COMMENTS + rb"| / )*+ ([{}\[\]] | \Z)", re.DOTALL | re.VERBOSE
)
_TOKEN = re.compile(
    rb"[\s,]++ | (?P<comment>" + _COMMENTS + rb") | (?P<string>" + _STRINGS + rb") | (?P<open>[{\[]) | (?P<close>[}\]])"
    rb"| (?P<is>[:=]) | (?P<word>[^\s,:=\[\]{}\"'/\#]++) | /",
    re.DOTALL | re.VERBOSE,
)
_PAIR = re.compile(
    rb"""([\s,]*+)("(?:[^"\\\n]++|\\.)*+")([ \t\r\n]*+):(\s*+)(?:("(?:[^"\\\n]++|\\.)*+")|[^\s,:=\[\]{}"'/\#]++)""",
    re.DOTALL,
)
_SPARSE = 200
"""Bytes to a bracket from which on a document is looked at bracket by bracket instead of string by string."""
_ANY_BRACKET = re.compile(rb"[{}\[\]]")
_BEFORE_KEY = re.compile(rb"[\s]*[:=]\s*\Z")
_NUMBER = re.compile(r"[-+]?(?:\d|\.\d)[\w.+-]*\Z")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r?\n|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "v": "\v"}
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of a JSON document that hold a hit, at most ``places.CAP``; of that length it was cut."""
    places, wanted = Places(text), Hits(hits)
    return Document(places, wanted, "json").constructs()


def unquote(raw: str) -> str:
    """Return a JSON or JSON5 string without quotes and escapes; a lone surrogate becomes U+FFFD."""
    if "\\" not in raw:
        return raw[1:-1] if len(raw) > 1 and raw[-1] == raw[0] else raw[1:]
    if raw[:1] == '"':
        try:
            return _SURROGATE.sub("\ufffd", str(standard.loads(raw, strict=False)))
        except ValueError:
            pass
    body = raw[1:-1] if len(raw) > 1 and raw[-1] == raw[0] else raw[1:]
    joined = _ESCAPE.sub(_unescape, body)
    return _SURROGATE.sub("\ufffd", joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        return chr(int(code[1:], 16))
    return "" if code[-1] == "\n" else _SIMPLE.get(code, code)


class Document:
    """Brackets of one text, and the nodes made of them on demand."""

    def __init__(self, places: Places, hits: Hits, language: str, start: int = 0, end: int | None = None) -> None:
        self.places = places
        self.hits = hits
        self.language = language
        self._utf8 = places.utf8
        self._low = start
        self._high = len(self._utf8) if end is None else end
        self._starts: array[int] = array("q")
        self._ends: array[int] = array("q")
        self._parents: array[int] = array("q")
        self._nodes: dict[int, Node] = {}
        self._tokens = 0
        self._owners: dict[int, int] = {}
        self._scan()

    def _scan(self) -> None:
        """Note every bracket pair and which container each hit stands in."""
        utf8, starts, ends, parents = self._utf8, self._starts, self._ends, self._parents
        high = self._high
        pending = [h for h in self.hits.offsets if self._low <= h < high]
        pending.append(high)
        at, following = 0, pending[0]
        stack: list[int] = []
        top = -1
        owners = self._owners
        for position in self._brackets():
            while following < position:
                owners.setdefault(top, following)
                at += 1
                following = pending[at]
            if position >= high:
                break
            mark = utf8[position]
            if mark == 123 or mark == 91:  # { [
                number = len(starts)
                if number >= CONTAINERS:
                    break
                parents.append(top)
                stack.append(number)
                top = number
                starts.append(position)
                ends.append(high)
            elif top >= 0:
                wanted = mark - 2
                if utf8[starts[top]] == wanted:
                    ends[top] = position + 1
                    stack.pop()
                    top = stack[-1] if stack else -1
                elif len(stack) > 1 and utf8[starts[stack[-2]]] == wanted:
                    # One bracket was left open.
                    ends[stack.pop()] = position
                    ends[stack.pop()] = position + 1
                    top = stack[-1] if stack else -1
        if self.hits.all:
            owners.update((i, starts[i]) for i in range(min(len(starts), 50_000)))

    def _brackets(self) -> Iterator[int]:
        """Return where brackets stand outside strings and comments, and the end of the text."""
        utf8, low, high = self._utf8, self._low, self._high
        brackets = sum(utf8.count(mark, low, high) for mark in (b"{", b"}", b"[", b"]"))
        if brackets * _SPARSE < high - low and _valid(utf8, low, high):
            return self._few_brackets()
        return map(methodcaller("start", 1), _BRACKET.finditer(utf8, low, high))

    def _few_brackets(self) -> Iterator[int]:
        """Yield the brackets of a document that is JSON to the letter: between two of them only quotes count."""
        utf8, at = self._utf8, self._low
        inside = False
        for match in _ANY_BRACKET.finditer(utf8, self._low, self._high):
            position = match.start()
            quotes = utf8.count(b'"', at, position)
            if quotes and utf8.find(b"\\", at, position) >= 0:
                gap = utf8[at:position].replace(b"\\\\", b"")
                quotes = gap.count(b'"') - gap.count(b'\\"')
            inside ^= bool(quotes & 1)
            at = position
            if not inside:
                yield position
        yield self._high

    def roots(self) -> list[Node]:
        """Return the outermost containers, at most the first 1,000."""
        found: list[Node] = []
        at = 0
        while at < len(self._starts) and len(found) < 1000:
            found.append(self.node(at))
            at = bisect_left(self._starts, self._ends[at])
        return found

    def node(self, index: int, keyed: bool = False) -> Node:
        """Return the container as a node, with the nodes that enclose it; ``keyed`` where its key is known."""
        chain: list[int] = []
        while index >= 0 and index not in self._nodes and len(chain) < 96:
            chain.append(index)
            index = self._parents[index]
        parent = self._nodes.get(index)
        for index in reversed(chain):
            start = self._starts[index]
            kind = "object" if self._utf8[start : start + 1] == b"{" else "array"
            node = Node(kind, start, self._ends[index], parent)
            node.fill(self._children)
            if not keyed:
                self._key_before(node)
            self._nodes[index] = parent = node
        assert parent is not None
        return parent

    def _key_before(self, node: Node) -> None:
        """Find the key in front of a bracket."""
        low = max(self._low, node.start - 400)
        before = self._utf8[low : node.start]
        found = _BEFORE_KEY.search(before[-60:])
        if found is None:
            return
        end = len(before) - len(before[-60:]) + found.start()
        quote = before[end - 1 : end]
        if quote in (b'"', b"'"):
            start = end - 2
            while start >= 0 and not (before[start : start + 1] == quote and before[start - 1 : start] != b"\\"):
                start -= 1
            if start < 0:
                return
        else:
            start = end
            while start > 0 and (
                before[start - 1 : start].isalnum() or before[start - 1] in b"_$.-" or before[start - 1] > 127
            ):
                start -= 1
            if start == end:
                return
        raw = before[start:end].decode("utf-8", "replace")
        node.key = unquote(raw) if quote in (b'"', b"'") else raw
        node.key_start, node.key_end = low + start, low + end

    def _children(self, node: Node, most: int = 0) -> list[Node]:
        """Tokenize a container's own level, up to its first ``most`` members if that is not 0."""
        utf8, starts = self._utf8, self._starts
        found: list[Node] = []
        at, end = node.start + 1, node.end
        key: tuple[int, int] | None = None
        last_end, comment = -1, ""
        spent = 0
        while spent < _TOKENS and not 0 < most <= len(found):
            # A key in quotes and its scalar at once, as most of a large object is; near the bounds token by token.
            if key is None and node.kind == "object" and spent < _TOKENS - 8 and self._tokens < _ALL_TOKENS - 8:
                pair = _PAIR.match(utf8, at, end)
                if pair is not None:
                    tokens = 3 + (pair.end(1) > at) + (pair.end(3) > pair.start(3)) + (pair.end(4) > pair.start(4))
                    spent += tokens
                    self._tokens += tokens
                    child = _member(utf8, pair, node)
                    child.comment, comment = comment, ""
                    found.append(child)
                    at = last_end = child.end
                    continue
            spent += 1
            match = _TOKEN.match(utf8, at, end)
            if match is None or self._tokens > _ALL_TOKENS:
                node.cut = match is not None
                break
            self._tokens += 1
            at, kind = match.end(), match.lastgroup
            if kind is None or kind == "is":
                continue
            if kind == "close":
                break
            if kind == "comment":
                words = _comment(match.group())
                same_line = last_end >= 0 and utf8.find(b"\n", last_end, match.start()) < 0
                if found and same_line:
                    found[-1].comment = (found[-1].comment + "\n" + words).strip()
                else:
                    comment = (comment + "\n" + words).strip()[-2000:]
                continue
            if kind == "open":
                child = self.node(bisect_left(starts, match.start()), key is not None or node.kind == "array")
                child.parent = node
                at = max(at, child.end)
            else:
                if node.kind == "object" and key is None and _next_is(utf8, at, end):
                    key = match.span()
                    continue
                child = _scalar(utf8, match, node)
            if key is not None:
                child.key = _text(utf8, *key)
                child.key_start, child.key_end = key
            elif node.kind == "object" and kind != "open":
                continue
            key = None
            child.comment, comment = comment or child.comment, ""
            found.append(child)
            last_end = child.end
        return found

    def constructs(self) -> list[Construct]:
        """Return the constructs that hold a hit."""
        builder = Builder(self.places, self.hits, self.language)
        rows: Counter[int] = Counter()
        for seen, (index, hit) in enumerate(self._owners.items()):
            if seen >= LOOKED_AT:
                tell("cut", f"more than {LOOKED_AT:,} objects and lists hold terms: the first were read")
            if builder.full or seen >= LOOKED_AT:
                break
            if index < 0:
                start, end = self.places.line_start(hit, 300), self.places.line_end(hit, 300)
                passage = self.places.passage(start, end)
                builder.add(Construct(Kind.STATEMENT, "", passage, role="value", language=self.language))
                continue
            rows[self._parents[index]] += 1
            if rows[self._parents[index]] > ROWS:
                tell("cut", f"more than {ROWS:,} entries of one list hold terms: the first were read")
                continue
            node = self.node(index)
            builder.container(node)
        return builder.out


def _next_is(utf8: bytes, at: int, end: int) -> bool:
    """Return whether a colon (or, as in TOML, an equals sign) follows."""
    while at < end and utf8[at] in b" \t\r\n":
        at += 1
    return at < end and utf8[at] in b":="


def _text(utf8: bytes, start: int, end: int) -> str:
    raw = utf8[start:end].decode("utf-8", "replace")
    if raw[:1] == '"' == raw[-1:] and len(raw) > 1 and "\\" not in raw:
        return raw[1:-1]
    return unquote(raw) if raw[:1] in ("'", '"') else raw


def _valid(utf8: bytes, low: int, high: int) -> bool:
    """Return whether the span is JSON to the letter of RFC 8259."""
    try:
        msgspec.json.decode(memoryview(utf8)[low:high], type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _member(utf8: bytes, pair: re.Match[bytes], parent: Node) -> Node:
    """Return a scalar with its key."""
    start, end = pair.end(4), pair.end()
    if pair.start(5) >= 0:
        child = Node("string", start, end, parent, _text(utf8, start, min(end, start + 200_000)))
    else:
        child = _word(utf8, start, end, parent)
    child.key_start, child.key_end = pair.span(2)
    child.key = _text(utf8, child.key_start, child.key_end)
    return child


def _scalar(utf8: bytes, match: re.Match[bytes], parent: Node) -> Node:
    start, end = match.span()
    if match.lastgroup == "word":
        return _word(utf8, start, end, parent)
    return Node("string", start, end, parent, _text(utf8, start, min(end, start + 200_000)))


def _word(utf8: bytes, start: int, end: int, parent: Node) -> Node:
    text = _text(utf8, start, min(end, start + 200_000))
    kind = "string"
    if text in ("true", "false", "True", "False"):
        kind = "boolean"
    elif text in ("null", "None", "undefined", "NaN"):
        kind = "null"
    elif _NUMBER.match(text):
        kind = "number"
    return Node(kind, start, end, parent, text)


def _comment(raw: bytes) -> str:
    words = raw[:2000].decode("utf-8", "replace")
    return words.strip().removeprefix("//").removeprefix("/*").removesuffix("*/").lstrip("#*").strip()
