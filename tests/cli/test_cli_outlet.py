from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sousveil.cli.outlet import check, write_whole
from sousveil.cli.start import Refused


def pieces_that_fail() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    write_whole(target, [b"one", b"two"])
    assert target.read_bytes() == b"onetwo"
    assert os.listdir(tmp_path) == ["report.json"]


def test_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, pieces_that_fail())
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["report.json"]


def test_mode_and_link_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(real)
    write_whole(link, [b"new"])
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_has_the_users_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "r", [b"x"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o640


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk() -> None:
    with pytest.raises(Refused, match="No space left"):
        write_whole(Path("/dev/full"), [b"x" * 10])


def test_a_device_is_written_not_replaced() -> None:
    before = os.stat(os.devnull)
    write_whole(Path(os.devnull), [b"x"])
    after = os.stat(os.devnull)
    assert stat.S_ISCHR(after.st_mode) and (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)


def test_refused_before_the_scan(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no folder"):
        check(tmp_path / "missing" / "report.json")
    check(tmp_path / "report.json")
    check(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(Refused, match="cannot be written"):
        check(closed / "report.json")
