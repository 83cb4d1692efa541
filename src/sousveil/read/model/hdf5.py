"""HDF5 as Keras writes it: groups, attributes, small string tables; by the HDF5 File Format Specification 3.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.hdf5file import Attribute, File
from sousveil.read.model.onnx import metadata
from sousveil.read.parts import Hits, Part, constructs, stray
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "HDF5 and Keras models",
    ".h5 .hdf5 .keras .hdf .he5 .mat .nc",
    "Names of groups, layers and data sets, attributes with their texts (a Keras model's configuration is read as the "
    "JSON it is), columns of tables, and data sets of strings that lie uncompressed.",
    limits="Numbers; data sets in compressed chunks, of which the names are read.",
)


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield attributes, groups' members and tables of strings that hold a term."""
    found = Hits(data, hits)
    file = File(data)
    file.walk()
    parts: list[Part] = []
    single: list[tuple[str, Attribute]] = []
    for node in file.nodes:
        scope = tuple(p for p in node.path.split("/") if p)
        if node.children:
            parts.append(Part(Kind.RECORD, scope[-1] if scope else "", node.children, "group", node.path, scope=scope))
        if node.columns:
            name = scope[-1] if scope else ""
            parts.append(Part(Kind.RECORD, name, node.columns, "columns", node.path, scope=scope[:-1]))
        if len(node.values) >= 2:
            name = scope[-1] if scope else ""
            parts.append(Part(Kind.LABEL_SET, name, node.values, "list", node.path, node.title, scope[:-1]))
        for attribute in node.attributes:
            if len(attribute.values) == 1:
                single.append((node.path, attribute))
            elif attribute.values:
                parts.append(Part(Kind.LABEL_SET, attribute.name.text, attribute.values, "list",
                                  f"{node.path} @{attribute.name.text}", attribute.name, scope))  # fmt: skip
    names = [c.text for node in file.nodes for c in node.children]
    keras = any(
        a.name.text in ("keras_version", "model_config", "layer_names") for n in file.nodes for a in n.attributes
    )
    uses = (*(("keras model",) if keras else ()), *dict.fromkeys(names[:60]))
    yield from constructs(found, parts, "hdf5", uses)
    for _, attribute in single:
        yield from metadata(found, attribute.name, attribute.values[0], "hdf5", uses)
    yield from stray(found, "hdf5", uses)
    if file.why:
        raise Unfinished("broken", f"the HDF5 file was walked in part: {file.why}")
