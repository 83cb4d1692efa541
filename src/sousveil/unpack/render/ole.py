"""Compound files (OLE2): what kind of document they are, and their streams, bounded."""

from __future__ import annotations

import io
from typing import Any

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST = 64 << 20
"""Bytes of one stream."""


class Compound:
    """An open compound file. Raises ValueError where it is none."""

    def __init__(self, data: bytes) -> None:
        import olefile

        try:
            self._file: Any = olefile.OleFileIO(io.BytesIO(data))
        except (OSError, ValueError, IndexError, MemoryError, OverflowError, TypeError) as error:
            raise ValueError(str(error) or type(error).__name__) from error
        self.names: tuple[str, ...] = tuple(
            "/".join(parts) for parts in self._file.listdir(streams=True, storages=False)
        )

    def stream(self, name: str) -> bytes:
        """Return a stream's bytes, none where there is no such stream or it cannot be read."""
        wanted = name.lower()
        found = next((n for n in self.names if n.lower() == wanted), None)
        if found is None:
            return b""
        try:
            with self._file.openstream(found.split("/")) as stream:
                return bytes(stream.read(MOST))
        except (OSError, ValueError, IndexError, OverflowError, TypeError):
            return b""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def kind(self) -> str:
        """Return ``doc``, ``sheets``, ``ppt`` or ``msg``; empty for other compound files."""
        top = {n.lower() for n in self.names}
        if "worddocument" in top:
            return "doc"
        if "workbook" in top or "book" in top:
            return "sheets"
        if "powerpoint document" in top:
            return "ppt"
        if any(n.startswith(("__substg1.0_", "__properties_version1.0")) for n in top):
            return "msg"
        return "encrypted" if "encryptedpackage" in top else ""
