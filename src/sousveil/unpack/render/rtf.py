"""RTF: text in the code pages its fonts name, tables, pictures and embedded objects (RTF 1.9.1)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.names import text_codec
from sousveil.unpack.render.marked import Cell, Flow, Writing, inside

ABOUT = About(
    title="RTF",
    ends=".rtf",
    reads="Paragraphs by number, tables, notes, headers; letters in the code page of their font or by number; PNG and "
    "JPEG pictures as files.",
    limits="Embedded objects other than as bytes; drawings.",
)
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable rsidtbl generator themedata colorschememapping datastore "
    b"latentstyles xmlnstbl filetbl revtbl pntext pict objdata fldinst template operator author company shppict "
    b"nonshppict info bkmkstart bkmkend sp".split()
)  # fmt: skip
_KEPT = frozenset((b"shppict", b"shptxt", b"fldrslt", b"footnote", b"ftnsep", b"annotation", b"result"))
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip
_CODEPAGES = {936: "gb18030", 950: "big5", 932: "cp932", 949: "cp949", 65001: "utf-8", 10000: "mac_roman"}
_WORDS = {b"line": "\n", b"tab": " ", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
          b"rdblquote": "”", b"bullet": "•", b"emspace": " ", b"enspace": " "}  # fmt: skip
_DEEP = 5000
_PICTURES = 200


class _Group(Struct):
    skip: bool = False
    codec: str = ""
    after: int = 1
    """Characters behind a numbered letter that stand for it in old readers."""
    destination: bytes = b""


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the document's text as Markdown, and its pictures."""
    reader = _Reader(data)
    reader.read(budget)
    if reader.writing.size:
        budget.take_bytes(reader.writing.size)
        yield reader.writing.entry(inside(display, "text.md"))
    for number, (end, raw) in enumerate(reader.pictures, 1):
        yield Entry(inside(display, f"picture-{number}.{end}"), b"", len(raw), raw, inside=True)
    if reader.cut:
        yield Limit(display, "cut", reader.cut)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.writing = Writing()
        self._flow = Flow(self.writing)
        self._words: list[str] = []
        self._bytes = bytearray()
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._paragraph = self._tables = 0
        self._level = 0
        self._cells: list[Cell] = []
        self._rows: list[list[Cell]] = []
        self._cell: list[str] = []
        self._in_table = False
        self.pictures: list[tuple[str, bytes]] = []
        self._picture = ""
        self.cut = ""

    def read(self, budget: Budget) -> None:
        """Read the whole document."""
        stack = [_Group(codec=self._codec)]
        starred = False
        skip = 0
        at = 0
        data, end = self._data, len(self._data)
        count = 0
        while at < end:
            count += 1
            if count & 0xFFFF == 0:
                budget.tick()
            token = _TOKEN.match(data, at)
            if token is None:
                at += 1
                continue
            at = token.end()
            group = stack[-1]
            word, number, letter, symbol, brace, text = token.groups()
            if brace == b"{":
                self._decode(group)
                if len(stack) > _DEEP:
                    self.cut = f"groups lie deeper than {_DEEP}"
                    break
                stack.append(_Group(group.skip, group.codec, group.after, group.destination))
                skip = 0
            elif brace == b"}":
                self._decode(group)
                if len(stack) > 1:
                    stack.pop()
                skip = 0
            elif word is not None:
                skip = 0
                if word == b"bin":
                    at += max(0, min(int(number or 0), end - at))
                elif word == b"u" and number is not None:
                    self._decode(group)
                    if not group.skip:
                        code = int(number) & 0xFFFF
                        self._words.append(chr(code))
                    skip = group.after
                elif word in _SKIPPED or (starred and word not in _KEPT):
                    group.skip, group.destination = word not in (b"shppict",), word
                    self._picture = ""
                else:
                    self._control(word, int(number or 0), number is not None, group)
                starred = False
            elif letter is not None:
                if skip:
                    skip -= 1
                elif not group.skip:
                    self._bytes.append(int(letter, 16))
            elif symbol is not None:
                starred = symbol == b"*"
                if symbol in b"\\{}" and not group.skip:
                    self._bytes += symbol
                elif symbol in b"~_-" and not group.skip:
                    self._bytes += {b"~": b" ", b"_": b"-", b"-": b""}[symbol]
                elif symbol in b"\r\n" and not group.skip:
                    self._end(group)
            elif text is not None:
                if group.destination == b"pict":
                    self._take_picture(text, data, token.start())
                elif group.destination == b"fonttbl":
                    continue
                elif not group.skip:
                    self._bytes += text[skip:]
                skip = max(0, skip - len(text))
        self._decode(stack[-1])
        self._end(stack[-1])
        self._close_table()
        self._flow.flush()

    def _take_picture(self, text: bytes, data: bytes, at: int) -> None:
        if not self._picture or len(self.pictures) >= _PICTURES:
            return
        stop = data.find(b"}", at)
        raw = re.sub(rb"[^0-9a-fA-F]", b"", data[at : stop if stop >= 0 else len(data)])
        self.pictures.append((self._picture, binascii.unhexlify(raw[: len(raw) & ~1])))
        self._picture = ""

    def _decode(self, group: _Group) -> None:
        if self._bytes:
            self._words.append(bytes(self._bytes).decode(group.codec or self._codec, "replace"))
            self._bytes.clear()

    def _control(self, word: bytes, number: int, given: bool, group: _Group) -> None:
        if word == b"ansicpg":
            self._codec = group.codec = text_codec(_CODEPAGES.get(number, f"cp{number}"), self._codec)
        elif word == b"uc":
            group.after = max(0, min(number, 16))
        elif word == b"f" and given:
            if group.destination == b"fonttbl":
                self._font = number
            else:
                self._decode(group)
                group.codec = self._fonts.get(number, self._codec)
        elif word == b"fcharset" and group.destination == b"fonttbl":
            if number in _CHARSETS:
                self._fonts[self._font] = _CHARSETS[number]
        elif word in (b"pngblip", b"jpegblip"):
            self._picture = "png" if word == b"pngblip" else "jpg"
        elif word == b"plain":
            self._decode(group)
            group.codec = self._codec
        elif group.skip:
            return
        elif word == b"pard":
            self._level = 0
        elif word == b"intbl":
            self._in_table = True
        elif word == b"outlinelevel":
            self._level = number + 1
        elif word in (b"par", b"sect", b"page"):
            self._end(group)
        elif word in (b"cell", b"nestcell"):
            self._decode(group)
            self._cell.append("".join(self._words))
            self._words.clear()
            where = f"table {self._tables + 1}, row {len(self._rows) + 1}, column {len(self._cells) + 1}"
            self._cells.append(("\n".join(self._cell), where))
            self._cell.clear()
        elif word in (b"row", b"nestrow"):
            self._rows.append(self._cells)
            self._cells = []
            self._in_table = False
        elif word in _WORDS:
            self._decode(group)
            self._words.append(_WORDS[word])

    def _end(self, group: _Group) -> None:
        """End a paragraph."""
        self._decode(group)
        text = "".join(self._words).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._words.clear()
        if self._cells or self._in_table:
            self._cell.append(text)
            return
        if not text.strip():
            return
        self._close_table()
        self._paragraph += 1
        where = f"paragraph {self._paragraph}"
        if 0 < self._level < 10 and len(text) < 300:
            self._flow.heading(self._level, text, where)
        else:
            self._flow.line(text, where)

    def _close_table(self) -> None:
        if self._rows:
            self._tables += 1
            self._flow.table(self._rows)
            self._rows = []
