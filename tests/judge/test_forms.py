"""Long forms, lists below lists, and what only a face service's answers call the trait."""

from __future__ import annotations

from tests.judge.madeup import judged, profiles

from sousveil.model import Act

# ruff: noqa: E501 - files as they are


def test_a_long_form_is_no_list_of_words() -> None:
    persons = [
        "name",
        "gender",
        "birthday",
        "idCard",
        "phone",
        "address",
        "education",
        "maritalStatus",
        "occupation",
        "nationality",
    ]
    fields = [
        *(f"{p}{n}" if n else p for n in range(2) for p in persons),
        "ethnicity",
        *(f"field{n}" for n in range(40)),
    ]
    form = "const form = {\n" + "".join(f"  {f}: '',\n" for f in fields) + "};\n"
    assert [f.act for f in judged(form__js=form).findings] == [Act.RECORDS]
    columns = (
        "const COLUMNS = [\n" + "".join(f"  {{ label: '{f}', prop: 'p{n}' }},\n" for n, f in enumerate(fields)) + "];\n"
    )
    assert [f.act for f in judged(table__js=columns).findings] == [Act.RECORDS]
    words = (
        "const words = {\n" + "".join(f"  word{n}: '',\n" for n in range(60)) + "  ethnicity: '',\n  name: '',\n};\n"
    )
    assert not judged(words__js=words).findings


def test_a_list_below_an_entry_of_a_list_is_its_own() -> None:
    filters = 'const FILTERS = [\n  {{ title: "状态", key: "status", children: [{{ label: "名单库布控", value: 1 }}, {{ label: "{}", value: 2 }}] }},\n  {{ title: "目标", key: "target", children: [] }},\n];\n'
    assert profiles(judged(filters__js=filters.format("民族布控")))
    assert not profiles(judged(filters__js=filters.format("车牌布控")))


def test_what_a_face_service_alone_calls_it() -> None:
    code = "def show(face):\n    print(face['gender_appearance'], face['age_appearance'])\n    return face['{}']['concepts'][0]\n"
    assert profiles(judged(show__py=code.format("multicultural_appearance")))
    assert not profiles(judged(show__py=code.format("general_appearance")))
