"""Wherever an opener or a renderer stops at a bound, a limit says so."""

from __future__ import annotations

import io
import zipfile

import documents as made
import made_androidxml
import made_images
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, walk
from sousveil.unpack.image import romfs
from sousveil.unpack.render import androidxml, pb2, pptx


def _limits(found: object) -> list[str]:
    return [one.detail for one in found if isinstance(one, Limit)]  # type: ignore[attr-defined]


def test_shapes_too_deep_in_a_slide_are_told() -> None:
    with zipfile.ZipFile(io.BytesIO(made.pptx_of(made.MANUAL))) as given:
        parts = {name: given.read(name) for name in given.namelist()}
    slide = next(name for name in parts if name.startswith("ppt/slides/slide"))
    assert not _limits(pptx.render(made.zipped(parts), "m.pptx", Budget()))
    deep = b"<p:grpSp>" * 70 + b"<p:sp/>" + b"</p:grpSp>" * 70
    parts[slide] = parts[slide].replace(b"</p:spTree>", deep + b"</p:spTree>")
    assert _limits(pptx.render(made.zipped(parts), "m.pptx", Budget())) == [
        f"{slide}: what is nested deeper than 60 was not read"
    ]


def test_more_descriptors_than_are_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"DESCRIPTOR = _descriptor_pool.Default().AddSerializedFile(b'\\n\\x06a.prot')\n" * 3
    assert not _limits(pb2.render(text, "a_pb2.py", Budget()))
    monkeypatch.setattr(pb2, "_MOST_LITERALS", 2)
    found = list(pb2.render(text, "a_pb2.py", Budget()))
    assert sum(isinstance(one, Entry) for one in found) == 2
    assert _limits(found) == ["more than 2 descriptors; the first were read"]


def test_more_parts_of_android_resources_than_are_read_are_told(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = next(s for s in made_androidxml.samples(tmp_path) if s.name.endswith(".xml"))  # type: ignore[arg-type]
    assert not _limits(androidxml.render(sample.data, "a.xml", Budget()))
    monkeypatch.setattr(androidxml, "_MOST", 2)
    assert any("more than 2 parts" in detail for detail in _limits(androidxml.render(sample.data, "a.xml", Budget())))


def test_more_files_of_a_romfs_than_are_read_are_told(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = next(s for s in made_images.samples(tmp_path) if s.name.endswith(".romfs"))  # type: ignore[arg-type]
    assert not any("more than" in detail for detail in _limits(walk(sample.data, "a.romfs", Budget())))
    monkeypatch.setattr(romfs, "_MOST", 2)
    assert "more than 2 files; the rest was not read" in _limits(walk(sample.data, "a.romfs", Budget()))
