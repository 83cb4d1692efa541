"""TOML: tables and keys by lines, values by the reader of JSON, which also knows single quotes and ``#`` comments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct, Kind
from sousveil.read.places import Hits, Places
from sousveil.read.resource.json import Document
from sousveil.read.resource.tree import Node, containers, owner
from sousveil.read.resource.values import Builder
from sousveil.read.text import Text

EXTENSIONS = (".toml", "pipfile", "poetry.lock", "cargo.lock", "uv.lock", "pdm.lock")

_TABLE = re.compile(rb"[ \t]*\[\[?[ \t]*([^\]\n]{1,300}?)[ \t]*\]\]?[ \t]*(?:#[^\n]*)?\r?\Z")
_PAIR = re.compile(rb"[ \t]*(\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[\w.-]{1,200}|[^\s#=\[\]\"']{1,200})[ \t]*=[ \t]*")
_BARE = re.compile(rb"[^\s#,\]}]*")
_STRING = re.compile(rb"\"\"\"(?:[^\"\\]++|\\.|\"(?!\"\"))*+(?:\"\"\")?|'''(?:[^']++|'(?!''))*+(?:''')?"
                     rb"|\"(?:[^\"\\\n]++|\\.)*+\"?|'[^'\n]*+'?", re.DOTALL)  # fmt: skip
_PART = re.compile(rb"[^\[\]{}\"'#]++|#[^\n]*+|" + _STRING.pattern + rb"|([\[{])|([\]}])|.", re.DOTALL)
_NUMBER = re.compile(r"[-+]?[\d.][\w.:+-]*\Z")
_COMMENT = re.compile(rb"[ \t]*#+[ \t]?([^\r\n]*)")
_PARTS = 200_000


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of a TOML document that hold a hit, at most ``places.CAP``; of that length it was cut."""
    places, wanted = Places(text), Hits(hits)
    builder = Builder(places, wanted, "toml")
    root = _Reader(places).read()
    if wanted.all:
        for node in containers(root):
            builder.container(node)
        return builder.out
    last = -1
    leaves: dict[int, bool] = {}
    for hit in wanted.offsets:
        if builder.full:
            break
        if hit < last:
            continue
        node = owner(root, hit)
        if node.start not in leaves:
            leaves[node.start] = all(child.scalar for child in node.children)
        if leaves[node.start]:
            # Every other hit in it belongs to the same table.
            last = node.end
        if node.children or node is not root:
            builder.container(node)
        else:
            passage = places.passage(places.line_start(hit, 300), places.line_end(hit, 300))
            builder.add(Construct(Kind.STATEMENT, "", passage, role="value", language="toml"))
    return builder.out


class _Reader:
    """Walks through the lines once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._utf8 = places.utf8
        self._budget = _PARTS

    def read(self) -> Node:
        utf8 = self._utf8
        root = Node("object", 0, len(utf8))
        table = root
        at, comment = 0, ""
        while at < len(utf8) and self._budget > 0:
            self._budget -= 1
            stop = utf8.find(b"\n", at)
            stop = len(utf8) if stop < 0 else stop
            line = utf8[at : min(stop, at + 2000)]
            said = _COMMENT.match(line)
            if said is not None:
                comment = (comment + "\n" + said[1].decode("utf-8", "replace")).strip()[-1000:]
                at = stop + 1
                continue
            header = _TABLE.match(line)
            pair = _PAIR.match(line) if header is None else None
            if header is not None:
                table.end = at if table is not root else table.end
                table = Node("object", at, len(utf8), root)
                table.key = header[1].decode("utf-8", "replace")
                table.key_start, table.key_end = at + header.start(1), at + header.end(1)
                table.comment = comment
                root.children.append(table)
            elif pair is not None:
                child = self._value(at + pair.end(), table)
                child.key = pair[1].decode("utf-8", "replace").strip("\"'")
                child.key_start, child.key_end = at + pair.start(1), at + pair.end(1)
                behind = _COMMENT.match(utf8, child.end, min(len(utf8), child.end + 1000))
                words = behind[1].decode("utf-8", "replace").strip() if behind is not None else ""
                child.comment = "\n".join(part for part in (comment, words) if part)
                table.children.append(child)
                stop = max(stop if child.end <= stop else utf8.find(b"\n", child.end), child.end)
            comment = ""
            at = stop + 1
        if table is root:
            return root
        # A hit among the first keys stands in the root, not in the last table.
        return root

    def _value(self, at: int, parent: Node) -> Node:
        utf8 = self._utf8
        mark = utf8[at : at + 1]
        if mark in (b"[", b"{"):
            end = self._closing(at)
            node = Document(self._places, Hits(()), "toml", at, end).roots()[0]
            node.parent = parent
            return node
        if mark in (b'"', b"'"):
            match = _STRING.match(utf8, at)
            assert match is not None
            raw = match.group()
            marks = 3 if raw[:3] in (b'"""', b"'''") else 1
            closed = len(raw) >= 2 * marks and raw.endswith(raw[:marks])
            text = raw[marks : -marks if closed else None].decode("utf-8", "replace")
            return Node("string", at, match.end(), parent, _unescape(text) if mark == b'"' else text)
        match = _BARE.match(utf8, at)
        assert match is not None
        text = match.group().decode("utf-8", "replace")[:200]
        kind = "boolean" if text in ("true", "false") else "number" if _NUMBER.match(text) else "string"
        return Node(kind, at, match.end(), parent, text)

    def _closing(self, at: int) -> int:
        """Return where the bracket that opens at ``at`` is closed."""
        depth = 0
        while self._budget > 0:
            self._budget -= 1
            match = _PART.match(self._utf8, at)
            if match is None:
                break
            depth += bool(match[1]) - bool(match[2])
            at = match.end()
            if depth == 0:
                break
        return at


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    simple = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            return chr(number) if number < 0xD800 or 0xE000 <= number < 0x110000 else "\ufffd"
        return simple.get(code, "" if code.isspace() else code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\s+|.)", one, text, flags=re.DOTALL)
