"""What comes out of a container."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct, field

Marks = tuple[tuple[int, str], ...]
"""Offsets in a rendering with what a person would look for there (``page 12, box 72 100 200 113``), by offset."""


class Entry(Struct):
    """One file that lay in a container, a container that could not be opened, or a rendering of a file."""

    path: str
    """Display address: `sdk.zip!/inc.tar.xz!/dhnetsdk.h`; undecodable bytes, controls and the like escaped."""
    raw: bytes
    """The names as they lie in the containers, joined by `!/`, for identity."""
    size: int
    """Bytes. Of a stream as declared, -1 if it is not; exact once its chunks have been read."""
    data: bytes | None = None
    """The content; None where it is larger than is held in memory: read `chunks` then."""
    stream: Callable[[], Iterator[bytes]] | None = field(default=None)
    marks: Marks = ()
    """Of a rendering: where its parts stand in the file that it was made from."""
    document: str = ""
    """The renderer of a container that is a document: rendered as a whole, its other files come next."""
    page: int = 0
    """Given by a renderer: a picture of this page of the document, which has no text."""
    inside: bool = False
    """Given by a renderer, but no rendering: a file that lies in the other as it is (an attachment)."""
    text: bool = False
    """Whether it was told at a glance that this is plain text; False does not say that it is not."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the content. Of a large file that comes once only, and before the next entry is asked for."""
        if self.data is not None:
            yield self.data
            return
        if self.stream is None:
            return
        stream, self.stream = self.stream, None
        size = 0
        for chunk in stream():
            size += len(chunk)
            yield chunk
        self.size = size
