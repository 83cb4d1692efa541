"""Whether a time stamp is an authority's: its signature, its chain, and that it was valid when it stamped."""

from __future__ import annotations

import shutil
import subprocess

from msgspec import Struct

from sousveil.acquire.scratch import scratch
from sousveil.evidence import stamps


class Trust(Struct, frozen=True):
    """What a stamp is worth."""

    valid: bool | None
    """True: signed by a chain that ends in a given root; None: no root was given to check against; False: wrong."""
    detail: str


def judge(answer: bytes, digest: bytes, roots: bytes) -> Trust:
    """Return what a stamp over a line with this SHA-256 is worth against root certificates in PEM form (may be empty).

    The chain is checked at the stamped time, so that certificates that have expired since do no harm.
    """
    problem = stamps.check_answer(answer, digest)
    if problem:
        return Trust(False, problem)
    moment = stamps.stamped_at(answer)
    when = f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "a time that cannot be read"
    if not roots.strip():
        return Trust(None, f"stamped {when}; no root certificate was given to check the authority against")
    first = _by_library(answer, digest, roots)
    if first is not None:
        return Trust(first == "", f"stamped {when}" if first == "" else first)
    second = _by_openssl(answer, digest, roots, int(moment.timestamp()) if moment else None)
    if second is None:
        return Trust(None, f"stamped {when}; the library cannot read it and openssl is not there to ask")
    return Trust(second == "", f"stamped {when}" if second == "" else second)


def _by_library(answer: bytes, digest: bytes, roots: bytes) -> str | None:
    """Return what is wrong, empty if nothing, None where the library cannot read the answer."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        response = decode_timestamp_response(answer)
        embedded = [x509.load_der_x509_certificate(c) for c in response.signed_data.certificates]
        anchors = x509.load_pem_x509_certificates(roots)
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm):
        return None
    builder = VerifierBuilder()
    for root in anchors:
        builder = builder.add_root_certificate(root)
    for other in embedded:
        if other not in anchors:
            builder = builder.add_intermediate_certificate(other)
    try:
        return "" if builder.build().verify(response, digest) else "its signature is wrong"
    except (VerificationError, InvalidSignature) as error:
        return f"it is not signed by an authority below the given roots: {error}"
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm):
        return None


def _by_openssl(answer: bytes, digest: bytes, roots: bytes, at: int | None) -> str | None:
    program = shutil.which("openssl")
    if program is None:
        return None
    with scratch() as folder:
        (folder / "a.tsr").write_bytes(answer)
        (folder / "roots.pem").write_bytes(roots)
        words = [program, "ts", "-verify", "-in", "a.tsr", "-digest", digest.hex(), "-CAfile", "roots.pem"]
        if at is not None:
            words += ["-attime", str(at)]
        run = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    if run.returncode == 0:
        return ""
    last = (run.stderr.strip().splitlines() or ["openssl refused it"])[-1]
    return f"openssl says: {last[:200]}"
