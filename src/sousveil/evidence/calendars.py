"""Calendars (OpenTimestamps): a digest is promised a place in a Bitcoin block, and gets it hours later.

A calendar is asked at the address that its user named and nowhere else, whatever address its promise holds. Whether a
block is what it is said to be is told by its header, which a person brings: nothing here asks a network about it.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping

from sousveil.evidence import ots
from sousveil.evidence.witness import Anchors, Kind, Post, Trust
from sousveil.evidence.wrong import CaseError

_TYPE = "application/vnd.opentimestamps.v1"
_HEADER = re.compile(r"([0-9]{1,9})\s+([0-9a-fA-F]{160})")
_MOST_ASKED = 16
"""Promises of one proof that are asked about."""


def _question(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


def _send(address: str, question: bytes, post: Post) -> bytes:
    answer = post(f"{address.rstrip('/')}/digest", question, _TYPE)
    try:
        return ots.proof(ots.read_tree(answer, question))
    except ots.NoProof as error:
        raise CaseError(f"{address}: its answer is no promise: {error}") from error


def wrong(answer: bytes, digest: bytes) -> str:
    """Return what is wrong with a proof over ``digest``, empty if nothing: whether it is over that digest."""
    try:
        tree = ots.read_proof(answer)
    except ots.NoProof as error:
        return str(error)
    if tree.message != digest:
        return "it is over another digest"
    return "" if any(_known(leaf) for _, leaf in tree.every()) else "nobody that is known here attests it"


def _known(leaf: ots.Leaf) -> bool:
    return leaf.height is not None or bool(leaf.calendar)


def pending(answer: bytes) -> bool:
    """Return whether a proof that can be read holds promises and no block."""
    leaves = [leaf for _, leaf in ots.read_proof(answer).every()]
    return not any(leaf.height is not None for leaf in leaves)


def upgraded(answer: bytes, address: str, post: Post) -> bytes:
    """Return a proof with what the calendar at ``address`` has made of its promises meanwhile; as it was, if nothing.

    Raises OSError where the calendar does not answer, CaseError where its answer is no proof.
    """
    tree = ots.read_proof(answer)
    asked = [(node, leaf) for node, leaf in tree.every() if leaf.calendar][:_MOST_ASKED]
    silent: OSError | None = None
    for node, leaf in asked:
        try:
            more = post(f"{address.rstrip('/')}/timestamp/{node.message.hex()}", None, _TYPE)
        except OSError as error:
            silent = error
            continue
        try:
            node.take(ots.read_tree(more, node.message))
            ots.read_proof(ots.proof(tree))
        except ots.NoProof as error:
            raise CaseError(f"{address}: its answer is no proof: {error}") from error
        if any(one.height is not None for _, one in node.every()):
            node.leaves.remove(leaf)
    made = ots.proof(tree)
    if silent and made == answer:
        raise silent
    return made


def judge(answer: bytes, digest: bytes, anchors: Anchors) -> Trust:
    """Return what a proof over ``digest`` is worth against the headers of blocks that a person trusts."""
    problem = wrong(answer, digest)
    if problem:
        return Trust(False, problem)
    leaves = list(ots.read_proof(answer).every())
    blocks = sorted({(leaf.height, node.message) for node, leaf in leaves if leaf.height is not None})
    if not blocks:
        calendar = next(leaf.calendar for _, leaf in leaves if leaf.calendar)
        return Trust(None, f"promised by {calendar}, and in no block yet; sousveil case seal asks again")
    said = []
    for height, message in blocks:
        header = anchors.headers.get(height)
        if header is not None and header[36:68] != message:
            return Trust(
                False, f"block {height} has the Merkle root {header[67:35:-1].hex()}, not {message[::-1].hex()}"
            )
        if header is not None:
            said.append(f"in block {height} ({_hash(header)[::-1].hex()}), made {_made(header)}")
    if said:
        return Trust(True, "; ".join(said))
    height, message = blocks[0]
    return Trust(None, f"block {height} must have the Merkle root {message[::-1].hex()}: compare it with a source that "
                       "you trust, or give its header (--headers)")  # fmt: skip


def headers(text: str) -> Mapping[int, bytes]:
    """Return block headers by height, from lines of a height and 80 bytes in hexadecimal, as a Bitcoin node gives them.

    Raises CaseError where a line is no such pair, or where a header's own work was not done.
    """
    out: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _HEADER.fullmatch(line.strip())
        if found is None:
            raise CaseError(
                f"block headers, line {number}: write a block's height and its header, 160 hexadecimal digits"
            )
        header = bytes.fromhex(found[2])
        if int.from_bytes(_hash(header), "little") > _target(header):
            raise CaseError(f"block headers, line {number}: it is no header of a block: its work was not done")
        out[int(found[1])] = header
    return out


def _hash(header: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(header).digest()).digest()


def _target(header: bytes) -> int:
    """Return what a header's hash must not be above: three bytes shifted by a fourth."""
    bits = int.from_bytes(header[72:76], "little")
    shift, mantissa = bits >> 24, bits & 0x7FFFFF
    return mantissa << (8 * (shift - 3)) if shift > 3 else mantissa >> (8 * (3 - shift))


def _made(header: bytes) -> str:
    moment = datetime.datetime.fromtimestamp(int.from_bytes(header[68:72], "little"), datetime.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC by its own word"


KIND = Kind("the calendar's proof", "promised", ".ots", ".otq", _question, _send, wrong, judge)
