from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.acquire import AcquireError, acquire
from sousveil.acquire.products import Package, package
from sousveil.acquire.wording import near, shown, shown_url


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("pypi:deepface==0.0.103", Package("pypi", "deepface", "0.0.103")),
        ("pypi:deepface", Package("pypi", "deepface")),
        ("PyPI: deep.face == 1.0 ", Package("pypi", "deep.face", "1.0")),
        ("pypi:x===1.0", Package("pypi", "x", "1.0")),
        ("npm:left-pad@1.3.0", Package("npm", "left-pad", "1.3.0")),
        ("npm:@scope/name@2.0.0-rc.1", Package("npm", "@scope/name", "2.0.0-rc.1")),
        ("npm:@scope/name", Package("npm", "@scope/name")),
        ("deb:iso-codes=4.15.0-1", Package("deb", "iso-codes", "4.15.0-1")),
        ("deb:libc6:arm64=2.36-9+deb12u1", Package("deb", "libc6", "2.36-9+deb12u1", "arm64")),
        ("pkg:pypi/deepface@0.0.103", Package("pypi", "deepface", "0.0.103")),
        ("pkg:npm/%40scope/name@1.0.0", Package("npm", "@scope/name", "1.0.0")),
        (
            "pkg:deb/debian/tzdata@2026b-0%2Bdeb12u1?arch=all",
            Package("deb", "tzdata", "2026b-0+deb12u1", "all", "debian"),
        ),
        ("pkg:pypi/x@1?file_name=x-1.tar.gz", Package("pypi", "x", "1", file_name="x-1.tar.gz")),
        ("folder/file", None),
        ("-", None),
        ("gem:x", None),
        ("C:\\sdk.zip", None),
    ],
)
def test_what_is_typed_is_taken_apart(typed: str, expected: Package | None) -> None:
    assert package(typed) == expected


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("pypi:", "cannot be the name"),
        ("pypi:a b", "cannot be the name"),
        ("pypi:-rf", "cannot be the name"),
        ("pypi:x>=1", "one exact version"),
        ("pypi:x==", "not one exact version"),
        ("pypi:x==1.*", "not one exact version"),
        ("npm:x@^1.0", "not one exact version"),
        ("npm:../../etc", "cannot be the name"),
        ("npm:@scope", "cannot be the name"),
        ("deb:--option", "cannot be the name"),
        ("deb:X", "cannot be the name"),
        ("deb:x=-oDir=/", "not one exact version"),
        ("deb:x:$(id)=1", "not an architecture"),
        ("pkg:gem/rails@7", "pkg:pypi/…, pkg:npm/…, pkg:deb/…"),
        ("pkg:pypi/", "not a Package URL"),
        ("pkg:pypi/space/name@1", "has no namespace"),
        ("pkg:deb/debian/x@1?arch=source", "source packages"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_to_write_it(typed: str, says: str) -> None:
    with pytest.raises(AcquireError, match=r"(?s).") as caught:
        package(typed)
    assert says in str(caught.value)
    assert shown(typed)[:20] in str(caught.value)


def test_parts_of_a_package_url_that_are_not_used_are_said() -> None:
    asked = package(
        "pkg:pypi/x@1?repository_url=https://user:secret@example.test/simple&checksum=md5:00,sha256:AB#sub/path"
    )
    assert asked is not None
    text = " ".join(asked.notes)
    assert "repository_url" in text and "subpath" in text and "md5:00" in text
    assert "secret" not in text
    assert asked.checksum == "ab"


def test_a_file_of_literally_that_name_is_meant(own_home: Path) -> None:
    Path("pypi:x").write_bytes(b"abc")
    with acquire("pypi:x") as got:
        assert (got.purl, got.inputs[0].display) == ("", "pypi:x")
    assert acquire("./pypi:x").inputs[0].path.read_bytes() == b"abc"


@pytest.mark.parametrize("typed", ["npm:-", "NPM:-", "npm:--version", "pypi:-r", "deb:-o"])
def test_a_name_like_an_option_is_refused(typed: str) -> None:
    with pytest.raises(AcquireError):
        package(typed)


@given(
    st.text(max_size=60)
    | st.sampled_from(["pypi:", "npm:", "deb:", "pkg:pypi/"]).flatmap(lambda p: st.text(max_size=30).map(p.__add__))
)
def test_no_string_breaks_it(typed: str) -> None:
    try:
        asked = package(typed)
    except AcquireError as error:
        assert str(error).isprintable()
        return
    if asked:
        assert asked.name.isprintable() and not asked.name.startswith("-") and ".." not in asked.name.split("/")
        assert not asked.version.startswith("-") and "/" not in asked.version


@given(st.text(alphabet=st.characters(codec=None), max_size=400))
def test_shown_text_is_printable_and_short(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 300


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\u202e", "\\x1b[31mred\\u202e"),
        ("https://user:p@ss@host/x", "https://***@host/x"),
        ("two http://tok@h/ and https://a:b@c", "two http://***@h/ and https://***@c"),
        ("https://host/@scope/name", "https://host/@scope/name"),
        ("\udcff", "\\udcff"),
    ],
)
def test_shown_masks_and_escapes(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_signed_links_lose_their_query() -> None:
    assert shown_url("https://u:p@h/file.whl?X-Signature=abc#sha256=1") == "https://***@h/file.whl"


def test_near_words_come_nearest_first() -> None:
    assert near("requessts", ["request", "requests", "flask"])[0] == "requests"
