"""libarchive: loaded once when first needed, opened on a source, read block by block.

libarchive-c finds and loads the library; its functions are bound here anew without its checks, because a status
is an answer here and its warnings would go to standard error.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sousveil.unpack.source import CHUNK, Memory, Source, Stream, Window

EOF, OK, RETRY, WARN, FAILED = 1, 0, -10, -20, -25

_FORMATS = {
    "tar": ("tar",),
    "cpio": ("cpio",),
    "ar": ("ar",),
    "7z": ("7zip",),
    "rar": ("rar", "rar5"),
    "cab": ("cab",),
    "iso": ("iso9660",),
    "lha": ("lha",),
    "xar": ("xar",),
    "raw": ("raw",),
}
_FILTERS = {"zst": "zstd", "lz4": "lz4", "lzip": "lzip", "compress": "compress"}

_pointer = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "read_new": (_pointer, []),
    "read_free": (ctypes.c_int, [_pointer]),
    "read_set_options": (ctypes.c_int, [_pointer, ctypes.c_char_p]),
    "read_open_memory": (ctypes.c_int, [_pointer, ctypes.c_char_p, ctypes.c_size_t]),
    "read_set_read_callback": (ctypes.c_int, [_pointer, _pointer]),
    "read_set_skip_callback": (ctypes.c_int, [_pointer, _pointer]),
    "read_set_seek_callback": (ctypes.c_int, [_pointer, _pointer]),
    "read_set_callback_data": (ctypes.c_int, [_pointer, _pointer]),
    "read_open1": (ctypes.c_int, [_pointer]),
    "read_next_header": (ctypes.c_int, [_pointer, _pointer]),
    "read_data_block": (ctypes.c_int, [_pointer, _pointer, _pointer, _pointer]),
    "error_string": (ctypes.c_char_p, [_pointer]),
    "version_details": (ctypes.c_char_p, []),
    "entry_pathname": (ctypes.c_char_p, [_pointer]),
    "entry_pathname_utf8": (ctypes.c_char_p, [_pointer]),
    "entry_filetype": (ctypes.c_uint, [_pointer]),
    "entry_size": (ctypes.c_longlong, [_pointer]),
    "entry_hardlink": (ctypes.c_char_p, [_pointer]),
    "entry_hardlink_utf8": (ctypes.c_char_p, [_pointer]),
    "entry_symlink": (ctypes.c_char_p, [_pointer]),
    "entry_symlink_utf8": (ctypes.c_char_p, [_pointer]),
    "entry_is_encrypted": (ctypes.c_int, [_pointer]),
}
_READ = ctypes.CFUNCTYPE(ctypes.c_ssize_t, _pointer, _pointer, ctypes.POINTER(_pointer))
_SKIP = ctypes.CFUNCTYPE(ctypes.c_longlong, _pointer, _pointer, ctypes.c_longlong)
_SEEK = ctypes.CFUNCTYPE(ctypes.c_longlong, _pointer, _pointer, ctypes.c_longlong, ctypes.c_int)


class Unavailable(Exception):
    """No libarchive could be loaded, or it was built without this format. The message says which."""


def _candidates() -> Iterator[str]:
    """Yield where a libarchive may be: named by the user, in the `archi` wheel, of the system."""
    named = os.environ.get("LIBARCHIVE")
    if named:
        yield named
    from importlib.util import find_spec

    spec = find_spec("archi")
    if spec is not None and spec.origin:
        home = Path(spec.origin).parent
        for folder in (home / "archi.libs", home / ".dylibs", home / "archi" / ".dylibs"):
            yield from sorted(str(p) for p in folder.glob("libarchive*"))
    from ctypes.util import find_library

    system = find_library("archive")
    if system:
        yield system


@cache
def library() -> dict[str, Any]:
    """Return libarchive's functions by name without `archive_`. Raise Unavailable if there is no libarchive."""
    before = os.environ.get("LIBARCHIVE")
    problem = "none is installed"
    for path in _candidates():
        try:
            ctypes.CDLL(path)  # libarchive-c gives no second try after a failed load
        except OSError as error:
            problem = str(error)
            continue
        os.environ["LIBARCHIVE"] = path
        try:
            from libarchive import ffi
        finally:
            if before is None:
                del os.environ["LIBARCHIVE"]
            else:
                os.environ["LIBARCHIVE"] = before
        break
    else:
        raise Unavailable(f"libarchive: {problem}")
    functions: dict[str, Any] = {}
    for name, (result, arguments) in _SIGNATURES.items():
        function = ffi.libarchive["archive_" + name]
        function.restype = result
        function.argtypes = arguments
        functions[name] = function
    for name in {f"read_support_format_{f}" for fs in _FORMATS.values() for f in fs} | {
        f"read_support_filter_{f}" for f in (*_FILTERS.values(), "none")
    }:
        try:
            function = ffi.libarchive["archive_" + name]
        except AttributeError:
            continue
        function.restype = ctypes.c_int
        function.argtypes = [_pointer]
        functions[name] = function
    _speak_utf8()
    return functions


def _speak_utf8() -> None:
    """Set this process's character type to UTF-8: libarchive turns a 7z's or a rar's names into the locale's."""
    import locale

    for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):
        if (locale.nl_langinfo(locale.CODESET) if hasattr(locale, "nl_langinfo") else "UTF-8") == "UTF-8":
            return
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue


def version() -> str:
    """Return the version of libarchive and what it was built with."""
    details: bytes = library()["version_details"]()
    return details.decode("ascii", "replace")


class Archive:
    """An open libarchive reader. Give formats as `sniff` names them; `filter` for a compressed single stream."""

    def __init__(self, source: Source, fmt: str, filter_: str | None = None) -> None:
        self._lib = lib = library()
        self.raised: BaseException | None = None
        """What the source raised while libarchive was reading it; to be raised again by the caller."""
        self._keep: list[Any] = []
        self._handle = handle = lib["read_new"]()
        self._entry = ctypes.c_void_p()
        self._entry_ref = ctypes.byref(self._entry)
        self._block = ctypes.c_void_p()
        self._count = ctypes.c_size_t()
        self._offset = ctypes.c_longlong()
        self._refs = (ctypes.byref(self._block), ctypes.byref(self._count), ctypes.byref(self._offset))
        try:
            self._support(fmt, filter_)
            if fmt == "tar":
                lib["read_set_options"](handle, b"tar:read_concatenated_archives")
            if isinstance(source, Memory):
                self._keep.append(source.data)
                self.status: int = lib["read_open_memory"](handle, source.data, source.size)
            else:
                self._feed(source)
                self.status = lib["read_open1"](handle)
        except BaseException:
            self.close()
            raise
        self.again()

    def _support(self, fmt: str, filter_: str | None) -> None:
        for name in _FORMATS[fmt]:
            function = self._lib.get(f"read_support_format_{name}")
            # A warning means that the format needs a library this one was built without.
            if function is None or function(self._handle) != OK:
                raise Unavailable(f"this libarchive was built without {name}")
        name = _FILTERS[filter_] if filter_ else "none"
        function = self._lib.get(f"read_support_filter_{name}")
        # A warning here means that libarchive would start an external program. It never may.
        if function is None or function(self._handle) != OK:
            raise Unavailable(f"this libarchive was built without {name}")

    def _feed(self, source: Stream | Window) -> None:
        handle = self._handle
        self._lib["read_set_callback_data"](handle, None)  # without it libarchive crashes on open
        if isinstance(source, Window):
            at = 0

            def read(_: int, __: int, out: Any) -> int:
                nonlocal at
                try:
                    data = source.read(at, CHUNK)
                except BaseException as error:  # noqa: BLE001 - raised again outside of libarchive
                    self.raised = error
                    return -1
                at += len(data)
                self._keep[0] = data
                out[0] = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
                return len(data)

            def skip(_: int, __: int, count: int) -> int:
                nonlocal at
                count = max(0, min(count, source.size - at))
                at += count
                return count

            def seek(_: int, __: int, offset: int, whence: int) -> int:
                nonlocal at
                base = (0, at, source.size)[whence] if 0 <= whence <= 2 else 0
                at = max(0, min(base + offset, source.size))
                return at

            callbacks = (_READ(read), _SKIP(skip), _SEEK(seek))
            self._lib["read_set_skip_callback"](handle, ctypes.cast(callbacks[1], ctypes.c_void_p))
            self._lib["read_set_seek_callback"](handle, ctypes.cast(callbacks[2], ctypes.c_void_p))
            self._keep += [b"", *callbacks]
            self._lib["read_set_read_callback"](handle, ctypes.cast(callbacks[0], ctypes.c_void_p))
            return
        chunks = source.chunks()

        def pull(_: int, __: int, out: Any) -> int:
            try:
                for data in chunks:
                    if data:  # an empty chunk would read as the end
                        break
                else:
                    return 0
            except BaseException as error:  # noqa: BLE001 - raised again outside of libarchive
                self.raised = error
                return -1
            self._keep[0] = data
            out[0] = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
            return len(data)

        callback = _READ(pull)
        self._keep += [b"", callback]
        self._lib["read_set_read_callback"](handle, ctypes.cast(callback, ctypes.c_void_p))

    def again(self) -> None:
        """Raise what the source raised inside libarchive, if it did."""
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised

    def next_header(self) -> int:
        """Go to the next entry; return libarchive's status."""
        status: int = self._lib["read_next_header"](self._handle, self._entry_ref)
        if self.raised is not None:
            self.again()
        return status

    def error(self) -> str:
        """Return libarchive's last message."""
        text: bytes | None = self._lib["error_string"](self._handle)
        return text.decode("utf-8", "backslashreplace") if text else "libarchive gives no reason"

    def name(self) -> bytes:
        """Return the entry's name as the archive has it (in UTF-8 where the format's names are in Unicode)."""
        return self._bytes("entry_pathname") or self._bytes("entry_pathname_utf8")

    def hardlink(self) -> bytes:
        """Return the name that the entry is a hard link to, empty if it is none."""
        return self._bytes("entry_hardlink") or self._bytes("entry_hardlink_utf8")

    def symlink(self) -> bytes:
        """Return where the entry points as a symbolic link, empty if it is none."""
        return self._bytes("entry_symlink") or self._bytes("entry_symlink_utf8")

    def _bytes(self, function: str) -> bytes:
        found: bytes | None = self._lib[function](self._entry)
        return found or b""

    def filetype(self) -> int:
        """Return the type bits of the entry's mode."""
        kind: int = self._lib["entry_filetype"](self._entry)
        return kind

    def size(self) -> int:
        """Return the size the entry declares, 0 if it does not."""
        size: int = self._lib["entry_size"](self._entry)
        return size

    def encrypted(self) -> bool:
        """Return whether the entry's content or name is encrypted."""
        return bool(self._lib["entry_is_encrypted"](self._entry))

    def block(self) -> tuple[int, bytes, int]:
        """Return status, bytes and their offset of the entry's next block."""
        self._count.value = 0
        self._offset.value = 0
        status: int = self._lib["read_data_block"](self._handle, *self._refs)
        if self.raised is not None:
            self.again()
        count = self._count.value
        if status not in (OK, WARN) or not count:
            return status, b"", self._offset.value
        return status, ctypes.string_at(self._block.value or 0, count), self._offset.value

    def close(self) -> None:
        """Free libarchive's memory."""
        if self._handle:
            self._lib["read_free"](self._handle)
            self._handle = None
        self._keep.clear()
