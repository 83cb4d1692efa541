"""A scan that reads small files together says the same as one that reads each by itself."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import sousveil
from sousveil.match.together import Together
from sousveil.unpack import source
from sousveil.work import jobs


def _product(top: Path) -> Path:
    files: dict[str, bytes] = {
        "plain.c": b"int f(int x) { return x; }\n",
        "sdk.h": "typedef enum { EM_NATION_HAN, // 汉族\n EM_NATION_UYGUR, // 维族\n } EM_NATION_TYPE;\n".encode(),
        "face.h": b"struct FaceResult { int age; int glasses; EM_NATION_TYPE emNation; };\n",
        "README.md": b"# An SDK\n\nDetects faces and their attributes.\n",
        "race.onnx": b"\x08\x07\x12\x04test",
        "uyghur_model.txt": b"nothing in it",
        "empty.c": b"",
        "binary.bin": bytes(range(256)) * 4,
        "notes": b"the last line without an end: race",
        "next.txt": b"nothing",
        "page.html": b"<html><body><p>hello</p></body></html>",
        "old.pkl": b"(dp0\nVasian\np1\nI1\ns.",
        "big.txt": b"line\n" * 100_000,
        "archive.tar": b"",
        "caf\xe9.txt".encode("latin-1").decode("latin-1"): b"caf\xe9",
    }
    for number in range(300):
        files[f"many/f{number}.c"] = b"int x = %d;\n" % number + (b"// race of the face\n" if number % 50 == 0 else b"")
    for name, data in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return top


def test_the_report_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = _product(tmp_path / "product")
    fast = sousveil.scan(str(product))
    monkeypatch.setattr(Together, "take", lambda self, *rest: False)
    slow = sousveil.scan(str(product))
    assert fast.findings
    assert msgspec.json.encode(fast.findings) == msgspec.json.encode(slow.findings)
    assert (fast.verdict, fast.explained, fast.limits, fast.artifacts) == (
        slow.verdict, slow.explained, slow.limits, slow.artifacts,
    )  # fmt: skip


def test_files_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sousveil.unpack import Quotas
    from sousveil.work.feed import Feed
    from sousveil.work.station import Station

    alone: list[str] = []
    local = jobs._Surveyor._local

    def note(self: jobs._Surveyor, descriptor: int, index: int, display: str, data: bytes, size: int):  # type: ignore[no-untyped-def]
        alone.append(display)
        return local(self, descriptor, index, display, data, size)

    monkeypatch.setattr(jobs._Surveyor, "_local", note)
    monkeypatch.setattr(source, "_scratch", None)
    product = _product(tmp_path / "product")
    station = Station(1, None)
    station.enter()
    try:
        feed = Feed(1, Quotas(), set(), False)
        for job in feed.surveys(iter([(product, "")])):
            handed, files = feed.hand(job)
            station.files = list(files)
            list(jobs.work(station, handed))
    finally:
        station.close()
    assert "sdk.h" in alone and "README.md" in alone and "uyghur_model.txt" in alone and "binary.bin" in alone
    assert not {"plain.c", "next.txt", "many/f1.c"} & set(alone)


def test_a_large_image_in_a_folder_is_a_job_that_workers_share(tmp_path: Path) -> None:
    """Whatever it is called: ``firmware.bin`` is a plain name, and no text's."""
    from sousveil.unpack import Quotas
    from sousveil.work.feed import LARGE, Feed

    names = ["a.c", "firmware", "firmware.bin", "z.c"]
    for name in names:
        with (tmp_path / name).open("wb") as file:
            file.truncate(LARGE + 1 if name.startswith("firmware") else 10)
    jobs = list(Feed(2, Quotas(), set(), False).surveys(iter([(tmp_path, "")])))
    assert sorted((job.displays, job.shares) for job in jobs) == [
        (("a.c", "z.c"), 1),
        (("firmware",), 2),
        (("firmware.bin",), 2),
    ]
