"""Time stamps (RFC 3161): an authority signs that it saw a digest not later than then.

A stamp is kept as the whole answer, with the certificates it came with. It is an authority's if its chain ends in a
given root and was valid when it stamped.
"""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess
import tempfile

from sousveil.acquire.scratch import scratch
from sousveil.evidence.witness import Anchors, Kind, Post, Trust


def request(line: bytes) -> bytes:
    """Return the request over a ledger's line (without its line feed), DER, asking for the certificates."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(line).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    return builder.build().as_bytes()


def _send(address: str, question: bytes, post: Post) -> bytes:
    return post(address, question, "application/timestamp-query")


def wrong(answer: bytes, digest: bytes) -> str:
    """Return what is wrong with an answer to a request over a line: empty if it stamps that line's ``digest``."""
    stamped = imprint(answer)
    if stamped is None:
        return "it is no time stamp that can be read"
    return "" if stamped == digest else "it stamps another digest"


def imprint(answer: bytes) -> bytes | None:
    """Return the digest that a stamp is over, None where the answer cannot be read."""
    from rfc3161_client import decode_timestamp_response

    try:
        return bytes(decode_timestamp_response(answer).tst_info.message_imprint.message)
    except (ValueError, TypeError):
        return _told_by_openssl(answer, "imprint")  # type: ignore[return-value]


def stamped_at(answer: bytes) -> datetime.datetime | None:
    """Return when the authority says that it saw the digest, None where the answer cannot be read."""
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(answer).tst_info.gen_time
    except (ValueError, TypeError):
        return _told_by_openssl(answer, "time")  # type: ignore[return-value]


def _told_by_openssl(answer: bytes, what: str) -> bytes | datetime.datetime | None:
    """Read an answer that the library cannot parse with openssl's own words."""
    program = shutil.which("openssl")
    if program is None:
        return None
    with tempfile.NamedTemporaryFile(suffix=".tsr") as file:
        file.write(answer)
        file.flush()
        out = subprocess.run(  # noqa: S603 - a program of the system, on our own file
            [program, "ts", "-reply", "-in", file.name, "-text"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        ).stdout
    if what == "time":
        for row in out.splitlines():
            if row.startswith("Time stamp: "):
                try:
                    moment = datetime.datetime.strptime(row[12:].strip(), "%b %d %H:%M:%S %Y GMT")
                except ValueError:
                    return None
                return moment.replace(tzinfo=datetime.UTC)
        return None
    octets = ""
    inside = False
    for row in out.splitlines():
        if row.startswith("Message data:"):
            inside = True
        elif inside and row.startswith("    ") and " - " in row:
            octets += row.partition(" - ")[2][:48].replace("-", " ")
        elif inside:
            break
    try:
        return bytes.fromhex(octets) or None
    except ValueError:
        return None


def judge(answer: bytes, digest: bytes, anchors: Anchors) -> Trust:
    """Return what a stamp over a line with this SHA-256 is worth against root certificates in PEM form (may be empty).

    The chain is checked at the stamped time, so that certificates that have expired since do no harm.
    """
    roots = anchors.roots
    problem = wrong(answer, digest)
    if problem:
        return Trust(False, problem)
    moment = stamped_at(answer)
    when = f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "a time that cannot be read"
    if not roots.strip():
        return Trust(None, f"stamped {when}; by whom is checked with its root: --roots FILE")
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
        why = re.search(r'Verify error: ([^"]{1,200})"', str(error))  # of a long account of the library's own
        return "it is not signed by an authority below the given roots" + (f": {why[1]}" if why else "")
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


KIND = Kind("the time stamp", "stamped", ".tsr", ".tsq", request, _send, wrong, judge)
