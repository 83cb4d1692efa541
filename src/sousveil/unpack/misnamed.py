"""Files whose name says what must be opened, and whose bytes are nothing that is: damaged, encrypted, or disguised."""

from __future__ import annotations

_PACKED = frozenset((
    "gz", "tgz", "bz2", "tbz2", "xz", "txz", "zst", "lz4", "7z", "rar", "zip", "jar", "war", "ear", "aar", "apk",
    "apks", "xapk", "ipa", "whl", "nupkg", "vsix", "xpi", "tar", "cpio", "deb", "udeb", "rpm", "cab", "xar", "iso",
    "dmg", "msi", "squashfs", "sqsh", "cramfs", "romfs", "jffs2", "ubifs", "ubi", "trx", "itb", "dav", "msp",
    "appimage", "asar", "chm", "arsc", "epub", "doc", "docx", "docm", "xls", "xlsx", "xlsm", "xlsb", "ppt", "pptx",
    "odt", "ods", "odp", "msg",
))  # fmt: skip
_WORDS = frozenset(("pdf", "rtf", "eml", "mbox", "ipynb"))
"""What looks like text and is not read as such."""
ASKED = _PACKED | _WORDS


def misnamed(display: str, data: bytes | memoryview) -> str:
    """Return what a limit says of a file that nothing opens or renders though its name asks for it, else ``""``.

    A text that is called so (a listing, a pointer to large storage, a table as ``.xls``) is read as text.
    """
    end = display[display.rfind(".") + 1 :].lower() if "." in display[-12:] else ""
    if not len(data) or (end not in _WORDS and (end not in _PACKED or _is_text(bytes(data[:4096])))):
        return ""
    return f"called .{end}, and not to be opened as one: searched as it is"


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and not any(byte < 9 or 14 <= byte < 27 for byte in head[:512])
