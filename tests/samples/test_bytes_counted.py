"""The line on coverage is true: of every sample each byte is counted once, as it is counted here without its help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import kit
import matrix
import pytest

from sousveil import unpack
from sousveil.model import Limit
from sousveil.unpack import Budget, Entry
from sousveil.work.station import PASSING

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "fuzz"))


def files(entries: Iterator[Entry | Limit]) -> Iterator[tuple[Entry, bytes]]:
    for one in entries:
        if isinstance(one, Entry):
            yield one, b"".join(one.chunks())


def counted(name: str, data: bytes) -> int:
    """Return the bytes of a file that is none of a container, or of those that lie in it."""
    if unpack.is_container(data, name, data[-unpack.TAIL :]) is None:
        return len(data) + inside(name, data)
    return sum(len(d) + (0 if e.document else inside(e.path, d)) for e, d in files(unpack.walk(data, name)))


def inside(name: str, data: bytes) -> int:
    """Return the bytes of files that lie in another that is no container: attachments, packed parts, sources."""
    total = 0
    renderer = unpack.renderer_of(data[: unpack.HEAD], name)
    if renderer is not None and unpack.has(renderer, data):
        total += sum(counted(e.path, d) for e, d in files(unpack.render(renderer, data, name, Budget())) if e.inside)
    if unpack.has_sourcemap(name, data):
        total += sum(len(d) for _, d in files(unpack.sourcemaps(name, data, Budget())))
    return total


@pytest.mark.skipif(not PASSING, reason="files are handed to workers as descriptors")
def test_every_byte_of_every_sample_is_counted_once(tmp_path: Path) -> None:
    from driver import Driver  # type: ignore[import-not-found]  # benchmarks/fuzz

    samples: list[tuple[str, bytes]] = []
    for maker in kit.makers():
        try:
            made = matrix.load(maker).samples(tmp_path / maker.stem)
            samples += [(Path(sample.name).name, sample.data) for sample in made]
        except pytest.skip.Exception:
            continue
    driver = Driver(2, 60)
    wrong = []
    try:
        for outcome in driver.run(samples):
            # What was made of a file is counted with it.
            told = sum(size for kind, size in outcome.coverage.items() if kind != "rendered")
            if told != (true := counted(outcome.name, outcome.data)) or "closed" in outcome.coverage:
                wrong.append(f"{outcome.name}: {true} bytes, told are {outcome.coverage}")
    finally:
        driver.close()
    assert len(samples) > 200
    assert not wrong, "\n".join(wrong)
