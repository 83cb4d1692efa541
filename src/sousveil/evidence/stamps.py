"""Time stamps (RFC 3161) over lines of the ledger: an authority saw this digest not later than then.

The authority is sent a digest and nothing else. A stamp lies in ``stamps/`` as the whole answer, with the certificates
it came with; while no authority can be reached the request waits there.
"""

from __future__ import annotations

import datetime
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil.evidence import durable
from sousveil.evidence.wrong import CaseError

Post = Callable[[str, bytes, str], bytes]
"""Address, body, content type; returns the answer's body. Raises OSError where there is none."""
_QUERY = "application/timestamp-query"


class Stamp(Struct, frozen=True):
    """One stamp as it lies in the case."""

    line: str
    """SHA-256 of the ledger's line that is stamped, in hexadecimal."""
    authority: str
    path: Path
    waiting: bool
    """Whether it is a request that no authority has answered yet."""


def request(line: bytes) -> bytes:
    """Return the request over a ledger's line (without its line feed), DER, asking for the certificates."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(line).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    return builder.build().as_bytes()


def ask(folder: Path, line: bytes, authority: str, post: Post) -> Stamp:
    """Ask ``authority`` to stamp a line; keep the answer, or the request where it cannot be had now."""
    digest = hashlib.sha256(line).hexdigest()
    name = f"{digest}.{_label(authority)}"
    waiting = folder / f"{name}.tsq"
    question = waiting.read_bytes() if waiting.exists() else request(line)
    # The address first: a request without one could never be sent again.
    durable.write(folder / f"{name}.url", authority.encode())
    durable.write(waiting, question)
    try:
        answer = post(authority, question, _QUERY)
    except OSError:
        return Stamp(digest, authority, waiting, True)
    problem = check_answer(answer, hashlib.sha256(line).digest())
    if problem:
        raise CaseError(f"{authority}: its answer is no stamp of this line: {problem}")
    target = folder / f"{name}.tsr"
    durable.write(target, answer)
    waiting.unlink(missing_ok=True)
    return Stamp(digest, authority, target, False)


def _label(authority: str) -> str:
    host = urlsplit(authority).hostname or "authority"
    safe = "".join(c if c.isalnum() or c in "-." else "-" for c in host)[:60]
    return f"{safe}-{hashlib.sha256(authority.encode()).hexdigest()[:8]}"


def every(folder: Path) -> Iterator[Stamp]:
    """Yield the stamps and the requests that wait, by name."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".tsr", ".tsq"):
            continue
        if path.suffix == ".tsq" and path.with_suffix(".tsr").exists():
            continue  # answered; the run that was to remove it was killed
        note = path.with_suffix(".url")
        authority = note.read_text(errors="replace") if note.exists() else ""
        yield Stamp(path.name.partition(".")[0], authority, path, path.suffix == ".tsq")


def check_answer(answer: bytes, digest: bytes) -> str:
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
        return _by_openssl(answer, "imprint")  # type: ignore[return-value]


def stamped_at(answer: bytes) -> datetime.datetime | None:
    """Return when the authority says that it saw the digest, None where the answer cannot be read."""
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(answer).tst_info.gen_time
    except (ValueError, TypeError):
        return _by_openssl(answer, "time")  # type: ignore[return-value]


def _by_openssl(answer: bytes, what: str) -> bytes | datetime.datetime | None:
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
