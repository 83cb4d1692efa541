from __future__ import annotations

import hashlib
import json
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sousveil.acquire import AcquireError, acquire, cache

PY = f"cp{sys.version_info[0]}{sys.version_info[1]}"
HERE = "any"
if sys.platform == "linux":
    HERE = "linux_" + sysconfig.get_platform().partition("-")[2].replace("-", "_")


def names(got: Any) -> list[str]:
    return [i.display for i in got.inputs]


def test_a_wheel_comes_before_the_source_distribution(pip_index: Any) -> None:
    pip_index.pypi("a-b", {"a_b-1.0.tar.gz": b"sdist", "a_b-1.0-py3-none-any.whl": b"wheel"})
    seen: list[tuple[str, int, int | None]] = []
    got = acquire("pypi:A.b==1.0", progress=lambda *a: seen.append(a))
    assert got.name == "pypi:A.b==1.0"
    assert got.purl == "pkg:pypi/a-b@1.0"
    assert names(got) == ["a_b-1.0-py3-none-any.whl"]
    assert got.inputs[0].path.read_bytes() == b"wheel"
    assert got.inputs[0].sha256 == hashlib.sha256(b"wheel").hexdigest()
    assert got.notes == (
        "version 1.0 was asked for",
        "a_b-1.0-py3-none-any.whl was taken: a wheel that fits this platform",
        "not taken: a_b-1.0.tar.gz (--all-files takes all)",
    )
    assert got.limits == got.temporary == ()
    assert seen == [("a_b-1.0-py3-none-any.whl", 5, 5)]


@pytest.mark.parametrize(
    ("files", "taken", "why"),
    [
        ([f"a-1-{PY}-{PY}-win95.whl", f"a-1-cp31-cp31-{HERE}.whl"], f"a-1-cp31-cp31-{HERE}.whl", "another Python"),
        (["a-1-cp31-cp31-win95.whl", "a-1.zip"], "a-1-cp31-cp31-win95.whl", "none fits"),
        ([f"a-1-{PY}-none-any.whl", "a-1-py3-none-any.whl"], f"a-1-{PY}-none-any.whl", "fits this platform"),
        (["a-1.tar.gz", "a-1-py2.7.egg"], "a-1.tar.gz", "source distribution"),
        (["a-1-py2.7.egg", "a-1.win32-py2.7.exe"], "a-1-py2.7.egg", "an egg"),
    ],
)
def test_one_file_is_chosen(pip_index: Any, files: list[str], taken: str, why: str) -> None:
    pip_index.pypi("a", {f: f.encode() for f in files})
    got = acquire("pypi:a==1")
    assert names(got) == [taken]
    assert why in got.notes[1]
    assert all(f in got.notes[2] for f in files if f != taken)


def test_all_files(pip_index: Any) -> None:
    files = {"a-1.tar.gz": b"s", "a-1-py3-none-any.whl": b"w", "a-1.win32-py2.7.exe": b"e", "a-2.tar.gz": b"no"}
    pip_index.pypi("a", files)
    assert names(acquire("pypi:a==1", all_files=True)) == ["a-1-py3-none-any.whl", "a-1.tar.gz", "a-1.win32-py2.7.exe"]


def test_all_files_but_those_too_long(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"short", "a-1-py3-none-any.whl": b"x" * 1000})
    got = acquire("pypi:a==1", all_files=True, max_bytes=100)
    assert names(got) == ["a-1.tar.gz"]
    assert [(limit.path, limit.reason, limit.incomplete) for limit in got.limits] == [
        ("a-1-py3-none-any.whl", "quota", True)
    ]
    with pytest.raises(AcquireError, match="--max-bytes"):
        acquire("pypi:a==1", max_bytes=100)


YANKED = {"yanked": "broken\x1b[31m"}


@pytest.mark.parametrize(
    ("versions", "yanked", "chosen", "why"),
    [
        (["1.0", "1.10", "1.9", "2.0rc1", "2.0.dev1"], [], "1.10", "newest of 5 that is not a pre-release"),
        (["1.0", "2.0"], ["2.0"], "1.0", "newer but pre-release, withdrawn or without a usable file: 2.0"),
        (["1.0a1", "1.0b2"], [], "1.0b2", "there are only pre-releases"),
        (["1.0", "1.1"], ["1.0", "1.1"], "1.1", "withdrawn"),
        (["1.0", "1!0.1"], [], "1!0.1", "newest of 2"),
        (["1.0", "not.a.version"], [], "1.0", "newest of 1"),
    ],
)
def test_the_newest_that_stands(pip_index: Any, versions: list[str], yanked: list[str], chosen: str, why: str) -> None:
    pip_index.pypi("a", {f"a-{v}.tar.gz": v.encode() for v in versions}, **{f"a-{v}.tar.gz": YANKED for v in yanked})
    got = acquire("pypi:a")
    assert got.inputs[0].path.read_bytes() == chosen.encode()
    assert why in got.notes[0] and got.notes[0].startswith(f"no version was named: {chosen} is")


def test_a_withdrawn_version_can_be_named(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"1", "a-2.tar.gz": b"2"}, **{"a-2.tar.gz": YANKED})
    got = acquire("pypi:a==2")
    assert "version 2 was withdrawn (yanked) by its publisher: broken\\x1b[31m" in got.notes


@pytest.mark.parametrize("typed", ["pypi:a==1", "pypi:a==1.0.0", "pypi:a==v1.0", "pkg:pypi/a@1.0"])
def test_versions_are_compared_as_versions(pip_index: Any, typed: str) -> None:
    pip_index.pypi("a", {"a-1.0.tar.gz": b"s", "a-1-py3-none-any.whl": b"w", "a-1.0+cpu.tar.gz": b"no"})
    got = acquire(typed, all_files=True)
    assert got.purl == "pkg:pypi/a@1.0"
    assert names(got) == ["a-1-py3-none-any.whl", "a-1.0.tar.gz"]


def test_a_version_with_a_local_part_is_found_by_its_public_one(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.0+cpu-py3-none-any.whl": b"w"})
    assert acquire("pypi:a==1.0").purl == "pkg:pypi/a@1.0%2Bcpu"


def test_a_version_of_no_rule_can_be_named(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.0-final.tar.gz": b"x", "a-2004d.tar.gz": b"y"})
    assert names(acquire("pypi:a==2004d")) == ["a-2004d.tar.gz"]


def test_a_version_that_does_not_exist(pip_index: Any) -> None:
    pip_index.pypi("a", {f"a-0.{i}.tar.gz": b"x" for i in range(40)})
    with pytest.raises(AcquireError) as caught:
        acquire("pypi:a==0.20.5")
    assert "has no version 0.20.5" in str(caught.value)
    assert "0.19, 0.20, 0.21" in str(caught.value)
    assert "the newest of 40 is 0.39" in str(caught.value)
    assert pip_index.paths() == ["/simple/a/"]


def test_a_name_that_does_not_exist(pip_index: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index" / "deepface").mkdir(parents=True)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", (tmp_path / "index").as_uri())
    with pytest.raises(AcquireError, match=r"no configured index knows.*like it: deepface\.") as caught:
        acquire("pypi:deepfase")
    assert pip_index.url in str(caught.value)


def test_a_misspelt_name_is_compared_with_what_is_known_here(
    pip_index: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_index.pypi("fair-face", {"fair_face-1.0.tar.gz": b"x"})
    with pytest.raises(AcquireError, match=r"Check the spelling\. An index cannot be asked for like names"):
        acquire("pypi:fair-fase")
    acquire("pypi:fair-face==1.0")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "Fair_Faces-2-py3-none-any.whl").write_bytes(b"x")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    with pytest.raises(AcquireError, match=r"like it: fair-face, fair-faces\."):
        acquire("pypi:fair-fase")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "knows a package of this name, or it has no files"),
        ({"a-1.win32-py2.7.exe": b"x"}, "none of its 1 files can be used"),
        ({"other-1.tar.gz": b"x", "rubbish": b"x", "a-1-bad.whl": b"x"}, "no usable file"),
    ],
)
def test_nothing_usable(pip_index: Any, files: dict[str, bytes], says: str) -> None:
    pip_index.pypi("a", files)
    with pytest.raises(AcquireError, match=says):
        acquire("pypi:a")


def test_only_installers_of_a_named_version(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.win32-py2.7.exe": b"x"})
    with pytest.raises(AcquireError, match=r"no wheel and no source distribution.*--all-files"):
        acquire("pypi:a==1")


def test_a_wrong_digest(pip_index: Any, leftovers: Callable[[], list[Path]]) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"true"})
    pip_index.put("/files/a-1.tar.gz", b"fake")
    with pytest.raises(AcquireError, match=r"a-1\.tar\.gz: wrong digest"):
        acquire("pypi:a==1")
    assert leftovers() == []


def test_no_digest_and_a_weak_one_are_said(pip_index: Any) -> None:
    md5 = hashlib.md5(b"x").hexdigest()
    pip_index.pypi(
        "a",
        {"a-1.tar.gz": b"x", "a-2.tar.gz": b"x"},
        **{"a-1.tar.gz": {"hashes": {}}, "a-2.tar.gz": {"hashes": {"md5": md5}}},
    )
    assert any("names no digest" in n for n in acquire("pypi:a==1").notes)
    assert any("weak digest (md5)" in n for n in acquire("pypi:a==2").notes)


def test_an_html_index(pip_index: Any) -> None:
    digest = hashlib.sha256(b"html").hexdigest()
    page = (
        f'<!doctype html><a href="/f/a-1.tar.gz#sha256={digest}" data-yanked="why">a</a><a href="git+https://x/y">v</a>'
    )
    pip_index.put("/simple/a/", page.encode(), "text/html; charset=utf-8")
    pip_index.put("/f/a-1.tar.gz", b"html")
    got = acquire("pypi:a==1")
    assert got.inputs[0].sha256 == digest
    assert any("withdrawn" in n for n in got.notes)


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"<html>Please log in</html>", "text/html", "web page that lists no files"),
        (b"<html>Please log in</html>", "application/vnd.pypi.simple.v1+json", "not a package index"),
        (b"[]", "application/vnd.pypi.simple.v1+json", "not a package index"),
        (b'{"files": [1]}', "application/vnd.pypi.simple.v1+json", "not a package index"),
        (b'{"files": [{"url": 1}]}', "application/vnd.pypi.simple.v1+json", "not a package index"),
        (b"[" * 200_000, "application/vnd.pypi.simple.v1+json", "not a package index"),
        (b"\x00\x01", "image/png", "answers with image/png"),
    ],
)
def test_an_index_that_is_none(pip_index: Any, body: bytes, kind: str, says: str) -> None:
    pip_index.put("/simple/a/", body, kind)
    with pytest.raises(AcquireError, match=says):
        acquire("pypi:a==1")


def test_a_broken_index_beside_one_that_answers(
    pip_index: Any, second_registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x"})
    second_registry.put("/simple/a/", b"", status=500)
    extra = second_registry.url.replace("http://", "http://user:topsecret@")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{extra}/simple http://unprotected.test/simple ftp://x/y")
    got = acquire("pypi:a==1")
    text = " ".join(got.notes)
    assert text.count("an index could not be asked") == 3
    assert "topsecret" not in text and "***@127.0.0.1" in text
    assert "trusted-host" in text
    with pytest.raises(AcquireError, match="could not be looked up") as caught:
        acquire("pypi:b")
    assert "topsecret" not in str(caught.value)
    with pytest.raises(AcquireError, match=r"no version 2.*Not every index could be asked"):
        acquire("pypi:a==2")
    acquire("pypi:a==1")
    assert pip_index.paths().count("/simple/a/") == 3, "an answer with an index missing is not remembered"


def test_credentials_of_an_index_url_and_of_netrc(
    registry: Any, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.pypi("a", {"a-1.tar.gz": b"1", "a-2.tar.gz": b"2"})
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", registry.url.replace("//", "//user:p%40ss@") + "/simple")
    acquire("pypi:a==1")
    assert [h["authorization"] for _, h in registry.asked] == ["Basic dXNlcjpwQHNz"] * 2
    registry.asked.clear()
    monkeypatch.setenv("PIP_INDEX_URL", registry.url + "/simple")
    (own_home / ".netrc").write_text("machine 127.0.0.1 login user password p@ss")
    (own_home / ".netrc").chmod(0o600)
    acquire("pypi:a==2")
    assert [h["authorization"] for _, h in registry.asked] == ["Basic dXNlcjpwQHNz"] * 2


def test_indexes_and_folders_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index dir" / "simple"
    (index / "a").mkdir(parents=True)
    digest = hashlib.sha256(b"from index").hexdigest()
    (tmp_path / "index dir" / "a-1.tar.gz").write_bytes(b"from index")
    (index / "a" / "index.html").write_text(f'<a href="../../a-1.tar.gz#sha256={digest}">x</a>')
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "a-2.tar.gz").write_bytes(b"from folder")
    (wheels / "unrelated-9.tar.gz").write_bytes(b"")
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", index.as_uri())
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    got = acquire("pypi:a", offline=True)
    assert got.inputs[0].path.read_bytes() == b"from folder"
    assert any("names no digest" in n for n in got.notes)
    got = acquire("pypi:a==1", offline=True)
    assert got.inputs[0].path.read_bytes() == b"from index"
    assert not any("digest" in n for n in got.notes)
    with pytest.raises(AcquireError, match="offline"):
        acquire("pypi:b", offline=True)
    (index / "a" / "index.html").write_text(
        '<a href="file://elsewhere/etc/passwd-1.tar.gz">x</a><a href="missing/a-3.tar.gz">x</a>'
    )
    with pytest.raises(AcquireError, match="cannot be read"):
        acquire("pypi:a==3")


def test_no_web_page_may_name_files_of_this_machine(pip_index: Any, tmp_path: Path) -> None:
    (tmp_path / "a-1.tar.gz").write_bytes(b"private")
    pip_index.pypi(
        "a", {"a-1.tar.gz": b"x"}, **{"a-1.tar.gz": {"url": (tmp_path / "a-1.tar.gz").as_uri(), "hashes": {}}}
    )
    with pytest.raises(AcquireError):
        acquire("pypi:a==1")


def test_an_exact_version_needs_no_network_the_second_time(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x", "a-2.tar.gz": b"y"})
    first = acquire("pypi:a==1")
    asked = len(pip_index.asked)
    assert acquire("pypi:a==1") == first
    assert acquire("pypi:a==1", offline=True) == first
    assert len(pip_index.asked) == asked
    acquire("pypi:a")
    assert pip_index.paths()[asked:] == ["/simple/a/", "/files/a-2.tar.gz"], "without a version the index is asked"
    acquire("pypi:a")
    assert pip_index.paths()[asked + 2 :] == ["/simple/a/"], "and the file comes from the cache"


def test_what_is_remembered_is_for_the_same_sources_only(pip_index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x"})
    acquire("pypi:a==1")
    monkeypatch.setenv("PIP_INDEX_URL", f"{pip_index.url}/other/")
    with pytest.raises(AcquireError, match="no configured index"):
        acquire("pypi:a==1")


def test_what_is_remembered_ages(pip_index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x"})
    first = acquire("pypi:a==1")
    later = time.time() + (cache.RECORD_DAYS + 1) * 86_400
    monkeypatch.setattr("sousveil.acquire.remembered.time.time", lambda: later)
    assert acquire("pypi:a==1", offline=True).notes[-1].startswith("the registry was not asked (offline)")
    assert acquire("pypi:a==1") == first
    assert pip_index.paths().count("/simple/a/") == 2


def test_a_damaged_file_is_fetched_again(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x" * 100})
    first = acquire("pypi:a==1")
    first.inputs[0].path.write_bytes(b"y" * 100)
    assert acquire("pypi:a==1").inputs[0].path.read_bytes() == b"x" * 100
    first.inputs[0].path.unlink()
    with pytest.raises(AcquireError, match="offline"):
        acquire("pypi:a==1", offline=True)


def test_a_broken_connection_is_tried_twice(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x" * 100})
    whole = pip_index.answers["/files/a-1.tar.gz"]

    def once(handler: Any) -> None:
        pip_index.answers["/files/a-1.tar.gz"] = whole
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxxx")

    pip_index.answers["/files/a-1.tar.gz"] = once
    assert acquire("pypi:a==1").inputs[0].path.read_bytes() == b"x" * 100


def test_a_cache_that_cannot_be_written(pip_index: Any, tmp_path: Path, leftovers: Callable[[], list[Path]]) -> None:
    (tmp_path / "file").write_bytes(b"")
    pip_index.pypi("a", {"a-1.tar.gz": b"x"})
    with acquire("pypi:a==1", cache=tmp_path / "file" / "x") as got:
        assert got.inputs[0].path.read_bytes() == b"x"
        assert "temporary folder" in got.notes[-1]
    assert not got.inputs[0].path.exists()
    assert leftovers() == []


def test_ctrl_c_leaves_nothing(pip_index: Any, leftovers: Callable[[], list[Path]]) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x" * 100})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        acquire("pypi:a==1", progress=stop)
    assert leftovers() == []


def test_file_and_checksum_of_a_package_url(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"s", "a-1-py3-none-any.whl": b"w"})
    digest = hashlib.sha256(b"s").hexdigest()
    got = acquire(f"pkg:pypi/a@1?file_name=a-1.tar.gz&checksum=sha256:{digest}")
    assert names(got) == ["a-1.tar.gz"]
    with pytest.raises(AcquireError, match="not the one with this checksum"):
        acquire(f"pkg:pypi/a@1?checksum=sha256:{digest}")
    with pytest.raises(AcquireError, match=r"has no file b\.whl"):
        acquire("pkg:pypi/a@1?file_name=b.whl")


def test_nothing_of_a_package_is_run(pip_index: Any, tmp_path: Path) -> None:
    import io
    import tarfile

    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w')".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("a-1/setup.py")
        entry.size = len(code)
        tar.addfile(entry, io.BytesIO(code))
    pip_index.pypi("a", {"a-1.tar.gz": packed.getvalue()})
    got = acquire("pypi:a==1")
    assert got.inputs[0].path.is_file()
    assert not marker.exists()


def test_two_indexes_that_differ_are_said(
    pip_index: Any, second_registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"first"})
    second_registry.pypi("a", {"a-1.tar.gz": b"second"})
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{second_registry.url}/simple/")
    got = acquire("pypi:a==1")
    assert got.inputs[0].path.read_bytes() == b"first"
    assert any("a-1.tar.gz differs between" in n for n in got.notes)


def test_no_index_and_no_links() -> None:
    with pytest.raises(AcquireError, match="nowhere to look"):
        acquire("pypi:a")


def test_names_of_files_are_shown_safely(pip_index: Any) -> None:
    pip_index.pypi("a", {"a-1.tar.gz": b"x"})
    page = json.loads('{"files": []}')
    page["files"] = [{"url": "/files/a-1.tar.gz%1b%5b31m%0a", "hashes": {}}]
    pip_index.put("/simple/a/", json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")
    with pytest.raises(AcquireError) as caught:
        acquire("pypi:a")
    assert str(caught.value).isprintable()
