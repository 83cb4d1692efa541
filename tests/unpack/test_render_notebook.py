"""Notebooks: what their cells hold becomes a program and a text; what is none stays JSON."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sousveil.model import Limit
from sousveil.unpack import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render import has, render, renderer_named, renderer_of

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Study\n", "What the pictures show."]},
        {
            "cell_type": "code",
            "source": ["%matplotlib inline\n", "!pip install frame\n", "import frame\n", "x = frame.read()\n"],
            "outputs": [
                {"output_type": "stream", "text": ["0.93\n"]},
                {"output_type": "display_data", "data": {"text/plain": "<Figure>", "image/png": "iVBOR"}},
            ],
        },
        {"cell_type": "code", "source": "def f(x):\n    return x % 2\n", "outputs": []},
    ],
    "metadata": {"kernelspec": {"language": "python"}},
    "nbformat": 4,
}


def rendered(book: object) -> dict[str, Entry]:
    data = json.dumps(book).encode()
    renderer = renderer_of(data, "a/b.ipynb")
    assert renderer is not None and renderer.module == "notebook"
    assert has(renderer, data)
    out = list(render(renderer, data, "b.ipynb", Budget()))
    assert not [item for item in out if isinstance(item, Limit)]
    return {item.path: item for item in out if isinstance(item, Entry)}


def test_code_is_one_program_with_its_cells_marked() -> None:
    found = rendered(NOTEBOOK)
    code = found["b.ipynb!/code.py"]
    assert code.data is not None
    text = code.data.decode()
    compile(text, "code.py", "exec")
    assert "# %matplotlib inline\n# !pip install frame\nimport frame\n" in text
    assert "return x % 2" in text
    assert [where for _, where in code.marks] == ["cell 2", "cell 3"]
    assert code.data[code.marks[1][0] :].startswith(b"def f(x)")


def test_prose_and_print_lie_apart_and_pictures_are_left_out() -> None:
    found = rendered(NOTEBOOK)
    assert found["b.ipynb!/text.md"].data == b"# Study\nWhat the pictures show.\n\n"
    printed = found["b.ipynb!/output.txt"].data
    assert printed is not None
    assert b"0.93" in printed
    assert b"iVBOR" not in printed


def test_another_kernel_and_the_old_format() -> None:
    old = {
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["x <- 1\n"]}]}],
        "metadata": {"language_info": {"name": "R"}},
    }
    assert list(rendered(old)) == ["b.ipynb!/code.r"]


def test_what_is_no_notebook_is_read_as_it_stands() -> None:
    renderer = renderer_named("notebook")
    for data in (b"{", b'{"cells": [', b'{"cells": 3}', b'{"cells": [{"a": 1}]}', b'{"cells": [1, "code"]}', b"[]"):
        assert not has(renderer, data)


KEYS = st.sampled_from(["cells", "cell_type", "source", "outputs", "data", "metadata", "worksheets", "text"])


@given(st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(KEYS, x)))
def test_any_json_gives_entries(book: object) -> None:
    data = json.dumps(book).encode()
    for item in render(renderer_named("notebook"), data, "b.ipynb", Budget()):
        assert isinstance(item, Entry)


def test_an_output_that_is_marked_up_alone_or_an_error_is_read_too() -> None:
    outputs = [
        {"output_type": "display_data", "data": {"text/html": ["<td>one</td>"], "image/png": "iVBOR"}},
        {"output_type": "execute_result", "data": {"text/plain": "two", "text/html": "<td>not this</td>"}},
        {"output_type": "pyout", "html": "<td>three</td>"},
        {"output_type": "error", "traceback": ["four"]},
    ]
    printed = rendered({"cells": [{"cell_type": "code", "source": "x", "outputs": outputs}]})["b.ipynb!/output.txt"]
    assert printed.data == b"<td>one</td>\n\ntwo\n\n<td>three</td>\n\nfour\n\n"
