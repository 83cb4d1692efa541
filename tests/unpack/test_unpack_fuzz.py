"""Damage of every kind to every format: entries and limits come, nothing else, and nothing is written."""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, Quotas, is_container, shown, sourcemaps, walk

FORMS = (
    "zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "tar.lz4", "tar.lz", "tar.Z", "gz", "lzma",
    "7z", "iso", "cpio", "ar", "cab", "rar", "rar4", "lha", "rpm", "deb",
)  # fmt: skip

written: list[str] = []
watching = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not watching:
        return
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & writes:
        temporary = getattr(os, "O_TMPFILE", 0)
        if not (temporary and arguments[2] & temporary == temporary):
            written.append(str(arguments[0]))
    elif event in ("os.mkdir", "os.rename", "os.symlink", "os.link", "os.system", "subprocess.Popen", "os.exec"):
        written.append(f"{event} {arguments}")


sys.addaudithook(_watch)


@cache
def _sample(form: str) -> bytes:
    return bytes(SAMPLES.of(form))


SAMPLES = SimpleNamespace()


@pytest.fixture(autouse=True, scope="module")
def _samples(pack: SimpleNamespace) -> None:
    SAMPLES.of = pack.of
    for form in FORMS:
        _sample(form)


@st.composite
def damaged(draw: st.DrawFn, form: str) -> bytes:
    data = bytearray(_sample(form))
    for _ in range(draw(st.integers(1, 4))):
        # Most of an image is padding; what matters lies near the beginning and the end.
        low, high = draw(st.sampled_from([(0, 64), (0, 600), (len(data) - 200, len(data)), (0, len(data))]))
        at = min(max(0, draw(st.integers(low, high))), max(0, len(data) - 1))
        kind = draw(st.sampled_from(["flip", "set", "number", "cut", "insert", "repeat", "remove"]))
        if not data:
            break
        if kind == "flip":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set":
            data[at : at + 4] = draw(st.sampled_from([b"\0", b"\xff"])) * 4
        elif kind == "number":
            width = draw(st.sampled_from([2, 4, 8]))
            value = draw(st.sampled_from([0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 1 << 31, (1 << 32) - 1, 1 << 62]))
            data[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        elif kind == "cut":
            del data[at:]
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=20))
        elif kind == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 700))]
        else:
            del data[at : at + draw(st.integers(1, 700))]
    return bytes(data)


def _check(data: bytes, name: str, in_memory: int) -> None:
    global watching
    watching = True
    written.clear()
    try:
        _walk(data, name, in_memory)
    finally:
        watching = False
    assert written == []


def _walk(data: bytes, name: str, in_memory: int) -> None:
    started = time.monotonic()
    budget = Budget(Quotas(max_bytes=200 << 20, max_files=10_000))
    entries = 0
    total = 0
    for found in walk(data, name, budget, in_memory=in_memory, deadline=started + 5):
        if isinstance(found, Limit):
            assert found.reason
            assert found.path.startswith(name)
            assert shown(found.path) == found.path
            assert len(found.detail) < 400
            continue
        assert isinstance(found, Entry)
        entries += 1
        assert found.path.startswith(name)
        size = sum(map(len, found.chunks()))
        total += size
        assert found.size == size
        if found.path == name:
            assert size == len(data)
    assert total <= 201 << 20
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("form", FORMS)
def test_damage_is_survived(form: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(form), st.sampled_from([64 << 20, 300]))
    def run(data: bytes, in_memory: int) -> None:
        _check(data, f"x.{form}", in_memory)

    run()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(FORMS), st.binary(max_size=300))
def test_noise_behind_a_magic_is_survived(form: str, noise: bytes) -> None:
    _check(_sample(form)[:10] + noise, "x", 64 << 20)


@given(st.binary(max_size=600), st.text(max_size=20))
def test_any_bytes_have_a_format_or_none(data: bytes, name: str) -> None:
    assert is_container(data, name) is None or isinstance(is_container(data, name), str)


@settings(max_examples=50, deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(
    st.sampled_from(["version", "sources", "sourcesContent", "sections", "map", "x"]), v
)))  # fmt: skip
def test_any_json_is_a_source_map_or_none(value: object) -> None:
    import json

    for found in sourcemaps("a.map", json.dumps(value).encode()):
        assert isinstance(found, Entry | Limit)
