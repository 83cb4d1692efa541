"""A zip whose directory points nowhere once gave its own bytes back as a zip, sixteen deep and twice a level."""

from __future__ import annotations

import io
import struct
import zipfile

from sousveil.unpack import Entry, walk


def pointing_nowhere(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for i in range(count):
            file.writestr(f"data{i}", b"int a;")
    data = bytearray(out.getvalue())
    at = data.find(b"PK\x01\x02")
    directory = bytes(data[at:])
    nowhere = bytearray(directory)
    step = 0
    for i in range(count):
        step = nowhere.find(b"PK\x01\x02", step)
        struct.pack_into("<L", nowhere, step + 42, (1 << 31) + 1000 * i)
        step += 4
    return bytes(200) + bytes(nowhere)


def test_leftover_bytes_are_not_opened_over_and_over() -> None:
    found = list(walk(pointing_nowhere(3), "a.zip"))
    assert len(found) < 60


def test_a_zip_in_the_bytes_that_a_zip_does_not_account_for_is_opened() -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("hidden.h", b"int emNation;")
    outer = io.BytesIO()
    outer.write(inner.getvalue())
    with zipfile.ZipFile(outer, "a") as file:
        file.writestr("shown.h", b"int a;")
    names = [e.path for e in walk(outer.getvalue(), "a.zip") if isinstance(e, Entry)]
    assert any(name.endswith("hidden.h") for name in names)
