"""Macros that C grammars take for types, overwritten with spaces before parsing: lengths and places stay."""

from __future__ import annotations

import re

from sousveil.read.source.blocks import BLANKS

# Macros before a prototype's type or between type and name; the grammar takes them for types.
_MACRO = re.compile(
    rb"\b(?:(?:[A-Z][A-Z0-9_]*?(?:_?API|_?EXPORTS?|_?IMPORTS?|_DECL|CALLBACK|CALL_METHOD|_CALL|_STDCALL|_CDECL|DLL|_PUBLIC)"
    rb"(?=[^;{}=]{1,400}\())|CV_EXPORTS(?:_W)?|__stdcall|__cdecl|__fastcall|_stdcall|__callback|CALLBACK|CALL_METHOD"
    rb"|STDCALL|WINAPI|APIENTRY|JNIEXPORT|JNICALL|__extension__|__declspec\s{0,4}\([^()\n]{0,60}\)|_Nullable|_Nonnull"
    rb"|nullable|nonnull|NS_ASSUME_NONNULL_(?:BEGIN|END))\b(?=[ \t\r\n]{1,40}[A-Za-z_*@]|[ \t]{0,8}\*|\s{0,20}[@)])"
)
_MACRO_WORDS = (
    b"API", b"EXPORT", b"IMPORT", b"_DECL", b"CALLBACK", b"CALL_METHOD", b"_CALL", b"STDCALL", b"_CDECL", b"DLL",
    b"_PUBLIC", b"stdcall", b"__cdecl", b"__fastcall", b"__callback", b"APIENTRY", b"JNICALL", b"__extension__",
    b"__declspec", b"ullable", b"onnull", b"NS_ASSUME_NONNULL_",
)  # fmt: skip
# What a binding generator (SIP, SWIG) is told between C++ declarations: a line, or a block of code for the other side.
_DIRECTIVE = re.compile(rb"(?m)^%(?:\w*Code\b[^%]{0,4000}^%End\b|\{[^%]{0,4000}^%\}|[A-Za-z]\w*[^\n{]*)")
BEFORE_TYPE = re.compile(rb"^[ \t]*(?:(?:[A-Z_]\w*(?:\([^()]{0,60}\))?|extern|\"C\"|static|inline)[ \t]+){1,6}$")
_IN_OUT = re.compile(rb"[(,][ \t\r\n]{0,80}\b(?:IN|OUT|IN_OUT|_In_|_Out_|_Inout_|in|out)(?=[ \t]+[A-Za-z_])")
# ``SDK_NAMESPACE_BEGIN`` alone on its line opens what the preprocessor opens; a last enumerator is followed by a brace.
_OPENING = re.compile(
    rb"^[ \t]{0,40}(?:[A-Z][A-Z0-9]{0,30}_){0,6}(?:BEGIN|END|ENTER|LEAVE|DECLS|NAMESPACE)(?:_[A-Z0-9]{1,30}){0,6}"
    rb"[ \t]{0,8}(?:\([\w:, ]{0,60}\))?[ \t]{0,8}(?=\r?\n)(?!\s{0,400}[,}=|])",
    re.MULTILINE,
)
_OPENING_WORDS = (b"BEGIN", b"END", b"ENTER", b"LEAVE", b"DECLS", b"NAMESPACE")
_NS_ENUM = re.compile(
    rb"(?:NS|CF)_(?<!\w.._)(?:CLOSED_|ERROR_)?(?:ENUM|OPTIONS)\s{0,8}\(\s{0,8}[\w ]{1,60},\s{0,8}(\w{1,120})\s{0,8}\)"
)
_DEFAULT = re.compile(
    rb"=[ \t]*[\w.+\-:\"]{1,60}(?=[ \t]*[,)][^;{}]{0,400}\)[ \t]*;)|=[ \t]*[\w.+\-:\"]{1,60}(?=[ \t]*\)[ \t]*;)"
)


def masked(part: bytes, language: str) -> bytes:
    """Return ``part`` of the same length without calling conventions, in/out marks, ``_BEGIN`` lines, ``NS_ENUM``."""
    if b"\n%" in part or part.startswith(b"%"):
        part = _DIRECTIVE.sub(_spaces, part)
    # Plain words are found many times faster than what they may be part of.
    if any(word in part for word in _MACRO_WORDS):
        part = _MACRO.sub(_spaces, part)
    if any(word in part for word in _OPENING_WORDS):
        part = _OPENING.sub(_spaces, part)
    if language != "objc":
        part = _IN_OUT.sub(lambda m: m[0][:1] + _spaces(m)[1:], part)
    if language == "c":
        part = _DEFAULT.sub(_spaces, part)
    if b"_ENUM" in part or b"_OPTIONS" in part:
        part = _NS_ENUM.sub(_named_enum, part)
    return part


def _spaces(match: re.Match[bytes]) -> bytes:
    return match.group().translate(BLANKS)


def _named_enum(match: re.Match[bytes]) -> bytes:
    """Return ``enum Name`` in place of ``NS_ENUM(NSInteger, Name)``, the name where it was."""
    text = bytearray(_spaces(match))
    text[:4] = b"enum"
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    text[start:end] = match[1]
    return bytes(text)
