"""What C++ shows to Python or JavaScript: ``py::enum_<Kind>(m, "Kind").value("A", …)`` is an enumeration of that side.

pybind11, Boost.Python and Embind write it alike: a template named for what is made, and a chain of calls that each
begin with the name of one part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.brace import Found, Part, Reader, Step

_MADE = re.compile(
    rb"\b(?P<kind>enum_|class_|value_object|value_array)\s{0,8}<[^;{}()\"]{1,400}>\s{0,8}\(\s{0,80}(?:\w{1,40}\s{0,8},\s{0,80})?"
    rb"\"(?P<name>\w{1,80})\""
)
_PART = re.compile(
    rb"\.\s{0,40}(?:value|def_readwrite|def_readonly|def_property(?:_readonly)?|add_property|property|field|element)"
    rb"\s{0,8}\(\s{0,80}\"(?P<name>\w{1,80})\""
)
_AHEAD, _LONGEST, _MOST = 400, 64 * 1024, 400


def bindings(reader: Reader, step: Step) -> Iterator[Found]:
    """Yield what the statement ``step.node`` shows to another language, as the list of its parts."""
    node = step.node
    made = _MADE.search(reader.utf8, node.start_byte, min(node.end_byte, node.start_byte + _AHEAD))
    if made is None:
        return
    parts: list[Part] = []
    for match in _PART.finditer(reader.utf8, made.end(), min(node.end_byte, made.end() + _LONGEST)):
        start, end = match.span("name")
        parts.append(Part(start, end, Member(match["name"].decode(), reader.source.span(start, end))))
        if len(parts) == _MOST:
            break
    if len(parts) < 2:
        return
    role = "enum" if made["kind"] == b"enum_" else "fields"

    def build(found: Found) -> Construct:
        name = made["name"].decode()
        return reader.build(found, name, made.start(), step.scope, role, parts, comments=False)

    yield Found(node.start_byte, node.end_byte, Kind.LABEL_SET, build, extra=True)
