"""Macros that C grammars take for types, overwritten with spaces before parsing: lengths and places stay."""

from __future__ import annotations

import re

# Macros before a prototype's type or between type and name; the grammar takes them for types.
_MACRO = re.compile(
    rb"\b(?:(?:[A-Z][A-Z0-9_]*?(?:_?API|_?EXPORTS?|_?IMPORTS?|_DECL|CALLBACK|CALL_METHOD|_CALL|_STDCALL|_CDECL|DLL|_PUBLIC)"
    rb"(?=[^;{}=]{1,400}\())|CV_EXPORTS(?:_W)?|__stdcall|__cdecl|__fastcall|_stdcall|__callback|CALLBACK|CALL_METHOD"
    rb"|STDCALL|WINAPI|APIENTRY|JNIEXPORT|JNICALL|__extension__|__declspec\s{0,4}\([^()\n]{0,60}\)|_Nullable|_Nonnull"
    rb"|nullable|nonnull|NS_ASSUME_NONNULL_(?:BEGIN|END))\b(?=[ \t\r\n]{1,40}[A-Za-z_*@]|[ \t]{0,8}\*|\s{0,20}[@)])"
)
BEFORE_TYPE = re.compile(rb"^[ \t]*(?:(?:[A-Z_]\w*(?:\([^()]{0,60}\))?|extern|\"C\"|static|inline)[ \t]+){1,6}$")
_IN_OUT = re.compile(rb"(?<=[(,])[ \t\r\n]{0,80}\b(?:IN|OUT|IN_OUT|_In_|_Out_|_Inout_|in|out)(?=[ \t]+[A-Za-z_])")
# ``SDK_NAMESPACE_BEGIN`` alone on its line opens what the preprocessor opens; a last enumerator is followed by a brace.
_OPENING = re.compile(
    rb"^[ \t]{0,40}(?:[A-Z][A-Z0-9]{0,30}_){0,6}(?:BEGIN|END|ENTER|LEAVE|DECLS|NAMESPACE)(?:_[A-Z0-9]{1,30}){0,6}"
    rb"[ \t]{0,8}(?:\([\w:, ]{0,60}\))?[ \t]{0,8}(?=\r?\n)(?!\s{0,400}[,}=|])",
    re.MULTILINE,
)
_NS_ENUM = re.compile(
    rb"\b(?:(?:NS|CF)_(?:CLOSED_|ERROR_)?(?:ENUM|OPTIONS))\s{0,8}\(\s{0,8}[\w ]{1,60},\s{0,8}(\w{1,120})\s{0,8}\)"
)
_DEFAULT = re.compile(
    rb"=[ \t]*[\w.+\-:\"]{1,60}(?=[ \t]*[,)][^;{}]{0,400}\)[ \t]*;)|=[ \t]*[\w.+\-:\"]{1,60}(?=[ \t]*\)[ \t]*;)"
)


def masked(part: bytes, language: str) -> bytes:
    """Return ``part`` of the same length without calling conventions, in/out marks, ``_BEGIN`` lines, ``NS_ENUM``."""
    part = _MACRO.sub(_spaces, part)
    part = _OPENING.sub(_spaces, part)
    if language != "objc":
        part = _IN_OUT.sub(_spaces, part)
    if language == "c":
        part = _DEFAULT.sub(_spaces, part)
    if b"_ENUM" in part or b"_OPTIONS" in part:
        part = _NS_ENUM.sub(_named_enum, part)
    return part


def _spaces(match: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\r\n]", b" ", match.group())


def _named_enum(match: re.Match[bytes]) -> bytes:
    """Return ``enum Name`` in place of ``NS_ENUM(NSInteger, Name)``, the name where it was."""
    text = bytearray(_spaces(match))
    text[:4] = b"enum"
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    text[start:end] = match[1]
    return bytes(text)
