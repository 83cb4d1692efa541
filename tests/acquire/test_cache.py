from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.acquire import AcquireError, cache
from sousveil.acquire.cache import Cache, Chunks, Record, RecordedFile, Source, TooLong, clean_digests, default_root

DATA = b"package" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
SHA512 = hashlib.sha512(DATA).hexdigest()


def source(*pieces: bytes | BaseException, length: int | None = None) -> Source:
    @contextmanager
    def opened() -> Iterator[Chunks]:
        def chunks() -> Iterator[bytes]:
            for piece in pieces:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece

        yield length, chunks()

    return opened


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


@pytest.mark.parametrize("digests", [{"sha256": SHA256}, {"sha512": SHA512}, {"sha256": SHA256, "sha512": SHA512}, {}])
def test_what_was_added_is_found_by_its_digest(tmp_path: Path, digests: dict[str, str]) -> None:
    store = Cache(tmp_path)
    assert digests == {} or store.find("a-1.whl", digests) is None
    added = store.add("a-1.whl", digests, source(DATA[:10], DATA[10:]), None)
    assert (added.path.read_bytes(), added.sha256, added.size) == (DATA, SHA256, len(DATA))
    assert added.path.suffix == ".whl"
    assert Cache(tmp_path).find("a-1.whl", digests or {"sha256": SHA256}) == added
    assert parts(tmp_path) == []


def test_a_wrong_digest_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AcquireError, match=f"wrong digest.*{SHA256}"):
        Cache(tmp_path / "c").add("a.whl", {"sha256": SHA256}, source(DATA[:-1]), None)
    assert [p for p in (tmp_path / "c").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("broken", [b"", DATA[:-1], DATA + b"x", b"x" * len(DATA)])
def test_a_broken_entry_is_noticed_and_replaced(tmp_path: Path, broken: bytes) -> None:
    store = Cache(tmp_path)
    path = store.add("a.whl", {"sha256": SHA256}, source(DATA), None).path
    path.write_bytes(broken)
    assert store.find("a.whl", {"sha256": SHA256}) is None
    assert store.add("a.whl", {"sha256": SHA256}, source(DATA), None).path.read_bytes() == DATA


def test_an_entry_that_is_a_pipe_or_folder_is_no_entry(tmp_path: Path) -> None:
    store = Cache(tmp_path)
    path = store.add("a.whl", {"sha256": SHA256}, source(DATA), None).path
    path.unlink()
    path.mkdir()
    assert store.find("a.whl", {"sha256": SHA256}) is None
    path.rmdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert store.find("a.whl", {"sha256": SHA256}) is None


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), AcquireError("the registry failed"), SystemExit(1)])
def test_whatever_ends_a_download_leaves_no_part(tmp_path: Path, stop: BaseException) -> None:
    with pytest.raises(type(stop)):
        Cache(tmp_path / "c").add("a.whl", {"sha256": SHA256}, source(DATA[:10], stop), None)
    assert [p for p in (tmp_path / "c").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("length", [None, len(DATA)])
def test_too_long_a_file_is_not_kept(tmp_path: Path, length: int | None) -> None:
    with pytest.raises(TooLong, match="--max-bytes"):
        Cache(tmp_path / "c").add("a.whl", {}, source(DATA, length=length), len(DATA) - 1)
    assert [p for p in (tmp_path / "c").rglob("*") if p.is_file()] == []
    assert Cache(tmp_path).add("a.whl", {}, source(DATA, length=length), len(DATA)).size == len(DATA)


def test_runs_side_by_side_do_not_disturb_each_other(tmp_path: Path) -> None:
    def run(_: int) -> bytes:
        store = Cache(tmp_path)
        found = store.find("a.whl", {"sha256": SHA256})
        return (
            found
            or store.add("a.whl", {"sha256": SHA256}, source(*[DATA[i : i + 7] for i in range(0, len(DATA), 7)]), None)
        ).path.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(run, range(32))) == {DATA}
    assert parts(tmp_path) == []


def test_a_cache_that_cannot_be_written_falls_back_and_says_so(
    tmp_path: Path, leftovers: Callable[[], list[Path]]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Cache(tmp_path / "file" / "cache")
    stored = store.add("a.whl", {"sha256": SHA256}, source(DATA), None)
    assert stored.path.read_bytes() == DATA
    assert stored.path.is_relative_to(store.temporary[0])
    assert len(store.notes) == 1 and "cannot be written" in store.notes[0]
    store.add("b.whl", {}, source(b"other"), None)
    assert len(store.notes) == len(store.temporary) == 1
    from sousveil.acquire.scratch import remove

    remove(store.temporary[0])
    assert leftovers() == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_falls_back_and_then_is_a_clear_error(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, []

    def failing(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    store = Cache(tmp_path / "c")
    assert store.add("a.whl", {"sha256": SHA256}, source(DATA), None).path.read_bytes() == DATA
    assert os.strerror(number) in store.notes[0]

    def always(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", always)
    with pytest.raises(AcquireError, match=r"no place to keep it.*SOUSVEIL_CACHE"):
        store.add("b.whl", {}, source(b"other"), None)
    assert parts(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_full_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def full(self: Path, mode: str = "r", *more: Any, **others: Any) -> Any:
        if mode == "xb" and self.is_relative_to(tmp_path / "c"):
            real(self, mode).close()
            return open("/dev/full", "wb")
        return real(self, mode, *more, **others)

    monkeypatch.setattr(Path, "open", full)
    store = Cache(tmp_path / "c")
    for data in (b"short", b"long" * 100_000):
        assert store.add("a.whl", {}, source(data), None).path.read_bytes() == data
    assert os.strerror(errno.ENOSPC) in store.notes[0]
    assert [p for p in (tmp_path / "c").rglob("*") if p.is_file()] == []


def test_parts_of_killed_runs_go_after_a_day(tmp_path: Path) -> None:
    store = Cache(tmp_path)
    folder = store.add("a.whl", {"sha256": SHA256}, source(DATA), None).path.parent
    old, new = folder / "download.1-a.part", folder / "download.2-b.part"
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (time.time() - 100_000,) * 2)
    store.add("a.whl", {"sha256": SHA256}, source(DATA), None)
    assert not old.exists() and new.exists()


@given(name=st.text(max_size=80), data=st.binary(max_size=50))
def test_no_name_leads_out_of_the_cache(tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes) -> None:
    root = tmp_path_factory.mktemp("cache")
    path = Cache(root).add(name + "../../x.tar.gz", {}, source(data), None).path
    assert path.resolve().is_relative_to(root.resolve())
    assert path.name == hashlib.sha256(data).hexdigest() + ".tar.gz"


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ({"sha256": SHA256.upper(), "md5": "0" * 32}, {"sha256": SHA256}),
        ({"sha1": "0" * 40, "md5": "1" * 32}, {"sha1": "0" * 40, "md5": "1" * 32}),
        ({"sha256": "../../etc/passwd"}, {}),
        ({"sha256": "٠" * 64}, {}),
        ({"sha256": SHA256[:-1]}, {}),
        ({"blake2b": "0" * 128, "shake_128": "00"}, {}),
        ({}, {}),
    ],
)
def test_only_digests_that_can_be_checked_count(named: dict[str, str], kept: dict[str, str]) -> None:
    assert clean_digests(named) == kept


RECORD = Record(1.0, "pkg:pypi/a@1", (RecordedFile("a.whl", {"sha256": SHA256}, SHA256, 7),), ("a note",))
KEY: dict[str, object] = {"kind": "pypi", "name": "a"}


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    Cache(tmp_path).remember(KEY, RECORD)
    assert Cache(tmp_path).record(KEY) == RECORD
    assert Cache(tmp_path).record({**KEY, "name": "b"}) is None
    assert parts(tmp_path) == []


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"when":"x"}', b"\xff\xfe", b"[" * 100_000])
def test_a_broken_record_is_no_record(tmp_path: Path, broken: bytes) -> None:
    Cache(tmp_path).remember(KEY, RECORD)
    next((tmp_path / "records").iterdir()).write_bytes(broken)
    assert Cache(tmp_path).record(KEY) is None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes of POSIX systems")
@pytest.mark.parametrize("folder", [True, False])
def test_a_record_that_others_can_have_written_is_no_record(tmp_path: Path, folder: bool) -> None:
    Cache(tmp_path).remember(KEY, RECORD)
    record = next((tmp_path / "records").iterdir())
    (record.parent if folder else record).chmod(0o777)
    assert Cache(tmp_path).record(KEY) is None


def test_a_record_that_cannot_be_kept_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "records").write_bytes(b"")
    Cache(tmp_path).remember(KEY, RECORD)
    assert Cache(tmp_path).record(KEY) is None


def test_the_cache_lies_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUSVEIL_CACHE", str(tmp_path / "own"))
    assert default_root() == tmp_path / "own"
    monkeypatch.delenv("SOUSVEIL_CACHE")
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_root() == tmp_path / "sousveil"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_root() == Path.home() / ".cache" / "sousveil"
