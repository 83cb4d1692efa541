"""The second search, for the names of types that were found: which files need not be opened for it.

It looks for records that use such a type by its name. Pictures, sound and fonts hold none, nor does byte code of a
language without declared types. Of documents the words were kept the first time (`messages.Words`), and are searched.
"""

from __future__ import annotations

UNTYPED = (
    ".pyc", ".pyo", ".luac", ".mo", ".qm", ".po", ".pot", ".css", ".csv", ".tsv", ".svg",
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".ico", ".icns", ".webp", ".tif", ".tiff", ".psd",
    ".ttf", ".ttc", ".otf", ".woff", ".woff2", ".eot", ".mp3", ".mp4", ".wav", ".ogg", ".avi", ".flac",
    ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".rtf", ".eml", ".msg",
)  # fmt: skip
"""How the names of such files end, in lower case."""
