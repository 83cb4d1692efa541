"""What a package says of itself in the one or two lines that its makers wrote for an index, and which package.

Such lines seldom hold a term, so that their file is not read for its own sake; yet "makes random names" is what a
table of surnames has to be judged by. Only a line is taken, from small files of known names; nothing is parsed whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping

import msgspec

_MOST = 256 << 10
_HEAD = 16 << 10
_LINE = 400
_SHORT = 20
_FEW = 40
_MOST_PACKAGES = 2

_HEADERS = re.compile(
    rb"(?mi)^(?:name|package|summary|title|keywords|description):[ \t]*"
    rb"([^\r\n]{3,600}(?:\r?\n[ \t]+(?!\.?\s*$)[^\r\n]{1,200}){0,4})"
)
_TOML = re.compile(rb"""(?m)^(?:name|description)[ \t]*=[ \t]*(?:"([^"\r\n]{3,600})"|'([^'\r\n]{3,600})')""")
_TOML_WORDS = re.compile(rb"(?m)^keywords[ \t]*=[ \t]*\[([^\]]{3,1000})\]")
_INI = re.compile(rb"(?mi)^(?:name|description|summary|keywords)[ \t]*[=:][ \t]*([^\r\n]{3,600})")
_YAML = re.compile(rb"""(?m)^(?:name|description):[ \t]*(?:[>|]-?[ \t]*\r?\n[ \t]+)?([^\r\n]{3,600})""")
_XML = re.compile(rb"<description>([^<]{3,600})</description>")
_ORNAMENT = re.compile(r"[<!\[|>`]|[=\-~*#_+ ]+\Z")
_NO_PROSE = re.compile(r"[<!\[|>`#=\-*+:.~]|\d+\.")
_SENTENCE = re.compile(r"(?s).{20,}?[.!?。！？](?=\s|\Z)|.+")


class _Json(msgspec.Struct):
    name: str = ""
    description: str = ""
    keywords: list[str] | str = []


def _json(data: bytes) -> str:
    try:
        found = msgspec.json.decode(data, type=_Json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    words = found.keywords if isinstance(found.keywords, str) else ", ".join(found.keywords[:40])
    return " ; ".join(w[:_LINE] for w in (found.name, found.description, words) if w)


def _lines(*patterns: re.Pattern[bytes]) -> Callable[[bytes], str]:
    def read(data: bytes) -> str:
        head = data[:_HEAD]
        found = [next(g for g in m.groups() if g) for p in patterns for m in [*p.finditer(head)][:4]]
        return " ; ".join(" ".join(f.decode("utf-8", "replace").split())[:_LINE] for f in found)

    return read


def _prose(data: bytes) -> str:
    """Return the title and the first sentence of a README."""
    try:
        text = data[:_HEAD].decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    except UnicodeDecodeError:
        return ""
    title, paragraph = "", ""
    for line in _without_front_matter(text.splitlines()):
        line = line.strip()
        if not title:
            title = "" if _ORNAMENT.match(line) else line.strip("#* ")[:160]
        elif line and not _NO_PROSE.match(line):
            paragraph += f" {line[:_LINE]}"
            if len(paragraph) > _LINE:
                break
        elif len(paragraph) > _SHORT:
            break
        else:
            paragraph = ""
    sentence = _SENTENCE.match(paragraph.strip())
    said = sentence[0][:_LINE] if sentence is not None and len(paragraph) > _SHORT else ""
    return f"{title} ; {said}" if said else title


def _without_front_matter(lines: list[str]) -> list[str]:
    """Return a document's lines without the settings of a web site before them."""
    if not lines or lines[0].rstrip() != "---":
        return lines
    return next((lines[n + 1 :] for n, line in enumerate(lines[1:60], 1) if line.rstrip() == "---"), lines)


def _headers(data: bytes) -> str:
    return _lines(_HEADERS)(data.lstrip().replace(b"\r\n", b"\n").partition(b"\n\n")[0])


_READERS = {
    "METADATA": _headers,
    "PKG-INFO": _headers,
    "DESCRIPTION": _headers,
    "control": _headers,
    "package.json": _json,
    "composer.json": _json,
    "pyproject.toml": _lines(_TOML, _TOML_WORDS),
    "Cargo.toml": _lines(_TOML, _TOML_WORDS),
    "setup.cfg": _lines(_INI),
    "pubspec.yaml": _lines(_YAML),
    "pom.xml": _lines(_XML),
}
_BESIDE = ("EGG-INFO", "debian", "DEBIAN")
_READMES = frozenset(("readme.md", "readme.rst", "readme.txt", "readme", "readme.markdown"))
"""Where there is nothing of the above, a README's title and first sentence."""


def speaks(address: str) -> bool:
    """Return whether a file of that name may have `own_words`."""
    name = address[address.rfind("/") + 1 :]
    return name in _READERS or name.lower() in _READMES


def own_words(address: str, data: bytes | memoryview) -> str:
    """Return what a small file at ``address`` says of its package, or nothing where it is no such file."""
    name = address.rpartition("/")[2]
    reader = _READERS.get(name)
    if reader is None:
        if name.lower() not in _READMES:
            return ""
        reader = _prose
    if _place(address)[0] > 1 or len(data) > _MOST:
        return ""
    return reader(bytes(data)).strip(" ;")


def of_product(said: Mapping[str, str]) -> str:
    """Return what a product says of itself, given what its files said by address; nothing where it is several.

    The outermost package speaks for the product. A folder of many packages has no one purpose.
    """
    packages: dict[tuple[int, str], list[tuple[bool, str, str]]] = defaultdict(list)
    for address, text in said.items():
        name = address.rpartition("/")[2]
        if text:
            packages[_place(address)].append((name not in _READERS, address, text))
    if not packages:
        return ""
    depth = min(depth for depth, _ in packages)
    outermost = [found for (at, _), found in sorted(packages.items()) if at == depth]
    if len(outermost) > _MOST_PACKAGES:
        return ""
    telling: list[str] = []
    for found in outermost:
        of_index = [text for is_readme, _, text in sorted(found) if not is_readme]
        telling += of_index
        if sum(map(len, of_index)) < _FEW:
            telling += [text for is_readme, _, text in sorted(found) if is_readme]
    return " ; ".join(dict.fromkeys(telling))[:2000]


def _place(address: str) -> tuple[int, str]:
    """Return how deep the package of a file lies and where: wheels and eggs keep their words in a folder beside it."""
    outer, inside, inner = address.rpartition("!/")
    folder = inner.rpartition("/")[0]
    if folder.endswith((".dist-info", ".egg-info")) or folder.rpartition("/")[2] in _BESIDE:
        folder = folder.rpartition("/")[0]
    # The one folder that an archive holds is the package itself.
    depth = folder.count("/") + 1 if folder and folder != "." else 0
    if inside and depth:
        depth -= 1
    return depth + max(0, address.count("!/") - 2), f"{outer}!/{folder}"
