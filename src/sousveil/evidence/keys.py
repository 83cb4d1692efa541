"""The signing key: Ed25519, outside of every case, made on first use; only its public half goes into a case.

It lies in the user's configuration folder (``SOUSVEIL_KEY`` names another file), encrypted where a passphrase is given.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sousveil.evidence import durable
from sousveil.evidence.wrong import CaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Ask = Callable[[bool], bytes]
"""Asked for a passphrase: True for that of a new key (empty for none), False for that of the one there is."""


def location() -> Path:
    """Return where the user's key lies, whether or not there is one."""
    named = os.environ.get("SOUSVEIL_KEY")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "sousveil" / "signing-key.pem"


def private_key(ask: Ask, path: Path | None = None) -> Ed25519PrivateKey:
    """Return the user's key, made now if there is none. Raises CaseError where it cannot be read."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = path or location()
    durable.sweep(path.parent, path.name)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return _new(path, ask(True))
    except OSError as error:
        raise CaseError(f"{path}: the signing key cannot be read: {error.strerror}") from error
    encrypted = b"ENCRYPTED" in raw
    try:
        key = load_pem_private_key(raw, ask(False) if encrypted else None)
    except (ValueError, TypeError) as error:
        hint = "the passphrase is not the right one" if encrypted else "it is no private key in PEM form"
        raise CaseError(f"{path}: the signing key cannot be used: {hint}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CaseError(f"{path}: the signing key is not an Ed25519 key; name another file by SOUSVEIL_KEY")
    return key


def _new(path: Path, passphrase: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        durable.write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), mode=0o600, replace=False)
    except FileExistsError:
        # Another run made one meanwhile, and may have signed with it already.
        return private_key(lambda new: passphrase, path)
    except OSError as error:
        raise CaseError(f"{path}: no signing key can be kept there: {error.strerror}") from error
    return key


def public_pem(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """Return the public half as PEM, as openssl reads it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_public(pem: bytes) -> Ed25519PublicKey:
    """Return a public key. Raises CaseError if it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CaseError("the case's public key is no key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CaseError("the case's public key is not an Ed25519 key")
    return key


def fingerprint(pem: bytes) -> str:
    """Return the SHA-256 of the public key's DER bytes in hexadecimal.

    ``openssl pkey -pubin -outform DER | sha256sum`` gives the same.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = load_public(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()
