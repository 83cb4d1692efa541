"""What the usual library says of a file, beside what sousveil reads of it: sets of names and texts, by aspect.

Each function returns, by aspect, what only the library has and what only sousveil has; nothing is both empty. The
libraries (benchmarks/oracles/requirements.txt) are for comparison alone; a function raises ImportError without its own.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Callable, Iterable, Iterator

from sousveil.model import Construct, Limit
from sousveil.read import dispatch
from sousveil.unpack import Budget, Entry
from sousveil.unpack.render import render, renderer_named

Differences = dict[str, tuple[set[object], set[object]]]


_NONE = 0xFFFFFFFF
"""The number of a class that is named and not defined."""


class Unreadable(Exception):
    """The usual library does not read the file."""


def differences(name: str, data: bytes) -> Differences:
    """Return what differs between the usual library of a file's format and sousveil. Raises Unreadable, ImportError."""
    return FORMATS[name.rpartition(".")[2].lower()](data)


def _both(**aspects: tuple[Iterable[object], Iterable[object]]) -> Differences:
    found = {}
    for aspect, (usual, ours) in aspects.items():
        theirs, own = set(usual), set(ours)
        if theirs != own:
            found[aspect.replace("_", " ")] = (theirs - own, own - theirs)
    return found


def _constructs(name: str, data: bytes) -> list[Construct]:
    return list(dispatch.read_all(name, data).constructs)


def _members(constructs: Iterable[Construct], role: str, kind: str = "") -> Iterator[str]:
    for one in constructs:
        if one.role == role:
            yield from (m.name for m in one.members if m.type.startswith(kind))


def dex(data: bytes) -> Differences:
    """Classes with their fields and methods, and every string."""
    import lief

    from sousveil.read.binary.dexfile import Dex

    usual = lief.DEX.parse(list(data))
    if usual is None:
        raise Unreadable("lief")
    ours = Dex(data)

    def type_of(index: int) -> str:
        return ours.type_word(index).text

    fields = [ours.field(i) for i in range(ours.fields[0])]
    methods = [ours.method(i) for i in range(ours.methods[0])]
    defined = {type_of(ours.class_def(i)[0]) for i in range(ours.classes[0])}
    return _both(
        strings=(map(_plain, usual.strings), (_plain(ours.word(i).text) for i in range(ours.strings[0]))),
        classes=({c.fullname for c in usual.classes if c.index < _NONE}, defined),
        fields=(
            {(c.fullname, f.name) for c in usual.classes for f in c.fields if c.index < _NONE},
            {(type_of(owner), ours.word(name).text) for owner, _, name in fields if type_of(owner) in defined},
        ),
        methods=(
            {(m.cls.fullname, m.name) for m in usual.methods if m.has_class},
            # An array's method is told without its brackets there.
            {(type_of(owner).lstrip("["), ours.word(name).text) for owner, _, name in methods},
        ),
    )


def _plain(text: str | bytes) -> str:
    """Return a string's beginning, as lief writes it: a dot for each half of a character."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogatepass")
    return re.sub(r"[\ud800-\udfff]", ".", re.sub(r"[\U00010000-\U0010ffff]", "..", text[:1000]))[:1000]


def onnx(data: bytes) -> Differences:
    """Names of inputs and outputs, and the keys of the metadata."""
    import onnx as library
    from google.protobuf.message import DecodeError

    try:
        model = library.ModelProto.FromString(data)
    except DecodeError as error:
        raise Unreadable(str(error)) from None
    graph = model.graph
    initial = {tensor.name for tensor in graph.initializer}
    found = _constructs("m.onnx", data)
    return _both(
        outputs=({v.name for v in graph.output if v.name}, _members(found, "model", "output")),
        inputs=({v.name for v in graph.input if v.name} - initial, _members(found, "model-inputs", "input")),
    )


def tflite(data: bytes) -> Differences:
    """Names of the tensors that go in and come out."""
    import tflite as library

    model = library.Model.GetRootAsModel(data, 0)
    names: dict[str, set[str]] = {"Inputs": set(), "Outputs": set()}
    for g in range(model.SubgraphsLength()):
        graph = model.Subgraphs(g)
        for role, into in names.items():
            for i in range(getattr(graph, f"{role}Length")()):
                name = graph.Tensors(getattr(graph, role)(i)).Name()
                if name:
                    into.add(name.decode())
    found = _constructs("m.tflite", data)
    # Metadata and signatures name tensors once more.
    return _both(
        inputs=(names["Inputs"], names["Inputs"] & set(_members(found, "model-inputs"))),
        outputs=(names["Outputs"], names["Outputs"] & set(_members(found, "model"))),
    )


def hdf5(data: bytes) -> Differences:
    """Paths of groups and data sets, names of attributes, columns of tables."""
    import h5py

    from sousveil.read.model.hdf5file import File

    ours = File(data)
    ours.walk()
    if ours.why:
        return {"told as a limit": ({ours.why}, set())}
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            usual: set[int] = {_address(file)}
            file.visititems(lambda _, thing: usual.add(_address(thing)))
            things = {node.path: file[node.path] for node in ours.nodes}
            return _both(
                # By address: of several names of one object each takes the first it meets.
                objects=(usual, map(_address, things.values())),
                texts=(
                    {(path, name) for path, thing in things.items() for name in _texts(thing)},
                    {(n.path, a.name.text) for n in ours.nodes for a in n.attributes if a.values},
                ),
                columns=(
                    {(path, column) for path, thing in things.items() for column in _columns(thing)},
                    # What the library makes complex numbers of, it does not name.
                    {(n.path, c.text) for n in ours.nodes for c in n.columns if _columns(things[n.path])},
                ),
            )
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise Unreadable(str(error)) from None


def _address(thing: object) -> int:
    import h5py

    return int(h5py.h5o.get_info(thing.id).addr)  # type: ignore[attr-defined]


def _texts(thing: object) -> Iterator[str]:
    """Yield the names of attributes that are strings, and not empty."""
    import h5py

    for name in thing.attrs:  # type: ignore[attr-defined]
        found = thing.attrs.get_id(name)  # type: ignore[attr-defined]
        if found.get_type().get_class() == h5py.h5t.STRING and found.shape is not None and 0 not in found.shape:
            yield name


def _columns(thing: object) -> tuple[str, ...]:
    kind = getattr(thing, "dtype", None)
    return tuple(getattr(kind, "names", None) or ())


def parquet(data: bytes) -> Differences:
    """Names of the columns at every level, and the keys of the metadata."""
    import pyarrow
    from pyarrow import parquet as library

    try:
        file = library.ParquetFile(io.BytesIO(data))
    except (pyarrow.ArrowException, OSError) as error:
        raise Unreadable(str(error)) from None
    names = {part for i in range(len(file.schema)) for part in file.schema.column(i).path.split(".")}
    return _both(columns=(names, _members(_constructs("t.parquet", data), "columns")))


def _rendered(module: str, data: bytes) -> list[Entry]:
    found = list(render(renderer_named(module), data, "x", Budget()))
    if cut := [x.detail for x in found if isinstance(x, Limit)]:
        raise Unreadable(f"told as a limit: {cut[0]}")
    return [x for x in found if isinstance(x, Entry)]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def xlsx(data: bytes) -> Differences:
    """Texts with the addresses of their cells."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:
        raise Unreadable(str(error)) from None
    usual = {
        (f"{sheet.title}!{cell.coordinate}", f"{sheet.title}!{cell.row}:{cell.row}", word)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.data_type == "s"
        for word in _words(cell.value)
    }
    ours = set()
    for entry in _rendered("sheets", data):
        text = entry.data or b""
        ends = [at for at, _ in entry.marks[1:]] + [len(text)]
        for (at, where), end in zip(entry.marks, ends, strict=True):
            ours.update((where, word) for word in _words(text[at:end].decode()))
    # A title stands once more as a heading, a number is text here.
    # Of a large sheet the place is the row.
    return _both(words_at_cells=(usual, {u for u in usual if (u[0], u[2]) in ours or (u[1], u[2]) in ours}))


def docx(data: bytes) -> Differences:
    """Words of paragraphs and cells."""
    import docx as library

    try:
        document = library.Document(io.BytesIO(data))
    except Exception as error:
        raise Unreadable(str(error)) from None
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    usual = {word for text in (*(p.text for p in document.paragraphs), *cells) for word in _words(text)}
    ours = {word for entry in _rendered("docx", data) for word in _words((entry.data or b"").decode())}
    return _both(words=(usual, usual & ours))


FORMATS: dict[str, Callable[[bytes], Differences]] = {
    "dex": dex, "onnx": onnx, "tflite": tflite, "h5": hdf5, "hdf5": hdf5, "keras": hdf5, "parquet": parquet,
    "xlsx": xlsx, "xlsm": xlsx, "docx": docx,
}  # fmt: skip
LIBRARIES = {
    "dex": "lief", "onnx": "onnx", "tflite": "tflite", "h5": "h5py", "hdf5": "h5py", "parquet": "pyarrow",
    "xlsx": "openpyxl", "docx": "docx",
}  # fmt: skip


def available(end: str) -> bool:
    """Return whether the usual library of a format is installed."""
    try:
        importlib.import_module(LIBRARIES[end])
    except ImportError:
        return False
    return True
