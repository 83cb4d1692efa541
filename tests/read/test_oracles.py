"""What sousveil reads of our samples is what the usual library of the format reads, where that library is installed.

The libraries are those of benchmarks/oracles/requirements.txt; benchmarks/oracles/run.py compares real packages' files.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType

import kit
import matrix
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "oracles"
MAKERS = {
    "dex": "made_dex", "onnx": "made_models", "tflite": "made_models", "h5": "made_models",
    "parquet": "made_databases", "xlsx": "made_documents", "docx": "made_documents",
}  # fmt: skip


def _compare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sousveil_oracles", FOLDER / "compare.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


COMPARE = _compare()


@pytest.mark.parametrize("end", MAKERS)
def test_the_usual_library_reads_the_same(end: str, tmp_path: Path) -> None:
    pytest.importorskip(COMPARE.LIBRARIES[end])
    (maker,) = (path for path in kit.makers() if path.stem == MAKERS[end])
    compared = 0
    for sample in matrix.load(maker).samples(tmp_path):
        if sample.name.endswith(f".{end}"):
            with warnings.catch_warnings():
                # What a library warns of in itself.
                warnings.simplefilter("ignore")
                assert not COMPARE.differences(sample.name, sample.data), sample.name
            compared += 1
    assert compared


def test_a_difference_is_seen() -> None:
    assert COMPARE._both(words=({"a", "b"}, {"b", "c"})) == {"words": ({"a"}, {"c"})}
    assert not COMPARE._both(words=(["a", "a"], {"a"}))
