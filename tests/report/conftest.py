"""The made-up reports, as fixtures."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from sousveil.model import Report

_spec = importlib.util.spec_from_file_location("made_up_reports", Path(__file__).with_name("made_up_reports.py"))
assert _spec and _spec.loader
_factory = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_factory)


@pytest.fixture(scope="session")
def factory() -> ModuleType:
    """The module that makes reports and their parts."""
    return _factory


@pytest.fixture(params=sorted(_factory.MAKERS))
def any_report(request: pytest.FixtureRequest) -> Report:
    """Each made-up report in turn."""
    report: Report = _factory.MAKERS[request.param]()
    return report


@pytest.fixture
def made() -> Callable[[str], Report]:
    """A function that makes the report of a name."""
    return lambda name: _factory.MAKERS[name]()
