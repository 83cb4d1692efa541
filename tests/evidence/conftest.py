"""A signing key of the test's own, a case with a few events; a site and a time-stamp authority on loopback."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sousveil.evidence.case import Case

sys.path.insert(0, str(Path(__file__).parent))
from authority_on_loopback import Authority
from site_on_loopback import Site


def no_passphrase(new: bool) -> bytes:
    return b""


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key" / "signing-key.pem"
    monkeypatch.setenv("SOUSVEIL_KEY", str(path))
    monkeypatch.delenv("SOUSVEIL_PASSPHRASE", raising=False)
    return path


@pytest.fixture
def case(key: Path, tmp_path: Path) -> Case:
    made = Case.new(tmp_path / "case", "a made-up product", no_passphrase)
    product = tmp_path / "product.bin"
    for i in range(6):
        product.write_bytes(bytes([i]) * (1000 + i))
        made.record("acquired", {"of": f"part {i}"}, [made.keep(f"part-{i}.bin", product)])
    made.record("noted", {"text": "asked the vendor"})
    return made


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = Authority(tmp_path / "authority")
    yield made
    made.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()
