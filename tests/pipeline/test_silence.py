"""One number of a sample damaged, so that what it holds is lost: the report says so (benchmarks/fuzz/silence.py)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

import sousveil


def _put(at: int, raw: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + raw + data[at + len(raw) :]


def _instead(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    assert len(old) == len(new)
    return lambda data: data.replace(old, new)


@pytest.mark.parametrize(
    ("maker", "end", "damage"),
    [
        pytest.param("containers", "sdk.tar.gz", _put(1, b"\x83"), id="a packed file without its mark"),
        pytest.param("documents", "manual.pdf", _put(2, b"T"), id="a manual without its mark"),
        pytest.param("documents", "manual.eml", _put(0, b"\x01"), id="a letter that begins with no field"),
        pytest.param("notebook", "train.ipynb", _put(11, b"0"), id="a notebook that is no JSON"),
        pytest.param("images", "fat12.img", _put(14, b"\x05"), id="tables elsewhere"),
        pytest.param("images", "fat12.img", _put(17, b"\x01"), id="half a sector of a folder"),
        pytest.param("images", "in.itb", _put(12, b"\xff"), id="names outside of the tree"),
        pytest.param("images", "in.itb", _put(8, b"\x7f"), id="a tree outside of the file"),
        pytest.param("images", "sdk.trx", _put(14, b"\0"), id="an image of no known version"),
        pytest.param("androidxml", "face_search.xml", _put(9, b"\x01"), id="strings of an unknown kind"),
        pytest.param("models", "face.tflite", _put(0, b"\xff"), id="a root outside of the model"),
        pytest.param("databases", ".arrow", _put(0x99, b"\x80"), id="a name longer than the file"),
        pytest.param("dwarf", "c.so.debug", _instead(b".debug_str\0", b".debug_stX\0"), id="unknown section"),
        pytest.param("dwarf", "cpp.so", _put(4, b"\x0a"), id="a program of no known class"),
    ],
)  # fmt: skip
def test_what_is_lost_is_said(maker: str, end: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    made = importlib.import_module(f"made_{maker}").samples(tmp_path / "made")
    sample = next(s for s in made if s.name.endswith(end) and not s.twin)
    file = tmp_path / Path(sample.name).name
    file.write_bytes(sample.data)
    sound = sousveil.scan(file)
    assert sound.verdict == "profiles" and not sound.limits
    damaged = damage(sample.data)
    assert damaged != sample.data
    file.write_bytes(damaged)
    assert sousveil.scan(file).limits


def test_a_text_called_so_is_read_as_the_text_it_is(tmp_path: Path) -> None:
    (tmp_path / "list.zip").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "empty.pdf").write_bytes(b"")
    assert not sousveil.scan(tmp_path).limits
