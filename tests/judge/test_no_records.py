"""What looks like a person's record and is none, as real packages have it: each beside the form it is told from."""

from __future__ import annotations

from pathlib import Path

import pytest

import sousveil

_SHEET = "[race]\nid=human\nname=Human\nfemale_name=Human\nplural_name=Humans\n[/race]\n"
_PROVIDER = (
    "class Provider(PersonProvider):\n"
    '    """Names by ethnic group."""\n'
    "    first_names_male = ('A', 'B')\n    first_names_female = ('C',)\n    last_names = ('D',)\n"
    "    ethnic_group = 'E'\n"
)
_NEWS = '<recipe id="the_nation" title="The Nation" author="A" language="en" description="A weekly paper."/>\n'
_FORM = '<person id="1" name="" sex="" nation="民族" address="" birthday=""/>\n'
_HELP = "The character screen shows race and class choices, and context sensitive help.\n"
_AUDIT = "The report shows how biased the model is: its fairness by race and ethnicity.\n"


def _acts(folder: Path, name: str, text: str) -> set[str]:
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return {str(f.act) for f in sousveil.scan(folder).findings if f.probability >= 0.5}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("usr/share/games/nj/units.cfg", _SHEET),
        ("nj/faker/person.py", _PROVIDER),
        ("nj/papers.xml", _NEWS),
        ("nj/changes.txt", _HELP),
    ],
)
def test_it_records_and_measures_nothing(tmp_path: Path, name: str, text: str) -> None:
    assert _acts(tmp_path, name, text) == set()


@pytest.mark.parametrize(
    ("name", "text", "act"),
    [
        ("nj/units.cfg", _SHEET, "records"),
        ("nj/person.py", _PROVIDER, "records"),
        ("nj/person.xml", _FORM, "records"),
        ("nj/audit.txt", _AUDIT, "measures"),
    ],
)
def test_its_neighbour_does(tmp_path: Path, name: str, text: str, act: str) -> None:
    assert act in _acts(tmp_path, name, text)
