"""The set-up script: what was stopped while it was made is made anew."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not (ROOT / "scripts" / "install").exists(), reason="needs a checkout")


def install(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script with a Python that can make no environment; nothing is fetched."""
    for name in ("scripts/install", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase $* in *runpy*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac\n')
    python.chmod(0o755)
    return subprocess.run(
        ["sh", tmp_path / "scripts" / "install"], env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_was_stopped_half_way_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / ".venv" / "bin" / "python"
    half.parent.mkdir(parents=True)
    half.symlink_to(sys.executable)
    (tmp_path / ".venv" / ".making").touch()
    done = install(tmp_path)
    assert done.returncode == 2
    assert "setting up .venv" in done.stderr and "venv failed" in done.stderr
    assert not half.exists()
    assert (tmp_path / ".venv" / ".making").exists(), "the next call must know that it is not whole"
    assert not (tmp_path / ".venv.lock").exists()
