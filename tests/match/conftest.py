"""One lexicon and one matcher for all tests of the match stage, in a cache of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousveil.match.database import Matcher
from sousveil.match.lexicon import Lexicon, load


@pytest.fixture(scope="session")
def match_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("match-cache")


@pytest.fixture(scope="session")
def lexicon(match_cache: Path) -> Lexicon:
    return load(cache=match_cache)


@pytest.fixture(scope="session")
def matcher(lexicon: Lexicon, match_cache: Path) -> Matcher:
    return Matcher(lexicon, match_cache)
