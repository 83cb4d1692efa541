"""Formats told from their first bytes, and where those are not enough from the last bytes or the name."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from sousveil.unpack.beginnings import beginnings
from sousveil.unpack.image import MODULES, look
from sousveil.unpack.image.look import BY_START as _IMAGE_STARTS

COMPRESSED = frozenset({"gz", "bz2", "xz", "lzma", "zst", "lz4", "lzip", "compress"})
"""Single streams. What comes out is one file, or a tar that then counts as one container with its compression."""
ARCHIVES = frozenset({"tar", "cpio", "ar", "7z", "rar", "cab", "iso", "lha", "xar"})
UNSUPPORTED = {
    "wim": "a Windows image",
    "udf": "a UDF image without an ISO 9660 directory",
    "arj": "an ARJ archive",
    "ace": "an ACE archive",
    "stuffit": "a StuffIt archive",
    "zpaq": "a ZPAQ archive",
    "vmdk": "a VMDK disk image",
    "qcow": "a QCOW disk image",
    "vhdx": "a VHDX disk image",
    "inno": "an Inno Setup installer",
    "installshield": "an InstallShield installer",
    "installshield-cab": "an InstallShield cabinet",
    "apfs": "an APFS volume",
    "f2fs": "an F2FS file system",
    "volume": "a further volume of an archive in several files",
}
"""Containers that are recognised and cannot be opened, as a sentence names them."""

STUBS = (b"MZ", b"\x7fELF", b"#!")
"""How programs begin that may carry an archive behind them."""
TAIL = 22 + 0xFFFF
"""Bytes from the end in which a zip's end record lies."""
STUB_HEAD = 16 << 20
"""Bytes of a program in which an archive behind it is looked for."""

_BY_START = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"MSCF\0\0\0\0": "cab",
    b"!<arch>\n": "ar",
    b"\xed\xab\xee\xdb": "rpm",
    b"070701": "cpio",
    b"070702": "cpio",
    b"070707": "cpio",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x02\x21\x4c\x18": "lz4",
    b"LZIP\x01": "lzip",
    b"xar!": "xar",
    b"MSWIM\0\0\0": "wim",
    b"WLPWM\0\0\0": "wim",
    b"ISc(": "installshield-cab",
    b"SIT!": "stuffit",
    b"StuffIt ": "stuffit",
    b"7kSt": "zpaq",
    b"KDMV": "vmdk",
    b"QFI\xfb": "qcow",
    b"vhdxfile": "vhdx",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"PK\x07\x08PK\x03\x04": "zip",
    b"PK00PK\x03\x04": "zip",
    **{magic: fmt for magic, fmt in _IMAGE_STARTS.items() if fmt in MODULES},
}
_FIRST_TWO: dict[bytes, list[tuple[bytes, str]]] = {}
for _magic, _format in _BY_START.items():
    _FIRST_TWO.setdefault(_magic[:2], []).append((_magic, _format))

_STUB_STARTS = frozenset(stub[:2] for stub in STUBS)
_RARE_STARTS = frozenset({b"\x1f\x8b", b"BZ", b"\x1f\x9d", b"\x5d\0", b"\x60\xea", b"\xc7\x71", b"\x71\xc7"})
STARTS = frozenset((*_BY_START, *STUBS, *_RARE_STARTS))
"""First bytes of which any may mean that a file is to be opened."""
_APFS_BLOCKS = frozenset({4096, 8192, 16384, 32768, 65536})
_IMAGES = {b"CD001": "iso", b"BEA01": "udf"}

_BZ2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")
_V7_TAR = re.compile(rb"[ 0-7]{5,7}[ \0]{1,3}[ 0-7]{5,7}")
_CPIO_ODC = re.compile(rb"070707[0-7]{70}")
_CPIO_NEW = re.compile(rb"07070[12][0-9A-Fa-f]{104}")
_LHA = re.compile(rb"-l[hz][0-9sd]-")
_VOLUME = re.compile(r"\.(?:7z|zip|rar|tar|gz|xz|bz2)\.0*(?:[2-9]|[1-9][0-9]+)\Z|\.(?:r|z)[0-9]{2}\Z", re.IGNORECASE)
_SCRIPT_PAYLOAD = re.compile(
    rb"\n(?=\x1f\x8b\x08[\0-\x1f]|BZh[1-9]1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|PK\x03\x04|7z\xbc\xaf\x27\x1c)"
)
_ZIP_METHODS = frozenset({0, 1, 6, 8, 9, 12, 14, 93, 95, 98, 99})


def is_container(head: bytes, name: str, tail: bytes | None = None) -> str | None:
    """Return the format if these bytes begin a container, None if not.

    `head` is the beginning, 64 KB or more, of programs better a few MB; `tail` the last TAIL bytes where they are
    at hand: a zip may lie behind other bytes. Keys of UNSUPPORTED are containers that cannot be opened.
    """
    start = head[:2]
    found = _FIRST_TWO.get(start)
    if found is not None:
        for magic, fmt in found:
            if head.startswith(magic) and (fmt != "cpio" or _is_cpio(head)):
                return fmt
    by_shape = _by_shape(head, start, name)
    if by_shape is not None:
        return by_shape
    image = look.by_shape(head, name)
    if image is not None and image in MODULES:
        return image
    end = head if tail is None else tail
    if end[-22:-18] == b"PK\x05\x06" and end[-2:] == b"\0\0":
        return "zip"
    if (image := look.behind(head, end)) is not None:
        return image
    if start in _STUB_STARTS and head.startswith(STUBS):
        if _ends_with_comment(end):
            return "zip"
        behind = behind_program(head)
        if behind is not None:
            return behind[0] if behind[0] in UNSUPPORTED or behind[0] in MODULES else "stub"
    if "dmg" in MODULES and (image := look.by_end(end)) is not None:
        return image
    if name[-1:].isdigit() and _VOLUME.search(name):
        return "volume"
    return "firmware" if look.may_be_firmware(head, name) else None


def _is_cpio(head: bytes) -> bool:
    return bool(_CPIO_ODC.match(head) or _CPIO_NEW.match(head))


def _by_shape(head: bytes, start: bytes, name: str) -> str | None:
    """Return formats that need more than a few constant bytes."""
    if len(head) > 262:
        if head[257:262] == b"ustar":
            return "tar"
        if head[107:108] in b"\0 " and head[155:156] in b"\0 " and _is_v7_tar(head):
            return "tar"
        if len(head) > 32774 and (image := _IMAGES.get(head[32769:32774])) is not None:
            return image
    if head[32:36] == b"NXSB" and int.from_bytes(head[36:40], "little") in _APFS_BLOCKS:
        return "apfs"
    if (
        head[1024:1028] == b"\x10\x20\xf5\xf2"
        and head[1032:1036] == b"\x09\0\0\0"
        and head[1040:1041] in (b"\x0c", b"\x0e")
    ):
        return "f2fs"
    if start in _RARE_STARTS:
        return _by_start(head, start, name)
    if head[2:4] == b"\x03\x04" and _is_disguised_zip(head):
        return "zip"
    if start == b"\4\0" and head[2:4] == b"\0\0" and head[16:25] == b'{"files":':
        return "asar"
    if head[2:3] == b"-" and _LHA.match(head, 2):
        return "lha"
    if head[7:14] == b"**ACE**":
        return "ace"
    return None


def _by_start(head: bytes, start: bytes, name: str) -> str | None:
    """Return formats whose first two bytes fit and that need a further look."""
    if start == b"\x1f\x8b":
        return "gz" if len(head) > 3 and head[2] == 8 and head[3] < 0x20 else None
    if start == b"BZ":
        return "bz2" if _BZ2.match(head) else None
    if start == b"\x1f\x9d":
        return "compress" if len(head) > 2 and 9 <= head[2] & 0x1F <= 16 and name[-2:] in (".Z", "") else None
    if start == b"\x5d\0":
        return "lzma" if _is_lzma_alone(head, name) else None
    if start == b"\x60\xea":
        return "arj" if name.lower().endswith(".arj") else None
    return "cpio" if name.endswith(".cpio") else None


def _is_disguised_zip(head: bytes) -> bool:
    """Return whether this is a zip's first local header but for its first two bytes (a vendor writes `DH`)."""
    if len(head) < 30 or head[4] > 63:
        return False
    method = int.from_bytes(head[8:10], "little")
    length = int.from_bytes(head[26:28], "little")
    return method in _ZIP_METHODS and 0 < length <= 1024 and min(head[30 : 30 + length], default=0) >= 0x20


def _is_v7_tar(head: bytes) -> bool:
    if len(head) < 512 or not head[0] or not _V7_TAR.match(head, 100):
        return False
    try:
        stated = int(head[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])


def _is_lzma_alone(head: bytes, name: str) -> bool:
    """The old format has no magic: properties 5d, a power of two as dictionary, a plausible size."""
    if len(head) < 18 or head[13] != 0:  # the first coded byte is always zero
        return False
    dictionary = int.from_bytes(head[1:5], "little")
    size = int.from_bytes(head[5:13], "little")
    if dictionary == 0 or (dictionary & (dictionary - 1) and dictionary & (dictionary - 1) != dictionary // 3 * 2):
        return False
    return size == 0xFFFFFFFFFFFFFFFF or (size < 1 << 40 and name.endswith((".lzma", ".tlz")))


def _ends_with_comment(tail: bytes) -> bool:
    """Return whether the last bytes are a zip's end record with a comment as long as it says."""
    at = tail.rfind(b"PK\x05\x06", max(0, len(tail) - TAIL))
    return at >= 0 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)


def behind_program(head: bytes) -> tuple[str, int] | None:
    """Return format and offset of an archive behind a program or a script, None if there is none."""
    if head.startswith(b"#!"):
        found = _SCRIPT_PAYLOAD.search(head, 0, STUB_HEAD)
        return None if found is None else ("script", found.end())
    installer: tuple[str, int] | None = None
    for at, fmt in beginnings(head):
        if at >= STUB_HEAD:
            break
        if fmt in _INSTALLERS:
            # Where an archive follows as well, that is opened.
            installer = installer or (fmt, at)
        elif fmt in _VALID and _VALID[fmt](head, at):
            return fmt, at
    return installer if head.startswith(b"MZ") else None


def _valid_7z(head: bytes, at: int) -> bool:
    stated = int.from_bytes(head[at + 8 : at + 12], "little")
    return len(head) >= at + 32 and head[at + 6] == 0 and zlib.crc32(head[at + 12 : at + 32]) == stated


def _valid_rar(head: bytes, at: int) -> bool:
    if head[at + 6 : at + 7] == b"\0":  # version 4: the main header follows, type 0x73, with a short checksum
        size = int.from_bytes(head[at + 12 : at + 14], "little")
        stated = int.from_bytes(head[at + 7 : at + 9], "little")
        return head[at + 9 : at + 10] == b"\x73" and zlib.crc32(head[at + 9 : at + 7 + size]) & 0xFFFF == stated
    if head[at + 6 : at + 8] != b"\x01\0" or len(head) < at + 20:
        return False
    size = head[at + 12]
    stated = int.from_bytes(head[at + 8 : at + 12], "little")
    return size < 0x80 and zlib.crc32(head[at + 12 : at + 13 + size]) == stated


def _valid_cab(head: bytes, at: int) -> bool:
    size = int.from_bytes(head[at + 8 : at + 12], "little")
    files = int.from_bytes(head[at + 16 : at + 20], "little")
    return head[at + 24 : at + 26] == b"\x03\x01" and 36 <= files < size and head[at + 12 : at + 16] == b"\0\0\0\0"


def _valid_bundle(head: bytes, at: int) -> bool:
    """An empty host has a zero before the mark, in the place of where its files are listed."""
    return at >= 8 and 0 < int.from_bytes(head[at - 8 : at], "little") < 1 << 40


_VALID: dict[str, Callable[[bytes, int], bool]] = {
    "7z": _valid_7z, "rar": _valid_rar, "cab": _valid_cab, "dotnetbundle": _valid_bundle,
}  # fmt: skip
_INSTALLERS = frozenset({"nsis", "inno", "installshield"})
"""An installer's data has no header of its own that could be checked."""
