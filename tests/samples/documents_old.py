# ruff: noqa: E501 - tables of bytes
"""Writers of older formats: compound files, RTF, mail, help; each as small as a reader accepts."""

from __future__ import annotations

import base64
import struct
from email.message import EmailMessage

from documents import Block, docx_of

_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound(streams: dict[str, bytes]) -> bytes:
    """Return a compound file (OLE2, sectors of 512 bytes); streams are filled up so that none is a small one."""
    entries: list[tuple[str, int, bytes, list[int]]] = [("Root Entry", 5, b"", [])]
    folders: dict[str, int] = {"": 0}
    for path, data in streams.items():
        parent = ""
        for part in path.split("/")[:-1]:
            here = f"{parent}/{part}"
            if here not in folders:
                folders[here] = len(entries)
                entries[folders[parent]][3].append(len(entries))
                entries.append((part, 1, b"", []))
            parent = here
        entries[folders[parent]][3].append(len(entries))
        entries.append((path.split("/")[-1], 2, data + b"\0" * max(0, 4096 - len(data)), []))
    directory = (len(entries) + 3) // 4
    fat: list[int] = []
    body = b""
    starts: list[int] = []

    def put(data: bytes) -> int:
        nonlocal body
        start, count = len(fat), (len(data) + 511) // 512
        fat.extend([*range(start + 1, start + count), _END])
        body += data + b"\0" * (count * 512 - len(data))
        return start

    for _, kind, data, _ in entries:
        starts.append(put(data) if kind == 2 else 0)
    right = {
        child: siblings[n + 1] for *_, siblings in entries for n, child in enumerate(siblings) if n + 1 < len(siblings)
    }
    raw = b""
    for number, (name, kind, data, children) in enumerate(entries):
        label = (name + "\0").encode("utf-16-le")
        start = starts[number] if kind == 2 else (_END if kind == 5 else 0)
        raw += label.ljust(64, b"\0") + struct.pack(
            "<HBBIII16xI8x8xIQ", len(label), kind, 1, _FREE, right.get(number, _FREE), children[0] if children else _FREE,
            0, start, len(data),
        )  # fmt: skip
    raw = raw.ljust(directory * 512, b"\0")
    directory_start = put(raw)
    sectors = 1
    while sectors * 128 < len(fat) + sectors:
        sectors += 1
    fat_start = len(fat)
    fat += [_FAT] * sectors
    table = b"".join(struct.pack("<I", n) for n in fat).ljust(sectors * 512, b"\xff")
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack(
            "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, sectors, directory_start, 0, 4096, _END, 0, _END, 0
        )
    )
    head += b"".join(struct.pack("<I", fat_start + n if n < sectors else _FREE) for n in range(109))
    return head + body + table


def doc_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a Word 97 document: one piece of UTF-16."""
    text = ""
    for kind, content in blocks:
        if kind == "t":
            text += "".join("".join(f"{cell}\x07" for cell in row) + "\x07" for row in content)  # type: ignore[attr-defined]
        else:
            text += f"{content}\r"
    text += "\r"
    raw = text.encode("utf-16-le")
    start = 0x400
    head = bytearray(start)
    struct.pack_into("<HH", head, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", head, 0x0A, 0x0200)
    struct.pack_into("<I", head, 0x4C, len(text))
    clx = b"\x02" + struct.pack("<I", 16) + struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, start, 0)
    struct.pack_into("<II", head, 0x1A2, 0, len(clx))
    return compound({"WordDocument": bytes(head) + raw, "1Table": clx})


def xls_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a BIFF8 workbook of one sheet."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    cells = b""
    row = 0
    for kind, content in blocks:
        rows = content if kind == "t" else ((str(content),),)
        row += 1
        for line in rows:  # type: ignore[attr-defined]
            for column, text in enumerate(line):
                wide = text.encode("utf-16-le")
                cells += record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + wide)
            row += 1
    name = "Manual"
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + record(0x000A, b"")
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    bound = struct.pack("<HBB", 0, len(name), 0) + name.encode()
    offset = len(begin) + 4 + 4 + len(bound) + 4
    book = begin + record(0x0085, struct.pack("<I", offset) + bound) + record(0x000A, b"") + sheet
    return compound({"Workbook": book})


def ppt_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a PowerPoint 97 stream, a slide for each heading, a table as lines."""
    slides: list[bytes] = []
    for kind, content in blocks:
        texts = [" ".join(row) for row in content] if kind == "t" else [str(content)]  # type: ignore[attr-defined]
        if kind == "h":
            slides.append(b"")
        for text in texts:
            wide = text.encode("utf-16-le")
            slides[-1] += struct.pack("<HHI", 0, 0x0FA0, len(wide)) + wide
    body = b"".join(struct.pack("<HHI", 0x0F, 0x03EE, len(s)) + s for s in slides)
    return compound({"PowerPoint Document": body, "Current User": b"\0" * 20})


def msg_of(blocks: tuple[Block, ...]) -> bytes:
    """Return an Outlook message with the document attached."""
    return compound({
        "__substg1.0_0037001F": "The manual".encode("utf-16-le"),
        "__substg1.0_1000001F": "As attached.".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": docx_of(blocks),
        "__attach_version1.0_#00000000/__substg1.0_3707001F": "manual.docx".encode("utf-16-le"),
    })  # fmt: skip


def rtf_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as RTF: GBK by the font's character set in headings and tables, letters by number elsewhere."""

    def gbk(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
        return "".join(c if c.isascii() else "".join(f"\\'{b:02x}" for b in c.encode("gb18030")) for c in escaped)

    def numbered(text: str) -> str:
        return "".join(c if c.isascii() else f"\\u{ord(c) - (65536 if ord(c) > 32767 else 0)}?" for c in text)

    out = "{\\rtf1\\ansi\\ansicpg1252\\uc1{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset134 SimSun;}}\n"
    for kind, content in blocks:
        if kind == "t":
            for row in content:  # type: ignore[attr-defined]
                out += "\\trowd" + "".join(f"\\cellx{2000 * n}" for n in range(1, len(row) + 1))
                out += "".join(f"\\pard\\intbl\\f1 {gbk(cell)}\\cell" for cell in row) + "\\row\n"
        elif kind == "h":
            out += f"\\pard\\outlinelevel0\\f1 {gbk(str(content))}\\par\n"
        else:
            out += f"\\pard\\f0 {numbered(str(content))}\\par\n"
    return (out + "}").encode("ascii")


def eml_of(blocks: tuple[Block, ...]) -> bytes:
    """Return a message whose HTML part is the document, in GBK and base64."""
    body = ""
    for kind, content in blocks:
        if kind == "t":
            rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in content)  # type: ignore[attr-defined]
            body += f"<table>{rows}</table>"
        else:
            body += f"<{'h1' if kind == 'h' else 'p'}>{content}</{'h1' if kind == 'h' else 'p'}>"
    page = f"<html><body>{body}</body></html>".encode("gb18030")
    return (
        b"From: a@vendor.example\r\nTo: b@vendor.example\r\nSubject: manual\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(page)
    )


def mbox_of(blocks: tuple[Block, ...]) -> bytes:
    """Return two messages, the second with the document attached."""
    message = EmailMessage()
    message["Subject"] = "manual"
    message.set_content("As attached.")
    message.add_attachment(docx_of(blocks), maintype="application", subtype="octet-stream", filename="manual.docx")
    message.set_boundary("made-up")
    first = b"Subject: hello\n\nNothing here.\n"
    return (
        b"From a@vendor.example Thu Jan  1 00:00:00 2026\n"
        + first
        + b"\nFrom a@vendor.example Thu Jan  1 00:00:01 2026\n"
        + bytes(message)
    )


def chm_of(blocks: tuple[Block, ...]) -> bytes:
    """Return a compiled help of one page, its LZX stream one uncompressed block."""
    page = b"<html><head><meta charset=gb2312></head>" + eml_body(blocks) + b"</html>"
    frames = page.ljust(0x8000, b"\0")
    # LZX: no translation (0), block type 3 (three bits), its length (24 bits), filled to 16 bits, R0 to R2, the bytes.
    bits = f"{0:01b}{3:03b}{len(frames):024b}".ljust(32, "0")
    packed = (
        b"".join(struct.pack("<H", int(bits[n : n + 16], 2)) for n in (0, 16)) + struct.pack("<III", 1, 1, 1) + frames
    )
    control = struct.pack("<I4sIIIII", 6, b"LZXC", 2, 2, 2, 0, 0)
    reset = struct.pack("<IIIIQQQ", 2, 1, 8, 0x28, len(frames), len(packed), 0x8000) + struct.pack("<Q", 0)
    base = "::DataSpace/Storage/MSCompressed/"
    plain = {
        f"{base}ControlData": control,
        f"{base}Transform/{{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}}/InstanceData/ResetTable": reset,
        f"{base}Content": packed,
    }

    def number(value: int) -> bytes:
        out = bytes([value & 0x7F])
        while value := value >> 7:
            out = bytes([value & 0x7F | 0x80]) + out
        return out

    content, listed = b"", b""
    for name, data in plain.items():
        listed += number(len(name)) + name.encode() + number(0) + number(len(content)) + number(len(data))
        content += data
    listed += number(10) + b"/page.html" + number(1) + number(0) + number(len(page))
    size = 4096
    chunk = (b"PMGL" + struct.pack("<IIii", size - 20 - len(listed), 0, -1, -1) + listed).ljust(size, b"\0")
    itsp = b"ITSP" + struct.pack("<IIIIIiiiiii", 1, 0x54, 10, size, 2, 1, -1, 0, 0, -1, 1)
    itsp = itsp.ljust(0x54, b"\0")
    at = 0x60 + 24
    head = b"ITSF" + struct.pack("<IIIII", 3, 0x60, 1, 0, 0x0804) + b"\0" * 32
    head += struct.pack("<QQQQQ", 0x60, 24, at, len(itsp) + size, at + len(itsp) + size)
    return head + b"\0" * 24 + itsp + chunk + content


def eml_body(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as the body of a page in GBK."""
    return base64.decodebytes(eml_of(blocks).split(b"\r\n\r\n", 1)[1])
