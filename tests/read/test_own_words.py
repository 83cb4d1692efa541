"""What a package says of itself: one line of small files, and of which package."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.read.own_words import of_product, own_words

SAID = {
    "xyz-1.0.dist-info/METADATA": (
        b"Name: xyz\nSummary: Makes random names\nVersion: 1\n\nTitle: of a chapter\n",
        "xyz ; Makes random names",
    ),
    "a.whl!/x.egg-info/PKG-INFO": (b"Metadata-Version: 1\r\nSummary: Reads faces\r\n\r\nbody", "Reads faces"),
    "DESCRIPTION": (
        b"Package: xyz\nTitle: Inferring Race\nDescription: From a surname\n    and a place.\n",
        "xyz ; Inferring Race ; From a surname and a place.",
    ),
    "a.tgz!/package/package.json": (
        b'{"name": "xyz", "description": "Data for emoji", "keywords": ["face", "hand"]}',
        "xyz ; Data for emoji ; face, hand",
    ),
    "package.json": (b'{"name": ["xyz"], "description": 3}', ""),
    "pyproject.toml": (
        b'[project]\nname = "xyz"\ndescription = "Skin tones"\nkeywords = ["a", "b"]\n',
        'xyz ; Skin tones ; "a", "b"',
    ),
    "Cargo.toml": (b"[package]\nname = 'xyz'\ndescription = 'Faces'\n", "xyz ; Faces"),
    "pubspec.yaml": (b"name: xyz\ndescription: >\n  Cameras of a vendor\nversion: 1\n", "xyz ; Cameras of a vendor"),
    "setup.cfg": (b"[metadata]\nname = xyz\ndescription = Guesses origins\n", "xyz ; Guesses origins"),
    "README.md": (
        b"![b](c)\n\n# Race finder\n\n> note\n\nA tool that tells\nraces apart. It is new.\n",
        "Race finder ; A tool that tells races apart.",
    ),
    "readme": (b"---\ntitle: a\nemoji: b\n---\n# Races\n", "Races"),
    "README.rst": (b"=====\nRaces\n=====\n\nShort.\n", "Races"),
    "src/README.txt": ("# Тест\n".encode("utf-16"), "Тест"),
}


@pytest.mark.parametrize("address", SAID)
def test_one_line_is_taken(address: str) -> None:
    data, said = SAID[address]
    assert own_words(address, data) == said


@pytest.mark.parametrize(
    "address", ["a/b/package.json", "x.zip!/a/b/c/package.json", "package.json.bak", "docs/METADATA.md"]
)
def test_deeper_and_other_files_say_nothing(address: str) -> None:
    assert own_words(address, b'{"name": "x", "description": "y"}') == ""


def test_a_large_file_is_no_such_file() -> None:
    assert own_words("package.json", b'{"name": "x"}' + b" " * (1 << 20)) == ""


def test_the_outermost_package_speaks() -> None:
    said = {"a.tgz!/package/package.json": "Tells cameras what to look for, by day and night",
            "a.tgz!/package/README.md": "Other", "a.tgz!/package/demo/package.json": "A game"}  # fmt: skip
    assert of_product(said) == "Tells cameras what to look for, by day and night"
    assert of_product({**said, "a.tgz!/package/package.json": "x"}) == "x ; Other"


def test_a_folder_of_many_packages_has_no_purpose() -> None:
    wheels = {f"{n}.whl!/{n}.dist-info/METADATA": f"Package {n}" for n in "abc"}
    assert of_product(wheels) == ""
    assert of_product({}) == ""


@given(st.sampled_from(sorted(SAID)), st.binary(max_size=400))
def test_hostile_bytes_say_little(address: str, data: bytes) -> None:
    assert len(own_words(address, data)) < 9000
