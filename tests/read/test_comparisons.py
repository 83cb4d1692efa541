"""Conditions on a trait's value, read off the text of any language."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sousveil.model import Construct, Kind, Passage
from sousveil.read.comparisons import CONDITION, MOST, QUERY, asked_in, comparisons
from sousveil.read.text import Text
from sousveil.read.unfinished import told

WORD = "维吾尔族"


def read(source: str) -> list[Construct]:
    text = Text(source.encode(), "utf-8")
    return comparisons(text, [m.start() for m in re.finditer(WORD.encode(), text.utf8)], "x")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (f'if (p.nation == "{WORD}") {{ alarm(p); }}', "p.nation"),
        (f'if (p->getNation() == L"{WORD}") alarm(p);', "p->getNation()"),
        (f"if (p.nation === '{WORD}') alarm(p)", "p.nation"),
        (f'if ("{WORD}" == p.nation) alarm(p);', "p.nation"),
        (f'if ("{WORD}".equals(p.getNation())) {{ alarm(p); }}', "p.getNation()"),
        (f'if (p.getNation().equals("{WORD}")) {{ alarm(p); }}', "p.getNation()"),
        (f'if (p.Nation.Contains("{WORD}")) {{ alarm(p); }}', "p.Nation"),
        (f'if (Objects.equals(p.nation, "{WORD}")) {{ alarm(p); }}', "p.nation"),
        (f'if (strcmp(p->nation, "{WORD}") == 0) alarm(p);', "p->nation"),
        (f'if [p.nation isEqualToString:@"{WORD}"] {{ alarm(p); }}', "p.nation"),
        (f'if p["nation"] in ("x", "{WORD}"):\n    alarm(p)', 'p["nation"]'),
        (f'if (["x", "{WORD}"].includes(p.nation)) alarm(p)', "p.nation"),
        (f'if (in_array($p["nation"], ["{WORD}"])) alarm($p);', '$p["nation"]'),
        (f'switch p.Nation {{\ncase "x", "{WORD}":\n  alarm(p)\n}}', "p.Nation"),
        (f'If p.Nation = "{WORD}" Then\n    alarm(p)\nEnd If', "p.Nation"),
        (f"IF :NEW.nation = '{WORD}' THEN\n  INSERT INTO alarm VALUES (1);\nEND IF;", "NEW.nation"),
        (f"formula='IF [Nation] = &quot;{WORD}&quot; THEN &quot;alarm&quot; END'", "Nation"),
        (f'when (p.nation) {{\n  "x" -> 1\n}}\nswitch (p.nation) {{ case "{WORD}": alarm(p); }}', "p.nation"),
    ],
)
def test_a_condition_of_code(source: str, name: str) -> None:
    (found,) = read(source)
    assert (found.role, found.name) == (CONDITION, name)
    assert WORD in [m.name for m in found.members]
    assert "alarm" in found.uses


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (f"SELECT id_card FROM people p WHERE p.age > 1 AND p.nation = '{WORD}';", "p.nation"),
        (f"select id_card from people where nation like '%{WORD}%'", "nation"),
        (f"select id_card from people where nation in ('x', '{WORD}')", "nation"),
        (f"String sql = \"select id_card from people where nation = '{WORD}'\";", "nation"),
        (f'rows = people.filter(nation="{WORD}").values("id_card")', "nation"),
        (f"MATCH (p:Person {{age: 5, nation: '{WORD}'}})-[:IN]->(h:Hotel) RETURN p.id_card, id_card;", "nation"),
        (f"g.V().has('nation', '{WORD}').values('id_card')", "nation"),
        (f'wrapper.eq("nation", "{WORD}").select("id_card")', "nation"),
        (f'wrapper.eq(Person::getNation, "{WORD}").select("id_card")', "Person::getNation"),
        (f'rows = people[people.nation == "{WORD}"]["id_card"]', "people.nation"),
    ],
)
def test_a_condition_of_a_query(source: str, name: str) -> None:
    (found,) = read(source)
    assert (found.role, found.name) == (QUERY, name)
    assert WORD in [m.name for m in found.members]
    assert any("id_card" in use for use in found.uses)


@pytest.mark.parametrize(
    "source",
    [
        f'nation = "{WORD}"',
        f"names = ['{WORD}', 'x']",
        f"insert into dict values ('05', '{WORD}');",
        f"update people set nation = '{WORD}'",
        f'assert person.nation == "{WORD}"',
        f'assertEquals("{WORD}", person.getNation());',
        f"print('{WORD}')",
    ],
)
def test_what_gives_or_tests_a_value_is_no_condition(source: str) -> None:
    assert read(source) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (f'KEY = ("{WORD}", "x")\n\nif p["nation"] in KEY:\n    alarm(p)\n', 'p["nation"]'),
        (f'Set<String> KEY = Set.of("{WORD}");\nif (KEY.contains(p.getNation())) {{ alarm(p); }}', "p.getNation()"),
        (f'String key = "{WORD}";\nif (p.getNation().equals(Names.key)) {{ alarm(p); }}', "p.getNation()"),
        (f'const char* key = "{WORD}";\nif (p.nation == key) {{ alarm(p); }}', "p.nation"),
        (f'const key = ["{WORD}"]\nif (key.includes(p.nation)) {{ alarm(p) }}', "p.nation"),
        (f'$key = ["{WORD}"];\nif (in_array($p["nation"], $key)) {{ alarm($p); }}', '$p["nation"]'),
    ],
)
def test_a_value_kept_under_a_name_is_compared_where_the_name_is(source: str, name: str) -> None:
    (found,) = read(source)
    assert (found.name, found.role) == (name, CONDITION)
    assert WORD in [m.name for m in found.members]
    assert "alarm" in found.uses
    assert name in found.passage.text


def test_a_name_that_is_only_handed_on_is_compared_with_nothing() -> None:
    assert read(f'key = "{WORD}"\nshow(key)\nother = keys.get(key)\n') == []


def test_the_query_that_a_program_holds_as_a_string() -> None:
    said = f"select name, id_card from people where nation = '{WORD}'"
    place = Passage(8192, len(said.encode()), 0, 0, "utf-8", said, ".rodata 0x2000")
    held = Construct(Kind.OPERATION, "people", place, role="select", language="sql")
    (found,) = asked_in(held)
    assert (found.name, found.role, found.passage) == ("nation", QUERY, place)
    assert [(m.name, m.passage) for m in found.members] == [(WORD, place)]
    assert {"name", "id_card"} <= set(found.uses)
    assert asked_in(replace(held, passage=replace(place, text="select a position where nothing stands"))) == []


def test_one_condition_on_several_values_is_one() -> None:
    (found,) = read(f'if (p.nation == "{WORD}" || p.nation == "{WORD}2") {{ stop(); }}')
    assert [m.name for m in found.members] == [WORD, WORD + "2"]


def test_the_function_and_class_around_it_are_its_scope() -> None:
    source = f'class Hotel {{\n  bool needReport(Guest g) {{\n    return g.nation == "{WORD}";\n  }}\n}}'
    assert read(source)[0].scope == ("Hotel", "needReport")


def test_who_is_counted_or_shown_a_box_is_not_used() -> None:
    uses = read(f'if (p.nation == "{WORD}") {{ high_risk += 1; alert("x"); store.dispatch(a) }}')[0].uses
    assert "high_risk" not in uses
    assert "alert" not in uses
    assert "store.dispatch" in uses


def test_of_very_many_the_first_are_kept_and_that_is_said() -> None:
    told()
    found = read(f'if (p.nation == "{WORD}") {{ stop(); }}\n' * (MOST + 5))
    assert len(found) == MOST
    assert [reason for reason, _ in told()] == ["cut"]


PARTS = (
    "nation",
    " == ",
    "'",
    '"',
    "(",
    "[",
    "{",
    "in ",
    "where ",
    "select ",
    "\n",
    ".",
    "维",
    WORD,
    "case ",
    ":",
    ",",
)


@given(st.lists(st.sampled_from((*PARTS, "equals(", "switch ", "%", "\xff")), max_size=60))
def test_passages_are_the_bytes_of_the_file(parts: list[str]) -> None:
    data = "".join(parts).encode()
    text = Text(data, "utf-8")
    for found in comparisons(text, [m.start() for m in re.finditer("nation|维".encode(), data)], "x"):
        for passage in (found.passage, *(m.passage for m in found.members)):
            assert data[passage.offset : passage.offset + passage.length].decode() == passage.text
