"""Caches, literals, forks."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from sousveil.match import engine, store
from sousveil.match.database import Matcher, find_literals
from sousveil.match.lexicon import load
from sousveil.match.schema import read_all

SMALL = {
    "company.yaml": b"distance: 1500\nwords: {en: [face]}\n",
    "sources.yaml": b'book: "A book"\n',
    "uyghur.yaml": (
        b"concept: uyghur\ntrait: ethnicity\nrole: group\ngloss: Uyghur people\n"
        b"terms: [{text: Uyghur, language: en, strength: certain, source: book}]\n"
    ),
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    top = tmp_path / "lexicon"
    top.mkdir()
    for name, text in SMALL.items():
        (top / name).write_bytes(text)
    return top


def test_the_second_run_reads_the_cache(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    first = Matcher(load(small, cache), cache)
    assert first.match(b"uyghur")
    monkeypatch.setattr(engine, "compile_patterns", lambda patterns: pytest.fail("compiled again"))
    second = Matcher(load(small, cache), cache)
    assert second.match(b"uyghur") == first.match(b"uyghur")


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_cache_is_made_again(small: Path, tmp_path: Path, damage: bytes | None) -> None:
    cache = tmp_path / "cache"
    found = Matcher(load(small, cache), cache).match(b"uyghur")
    assert [(hit.offset, hit.length) for hit in found] == [(0, 6)]
    names = list(cache.iterdir())
    assert len(names) == 7
    for path in names:
        raw = path.read_bytes()
        path.write_bytes(damage if damage is not None else raw[:-1] + bytes([raw[-1] ^ 1]))
    assert Matcher(load(small, cache), cache).match(b"uyghur") == found
    assert all(store.get(cache, path.name) is not None for path in names)


def test_a_whole_entry_of_something_else_is_no_database(small: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    found = Matcher(load(small, cache), cache).match(b"uyghur")
    for path in cache.iterdir():
        store.put(cache, path.name, b"whole, but no database")
    assert Matcher(load(small, cache), cache).match(b"uyghur") == found != []


def test_a_cache_that_cannot_be_written_costs_time_only(small: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    assert Matcher(load(small, blocked), blocked).match(b"uyghur")
    assert not store.put(blocked, "x", b"y")
    assert store.get(blocked, "x") is None
    assert list(tmp_path.glob(".*")) == []


def test_a_changed_lexicon_is_noticed(small: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert not Matcher(load(small, cache), cache).match(b"tibetan")
    text = SMALL["uyghur.yaml"].replace(b"text: Uyghur", b"text: Tibetan")
    (small / "uyghur.yaml").write_bytes(text)
    assert Matcher(load(small, cache), cache).match(b"tibetan")


def test_the_key_tells_lexicons_apart() -> None:
    one = read_all(SMALL).key
    assert one == read_all(dict(reversed(SMALL.items()))).key
    assert one != read_all({**SMALL, "company.yaml": SMALL["company.yaml"] + b"# x\n"}).key


def test_threads_share_a_matcher(matcher: Matcher) -> None:
    data = ("gender race 民族 " * 200).encode()
    want = matcher.match(data)
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(matcher.match(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [want] * 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_may_fork_with_a_matcher(matcher: Matcher) -> None:
    matcher.match(b"uyghur")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if matcher.match("维族".encode()) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_literals_are_whole_identifiers() -> None:
    data = b"EM_NATION_TYPE emNation; // EM_NATION_TYPE_X MyEM_NATION_TYPE\nNET_FACE* p = (EM_NATION_TYPE)1"
    assert find_literals(data, ["EM_NATION_TYPE", "NET_FACE"]) == [(0, 0), (1, 62), (0, 77)]
    assert find_literals(data, []) == []
    assert find_literals(data, [""]) == []
    assert find_literals(b"EM", ["EM"]) == [(0, 0)]
    assert find_literals(b"(a.b+c)", ["a.b+c"]) == [(0, 1)]


def test_literals_in_other_encodings() -> None:
    assert find_literals("枚举 EM_X = 民族".encode("gb18030"), ["EM_X"]) == [(0, 5)]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = "\ufeffclass EM_X : MY_EM_X, EM_X"
        places = find_literals(text.encode(encoding), ["EM_X"])
        assert places == [(0, 2 * text.index("EM_X")), (0, 2 * text.rindex("EM_X"))]


def test_many_literals_end() -> None:
    assert len(find_literals(b"EM_X " * 100_000, ["EM_X"])) == 20_000
