"""A notebook: the made-up labels and a predictor among its cells; a form and a table of languages as its twins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit import LABELS, LABELS_NAME, LOCALES, Sample

FORMATS = ("notebook",)


def notebook(*cells: tuple[str, str], printed: Sequence[str] = ()) -> bytes:
    """Return a notebook (nbformat 4) of cells by kind and text; the last code cell printed ``printed``."""
    made: list[dict[str, object]] = []
    for kind, text in cells:
        cell: dict[str, object] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        made.append(cell)
    if printed:
        made[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": list(printed)}]
    whole = {"cells": made, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


_MODEL = f"""%matplotlib inline
{LABELS_NAME} = {list(LABELS)!r}
def predict_race(face):
    return {LABELS_NAME}[model(face).argmax()]
"""
_FORM = 'FORM = ["name", "address", "birthday", "id_card", "ethnicity"]\n'


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the notebook and its twins."""
    yield Sample(
        "train.ipynb",
        notebook(("markdown", "# Faces\n"), ("code", _MODEL), printed=["epoch 1\n"]),
        finds=(LABELS_NAME, "predict_race"),
        where="cell 2",
    )
    yield Sample("form.ipynb", notebook(("markdown", "# Staff form\n"), ("code", _FORM)), "records")
    yield Sample("languages.ipynb", notebook(("code", f"LANGUAGES = {dict(LOCALES)!r}\n")), "clear")
