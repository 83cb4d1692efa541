"""Images told from their first bytes or last, cheaply: this is asked of every file."""

from __future__ import annotations

import re
import zlib

BY_START: dict[bytes, str] = {
    b"hsqs": "squashfs",
    b"sqsh": "squashfs",
    b"shsq": "squashfs",
    b"qshs": "squashfs",
    b"sqlz": "squashfs",
    b"tqsh": "squashfs",
    b"hsqt": "squashfs",
    b"\x45\x3d\xcd\x28": "cramfs",
    b"\x28\xcd\x3d\x45": "cramfs",
    b"-rom1fs-": "romfs",
    b"UBI#": "ubi",
    b"\x31\x18\x10\x06": "ubifs",
    b"\x27\x05\x19\x56": "uimage",
    b"\xd0\x0d\xfe\xed": "fdt",
    b"HDR0": "trx",
    b"\x3a\xff\x26\xed": "sparse",
    b"ANDROID!": "androidboot",
    b"CrAU": "payload",
    b"\xe9\x9a\xf7\xb6": "hikvision",
    b"pbzx": "pbzx",
}
_ENDS = re.compile(
    r"\.(?:bin|img|image|dav|mav|fw|fwu|rom|trx|upd|update|upg|upgrade|mtd|flash|dump|raw|ro|pak|dat|ubi|ubifs|hex|ota|"
    r"jffs2|yaffs|cramfs|romfs|squashfs|ext[234]|vfat|firmware|pkg|chk|dlf|web|nand|nor|swu|uboot|bix|frm|sys|wim)\Z"
    r"|(?:\A|/)(?:mtd(?:block)?[0-9]+|vmlinu[xz][^/]*|[bz]image[^/]*|uimage[^/]*|firmware[^/]*)\Z",
    re.IGNORECASE,
)
_BEHIND = 1 << 17
"""Bytes from the end in which the mark of what is packed behind a program stands."""
_UPX = 1 << 14
"""Bytes from the end in which UPX's mark stands."""
_PROGRAMS = frozenset((b"MZ", b"\x7fE", b"\xcf\xfa", b"\xca\xfe"))
LEAST = 4096
"""Bytes below which a file of no known format is not searched for images."""
_NO_FIRMWARE = (
    b"\x7fELF", b"MZ", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"RIFF", b"OggS", b"SQLite format 3",
    b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"GGUF", b"GGML", b"\x93NUMPY", b"\x89HDF", b"PK\x03\x04",
    b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm", b"\0\0\0\x18ftyp", b"\0\0\0\x20ftyp", b"wOF2",
    b"\xd0\xcf\x11\xe0", b"7767517", b"dex\n",
)  # fmt: skip
_MSI = bytes.fromhex("84100c0000000000c000000000000046")
"""The class identifier of a Windows Installer database."""
_TEXT = re.compile(rb"[\t-\r\x20-\x7e\x80-\xff]{512}")


def by_shape(head: bytes, name: str) -> str | None:
    """Return images whose mark does not stand at the start."""
    if head[510:512] == b"\x55\xaa":
        found = _boot_sector(head)
        if found:
            return found
    if head[1080:1082] == b"\x53\xef" and _is_ext(head):
        return "ext"
    if head[1024:1028] == b"\xe2\xe1\xf5\xe0" and len(head) > 1036 and 9 <= head[1036] <= 16:
        return "erofs"
    if head[4096:4100] == b"gDla":
        return "super"
    start = head[:2]
    if start in (b"\x85\x19", b"\x19\x85") and _is_jffs2(head):
        return "jffs2"
    if head[36:40] in (b"\x18\x28\x6f\x01", b"\x01\x6f\x28\x18") or head[56:60] == b"ARM\x64":
        return "kernel"
    if head[1024:1026] in (b"H+", b"HX") and head[1026:1028] in (b"\0\4", b"\0\5"):
        return "hfs"
    if start == b"\xd0\xcf" and (name[-4:].lower() in (".msi", ".msp", ".msm") or _MSI in head[512 : 1 << 16]):
        return "msi"
    if start in (b"\x7fE", b"MZ") and b"UPX!" in head[:4096]:
        return "upx"
    if head[8:11] in (b"AI\x01", b"AI\x02") and head.startswith(b"\x7fELF"):
        return "appimage"
    return None


def by_end(tail: bytes) -> str | None:
    """Return images that name themselves in their last bytes."""
    return "dmg" if tail[-512:-504] == b"koly\0\0\0\x04" else None


def behind(head: bytes, tail: bytes) -> str | None:
    """Return what is packed behind a program and names itself at its end, before a signature or section headers."""
    if head[:2] in _PROGRAMS and tail.find(b"MEI\x0c\x0b\x0a\x0b\x0e", max(0, len(tail) - _BEHIND)) >= 0:
        return "pyinstaller"
    if head[:4] == b"\x7fELF" and tail.find(b"UPX!", max(0, len(tail) - _UPX)) >= 0:
        return "upx"
    return None


def may_be_firmware(head: bytes, name: str) -> bool:
    """Return whether images should be searched for in a file of no known format."""
    base = name.rsplit("/", 1)[-1]
    if len(head) < LEAST or base.startswith("[bytes ") or head.startswith(_NO_FIRMWARE):
        return False
    if "." in base and not _ENDS.search(base):
        return False
    return not _TEXT.match(head) and (bool(head[:LEAST].strip(head[:1])) or head.count(head[:1]) != len(head))


def _boot_sector(head: bytes) -> str | None:
    if head[0x202:0x206] == b"HdrS":
        return "kernel"
    if len(head) >= 520 and head[512:520] == b"EFI PART":
        return "disk"
    if head[54:59] in (b"FAT12", b"FAT16", b"FAT  ") or head[82:87] == b"FAT32":
        return "fat"
    used = 0
    for at in range(446, 510, 16):
        entry = head[at : at + 16]
        if entry[0] not in (0, 0x80):
            return None
        if entry[4]:
            used += int.from_bytes(entry[12:16], "little") > 0
        elif any(entry):
            return None
    return "disk" if used else None


def _is_ext(head: bytes) -> bool:
    blocks = int.from_bytes(head[1028:1032], "little")
    log = int.from_bytes(head[1048:1052], "little")
    per_group = int.from_bytes(head[1064:1068], "little")
    return bool(blocks) and log <= 6 and 0 < per_group <= 8 * (1024 << log)


def _is_jffs2(head: bytes) -> bool:
    order = "<" if head[0] == 0x85 else ">"
    crc = int.from_bytes(head[8:12], "little" if order == "<" else "big")
    return jffs2_crc(head[:8]) == crc


def jffs2_crc(data: bytes) -> int:
    """Return the CRC-32 as the Linux kernel counts it for JFFS2: from zero, without the last inversion."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF
