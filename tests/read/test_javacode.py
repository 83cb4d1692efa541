"""The walk through a JVM method's code stays in step with its instructions."""

from __future__ import annotations

import pytest

from sousveil.read.binary.bytestream import Cursor
from sousveil.read.binary.javacode import walk
from sousveil.read.binary.managed import Body, Word

# The Java Virtual Machine Specification, 6.5: bytes of each instruction, its opcode among them; all others have one.
LENGTHS = {
    **dict.fromkeys((0x10, 0x12, *range(0x15, 0x1A), *range(0x36, 0x3B), 0xA9, 0xBC), 2),
    **dict.fromkeys((0x11, 0x13, 0x14, 0x84, *range(0x99, 0xA9), *range(0xB2, 0xB9), 0xBB, 0xBD, 0xC0, 0xC1), 3),
    **dict.fromkeys((0xC6, 0xC7), 3),
    0xC5: 4,
    **dict.fromkeys((0xB9, 0xBA, 0xC8, 0xC9), 5),
}
WORD = Word("after", 0, 5)


class Pool:
    """Every constant is the same string."""

    def constant(self, index: int) -> Word | str | None:
        return WORD

    def reference(self, index: int) -> tuple[str, Word, str]:
        return "", WORD, "V"

    def class_word(self, index: int) -> Word | None:
        return WORD

    def dynamic(self, index: int) -> tuple[list[Word], list[Word]]:
        return [], []


def instructions() -> dict[str, bytes]:
    found = {f"{op:#04x}": bytes([op]) + bytes(LENGTHS.get(op, 1) - 1) for op in range(0xCA)}
    for op in (0xAA, 0xAB, 0xC4):
        del found[f"{op:#04x}"]
    found |= {f"wide {op:#04x}": bytes((0xC4, op, 1, 0)) for op in (*range(0x15, 0x1A), *range(0x36, 0x3B), 0xA9)}
    found["wide iinc"] = bytes((0xC4, 0x84, 1, 0, 0, 5))
    # At 0 of the code: three bytes up to a multiple of four.
    found["tableswitch"] = bytes((0xAA, 0, 0, 0)) + b"".join(n.to_bytes(4) for n in (20, 1, 2, 20, 20))
    found["lookupswitch"] = bytes((0xAB, 0, 0, 0)) + b"".join(n.to_bytes(4) for n in (20, 1, 7, 20))
    return found


@pytest.mark.parametrize("name", sorted(instructions()))
def test_a_string_behind_an_instruction_is_seen(name: str) -> None:
    body = Body()
    walk(Cursor(instructions()[name] + b"\x12\x01", big=True), Pool(), body, {})
    assert WORD in body.strings
