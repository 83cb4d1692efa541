"""A few questions to the real registries, through the user's own settings."""

from __future__ import annotations

import os
import shutil

import pytest

from sousveil.acquire import AcquireError, acquire

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        os.environ.get("SOUSVEIL_NETWORK_TESTS") != "1", reason="asks package registries; set SOUSVEIL_NETWORK_TESTS=1"
    ),
]


@pytest.mark.parametrize(
    ("product", "purl", "file", "sha256"),
    [
        (
            "pypi:deepface==0.0.103",
            "pkg:pypi/deepface@0.0.103",
            "deepface-0.0.103-py3-none-any.whl",
            "9f56eceb3c564fe0ac4a69911cd7b489bde8a8f591061b382c55b807e03f0e1a",
        ),
        (
            "pypi:tencentcloud-sdk-python-iai==3.1.191",
            "pkg:pypi/tencentcloud-sdk-python-iai@3.1.191",
            "tencentcloud_sdk_python_iai-3.1.191-py2.py3-none-any.whl",
            "619aa3f12830298b7e081aee914a4c550993594dd36783154352c9586ea0647d",
        ),
        ("pypi:surgeo==1.1.2", "pkg:pypi/surgeo@1.1.2", "surgeo-1.1.2.tar.gz", ""),
        (
            "npm:baidu-aip-sdk@4.16.16",
            "pkg:npm/baidu-aip-sdk@4.16.16",
            "baidu-aip-sdk-4.16.16.tgz",
            "3afbd4ba3d932b5f79024d241e66884d67443f69c4ca3d4ec50b77531208f0f5",
        ),
    ],
)
def test_exact_versions(product: str, purl: str, file: str, sha256: str) -> None:
    got = acquire(product)
    assert (got.purl, got.inputs[0].display) == (purl, file)
    assert sha256 in ("", got.inputs[0].sha256)
    assert acquire(product, offline=True) == got


def test_the_newest_of_a_scoped_package() -> None:
    got = acquire("npm:@emoji-mart/data")
    assert got.purl.startswith("pkg:npm/%40emoji-mart/data@")
    assert got.notes[0].startswith("no version was named")


@pytest.mark.skipif(not shutil.which("apt-get"), reason="this machine has no apt")
def test_a_debian_package() -> None:
    try:
        got = acquire("deb:iso-codes")
    except AcquireError as error:
        assert "apt-get update" in str(error)
        pytest.skip(str(error))
    assert got.inputs[0].path.read_bytes().startswith(b"!<arch>")


@pytest.mark.parametrize(
    ("product", "says"),
    [("pypi:nosuchname-xyz", "no configured index knows"), ("pypi:deepface==99", "the newest of")],
)
def test_what_does_not_exist(product: str, says: str) -> None:
    with pytest.raises(AcquireError, match=says):
        acquire(product)
