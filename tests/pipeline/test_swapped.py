"""What becomes a link between the listing of a folder and the opening of a file leads nowhere, and is a limit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sousveil
from sousveil.cli import search
from sousveil.evidence import pack
from sousveil.evidence.pack import Sums
from sousveil.model import Limit, Verdict
from sousveil.unpack import FilePath, tree
from sousveil.work import feed

ENUMERATION = "typedef enum { FACE_RACE_UYGHUR, FACE_RACE_HAN, FACE_RACE_OTHER } FACE_RACE;\n"


def file_by_link(product: Path, outside: Path) -> None:
    (product / "sdk/face.h").unlink()
    (product / "sdk/face.h").symlink_to(outside / "face.h")


def folder_by_link(product: Path, outside: Path) -> None:
    (product / "sdk").rename(product / "aside")
    (product / "sdk").symlink_to(outside)


def file_by_pipe(product: Path, outside: Path) -> None:
    (product / "sdk/face.h").unlink()
    os.mkfifo(product / "sdk/face.h")


SWAPS = [(file_by_link, "link", "symbolic link"), (folder_by_link, "link", "symbolic link")]
SWAPS += [(file_by_pipe, "unreadable", "a FIFO")]
Swap = Callable[[Path, Path], None]


@pytest.fixture
def product(tmp_path: Path) -> Path:
    for name in ("product/sdk", "outside"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "face.h").write_text(ENUMERATION)
    return tmp_path / "product"


def swapping(swap: Swap, product: Path) -> Callable[..., Iterator[FilePath | Limit]]:
    def listed(path: Path, **more: bool) -> Iterator[FilePath | Limit]:
        found = list(tree(path, **more))
        swap(product, product.parent / "outside")
        yield from found

    return listed


@pytest.mark.parametrize(("swap", "reason", "detail"), SWAPS)
def test_in_a_scan(product: Path, swap: Swap, reason: str, detail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sousveil.scan(product).verdict is Verdict.PROFILES
    monkeypatch.setattr(feed, "tree", swapping(swap, product))
    report = sousveil.scan(product)
    assert report.verdict is Verdict.CLEAR and not report.complete
    (limit,) = report.limits
    assert (limit.path, limit.reason) == ("sdk/face.h", reason)
    assert detail in limit.detail and "put in its place" in limit.detail


@pytest.mark.parametrize(("swap", "reason", "detail"), SWAPS)
def test_where_digests_are_kept(
    product: Path, swap: Swap, reason: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "tree", swapping(swap, product))
    sums = Sums(product, pack.now())
    sums.take()
    assert sums.short == []
    assert [detail in left for left in sums.left] == [True]


@pytest.mark.parametrize(("swap", "reason", "detail"), SWAPS)
def test_in_a_search_for_words(
    product: Path,
    swap: Swap,
    reason: str,
    detail: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(search, "tree", swapping(swap, product))
    assert search.search(product, None) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert detail in err


def test_what_is_named_may_be_a_link(product: Path, tmp_path: Path) -> None:
    for name, target in (("folder", product), ("file.h", product / "sdk/face.h")):
        (tmp_path / name).symlink_to(target)
        report = sousveil.scan(tmp_path / name)
        assert report.verdict is Verdict.PROFILES and report.limits == ()


def test_a_file_put_in_place_of_another_is_read(product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program does that writes a file anew and renames it."""

    def renewed(product: Path, outside: Path) -> None:
        if (outside / "face.h").exists():  # a second search lists the folder again
            (outside / "face.h").rename(product / "sdk/face.h")

    (product / "sdk/face.h").write_text(" " * len(ENUMERATION))
    monkeypatch.setattr(feed, "tree", swapping(renewed, product))
    assert sousveil.scan(product).verdict is Verdict.PROFILES
