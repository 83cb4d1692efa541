"""DSSE envelopes over in-toto statements: what a ledger's line is.

Formats: DSSE 1.0.2 (pre-authentication encoding), in-toto Statement v1. A line is JSON with sorted keys and no
spaces, so that the same event is the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from sousveil.evidence.wrong import CaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:sousveil:event:1"
MOST_LINE = 16 << 20
"""Bytes of one line; a longer one is not read."""


def encode(value: object) -> bytes:
    """Return JSON as bytes, always the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def authenticated(payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding of the payload."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(subjects: list[dict[str, Any]], predicate: dict[str, Any], key: Ed25519PrivateKey, keyid: str) -> bytes:
    """Return the line of an event, without its line feed."""
    payload = encode(
        {"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": PREDICATE_TYPE, "predicate": predicate}
    )
    signature = key.sign(authenticated(payload))
    return encode(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}],
        }
    )


def open_line(line: bytes, key: Ed25519PublicKey, keyid: str) -> dict[str, Any]:
    """Return the statement in a line that names ``keyid`` and is signed with ``key``, its owner.

    Raises CaseError saying what is wrong.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        envelope = json.loads(line)
        payload = base64.b64decode(envelope["payload"], validate=True)
        signatures = [base64.b64decode(s["sig"], validate=True) for s in envelope["signatures"]]
        kind = envelope["payloadType"]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
        raise CaseError("it is no DSSE envelope") from error
    if kind != PAYLOAD_TYPE or len(signatures) != 1:
        raise CaseError("it is not an in-toto statement with one signature")
    # No signature covers it, and no later line vouches for the last one's.
    if envelope["signatures"][0].get("keyid") != keyid:
        raise CaseError("it names another key than the case's")
    # The same envelope written otherwise would have another digest: only one form counts, also of its Base64, whose
    # last letter has bits that no byte is made of.
    sure = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"keyid": keyid, "sig": base64.b64encode(signatures[0]).decode()}],
    }
    if encode(sure) != line:
        raise CaseError("it is not in the one form that a line has")
    try:
        key.verify(signatures[0], authenticated(payload))
    except InvalidSignature as error:
        raise CaseError("its signature is not the case's key's, or it was changed") from error
    try:
        statement: dict[str, Any] = json.loads(payload)
        right = statement["_type"] == STATEMENT_TYPE and statement["predicateType"] == PREDICATE_TYPE
        right = right and encode(statement) == payload
        right = right and isinstance(statement["subject"], list) and isinstance(statement["predicate"], dict)
        right = right and all(_is_subject(one) for one in statement["subject"])
        right = right and isinstance(statement["predicate"].get("time"), str)
        right = right and isinstance(statement["predicate"].get("event"), str)
        for gone in ("objects", "lines") if right and statement["predicate"]["event"] == "redacted" else ():
            right = right and all(_SHA256.fullmatch(one["sha256"]) for one in statement["predicate"][gone])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CaseError("what it signs is no in-toto statement") from error
    if not right:
        raise CaseError("what it signs is no event of a case")
    return statement


def _is_subject(one: Any) -> bool:
    """Return whether a subject has the form that ours have: its digest is a file's name and must be nothing else."""
    notes = one.get("annotations", {})
    size = notes.get("size", 0)
    return bool(
        isinstance(one["name"], str)
        and _SHA256.fullmatch(one["digest"]["sha256"])
        and isinstance(size, int)
        and size >= 0
        and isinstance(notes.get("kept", True), bool)
        and re.fullmatch("([0-9a-f]{64})?", notes.get("lists", ""))
    )


def stub(line: bytes, number: int, reason: str) -> bytes:
    """Return what stands for a line that is taken out of an export: its digest and the reason."""
    digest = hashlib.sha256(line).hexdigest()
    return encode({"redacted": {"number": number, "reason": reason, "sha256": digest}})


def stub_digest(line: bytes, number: int) -> str:
    """Return the digest in a line that stands for one that was taken out, empty if it is none."""
    if not line.startswith(b'{"redacted":'):
        return ""
    try:
        said = json.loads(line)["redacted"]
        digest = str(said["sha256"])
        right = encode({"redacted": said}) == line and said["number"] == number and set(said) == _STUB
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return digest if right and len(digest) == 64 and not set(digest) - set("0123456789abcdef") else ""


_STUB = {"number", "reason", "sha256"}
_SHA256 = re.compile("[0-9a-f]{64}")
