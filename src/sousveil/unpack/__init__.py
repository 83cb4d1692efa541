"""Unpack: from a product's files to the tree of artifacts in them. Nothing is extracted, nothing is executed."""

from __future__ import annotations

from sousveil.unpack.beginnings import search_by
from sousveil.unpack.common import told as shared_debug
from sousveil.unpack.entry import Entry
from sousveil.unpack.glance import is_plain_name, is_plain_start, is_plain_text, is_text_name
from sousveil.unpack.limits import Budget, Quotas, Stop
from sousveil.unpack.misnamed import misnamed
from sousveil.unpack.names import shown
from sousveil.unpack.render import HEAD, MOST_RENDERED, has, render, renderer_named, renderer_of
from sousveil.unpack.render.pictures import PAGE_DOTS, worth_reading
from sousveil.unpack.sniff import STUB_HEAD, STUBS, TAIL, is_container
from sousveil.unpack.sourcemap import has_sourcemap, sourcemaps
from sousveil.unpack.tree import FilePath, Opener, any_name, not_opened, tree
from sousveil.unpack.walk import walk

__all__ = [
    "HEAD",
    "MOST_RENDERED",
    "PAGE_DOTS",
    "STUBS",
    "STUB_HEAD",
    "TAIL",
    "Budget",
    "Entry",
    "FilePath",
    "Opener",
    "Quotas",
    "Stop",
    "any_name",
    "has",
    "has_sourcemap",
    "is_container",
    "is_plain_name",
    "is_plain_start",
    "is_plain_text",
    "is_text_name",
    "misnamed",
    "not_opened",
    "render",
    "renderer_named",
    "renderer_of",
    "search_by",
    "shared_debug",
    "shown",
    "sourcemaps",
    "tree",
    "walk",
    "worth_reading",
]
