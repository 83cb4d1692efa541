"""A stamp holds at the moment it was made, also when the authority's certificates have expired since."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from authority_on_loopback import Authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sousveil.acquire.post import post
from sousveil.evidence import export
from sousveil.evidence.case import Case
from sousveil.evidence.sealing import Witnesses, seal
from sousveil.evidence.verify import verify_case


def _key(path: Path) -> RSAPrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _shorten(authority: Authority, end: datetime.datetime) -> None:
    """Give the made-up root and authority certificates that end at ``end``."""
    folder = authority.folder
    root, below = _key(folder / "root.key"), _key(folder / "tsa.key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Made-up root")])
    begin = end - datetime.timedelta(hours=1)
    for subject, key, file in ((name, root, "root.pem"), (None, below, "tsa.pem")):
        made = x509.CertificateBuilder().issuer_name(name).public_key(key.public_key())
        made = made.subject_name(subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Made-up authority")]))
        made = made.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
        made = made.add_extension(x509.BasicConstraints(ca=subject is not None, path_length=None), critical=True)
        if subject is None:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        (folder / file).write_bytes(made.sign(root, hashes.SHA256()).public_bytes(Encoding.PEM))


def test_a_stamp_holds_after_its_certificates_have_expired(case: Case, authority: Authority, tmp_path: Path) -> None:
    end = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(seconds=6)
    _shorten(authority, end)
    list(seal(case, Witnesses((authority.url,)), post))
    made = export.bag(case, tmp_path / "out")
    while datetime.datetime.now(datetime.UTC) <= end + datetime.timedelta(seconds=1):
        time.sleep(0.2)
    expired = ["openssl", "verify", "-CAfile", "root.pem", "tsa.pem"]
    assert subprocess.run(expired, cwd=authority.folder, capture_output=True).returncode != 0, "they have expired"
    roots = authority.roots.read_bytes()
    assert [c.holds for c in verify_case(case.root, roots) if "time stamp" in c.what] == [True]
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    run = subprocess.run(
        ["sh", "verify.sh", str(authority.roots)], cwd=made.folder, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout
    assert "stamped" in run.stdout and "All holds." in run.stdout
