"""One direction: a stage imports the shared words and earlier stages, never a later one."""

from __future__ import annotations

import ast
from pathlib import Path

import sousveil

_ROOT = Path(sousveil.__file__).parent
STAGES = ("acquire", "unpack", "match", "read", "judge", "report")
SHARED = ("about", "beginnings", "model")
"""Below every stage. All other modules (work, evidence, cli, pipeline …) stand above and may know several."""


def _imported(path: Path) -> set[str]:
    """Return the first names below ``sousveil`` that a file imports anywhere, in functions as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            module = node.module or ""
            names = [f"{module}.{a.name}" for a in node.names] if module == "sousveil" else [module]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("sousveil.")}
    return found


def test_no_stage_imports_a_later_one() -> None:
    wrong = []
    for number, stage in enumerate(STAGES):
        allowed = {*SHARED, *STAGES[: number + 1]}
        files = sorted((_ROOT / stage).rglob("*.py"))
        assert files, stage
        for path in files:
            names = {n for n in _imported(path) if n[0] != "_"}
            wrong += [f"{path.relative_to(_ROOT)}: {name}" for name in sorted(names - allowed)]
    assert not wrong


def test_the_shared_words_import_no_stage() -> None:
    for name in SHARED:
        assert not _imported(_ROOT / f"{name}.py") - set(SHARED), name
