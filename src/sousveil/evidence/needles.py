"""A text as bytes can write it: in every encoding, case and normal form, escaped in any of the ways that are in use.

Bytes are looked at as they are, and once more with their escapes undone: markup's, addresses', mail's, programs' and
style sheets', each also within another. It finds too much rather than too little: who takes a name out would rather
lose a page.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from html.entities import html5
from typing import Any

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
ENCODINGS = ("utf-8", *_WIDE, "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "windows-1250", "windows-1251",
             "windows-1252", "windows-1253", "windows-1254", "windows-1256", "koi8_r", "cp437", "cp866",
             "mac_roman")  # fmt: skip
_FEWEST_DIGITS = 8
"""Fewer digits of Base64 stand in any file by chance."""
_MOST_PATTERN = 15_000
"""Characters of a pattern; the engine takes 16,000."""
_WINDOW = 1 << 20
_OVERLAP = 1 << 13
_PARTS = " \t\r\n_-.+/\u00a0\u3000"
"""What may stand between two words, or nothing of it: names become parts of addresses and of file names."""
_LABEL = re.compile(rb"(?i)xn--[a-z0-9-]{1,59}")
_JOINERS = rb"\xc2\xad|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf|&shy;"
_HEX = rb"[0-9a-fA-F]"
_ESCAPE = re.compile(
    rb"(?P<pair>\\{1,8}u(?P<high>[dD][89abAB]%b{2})\\{1,8}u(?P<low>[dD][c-fC-F]%b{2}))" % (_HEX, _HEX)
    + rb"|&(?:amp;)*\#(?:0*(?P<decimal>[0-9]{1,7})|[xX]0*(?P<hex>%b{1,6}));?" % _HEX
    + rb"|(?:\\{1,8}U(?P<long>%b{8})|(?:\\{1,8}u|%%u)(?P<unit>%b{4}))" % (_HEX, _HEX)
    + rb"|\\{1,8}[ux]\{0*(?P<braced>%b{1,6})\}" % _HEX
    + rb"|(?:%%(?:25)*|\\{1,8}x)(?P<byte>%b{2})" % _HEX
    + rb"|&(?:amp;)*(?P<name>[A-Za-z][A-Za-z0-9]{1,31};)"
    + rb"|(?P<joiner>%b)" % _JOINERS
)
_QUOTED = re.compile(rb"=(?:\r?\n|(?P<byte>%b{2})|\?[A-Za-z0-9-]{1,20}\?[QqBb]\?)|\?=" % _HEX)
_OCTAL = re.compile(rb"\\(?:(?P<octal>[0-3][0-7]{2})|\r?\n)")
_STYLED = re.compile(rb"\\(?:'(?P<byte>%b{2})|0*(?P<code>%b{1,6}) ?)" % (_HEX, _HEX))
_TAG = re.compile(rb"<[^<>]{0,4000}>")
_ESCAPED = (
    rb"&(?:amp;)*#[0-9xX]", rb"&[A-Za-z][A-Za-z0-9]{1,31};", rb"%(?:u|[0-9a-fA-F]{2})", rb"=(?:\r?\n|[0-9A-F]{2})",
    rb"\\[uUx'0-9a-fA-F\r\n]", rb"</?[A-Za-z][^<>\x00-\x08]{0,200}>", _JOINERS,
)  # fmt: skip
"""Where an escape may stand: bytes far from any need be looked at only as they are."""
_AROUND = 250
_MANY = 2000
"""Escapes in one window from which on it is looked at whole."""
_ZEROS = re.compile(rb"(?:[^\0]\0{1,3}){4,}|(?:\0{1,3}[^\0]){4,}")
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_BREAK = re.compile(rb"\\{1,8}[rn]")


class Needles:
    """What is looked for, compiled when first asked."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(unicodedata.normalize("NFC", text).split())
        self._plain = _folded(text)

    @cached_property
    def _database(self) -> Any:
        return _compiled(_written(self.text))

    @cached_property
    def _digits(self) -> Any:
        return _compiled(_in_base64(self.text))

    def within(self, chunks: Iterable[bytes]) -> bool:
        """Return whether bytes hold the text, also across the borders of chunks."""
        return any(self._in_window(window) for window in _windows(chunks))

    def in_text(self, text: str) -> bool:
        """Return whether a text holds it."""
        return self._plain in _folded(text) or self.within([text.encode("utf-8", "surrogatepass")])

    def _in_window(self, window: bytes, deeper: int = 2) -> bool:
        joined = window.translate(None, b"\r\n")
        joined = _BREAK.sub(b"", joined) if b"\\" in joined else joined
        if any(_met(self._database, view) for view in _views(window)):
            return True
        if deeper and (inner := b"\1\1".join(_decoded(joined))) and self._in_window(inner, deeper - 1):
            return True
        if self._digits is not None and _met(self._digits, joined):
            return True
        return not self.text.isascii() and any(map(self._in_label, _LABEL.findall(window)))

    def _in_label(self, label: bytes) -> bool:
        """Return whether a part of a host's name in ASCII (xn--…) is written with it."""
        try:
            return self._plain in _folded(label[4:].lower().decode("punycode"))
        except UnicodeError:
            return False


def _compiled(patterns: Iterable[bytes]) -> Any:
    import hyperscan

    distinct = list(dict.fromkeys(patterns))
    if not distinct:
        return None
    made = hyperscan.Database()
    flags = [hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH] * len(distinct)
    made.compile(expressions=distinct, ids=list(range(len(distinct))), flags=flags)
    return made


def _met(database: Any, data: bytes) -> bool:
    import hyperscan

    try:
        database.scan(data, match_event_handler=lambda *_: True)
    except hyperscan.ScanTerminated:
        return True
    return False


def _decoded(joined: bytes) -> Iterator[bytes]:
    """Yield what stands in Base64, wherever in a run of its digits that may begin."""
    for run in _RUN.findall(joined):
        digits = run.translate(bytes.maketrans(b"-_", b"+/"))
        for at in range(4):
            part = digits[at:-1] if (len(digits) - at) % 4 == 1 else digits[at:]
            yield base64.b64decode(part + b"=" * (-len(part) % 4))


@cache
def _escapes() -> Any:
    import hyperscan

    made = hyperscan.Database()
    flags = [hyperscan.HS_FLAG_DOTALL] * len(_ESCAPED)
    made.compile(expressions=list(_ESCAPED), ids=list(range(len(_ESCAPED))), flags=flags)
    return made


def _near_escapes(window: bytes) -> Iterator[bytes]:
    """Yield the parts of a window in which escapes stand."""
    import hyperscan

    ends: list[int] = []

    def met(_: int, __: int, end: int, *rest: object) -> bool:
        ends.append(end)
        return len(ends) > _MANY

    try:
        _escapes().scan(window, match_event_handler=met)
    except hyperscan.ScanTerminated:
        yield window
        return
    low = high = 0
    for end in ends:
        if end - _AROUND > high:
            if high:
                yield window[low:high]
            low = max(0, end - _AROUND)
        high = end + _AROUND
    if high:
        yield window[low:high]


def _windows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield bytes in windows that overlap."""
    held = b""
    for chunk in chunks:
        held += chunk
        while len(held) >= _WINDOW:
            yield held[:_WINDOW]
            held = held[_WINDOW - _OVERLAP :]
    yield held


def _views(window: bytes) -> Iterator[bytes]:
    """Yield bytes as they are and with their escapes undone."""
    yield window
    for wide in _ZEROS.findall(window):  # escapes are ASCII, of which a wide encoding makes letters and zeros
        yield from _views(wide.translate(None, b"\0"))
    for part in _near_escapes(window):
        for first in (None, _QUOTED, _OCTAL, _STYLED):
            view = part if first is None else first.sub(_undone, part)
            if first is not None and view == part:
                continue
            for _ in range(3):  # escapes within escapes
                before, view = view, _ESCAPE.sub(_undone, view)
                if view == before:
                    break
            if view != part:
                yield view
            if b"<" in view and (bare := _TAG.sub(b"", view)) != view:
                yield bare


def _undone(match: re.Match[bytes]) -> bytes:
    """Return what an escape stands for, in UTF-8 where it names a code point."""
    found = match.groupdict()
    if byte := found.get("byte"):
        return bytes([int(byte, 16)])
    if octal := found.get("octal"):
        return bytes([int(octal, 8)])
    if found.get("pair"):
        return bytes.fromhex((found["high"] + found["low"]).decode()).decode("utf-16-be").encode()
    if name := found.get("name"):
        return html5[name.decode()].encode() if name.decode() in html5 else match[0]
    if decimal := found.get("decimal"):
        return _character(int(decimal))
    code = next((found[key] for key in ("hex", "unit", "long", "braced", "code") if found.get(key)), b"")
    return _character(int(code, 16)) if code else b""


def _character(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b""


def _folded(text: str) -> str:
    """Return a text without case, widths, the order of marks, and what parts words."""
    return re.sub(r"[\s_.+-]+", "", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()))


def _forms(text: str) -> tuple[str, ...]:
    """Return a text in each case, composed and decomposed."""
    cased = (text, text.lower(), text.upper(), text.title(), text.casefold())
    return tuple(dict.fromkeys(unicodedata.normalize(how, one) for one in cased for how in ("NFC", "NFD")))


def _written(text: str) -> Iterator[bytes]:
    """Yield a pattern for each encoding that can write the text."""
    for encoding in ENCODINGS:
        parts = _either(_PARTS, encoding) + b"*"
        letters = {letter: _either(_forms(letter), encoding) for letter in set(text) - {" "}}
        if encoding == "utf-8":  # \xfc is a byte to one language and a letter to another
            for letter, ways in letters.items():
                if not letter.isascii() and (more := _either(_forms(letter), "latin-1")):
                    letters[letter] = b"(?:" + ways + b"|" + more + b")"
        if not all(letters.values()):
            continue
        pattern = b""
        for letter in text:
            pattern += letters.get(letter, parts)
            if len(pattern) > _MOST_PATTERN:
                break  # what begins so is taken for it
        yield pattern
    for form in _forms(text):
        if _can(form, "iso-2022-jp"):  # whose bytes say which letter only after what stands before
            yield _bytes(form.encode("iso-2022-jp").removeprefix(b"\x1b$B").removesuffix(b"\x1b(B"))


def _either(texts: Iterable[str], encoding: str) -> bytes:
    ways = dict.fromkeys(_bytes(one.encode(encoding)) for one in texts if _can(one, encoding))
    return b"(?:" + b"|".join(ways) + b")" if ways else b""


def _bytes(data: bytes) -> bytes:
    return b"".join(b"\\x%02x" % b for b in data)


def _in_base64(text: str) -> Iterator[bytes]:
    """Yield what Base64 makes of the text wherever it stands, less the digits that its neighbours share."""
    needles = {form.encode(e): None for form in _forms(text) for e in ENCODINGS if _can(form, e)}
    needles |= {json.dumps(form)[1:-1].encode(): None for form in _forms(text)}
    for needle in needles:
        for shift in range(3):
            coded = base64.b64encode(bytes(shift) + needle).rstrip(b"=")
            inner = coded[(0, 2, 3)[shift] : (shift + len(needle)) * 8 // 6]
            if len(inner) >= _FEWEST_DIGITS:
                yield _bytes(inner).replace(rb"\x2b", rb"[\x2b\x2d]").replace(rb"\x2f", rb"[\x2f\x5f]")


def _can(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
