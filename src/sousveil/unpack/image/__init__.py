"""Images: file systems, partition tables, boot images, vendors' wrappers and installers, read by readers of our own.

One format, one file beside this one, with ``read(source, reading)``, which yields the files and parts of an image as
``Item``s and what was not read as ``Limit``s. The table says which module opens which format of ``sniff``.
"""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module

from sousveil.model import Limit
from sousveil.unpack.reading import Item, Reading
from sousveil.unpack.source import Seekable

MODULES: dict[str, str] = {
    "squashfs": "squashfs",
    "cramfs": "cramfs",
    "romfs": "romfs",
    "jffs2": "jffs2",
    "ext": "ext",
    "erofs": "erofs",
    "ubi": "ubi",
    "ubifs": "ubifs",
    "uimage": "uimage",
    "fdt": "fdt",
    "trx": "trx",
    "sparse": "sparse",
    "super": "superimage",
    "payload": "payload",
    "androidboot": "androidboot",
    "hikvision": "hikvision",
    "disk": "disk",
    "kernel": "kernel",
    "fat": "fat",
    "appimage": "appimage",
    "pbzx": "pbzx",
    "dmg": "dmg",
    "hfs": "hfs",
    "msi": "msi",
    "nsis": "nsis",
    "upx": "upx",
    "pyinstaller": "pyinstaller",
    "dotnetbundle": "dotnetbundle",
    "firmware": "carve",
}
"""Format: module beside this one."""


def read(fmt: str, source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield what is in an image. Raise NotOpened if it is none; with an empty reason where that is no loss."""
    yield from import_module(f"{__name__}.{MODULES[fmt]}").read(source, reading, name)
