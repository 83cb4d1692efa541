"""The sources in source maps."""

from __future__ import annotations

import base64
import json

import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, Quotas, sourcemaps


def _read(display: str, data: bytes, budget: Budget | None = None) -> tuple[dict[str, bytes | None], list[Limit]]:
    found = list(sourcemaps(display, data, budget))
    files = {f.path: f.data for f in found if isinstance(f, Entry)}
    return files, [f for f in found if isinstance(f, Limit)]


def _map(**more: object) -> bytes:
    made = {"version": 3, "sources": ["src/x.ts", "src/y.ts"], "sourcesContent": ["let a = '民族'", None], **more}
    return json.dumps(made).encode()


def test_map_file() -> None:
    files, limits = _read("dist/app.js.map", _map(mappings="AAAA", names=[], sourceRoot="/r"))
    assert files == {"dist/app.js.map!/src/x.ts": "let a = '民族'".encode()}
    assert limits == []
    assert _read("app.js.map", b")]}'\n" + _map())[0] == {"app.js.map!/src/x.ts": "let a = '民族'".encode()}


def test_map_with_sections() -> None:
    inner = json.loads(_map())
    made = {"version": 3, "sections": [{"offset": {"line": 0, "column": 0}, "map": inner}, {"url": "x"}, 7]}
    files, limits = _read("app.js.map", json.dumps(made).encode())
    assert list(files) == ["app.js.map!/src/x.ts"]
    assert limits == []


@pytest.mark.parametrize(
    "mark", [b"//# sourceMappingURL=%s\n", b"//@ sourceMappingURL=%s", b"/*# sourceMappingURL=%s */"]
)
def test_map_inside_code(mark: bytes) -> None:
    url = b"data:application/json;charset=utf-8;base64," + base64.b64encode(_map())
    files, limits = _read("app.min.js", b"var a=1;" + mark % url)
    assert files == {"app.min.js!/src/x.ts": "let a = '民族'".encode()}
    assert limits == []
    assert _read("app.min.js", b"var a=1;//# sourceMappingURL=app.js.map") == ({}, [])
    assert _read("app.bin", b"var a=1;" + mark % url) == ({}, [])


def test_map_in_percent_escapes() -> None:
    from urllib.parse import quote

    url = b"data:application/json," + quote(_map()).encode()
    assert list(_read("a.css", b"/*# sourceMappingURL=" + url + b" */")[0]) == ["a.css!/src/x.ts"]


def test_names_are_shown_never_used() -> None:
    names = ["../../etc/passwd", "/abs", "webpack:///./src/x.js", "a\u202eb", "", None, "x", "x"]
    files, limits = _read("a.map", _map(sources=names, sourcesContent=["c"] * 9))
    assert set(files) == {
        "a.map!/../../etc/passwd",
        "a.map!//abs",
        "a.map!/webpack:///./src/x.js",
        "a.map!/a\\u202eb",
        "a.map!/[source 4]",
        "a.map!/[source 5]",
        "a.map!/[source 8]",
        "a.map!/x",
    }
    assert {(limit.path, limit.reason) for limit in limits} == {
        ("a.map!//abs", "unsafe-name"),
        ("a.map!/x", "duplicate"),
    }
    assert not any(limit.incomplete for limit in limits)


@pytest.mark.parametrize(
    "data",
    [
        b'{"sourcesContent": [',
        b'{"sourcesContent": 5}',
        b'{"sources": {}, "sourcesContent": []}',
        b'"sourcesContent"',
        b'{"sourcesContent": ["\\ud800"]}',
        b'{"sections": ' + b"[" * 100_000 + b', "sourcesContent"',
        b'\xff\xfe"sourcesContent"',
    ],
)
def test_broken_map_is_a_limit_or_read(data: bytes) -> None:
    files, limits = _read("a.map", data)
    assert files or [limit.reason for limit in limits] == ["broken"]


def test_other_files_are_none() -> None:
    assert _read("a.map", b"the map of the town") == ({}, [])
    assert _read("a.js", b"var sourcesContent = 1") == ({}, [])
    assert _read("a.map", _map(sourcesContent=None)) == ({}, [])


def test_code_that_writes_maps_holds_none() -> None:
    code = b'u = "sourceMappingURL=data:application/json;base64,"+s; v = "sourceMappingURL=data:text/plain,(.*)"; '
    assert _read("a.js", code) == ({}, [])
    body = base64.b64encode(_map(sources=["x"], sourcesContent=["c"]))
    files, _ = _read("a.js", code + b"\n//# sourceMappingURL=data:application/json;base64," + body)
    assert set(files) == {"a.js!/x"}


def test_inline_map_that_does_not_decode() -> None:
    _, limits = _read("a.js", b"//# sourceMappingURL=data:application/json;base64,A")
    assert [limit.reason for limit in limits] == ["broken"]


def test_quotas_hold() -> None:
    data = _map(sources=[str(n) for n in range(100)], sourcesContent=["c" * 10] * 100)
    files, limits = _read("a.map", data, Budget(Quotas(max_files=10)))
    assert len(files) == 10
    assert [limit.reason for limit in limits] == ["quota"]
    files, limits = _read("a.map", data, Budget(Quotas(max_bytes=55)))
    assert len(files) == 5
    assert "--max-bytes 55" in limits[0].detail
