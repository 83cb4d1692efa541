"""Every command that README and docs show is run, and what they show of its output is what comes out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import sousveil
from sousveil.demo import sdk
from sousveil.evidence.case import Case

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")])
NETWORK = os.environ.get("SOUSVEIL_NETWORK_TESTS") == "1"
_FENCE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_REGISTRY = re.compile(r"\b(?:pypi|npm|deb):|\bpkg:")
NOT_RUN = {
    "git clone": "brings the repository we are in",
    "scripts/test": "runs this test",
    "python3 -m venv": "sets up what we run in",
    ".venv/bin/pip": "sets up what we run in",
    "sousveil acquire": "asks a site that does not exist",
}


class Command(NamedTuple):
    page: str
    line: int
    text: str
    shown: tuple[str, ...]


def commands() -> Iterator[Command]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for block in _FENCE.finditer(text):
            line = text.count("\n", 0, block.start(1))
            current: Command | None = None
            for offset, row in enumerate(block[1].splitlines(), 1):
                if row.startswith("$ "):
                    if current:
                        yield current
                    current = Command(page.name, line + offset, row[2:].split("  # ")[0].strip(), ())
                elif current:
                    current = current._replace(shown=(*current.shown, row))
            if current:
                yield current


ALL = list(commands())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the docs speak of."""
    folder = tmp_path / "desk"
    folder.mkdir()
    sdk.write(folder).rename(folder / "camera-sdk.zip")
    for name, data in sdk.files().items():
        target = folder / "sdk" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    rule = re.search(
        r"^```yaml\n(id: .*?)^```", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert rule, "docs/rules.md shows no rule"
    monkeypatch.setenv("SOUSVEIL_KEY", str(tmp_path / "signing-key.pem"))
    Case.new(folder / "camera-case", "NightjarVision NetSDK 3.2", lambda new: b"").record("noted", {"text": "begun"})
    (folder / "my-rules").mkdir()
    (folder / "my-rules" / "my.yaml").write_text(rule[1], "utf-8")
    return folder


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has installed sousveil."""
    programs = tmp_path / "bin"
    (programs / "scripts").mkdir(parents=True)
    shim = programs / "sousveil"
    package = shlex.quote(str(Path(sousveil.__file__).parents[1]))
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={package} exec {shlex.quote(sys.executable)} -m sousveil "$@"\n')
    shim.chmod(0o755)
    keep = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONPATH")}
    own = {"SOUSVEIL_KEY": str(tmp_path / "signing-key.pem"), "SOUSVEIL_AUTHORITIES": ""}
    return {**keep, **own, "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def _fits(shown: str, line: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in shown.rstrip().split("…")), line.rstrip()) is not None


def _check(shown: tuple[str, ...], out: str) -> None:
    lines = out.splitlines()
    at = 0
    loose = True
    for row in shown:
        if row.strip() == "…":
            loose = True
            continue
        found = next((i for i in range(at, len(lines)) if _fits(row, lines[i])), None)
        assert found is not None, f"the page shows, and the program does not print:\n{row}\n\nIt prints:\n{out}"
        assert loose or found == at, f"between the lines shown there is more, before:\n{row}\n\nIt prints:\n{out}"
        at = found + 1
        loose = False


def test_there_are_commands() -> None:
    assert len([c for c in ALL if c.page == "README.md"]) >= 3
    assert {c.page for c in ALL} >= {"README.md", "investigators.md", "formats.md", "rules.md", "limits.md"}


@pytest.mark.parametrize("command", ALL, ids=[f"{c.page}:{c.line}" for c in ALL])
def test_command(command: Command, desk: Path, shell: dict[str, str]) -> None:
    for start, reason in NOT_RUN.items():
        if command.text.startswith(start):
            pytest.skip(f"{start}: {reason}")
    if _REGISTRY.search(command.text) and not NETWORK:
        pytest.skip("asks a package registry; SOUSVEIL_NETWORK_TESTS=1 runs it")
    done = subprocess.run(
        ["bash", "-c", command.text.replace("scripts/sousveil", "sousveil")],
        cwd=desk,
        env=shell,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode in (0, 1), f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr
    _check(command.shown, done.stdout)


@pytest.mark.parametrize("page", PAGES, ids=[p.name for p in PAGES])
def test_python_examples_run(page: Path, desk: Path, shell: dict[str, str]) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        env = {**shell, "PYTHONPATH": str(Path(sousveil.__file__).parents[1])}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=desk, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target} is not there"


def test_every_reason_of_a_limit_is_explained() -> None:
    page = (ROOT / "docs" / "limits.md").read_text("utf-8")
    source = "\n".join(p.read_text("utf-8") for p in Path(sousveil.__file__).parent.rglob("*.py"))
    used = set(re.findall(r'(?:Limit\([^"()]+(?:\([^()]*\))?[^"()]*|NotOpened\(|\bnote\()"([a-z-]+)"', source))
    assert used, "no limits found in the source; has their wording changed?"
    missing = {word for word in used if f"`{word}`" not in page}
    assert not missing, f"docs/limits.md does not explain {', '.join(sorted(missing))}"
