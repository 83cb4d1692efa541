"""Names decoded for show, escaped, kept raw."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.unpack.names import NameDecoder, shown, text_codec, unsafe

NAMES = {
    "gb18030": ["设备网络软件开发包/人脸识别.h", "开发手册.txt", "说明"],
    "cp932": ["日本語のファイル.txt", "テスト/データ.h", "ソフト説明"],
    "big5": ["開發套件說明.txt", "資料夾/臉部辨識.h"],
    "cp949": ["한국어문서/설명서개발자료.txt", "얼굴인식결과.h", "설명"],
    "cp437": ["café.txt", "Über uns/größe.h", "naïve"],
}


@pytest.mark.parametrize("name", ["hex", "zip", "base64", "rot13", "undefined", "idna", "cp512", "no such", "x\0y", ""])
def test_what_is_no_encoding_of_text_is_not_taken_for_one(name: str) -> None:
    assert text_codec(name, "latin-1") == "latin-1"


@pytest.mark.parametrize(("name", "known"), [("GB2312", "gb2312"), ("cp1256", "cp1256"), ("utf8", "utf-8")])
def test_an_encoding_of_text_has_its_usual_name(name: str, known: str) -> None:
    assert text_codec(name, "latin-1") == known


@pytest.mark.parametrize("charset", NAMES)
def test_foreign_names_are_decoded(charset: str) -> None:
    decoder = NameDecoder()
    raws = [name.encode(charset) for name in NAMES[charset]]
    decoder.learn(raws)
    assert [decoder.decode(raw) for raw in raws] == NAMES[charset]


@pytest.mark.parametrize("name", ["维族.h", "民族识别/民族.txt", "新疆.doc", "人脸检测SDK_V3.0.zip", "人种"])
def test_single_chinese_name_is_enough(name: str) -> None:
    assert NameDecoder().decode(name.encode("gb18030")) == name


def test_utf8_is_utf8_even_beside_others_and_broken_utf8_stays_readable() -> None:
    decoder = NameDecoder()
    assert decoder.decode("民族.h".encode()) == "民族.h"
    assert decoder.decode("识别".encode("gb18030")) == "识别"
    assert decoder.decode("民族.h".encode()) == "民族.h"
    assert (
        NameDecoder().decode("人脸识别开发包\xff/x.h".encode().replace(b"\xc3\xbf", b"\xff"))
        == "人脸识别开发包\\xff/x.h"
    )


@pytest.mark.parametrize(("charset", "names"), NAMES.items())
def test_names_in_zip_and_tar_keep_their_bytes(charset: str, names: list[str], pack: SimpleNamespace) -> None:
    raws = [name.encode(charset) for name in names]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number, raw in enumerate(raws):
            made.writestr(f"{number}".ljust(len(raw), "#"), b"x")
    data = out.getvalue()
    for number, raw in enumerate(raws):
        data = data.replace(f"{number}".ljust(len(raw), "#").encode(), raw)
    got = pack.go(data, "z")
    assert {e.raw for e in got.entries} == set(raws)
    assert {e.path for e in got.entries} == {f"z!/{name}" for name in names}
    if charset == "cp437":
        return  # one short name at a time does not tell code pages apart
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding=charset, format=tarfile.GNU_FORMAT) as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    got = pack.go(out.getvalue(), "t")
    assert {e.raw for e in got.entries} == set(raws)
    assert {e.path for e in got.entries} == {f"t!/{name}" for name in names}


def test_unicode_names_of_7z_and_iso(pack: SimpleNamespace) -> None:
    for form in ("7zip", "iso9660", "pax"):
        assert set(pack.go(pack.by_libarchive(form, {"民族.h": b"x"}), "a").files) == {"a!/民族.h"}


def test_unicode_names_do_not_depend_on_the_locale(pack: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "a.7z").write_bytes(pack.by_libarchive("7zip", {"民族.h": b"x"}))
    code = "import sys; from sousveil.unpack import walk; print(ascii([e.path for e in walk(sys.argv[1], 'a')]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.7z")],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": ""},
    )
    assert done.stdout.strip() == ascii(["a!/民族.h"])
    assert done.stderr == ""


def test_escapes_and_bidirectional_controls_are_shown(pack: SimpleNamespace) -> None:
    name = "a\x1b[2Jb\u202egnp.exe\r\n\x07"
    assert shown(name) == "a\\x1b[2Jb\\u202egnp.exe\\x0d\\x0a\\x07"
    got = pack.go(pack.tar({name: b"x"}), "t\x1b")
    assert set(got.files) == {"t\\x1b!/a\\x1b[2Jb\\u202egnp.exe\\x0d\\x0a\\x07"}
    assert got.entries[0].raw == name.encode()


@given(st.text())
def test_nothing_shown_can_steer_a_terminal(text: str) -> None:
    out = shown(text)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in out)
    assert not set(out) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\u2029")
    out.encode()


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_bytes_decode(raws: list[bytes]) -> None:
    decoder = NameDecoder()
    decoder.learn(raws)
    for raw in raws:
        text = decoder.decode(raw)
        assert isinstance(text, str)
        assert not raw.isascii() or text == raw.decode("ascii")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/passwd", "absolute"),
        ("\\windows\\x", "absolute"),
        ("C:\\x", "absolute"),
        ("../../etc/passwd", ".."),
        ("a/..\\b", ".."),
        ("", "empty"),
        ("a\0b", "NUL"),
    ],
)
def test_unsafe_names(name: str, why: str) -> None:
    assert why in unsafe(name)


@pytest.mark.parametrize("name", ["a", "a/b", "..a", "a..", "a/...b/c", "./a"])
def test_safe_names(name: str) -> None:
    assert unsafe(name) == ""


def test_unsafe_names_are_listed_and_their_content_read(pack: SimpleNamespace) -> None:
    files = {"../../etc/passwd": b"root", "/etc/shadow": b"x", "ok": b"y"}
    for made in (pack.tar(files), pack.zip(files)):
        got = pack.go(made, "a")
        assert got.files == {f"a!/{name}": content for name, content in files.items()}
        assert {(limit.path, limit.reason, limit.incomplete) for limit in got.limits} == {
            ("a!/../../etc/passwd", "unsafe-name", False),
            ("a!//etc/shadow", "unsafe-name", False),
        }
