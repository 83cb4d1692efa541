"""``sousveil inspect``: the tree, the structures, and bytes that can be cut by a report's offsets."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

import sousveil
from sousveil.demo import sdk


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "sousveil", *words], cwd=cwd, capture_output=True)


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return sdk.write(tmp_path).rename(tmp_path / "sdk.zip")


def test_the_tree_names_every_artifact_with_its_hash(product: Path) -> None:
    out = run("inspect", "sdk.zip", "--constructs", cwd=product.parent).stdout.decode()
    listed: dict[str, str] = {}
    folder = name = ""
    for line in out.splitlines():
        if line.startswith("sdk.zip!/"):
            folder = line
        elif line.startswith("  ") and line[2] != " ":
            name = line.strip().split("  ")[0]
        elif len(line) == 68:
            listed[folder + name] = line.strip()
    assert listed == {f"sdk.zip!/{name}": hashlib.sha256(data).hexdigest() for name, data in sdk.files().items()}
    assert "Enumeration NJ_NATION_TYPE  enum  c  line 17" in out
    assert "NJ_NATION_UYGUR  // 维族(新疆)" in out
    assert "Enumeration NJ_SEX_TYPE" not in out
    everything = run("inspect", "sdk.zip", "--constructs", "--everything", cwd=product.parent).stdout.decode()
    assert "Enumeration NJ_SEX_TYPE" in everything


def test_a_place_of_a_report_is_cut_out_of_the_extracted_artifact(product: Path) -> None:
    report = sousveil.scan(product)
    place = report.findings[0].places[1]
    done = run("inspect", str(product), "--extract", place.artifact, cwd=product.parent)
    assert done.returncode == 0
    assert hashlib.sha256(done.stdout).hexdigest() == place.sha256
    assert done.stdout[place.offset : place.offset + place.length].decode(place.encoding) == place.text
    done = run("inspect", str(product), "--extract", place.artifact, "-o", "out.h", cwd=product.parent)
    assert (product.parent / "out.h").read_bytes() == sdk.files()["include/nj_event.h"]


def test_an_address_that_is_none_is_said(product: Path) -> None:
    done = run("inspect", "sdk.zip", "--extract", "sdk.zip!/none", "-o", "out", cwd=product.parent)
    assert done.returncode == 1
    assert b"no artifact has the address" in done.stderr
    assert not list(product.parent.glob("*out*"))
