"""Python: what a person would call the classes, label sets, functions, options and strings around a hit."""

from __future__ import annotations

import re
from textwrap import dedent

from tests.read.constructs import one, placed

from sousveil.model import Construct, Kind
from sousveil.read.source import python
from sousveil.read.text import Text

_HIT = re.compile(r"race|ethnic|skin|nation|民族|肤色|caste".encode(), re.IGNORECASE)


def read(source: str, hit: re.Pattern[bytes] = _HIT) -> list[Construct]:
    data = dedent(source).encode()
    text = Text(data, "utf-8")
    found = python.read(text, [m.start() for m in hit.finditer(text.utf8)])
    return placed(found, data)


def names(construct: Construct) -> list[str]:
    return [m.name for m in construct.members]


def test_no_hits_read_nothing_and_none_reads_everything() -> None:
    text = Text(b"labels = ['asian', 'black']\n", "utf-8")
    assert python.read(text, ()) == []
    assert [c.name for c in python.read(text, None)] == ["labels"]


def test_a_label_list_is_named_by_its_variable_and_told_by_its_comment() -> None:
    found = read(
        """\
        import os

        # Labels of the race model.
        labels = ["asian", "indian", "black", "white", "middle eastern", "latino hispanic"]
        """
    )
    labels = one(found, Kind.LABEL_SET)
    assert (labels.name, labels.role, labels.gloss) == ("labels", "list", "Labels of the race model.")
    assert names(labels) == ["asian", "indian", "black", "white", "middle eastern", "latino hispanic"]
    assert labels.passage.line == 4
    assert labels.members[2].passage.text == '"black"'


def test_a_hit_in_the_name_alone_finds_the_labels_even_inside_a_call() -> None:
    found = read('RACES = frozenset(np.array(["a b", "c d"]))\n')
    assert names(one(found, Kind.LABEL_SET, "RACES")) == ["a b", "c d"]


def test_dictionaries_from_index_code_and_word() -> None:
    found = read(
        """\
        race_by_index = {0: "asian", 1: "black", 2: "white"}
        race_by_code = {"A": "Asian", "B": "Black or so"}
        race_to_index = {"asian": 0, "black": 1}
        nation = {"1": "汉族", "5": "维吾尔族"}
        race_empty = {"asian": None, "black": None, "white": None}
        """
    )
    by_name = {c.name: c for c in found}
    assert [(m.value, m.name) for m in by_name["race_by_index"].members] == [
        ("0", "asian"),
        ("1", "black"),
        ("2", "white"),
    ]
    assert names(by_name["race_by_code"]) == ["Asian", "Black or so"]
    assert [(m.name, m.value) for m in by_name["race_to_index"].members] == [("asian", "0"), ("black", "1")]
    assert [(m.name, m.value) for m in by_name["nation"].members] == [("汉族", "1"), ("维吾尔族", "5")]
    assert all(c.kind is Kind.LABEL_SET for c in found)


def test_a_ctypes_structure_has_fields() -> None:
    found = read("""
        class FEATURE(Structure):
            _fields_ = [
                ("byGlass", c_ubyte),  # 眼镜
                ("byEthnic", c_ubyte),  # 民族
            ]

        tagB._fields_ = [("byMask", BYTE), ("byEthnic", BYTE)]
        """)
    inside, outside = one(found, Kind.RECORD, "FEATURE"), one(found, Kind.RECORD, "tagB")
    assert [(m.name, m.type, m.gloss) for m in inside.members] == [
        ("byGlass", "c_ubyte", "眼镜"),
        ("byEthnic", "c_ubyte", "民族"),
    ]
    assert names(outside) == ["byMask", "byEthnic"]
    assert outside.passage.text == "tagB._fields_"


def test_choices_are_pairs_of_code_and_label() -> None:
    found = read('RACE_CHOICES = [("W", "White"), ("B", _("Black")), ("A", "Asian")]\n')
    assert [(m.value, m.name) for m in one(found, Kind.LABEL_SET).members] == [
        ("W", "White"),
        ("B", "Black"),
        ("A", "Asian"),
    ]


def test_a_result_dictionary_is_a_record_and_its_lists_are_its_own() -> None:
    found = read(
        """\
        def build(face):
            return {"age": face.age, "gender": face.gender, "race": predict(face), "groups": ["x y", "z w"]}
        """
    )
    record = one(found, Kind.RECORD)
    assert record.role == "dict"
    assert names(record) == ["age", "gender", "race", "groups"]
    assert record.scope == ("build",)
    assert one(found, Kind.OPERATION).name == "build"


def test_labels_written_one_assignment_after_the_other() -> None:
    found = read(
        """\
        def f(p):
            proba = pd.DataFrame()
            proba["white"] = p[0]
            proba["asian"] = p[1]
            proba["race"] = p[2]
            return proba
        """
    )
    run = one(found, Kind.LABEL_SET)
    assert (run.name, names(run)) == ("proba", ["white", "asian", "race"])
    assert run.members[1].value == "p[1]"


def test_an_attribute_list_in_a_string_is_named_by_its_key_or_argument() -> None:
    found = read(
        """\
        def call(image):
            send(url, face_field="age,gender,race,beauty")
            return get("https://example.invalid/detect?returnAttributes=gender,age,ethnicity")
        """
    )
    lists = {c.name: names(c) for c in found if c.role == "attribute-list"}
    assert lists == {
        "face_field": ["age", "gender", "race", "beauty"],
        "returnAttributes": ["gender", "age", "ethnicity"],
    }
    assert all(c.scope == ("call",) for c in found if c.role == "attribute-list")


def test_fields_of_a_class_with_annotations_comments_and_constructor() -> None:
    found = read(
        '''\
        @dataclass
        class Face(Base):
            """One face."""
            age: int = 0  # years
            # 0: unknown, 1: yellow, 2: black
            skin: int = -1

            def __init__(self, x):
                self.race = x  # as predicted
                self._hidden = None

            def run(self):
                return self.age
        '''
    )
    face = one(found, Kind.RECORD)
    assert face.bases == ("Base",)
    assert face.gloss == "One face."
    assert [(m.name, m.type, m.value, m.gloss) for m in face.members] == [
        ("age", "int", "0", "years"),
        ("skin", "int", "-1", "0: unknown, 1: yellow, 2: black"),
        ("race", "", "x", "as predicted"),
        ("_hidden", "", "None", ""),
    ]
    assert face.members[1].values == (("0", "unknown"), ("1", "yellow"), ("2", "black"))
    assert "run" in face.uses


def test_properties_with_docstrings_are_members_not_operations() -> None:
    found = read(
        '''\
        class Detail(AbstractModel):
            r"""Attributes of a face."""

            def __init__(self):
                r"""
                :param _Age: 年龄
                :type _Age: int
                :param _Skin: 肤色
                :type _Skin: :class:`AttributeItem`
                """
                self._Age = None
                self._Skin = None

            @property
            def Age(self):
                return self._Age

            @property
            def Skin(self):
                r"""肤色 0：黄色皮肤，1：棕色皮肤，2：黑色皮肤，3：白色皮肤。
                :rtype: :class:`AttributeItem`
                """
                return self._Skin

            @Skin.setter
            def Skin(self, Skin):
                self._Skin = Skin
        '''
    )
    detail = one(found, Kind.RECORD)
    assert names(detail) == ["Age", "Skin"]
    skin = detail.members[1]
    assert skin.values == (("0", "黄色皮肤"), ("1", "棕色皮肤"), ("2", "黑色皮肤"), ("3", "白色皮肤"))
    assert "AttributeItem" in skin.type
    assert skin.passage.text.strip() == "def Skin(self):"
    assert [c.kind for c in found] == [Kind.RECORD]


def test_described_fields_of_frameworks() -> None:
    found = read(
        """\
        class Person(models.Model):
            nation = models.CharField("民族", choices=[("1", "汉"), ("5", "维")], max_length=3)
            age = models.IntegerField()

        class Reply(BaseModel):
            race: str = Field(None, description="Race of the person")
        """
    )
    person = one(found, Kind.RECORD, "Person")
    assert person.members[0].gloss == "民族"
    assert person.members[0].values == (("1", "汉"), ("5", "维"))
    reply = one(found, Kind.RECORD, "Reply")
    assert (reply.members[0].type, reply.members[0].gloss) == ("str", "Race of the person")


def test_enumerations_of_every_writing() -> None:
    found = read(
        """\
        class Race(IntEnum):
            YELLOW = 1  # yellow
            WHITE = 2

        class RaceCodes:
            ASIAN = "A"
            WHITE = "W"

        RaceName = Literal["asian", "white"]
        RaceEnum = Enum("RaceEnum", ["ASIAN", "WHITE"])
        """
    )
    roles = {c.name: (c.kind, c.role, names(c)) for c in found if c.kind is Kind.ENUMERATION}
    assert roles["Race"] == (Kind.ENUMERATION, "enum", ["YELLOW", "WHITE"])
    assert roles["RaceCodes"] == (Kind.ENUMERATION, "constants", ["ASIAN", "WHITE"])
    assert roles["RaceName"] == (Kind.ENUMERATION, "literal", ["asian", "white"])
    assert roles["RaceEnum"] == (Kind.ENUMERATION, "enum", ["ASIAN", "WHITE"])


def test_functions_tell_parameters_documentation_and_what_they_use() -> None:
    found = read(
        '''\
        @cache
        def predict_race(names: list[str], year: int = 2010) -> DataFrame:
            """Predict race from names.

            Args:
                names (list): surnames
                    of people
                year: census year
            """
            model = load("race.onnx")
            frame = model.predict(encode(names))
            return frame["race_asian"]
        '''
    )
    operation = one(found, Kind.OPERATION)
    assert (operation.role, operation.returns) == ("function", "DataFrame")
    assert operation.gloss.startswith("Predict race from names.")
    assert [(m.name, m.type, m.value) for m in operation.members] == [
        ("names", "list[str]", ""),
        ("year", "int", "2010"),
    ]
    assert operation.members[0].gloss == "surnames\nof people"
    assert operation.members[1].gloss == "census year"
    assert operation.uses[:4] == ("@cache", "model", "load", "race.onnx")
    assert {"model.predict", "race_asian"} <= set(operation.uses)
    assert operation.passage.text.startswith("def predict_race(")


def test_only_the_innermost_function_is_told() -> None:
    found = read(
        """\
        def outer():
            def inner(x):
                return x.race
            return inner
        """
    )
    assert [(c.name, c.scope) for c in found] == [("inner", ("outer",))]


def test_routes_are_endpoints() -> None:
    found = read(
        """\
        @app.route("/face/race", methods=["POST"])
        def detect():
            return run()

        urlpatterns = [path("race/", views.detect_race)]
        """
    )
    endpoints = {c.name: c.gloss for c in found if c.role == "endpoint"}
    assert endpoints["detect"].startswith("/face/race")
    assert endpoints["views.detect_race"] == "race/"


def test_command_line_options_and_choices_on_a_screen() -> None:
    found = read(
        """\
        parser.add_argument("-r", "--race", help="race to search", choices=["asian", "white"])

        @click.option("--nation", type=click.Choice(["han", "hui"]), help="which one")
        def main(nation):
            st.selectbox("Skin colour", ["light", "dark"])
        """
    )
    options = {c.name: (c.role, names(c), c.gloss) for c in found if c.kind is Kind.OPTION}
    assert options == {
        "--race": ("cli-option", ["asian", "white"], "race to search"),
        "--nation": ("cli-option", ["han", "hui"], "which one"),
        "Skin colour": ("select", ["light", "dark"], ""),
    }


def test_free_strings_comments_and_the_module_docstring() -> None:
    found = read(
        '''\
        """Classifies race."""

        RACE_URL = "https://example.invalid/race_model.onnx"

        def f():
            # the race comes last
            log.warning("no race was found")
        '''
    )
    told = {(c.role, c.name, c.gloss) for c in found if c.kind is Kind.STATEMENT}
    assert told == {
        ("docstring", "module", "Classifies race."),
        ("string", "RACE_URL", "https://example.invalid/race_model.onnx"),
        ("comment", "", "the race comes last"),
        ("string", "", "no race was found"),
    }
    warning = one([c for c in found if c.gloss == "no race was found"], Kind.STATEMENT)
    assert (warning.scope, warning.uses) == (("f",), ("log.warning",))


def test_code_of_a_script_is_one_operation() -> None:
    found = read(
        """\
        import pandas as pd
        frame = pd.read_csv("people.csv")
        frame["race"] = model.predict(frame["surname"])
        """
    )
    script = one(found, Kind.OPERATION)
    assert script.role == "script"
    assert {"race", "model.predict", "surname", "pd.read_csv"} <= set(script.uses)


def test_a_type_named_by_a_hit_class_is_read_with_it_and_what_uses_it() -> None:
    found = read(
        """\
        class SkinKind(Enum):
            LIGHT = 1
            DARK = 2

        class Face:
            kind: SkinKind = None

        class Detail:
            face: Face

        class Unrelated:
            size: int

        def make() -> SkinKind:
            return SkinKind.LIGHT
        """,
        re.compile(rb"class SkinKind"),
    )
    assert [c.name for c in found] == ["SkinKind", "Face", "make"]


def test_broken_code_and_python_2_are_read_as_far_as_they_go() -> None:
    found = read(
        """\
        print "race"
        def broken(:
            labels = ["asian", "race
        races = ["a b", "c d"]
        """
    )
    assert found


def test_escapes_in_strings_are_resolved() -> None:
    found = read('nation = ["\\u7ef4\\u65cf", "\\u6c49\\u65cf"]\n')
    labels = one(found, Kind.LABEL_SET)
    assert names(labels) == ["维族", "汉族"]
    assert labels.members[0].passage.text == '"\\u7ef4\\u65cf"'


def test_the_column_a_model_learns_is_told_by_what_takes_it() -> None:
    found = read("""
        people = pd.read_csv("roll.csv")
        print(people["race"].head())
        y = np.array(people.race.astype("category").cat.codes)
        forest.fit(X, people["race"])
        people["race"] = people["race"].str.lower()
        """)
    script = one(found, Kind.OPERATION, role="script")
    assert script.passage.text.startswith("y = np.array(")
    assert 'y = np.array(people.race.astype("category").cat.codes)' in script.uses
    assert 'fit(..., people["race"])' in script.uses
    assert not [u for u in script.uses if u.startswith("people[")]
