"""E-mail and saved pages: the text of every message, attached files as files (RFC 5322, MIME, mbox)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import inside

ABOUT = About(
    title="E-mail",
    ends=".eml .mbox .mbx .mht .mhtml",
    reads="Subject and text of every message, HTML as a page of its own; attached files, and what lies in them.",
    limits="Encrypted messages; who wrote to whom.",
)
_MESSAGES = 20_000
_PARTS = 1000
_SEPARATOR = re.compile(rb"^From [^\n]{5,200}\n(?=[A-Za-z-]{1,60}:)", re.MULTILINE)


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield text and attachments of every message."""
    starts = [m.start() for m in _SEPARATOR.finditer(data)] if data.startswith(b"From ") else []
    if len(starts) > _MESSAGES:
        yield Limit(display, "cut", f"{len(starts)} messages; the first {_MESSAGES} were read")
    if not starts:
        yield from _message(data, display, "", budget)
        return
    for number, start in enumerate(starts[:_MESSAGES], 1):
        budget.tick()
        stop = starts[number] if number < len(starts) else len(data)
        head = data.find(b"\n", start) + 1
        yield from _message(data[head:stop], display, f"message-{number}-", budget)


def _message(raw: bytes, display: str, prefix: str, budget: Budget) -> Iterator[Entry | Limit]:
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    text = [f"# {_header(message, 'subject')}\n"] if message.get("subject") else []
    marks = [(0, f"{prefix.rstrip('-')} subject".strip())] if text else []
    size = sum(len(t.encode("utf-8", "replace")) for t in text)
    parts = 0
    for part in message.walk():
        parts += 1
        if parts > _PARTS:
            yield Limit(display, "cut", f"{prefix}more than {_PARTS} parts; the rest was not read")
            break
        if part.is_multipart():
            continue
        body = part.get_payload(decode=True)
        if not isinstance(body, bytes) or not body.strip():
            continue
        kind = part.get_content_type()
        name = _name(part)
        if kind == "text/plain" and not name:
            words = "\n" + _decoded(body, part.get_content_charset()) + "\n"
            marks.append((size + 1, f"{prefix}part {parts}"))
            text.append(words)
            size += len(words.encode("utf-8", "replace"))
            continue
        if kind == "text/html" and not name:
            page = _decoded(body, part.get_content_charset()).encode("utf-8", "replace")
            budget.take_bytes(len(page))
            yield Entry(inside(display, f"{prefix}part-{parts}.html"), b"", len(page), page)
            continue
        if kind in ("application/pkcs7-mime", "application/pgp-encrypted"):
            yield Limit(display, "encrypted", f"{prefix}part {parts} is encrypted or sealed ({kind})")
        budget.take_bytes(len(body))
        label = name or f"part-{parts}.{(part.get_content_subtype() or 'bin')[:12]}"
        yield Entry(inside(display, prefix + label), b"", len(body), body, inside=True)
    whole = "".join(text).encode("utf-8", "replace")
    if whole:
        budget.take_bytes(len(whole))
        yield Entry(inside(display, f"{prefix}text.md"), b"", len(whole), whole, marks=tuple(marks))


def _decoded(body: bytes, charset: str | None) -> str:
    for codec in (charset or "utf-8", "utf-8", "gb18030"):
        try:
            return body.decode("gb18030" if codec.lower() in ("gb2312", "gbk") else codec).replace("\r\n", "\n")
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return body.decode("latin-1").replace("\r\n", "\n")


def _header(message: Message, name: str) -> str:
    raw = str(message.get(name, ""))
    try:
        words = str(make_header(decode_header(raw)))
    except (MessageError, LookupError, UnicodeError, ValueError):
        words = raw
    return " ".join(words.encode("utf-8", "replace").decode().split())[:400]


def _name(part: Message) -> str:
    try:
        raw = part.get_filename() or ""
        return str(make_header(decode_header(raw))) if raw else ""
    except (MessageError, LookupError, UnicodeError, ValueError, AttributeError, TypeError):
        return ""
