"""Public logs (Rekor, version 1): an entry with a digest, its place in the log's tree, and the log's signed promise.

An entry of kind ``hashedrekord`` holds a digest and a signature over it by a key that is made for it and thrown away:
no more than the digest leaves the machine, and who recorded the line is told by the line itself. What the log answered
is kept as it came. Sources: RFC 9162 (inclusion), RFC 8785 (what the promise signs), C2SP's signed notes (checkpoints).
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from sousveil.evidence.envelope import encode
from sousveil.evidence.witness import Anchors, Kind, Post, Trust

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_PEM_END = b"-----END PUBLIC KEY-----"


class _Inclusion(Struct, rename="camel"):
    log_index: int
    tree_size: int
    root_hash: str
    hashes: list[str]
    checkpoint: str


class _Verification(Struct, rename="camel"):
    inclusion_proof: _Inclusion
    signed_entry_timestamp: str


class _Entry(Struct, rename="camel"):
    body: str
    integrated_time: int
    log_index: int
    log_i_d: str
    """``logID``: SHA-256 of the log's public key."""
    verification: _Verification

    def signed(self) -> bytes:
        """Return what the log's promise signs."""
        return encode({"body": self.body, "integratedTime": self.integrated_time, "logID": self.log_i_d,
                       "logIndex": self.log_index})  # fmt: skip


def _question(line: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    digest = hashlib.sha256(line).digest()
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(digest, ec.ECDSA(utils.Prehashed(SHA256())))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return encode(
        {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                "signature": {
                    "content": base64.b64encode(signature).decode(),
                    "publicKey": {"content": base64.b64encode(pem).decode()},
                },
            },
        }
    )


def _send(address: str, question: bytes, post: Post) -> bytes:
    return post(f"{address.rstrip('/')}/api/v1/log/entries", question, "application/json")


def _read(answer: bytes) -> _Entry:
    """Return the entry in a log's answer. Raises ValueError."""
    entries = msgspec.json.decode(answer, type=dict[str, _Entry])
    if len(entries) != 1:
        raise ValueError("it holds not one entry")
    return next(iter(entries.values()))


def wrong(answer: bytes, digest: bytes) -> str:
    """Return what is wrong with a log's answer over ``digest``, empty if nothing: the entry, and its place."""
    try:
        entry = _read(answer)
        body = base64.b64decode(entry.body, validate=True)
        told: Any = msgspec.json.decode(body)
        stated = told["spec"]["data"]["hash"]
        if told["kind"] != "hashedrekord" or stated["algorithm"] != "sha256" or stated["value"] != digest.hex():
            return "the entry is over another digest"
        place = entry.verification.inclusion_proof
        root = bytes.fromhex(place.root_hash)
        if not included(body, place.log_index, place.tree_size, [bytes.fromhex(h) for h in place.hashes], root):
            return "the entry is not where it is said to be in the log's tree"
        size, noted = _checkpoint(place.checkpoint)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return "it is no answer of a log that can be read"
    return "" if (size, noted) == (place.tree_size, root) else "its checkpoint is of another tree"


def included(body: bytes, index: int, size: int, hashes: list[bytes], root: bytes) -> bool:
    """Return whether an entry is at ``index`` in the tree of ``size`` entries with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last = index, size - 1
    found = hashlib.sha256(b"\x00" + body).digest()
    for other in hashes:
        if not last:
            return False
        if here & 1 or here == last:
            found = hashlib.sha256(b"\x01" + other + found).digest()
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + other).digest()
        here, last = here >> 1, last >> 1
    return not last and found == root


def _checkpoint(note: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint: a signed note whose second and third line they are. Raises ValueError."""
    _, size, root = note.partition("\n\n")[0].split("\n")[:3]
    return int(size), base64.b64decode(root, validate=True)


def judge(answer: bytes, digest: bytes, anchors: Anchors) -> Trust:
    """Return what a log's answer over ``digest`` is worth against the public keys of logs that a person trusts."""
    problem = wrong(answer, digest)
    if problem:
        return Trust(False, problem)
    entry = _read(answer)
    try:
        moment = datetime.datetime.fromtimestamp(entry.integrated_time, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return Trust(False, "it says no time that there is")
    said = f"entry {entry.log_index} of the log since {moment:%Y-%m-%d %H:%M:%S} UTC"
    if not anchors.logs.strip():
        return Trust(None, f"{said}; no log's public key was given to check it by (--log-keys)")
    key = _key(anchors.logs, entry.log_i_d)
    if key is None:
        return Trust(False, "it is by no log whose key was given")
    try:
        promise = base64.b64decode(entry.verification.signed_entry_timestamp, validate=True)
    except binascii.Error:
        return Trust(False, "its promise is no signature")
    if not _signed(key, promise, entry.signed()):
        return Trust(False, "its promise is not signed by the log")
    text, _, signatures = entry.verification.inclusion_proof.checkpoint.partition("\n\n")
    for line in signatures.splitlines()[:16]:
        try:
            # A dash, the signer's name, and four bytes that hint at the key before the signature.
            signature = base64.b64decode(line.split(" ")[2], validate=True)[4:]
        except (IndexError, binascii.Error, ValueError):
            continue
        if line.startswith("\N{EM DASH} ") and _signed(key, signature, text.encode() + b"\n"):
            return Trust(True, said)
    return Trust(False, "its checkpoint is not signed by the log")


def _key(pems: bytes, log: str) -> PublicKeyTypes | None:
    """Return the key of which ``log`` is the SHA-256, None if it is not among those in PEM form."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    for part in pems.split(_PEM_END)[:-1]:
        try:
            key = load_pem_public_key(part.strip() + b"\n" + _PEM_END + b"\n")
        except (ValueError, UnsupportedAlgorithm):
            continue
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if hashlib.sha256(der).hexdigest() == log:
            return key
    return None


def _signed(key: PublicKeyTypes, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(SHA256()))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            return False
    except InvalidSignature:
        return False
    return True


KIND = Kind("the log's entry", "entered", ".rekor", ".req", _question, _send, wrong, judge)
