"""Local folders."""

from __future__ import annotations

import inspect
import os
import socket
import sys
from pathlib import Path

import pytest

from sousveil.model import Limit
from sousveil.unpack import FilePath, tree


def _split(root: object, display: str = "") -> tuple[list[FilePath], dict[str, Limit]]:
    found = list(tree(root, display))  # type: ignore[arg-type]
    return [f for f in found if isinstance(f, FilePath)], {x.path: x for x in found if isinstance(x, Limit)}


def test_files_come_sorted_with_sizes(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", "b.txt", "ü", "B"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(name.encode())
    files, limits = _split(tmp_path, "sdk")
    assert [f.display for f in files] == ["sdk/B", "sdk/a", "sdk/b/1", "sdk/b/2", "sdk/b.txt", "sdk/ü"]
    assert all(Path(f.path).read_bytes().decode() == f.display.removeprefix("sdk/") for f in files)
    assert [f.size for f in files] == [1, 1, 3, 3, 5, 2]
    assert limits == {}
    assert [f.display for f in _split(tmp_path)[0]][:2] == ["B", "a"]


def test_one_file_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert _split(tmp_path / "a")[0] == [FilePath(str(tmp_path / "a"), "a", 1)]
    _, limits = _split(tmp_path / "none")
    assert next(iter(limits.values())).reason == "unreadable"
    assert _split("a\0b")[1]


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d/f").write_bytes(b"x")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"x")
    links = {
        "in": "d",
        "file": "d/f",
        "loop": ".",
        "d/up": "..",
        "dangling": "nowhere",
        "self": "self",
        "out": str(tmp_path / "outside"),
        "device": "/dev/null",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    files, limits = _split(root)
    assert [f.display for f in files] == ["d/f"]
    assert set(limits) == set(links)
    assert {limit.reason for limit in limits.values()} == {"link"}
    assert {name for name, limit in limits.items() if limit.incomplete} == {"out", "device"}
    assert "loop" in limits["loop"].detail
    assert "loop" in limits["d/up"].detail
    assert "loop" not in limits["in"].detail


def test_fifos_sockets_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            made.bind("socket")
        finally:
            os.chdir(here)
        files, limits = _split(tmp_path)
    assert files == []
    assert {name: (limit.reason, limit.incomplete) for name, limit in limits.items()} == {
        "fifo": ("device", False),
        "socket": ("device", False),
    }
    assert _split(tmp_path / "fifo")[1]["fifo"].reason == "device"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "a").chmod(0)
    (tmp_path / "d").mkdir(mode=0)
    try:
        files, limits = _split(tmp_path)
        assert files == []
        assert {name: (limit.reason, limit.incomplete) for name, limit in limits.items()} == {
            "a": ("unreadable", True),
            "d": ("unreadable", True),
        }
    finally:
        (tmp_path / "d").chmod(0o700)


def test_folder_that_vanishes_or_refuses_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "a").write_bytes(b"x")
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("d"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    files, limits = _split(tmp_path)
    assert [f.display for f in files] == ["a"]
    assert (limits["d"].reason, limits["d"].incomplete) == ("unreadable", True)


def test_names_that_deceive_are_shown_escaped_and_still_open(tmp_path: Path) -> None:
    raws = [b"new\nline", b"esc\x1b[2J", b"lone\xed\xa0\x80", b"\xff\xfe", "bidi\u202egnp".encode()]
    for raw in raws:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw)).write_bytes(b"x")
    files, limits = _split(tmp_path)
    assert limits == {}
    assert {f.display for f in files} == {
        "new\\x0aline",
        "esc\\x1b[2J",
        "lone\\xed\\xa0\\x80",
        "\\xff\\xfe",
        "bidi\\u202egnp",
    }
    assert {os.path.basename(f.raw) for f in files} == set(raws)
    for file in files:
        assert Path(file.path).read_bytes() == b"x"


def test_deep_folders_do_not_recurse(tmp_path: Path) -> None:
    here = Path.cwd()
    depth = 250
    os.chdir(tmp_path)
    try:
        for _ in range(depth):
            Path("d").mkdir()
            os.chdir("d")
        Path("leaf").write_bytes(b"x")
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(len(inspect.stack()) + 100)
        try:
            files, limits = _split(tmp_path)
        finally:
            sys.setrecursionlimit(usual)
        Path("leaf").unlink()
    finally:
        for _ in range(depth):  # here, for what cleans up after the tests recurses
            os.chdir("..")
            Path("d").rmdir()
        os.chdir(here)
    assert [f.display for f in files] == ["d/" * depth + "leaf"]
    assert limits == {}
