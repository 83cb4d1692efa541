"""OpenTimestamps proofs: from a digest, by hashing and joining, to what a calendar promised or a Bitcoin block holds.

A proof (``.ots``, version 1) is a tree. Each step makes a new message of the one before; a leaf says who attests the
message that is reached there. Formats: opentimestamps.org's ``DetachedTimestampFile``; a calendar answers with the tree
alone. Everything here is a stranger's bytes: the tree is bounded in size, depth and length of its messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from msgspec import Struct, field

MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
MOST = 1 << 16
"""Bytes of a proof; real ones have some hundreds to a few thousand."""
_DEEPEST = 256
_MOST_MESSAGE = 4096
_MOST_PAYLOAD = 8192
_MOST_ADDRESS = 1000
_SHA256 = 0x08
_APPEND, _PREPEND, _REVERSE, _HEXLIFY = 0xF0, 0xF1, 0xF2, 0xF3
_FORK, _LEAF = 0xFF, 0x00
_PENDING = bytes.fromhex("83dfe30d2ef90c8e")
_BITCOIN = bytes.fromhex("0588960d73d71901")
_IN_ADDRESS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/:")

_HASHES: dict[int, Callable[[bytes], bytes]] = {
    0x02: lambda message: hashlib.sha1(message, usedforsecurity=False).digest(),
    _SHA256: lambda message: hashlib.sha256(message).digest(),
    _REVERSE: lambda message: message[::-1],
    _HEXLIFY: lambda message: message.hex().encode(),
}


class NoProof(Exception):
    """Bytes that are no proof, or one that takes a step which nobody's proof needs; the message says why."""


class Leaf(Struct, frozen=True):
    """Who attests a message."""

    tag: bytes
    """Eight bytes that say of which kind it is."""
    payload: bytes

    @property
    def calendar(self) -> str:
        """Return the address of the calendar that promised, empty where this is no promise."""
        if self.tag != _PENDING:
            return ""
        reader = _Reader(self.payload)
        text = reader.counted(_MOST_ADDRESS).decode("latin-1")
        if reader.left() or not set(text) <= _IN_ADDRESS:
            raise NoProof("a promise in it names no address")
        return text

    @property
    def height(self) -> int | None:
        """Return the height of the Bitcoin block whose Merkle root the message is, None where it is none."""
        if self.tag != _BITCOIN:
            return None
        reader = _Reader(self.payload)
        height = reader.number()
        if reader.left():
            raise NoProof("an attestation in it names no block")
        return height


class Node(Struct):
    """A message with who attests it and the steps that lead on from it."""

    message: bytes
    leaves: list[Leaf] = field(default_factory=list)
    steps: list[tuple[bytes, Node]] = field(default_factory=list)
    """A step's own bytes, and where it leads."""

    def every(self) -> Iterator[tuple[Node, Leaf]]:
        """Yield each leaf with the node that it attests."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield from ((node, leaf) for leaf in node.leaves)
            waiting += (inner for _, inner in reversed(node.steps))

    def written(self) -> bytes:
        """Return the tree's bytes."""
        parts = [bytes([_LEAF]) + leaf.tag + _counted(leaf.payload) for leaf in self.leaves]
        parts += [step + inner.written() for step, inner in self.steps]
        return b"".join(bytes([_FORK]) + part for part in parts[:-1]) + parts[-1]

    def take(self, other: Node) -> None:
        """Add what ``other``, of the same message, has more."""
        self.leaves += [leaf for leaf in other.leaves if leaf not in self.leaves]
        mine = dict(self.steps)
        for step, inner in other.steps:
            if step in mine:
                mine[step].take(inner)
            else:
                self.steps.append((step, inner))


def proof(tree: Node) -> bytes:
    """Return a proof's bytes over a SHA-256, which the tree begins with."""
    return MAGIC + b"\x01" + bytes([_SHA256]) + tree.message + tree.written()


def read_proof(data: bytes) -> Node:
    """Return the tree of a proof over a SHA-256. Raises NoProof."""
    reader = _Reader(data)
    if reader.take(len(MAGIC)) != MAGIC:
        raise NoProof("it is no OpenTimestamps proof")
    if reader.number() != 1:
        raise NoProof("it is a proof of another version")
    if reader.byte() != _SHA256:
        raise NoProof("it is not over a SHA-256")
    return _whole(reader, reader.take(32))


def read_tree(data: bytes, message: bytes) -> Node:
    """Return the tree that a calendar answered over ``message``. Raises NoProof."""
    return _whole(_Reader(data), message)


def _whole(reader: _Reader, message: bytes) -> Node:
    node = _node(reader, message, _DEEPEST)
    if reader.left():
        raise NoProof("something stands behind its end")
    for _, leaf in node.every():
        _ = leaf.calendar, leaf.height
    return node


def _node(reader: _Reader, message: bytes, deeper: int) -> Node:
    if not deeper:
        raise NoProof(f"it has more than {_DEEPEST} steps")
    node = Node(message)
    while True:
        tag = reader.byte()
        more = tag == _FORK
        if more:
            tag = reader.byte()
        if tag == _LEAF:
            leaf = Leaf(reader.take(8), reader.counted(_MOST_PAYLOAD))
            if leaf in node.leaves:
                raise NoProof("it says the same twice")
            node.leaves.append(leaf)
        else:
            step, after = _step(reader, tag, message)
            if any(step == other for other, _ in node.steps):
                raise NoProof("it says the same twice")
            node.steps.append((step, _node(reader, after, deeper - 1)))
        if not more:
            return node


def _step(reader: _Reader, tag: int, message: bytes) -> tuple[bytes, bytes]:
    """Return a step's bytes and the message that it makes."""
    step = bytes([tag])
    if tag in (_APPEND, _PREPEND):
        more = reader.counted(_MOST_MESSAGE)
        if not more:
            raise NoProof("a step in it does nothing")
        step += _counted(more)
        after = message + more if tag == _APPEND else more + message
    elif tag in _HASHES:
        after = _HASHES[tag](message)
    else:
        raise NoProof(f"a step in it (0x{tag:02x}) is none that is computed here")
    if not 0 < len(after) <= _MOST_MESSAGE:
        raise NoProof("a step in it makes too long a message")
    return step, after


class _Reader:
    def __init__(self, data: bytes) -> None:
        if len(data) > MOST:
            raise NoProof(f"it is longer than {MOST} bytes")
        self._data, self._at = data, 0

    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left():
            raise NoProof("it ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """Return a number in groups of seven bits, the lowest first, written as short as it can be."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                if shift and not byte:
                    raise NoProof("a number in it can be written otherwise")
                return value
            shift += 7
            if shift > 28:
                raise NoProof("a number in it is too large")

    def counted(self, most: int) -> bytes:
        count = self.number()
        if count > most:
            raise NoProof("a part of it is too long")
        return self.take(count)


def _counted(data: bytes) -> bytes:
    return number(len(data)) + data


def number(value: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def promise(address: str) -> Leaf:
    """Return a leaf by which a calendar promises."""
    return Leaf(_PENDING, _counted(address.encode()))


def block(height: int) -> Leaf:
    """Return a leaf that says that the message is the Merkle root of a Bitcoin block."""
    return Leaf(_BITCOIN, number(height))
