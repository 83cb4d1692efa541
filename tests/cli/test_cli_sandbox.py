"""What is said of the lock-down of readers, and the refusal to scan without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from sousveil.options import Options, SandboxError
from sousveil.pipeline import scan
from sousveil.work import confine


@pytest.fixture
def product(tmp_path: Path) -> Path:
    (tmp_path / "a.h").write_text("int nothing;\n")
    return tmp_path


def test_a_report_says_what_readers_were_locked_by(product: Path) -> None:
    report = scan(product, Options(jobs=1))
    lacking = confine.missing()
    expected = f"without {', '.join(lacking)}" if lacking else "landlock, seccomp, rlimits"
    assert report.run["sandbox"] == expected
    assert report.complete
    assert scan(product, Options(jobs=1, sandbox="off")).run["sandbox"] == "off"


def test_a_missing_layer_is_named_and_makes_nothing_incomplete(product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine, "landlock", lambda: 0)
    report = scan(product, Options(jobs=1))
    assert "landlock" in str(report.run["sandbox"])
    assert report.complete
    assert not report.limits


def test_where_it_is_required_a_missing_layer_refuses(product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine, "landlock", lambda: 0)
    with pytest.raises(SandboxError, match="landlock"):
        scan(product, Options(jobs=1, sandbox="required"))


@pytest.mark.skipif(bool(confine.missing()), reason="a layer is missing here")
def test_required_and_there(product: Path) -> None:
    assert scan(product, Options(jobs=1, sandbox="required")).counts.files == 1


def test_the_doctor_names_the_layers() -> None:
    from sousveil.cli.doctor import command

    out = CliRunner().invoke(command).output
    for layer in confine.layers():
        assert f"sandbox: {layer.name}" in out
