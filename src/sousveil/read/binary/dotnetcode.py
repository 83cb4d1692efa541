"""The code of .NET methods: which strings and members it names, and which lists it builds of them."""

from __future__ import annotations

from sousveil.read.binary import clitables as cli
from sousveil.read.binary.bytestream import Cursor
from sousveil.read.binary.managed import Body, Word

_FOUR = frozenset(
    (0x20, 0x22, *range(0x27, 0x2A), *range(0x38, 0x45), *range(0x6F, 0x76), 0x79, *range(0x7B, 0x82), 0x8C, 0x8D, 0x8F,
     0xA3, 0xA4, 0xA5, 0xC2, 0xC6, 0xD0, 0xDD)
)  # fmt: skip
_ONE = frozenset((*range(0x0E, 0x14), 0x1F, *range(0x2B, 0x38), 0xDE))
_WIDE = {0x06: 4, 0x07: 4, **dict.fromkeys(range(0x09, 0x0F), 2), 0x12: 1, 0x15: 4, 0x16: 4, 0x1C: 4, 0x19: 1}


def code_of(data: bytes, at: int) -> Cursor:
    """Return the instructions of the method body at offset ``at``; raise ``Damaged`` where they end behind the file."""
    head = Cursor(data, at)
    first = head.u1()
    if first & 3 == 2:
        return head.sub(at + 1, first >> 2)
    head.skip(3)
    return head.sub(at + 4 * (data[at + 1] >> 4), head.u4())


def walk(meta: cli.Metadata, code: Cursor, body: Body) -> None:
    """Walk straight through a method's code; raise ``Damaged`` where it ends within an instruction."""
    pushed: list[Word | str] = []
    while code.at < code.end:
        op = code.u1()
        if op == 0x72:
            token = code.u4()
            if token >> 24 == 0x70:
                word = meta.user(token & 0xFFFFFF)
                body.string(word)
                pushed.append(word)
        elif op in (0x1F, 0x20) or 0x15 <= op <= 0x1E:
            number = code.u1() if op == 0x1F else code.i4() if op == 0x20 else op - 0x16
            pushed.append(str(number))
        elif op in (0x28, 0x6F, 0x73, 0x7B, 0x7D, 0x7E, 0x80):
            _used(meta, op, code.u4(), pushed, body)
        elif op == 0x8D:
            code.skip(4)
            body.begin()
            pushed.clear()
        elif op in (0xA2, 0xA4):
            code.skip(4 if op == 0xA4 else 0)
            if pushed and isinstance(pushed[-1], Word):
                body.element(pushed[-1])
            pushed.clear()
        elif op == 0x2A:
            body.sink("")
        elif op == 0x45:
            code.skip(4 * code.u4())
        elif op == 0xFE:
            code.skip(_WIDE.get(code.u1(), 0))
        elif op in _FOUR:
            code.skip(4)
        elif op in _ONE:
            code.skip(1)
        elif op in (0x21, 0x23):
            code.skip(8)
        if len(pushed) > 512:
            del pushed[:256]
    body.sink("")


def _used(meta: cli.Metadata, op: int, token: int, pushed: list[Word | str], body: Body) -> None:
    table, number = token >> 24, token & 0xFFFFFF
    if table == cli.METHOD_SPEC:
        table, number = meta.coded("method", meta.row(table, number)[0])
    column = {cli.METHOD: 3, cli.FIELD: 1, cli.MEMBER_REF: 1}.get(table)
    if column is None:
        return
    word = meta.string(meta.row(table, number)[column])
    name = word.text
    body.use(word, "" if name[:1] not in ".<" else " ")
    strings = [p for p in pushed if isinstance(p, Word)]
    if op in (0x7D, 0x80):
        body.sink(name.removeprefix("<").partition(">")[0])
    elif name in ("Add", "set_Item", "TryAdd") and len(pushed) >= 2 and isinstance(pushed[-2], Word):
        body.pair(pushed[-2], pushed[-1])
    elif name in ("Add", "set_Item") and strings:
        body.element(strings[-1])
    elif op == 0x7E:
        pushed.append(name)
        return
    elif op in (0x28, 0x6F) and name[:1] != "." and name not in ("ToList", "ToArray", "AsReadOnly"):
        body.sink(name)
    pushed.clear()
