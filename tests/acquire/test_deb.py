"""With tools that answer as apt's do: what apt itself answers is tested against the real one in the network tests."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sousveil.acquire import AcquireError, acquire, deb

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="apt is a tool of Debian and its like")

BODY = b"!<arch>\ndeb"
CACHE = """#!/bin/sh
echo "$@" >> "$0.log"
case "$1 $3" in
"show "*) cat "$(dirname "$0")/show-$3" 2>/dev/null || { echo 'E: No packages found' >&2; exit 100; };;
"policy ") cat "$(dirname "$0")/lists" 2>/dev/null;;
"policy "*) printf '%s:\\n  Installed: (none)\\n  Candidate: 2.0-1\\n' "$3";;
"pkgnames "*) echo tiny; echo other;;
esac
exit 0
"""
GET = """#!/bin/sh
echo "$@" >> "$0.log"
cat "$(dirname "$0")/error" >&2 2>/dev/null && exit 100
test -f "$(dirname "$0")/slow" && exec sleep 30
for last; do :; done
cp "$(dirname "$0")/body" "./tiny_${last#*=}_all.deb"
"""


def stanza(version: str, body: bytes = BODY, name: str = "tiny") -> str:
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nDescription: x\n SHA256: not this\n"
        f"Filename: pool/main/t/tiny/tiny_{version}_all.deb\nSize: {len(body)}\n"
        f"MD5sum: {hashlib.md5(body).hexdigest()}\nSHA256: {hashlib.sha256(body).hexdigest()}\n\n"
    )


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("apt-cache", CACHE), ("apt-get", GET)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "body").write_bytes(BODY)
    (folder / "show-tiny").write_text(
        stanza("2.0-1") + stanza("1.0-1") + "Package: tiny\nVersion: 0.1\nStatus: installed\n"
    )
    (folder / "lists").write_text("500 release Packages\n")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_the_candidate_is_taken(apt: Path, leftovers: Callable[[], list[Path]]) -> None:
    got = acquire("deb:tiny")
    assert got.purl == "pkg:deb/debian/tiny@2.0-1?arch=all"
    assert got.inputs[0].display == "tiny_2.0-1_all.deb"
    assert got.inputs[0].path.read_bytes() == BODY
    assert got.inputs[0].sha256 == hashlib.sha256(BODY).hexdigest()
    assert got.notes == ("no version was named: 2.0-1 is the one apt would install (not taken: 1.0-1)",)
    assert leftovers() == []
    assert (apt / "apt-get.log").read_text().strip().endswith("-- tiny=2.0-1")
    assert acquire("deb:tiny", offline=True) == got
    assert len((apt / "apt-get.log").read_text().splitlines()) == 1, "the second time it comes from the cache"


def test_a_version_can_be_named(apt: Path) -> None:
    assert acquire("pkg:deb/ubuntu/tiny@1.0-1").notes[0] == "version 1.0-1 was asked for"
    with pytest.raises(AcquireError, match=r"no version 3 in apt's lists\. There are 2\.0-1, 1\.0-1\."):
        acquire("deb:tiny=3")


def test_names_that_are_not_there(apt: Path) -> None:
    with pytest.raises(AcquireError, match=r"no package of this name\. Like it are: tiny"):
        acquire("deb:tinyy")
    with pytest.raises(AcquireError, match="virtual"):
        acquire("deb:other")
    with pytest.raises(AcquireError, match="add-architecture arm64"):
        acquire("deb:other:arm64")
    (apt / "lists").unlink()
    with pytest.raises(AcquireError, match="apt-get update"):
        acquire("deb:tinyy")


def test_another_package_is_not_taken_for_it(apt: Path) -> None:
    (apt / "show-li.b").write_text(stanza("2.0-1", name="lixb"))
    with pytest.raises(AcquireError, match="no package of this name"):
        acquire("deb:li.b")


def test_a_file_that_differs_from_the_lists(apt: Path, leftovers: Callable[[], list[Path]]) -> None:
    (apt / "body").write_bytes(b"altered")
    with pytest.raises(AcquireError, match="wrong digest"):
        acquire("deb:tiny")
    assert leftovers() == []


def test_apts_own_errors_are_passed_on_without_credentials(apt: Path, leftovers: Callable[[], list[Path]]) -> None:
    (apt / "error").write_text("W: warning\nE: Failed to fetch http://user:topsecret@mirror.test/x  403\n")
    with pytest.raises(
        AcquireError, match=r"apt-get could not download it: E: Failed to fetch http://\*\*\*@mirror"
    ) as caught:
        acquire("deb:tiny")
    assert "topsecret" not in str(caught.value)
    assert leftovers() == []


def test_a_slow_mirror_is_left(apt: Path, leftovers: Callable[[], list[Path]]) -> None:
    (apt / "slow").write_text("")
    with pytest.raises(AcquireError, match="did not end within"):
        acquire("deb:tiny", timeout=0.3)
    assert leftovers() == []


def test_no_network_and_no_apt(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AcquireError, match="offline"):
        acquire("deb:tiny", offline=True)
    with pytest.raises(AcquireError, match="--max-bytes"):
        acquire("deb:tiny", max_bytes=3)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(AcquireError, match="apt-get is not on this machine"):
        acquire("deb:tiny")


def test_stanzas() -> None:
    found = deb.parse(stanza("1") + "Rubbish\n\n: \n\nPackage: x\nVersion: 2\nSize: -5\nSHA256: short\n")
    assert [(s.version, s.size, bool(s.digests)) for s in found] == [("1", len(BODY), True), ("2", 0, False)]
