"""Shapes that applications in other languages than English had, each beside one that looks alike."""

from __future__ import annotations

from tests.judge.madeup import judged, profiles

from sousveil.model import Trait

# ruff: noqa: E501 - files as they are


def test_who_looks_for_a_spouse_tells_his_looks_himself() -> None:
    fields = (
        '{{"request": {{"fields": {{"age": "العمر", "marital": "الحالة الاجتماعية", "education": "المؤهل", "job": "العمل",\n'
        ' "hair": "لون الشعر", "{}": "…", "beauty": "الجمال", "religion": "الديانة"}}}}}}\n'
    )
    assert not profiles(judged(ar__json=fields.format("beard")))
    assert profiles(judged(ar__json=fields.format("mask")))


def test_a_page_of_one_who_looks_for_a_spouse() -> None:
    page = (
        "<div class='search-information'><p>العمر :</p><p>{{{{ $m->age }}}}</p><p>الجنسية :</p><p>{{{{ $m->nationality }}}}</p>\n"
        "<p>الحالة :</p><p>{{{{ $m->marital_status }}}}</p><p>العمل :</p><p>{{{{ $m->job }}}}</p>\n"
        "<p>لون الشعر :</p><p>{{{{ $m->hair_color }}}}</p><p>اللحية :</p><p>{{{{ $m->{} }}}}</p>\n"
        "<p> لون البشرة : </p><p>{{{{ $m->skin }}}}</p></div>\n"
    )
    assert not profiles(judged(show__blade__php=page.format("beard")))
    assert profiles(judged(show__blade__php=page.format("expression")))


def test_texts_of_a_screen_search_nobody() -> None:
    texts = (
        "export default {{ page: {{ {}: {{\n  fullName: 'Ad Soyad', age: 'Yaş', gender: 'Cinsiyet', education: 'Eğitim',\n"
        "  religion: 'Dininiz', childrenCount: 'Varsa kaç tane çocuk?', heightMin: 'Boy aralığı', heightMax: 'Boy (en çok)',\n"
        "}} }} }};\n"
    )
    assert not profiles(judged(tr__js=texts.format("labels")))
    assert {t for t, _, _ in profiles(judged(tr__js=texts.format("searchFilters")))} == {Trait.RELIGION}


def test_a_page_on_which_somebody_is_searched() -> None:
    page = (
        "<form method='{}'><label>{}</label><input name='q'>\n<label>العمر من</label><input name='age_min'>\n"
        "<label>العمر إلى</label><input name='age_max'>\n<label>الدين</label><select name='religion'>\n"
        "<option value='a'>مسلمة</option><option value='b'>غير مسلمة</option></select></form>\n"
    )
    assert {t for t, _, _ in profiles(judged(girls__blade__php=page.format("GET", "بحث")))} == {Trait.RELIGION}
    # A form on which somebody tells what he wishes for himself.
    assert not profiles(judged(wish__blade__php=page.format("POST", "الاسم")))


def test_a_page_called_a_search() -> None:
    page = (
        "<form><label>{}</label><select name='a'><option>20대</option></select><label>성별</label><select name='s'>\n"
        "<option>남자</option></select><label>종교</label><select name='religion'><option>불교</option></select></form>\n"
    )
    assert profiles(judged(search__jsp=page.format("나이")))
    assert not profiles(judged(join__jsp=page.format("나이")))
    # Names for a child.
    assert not profiles(judged(search__jsp=page.format("이름")))
    assert not profiles(judged(search__jsp=page.format("나이").replace("<form>", "<form><h1>students</h1>")))


def test_points_for_who_is_alike() -> None:
    code = (
        "exports.fit = (p, cand, seekerAge) => {{\n  let earned = 0;\n  // Medeni hal\n"
        "  if (text(p.maritalStatus) === text(cand.maritalStatus)) earned += w.maritalStatus;\n  // Din\n"
        "  if (text(p?.religion)) {{\n    const ok = text(p.religion) === text({0});\n    if (ok) {1};\n  }}\n"
        "  return rank(candidates, earned);\n}};\n"
    )
    assert {t for t, _, _ in profiles(judged(fit__js=code.format("cand?.religion", "earned += w.religion")))} == {
        Trait.RELIGION
    }
    assert not profiles(judged(fit__js=code.format("cand?.religion", "same.push(w.religion)")))
    # Of one and the same record nothing is alike.
    assert not profiles(judged(fit__js=code.format("wanted", "earned += w.religion")))
    # Two records of one patient.
    assert not profiles(
        judged(fit__js=code.format("cand?.religion", "earned += w.religion").replace("cand", "patient"))
    )


def test_queries_built_of_expressions_and_pieces() -> None:
    dsl = (
        "class {0}Repository {{\n  List<{0}> introduce(Condition c) {{ return factory.selectFrom({1}).where(faithEq(c.getReligion())).fetch(); }}\n"
        "  private BooleanExpression smokingEq(String smoking) {{ return {1}.profile.smoking.eq(smoking); }}\n"
        "  private BooleanExpression faithEq(String religion) {{ return {1}.profile.religion.stringValue().eq(religion); }}\n}}\n"
    )
    assert profiles(judged(MemberRepository__java=dsl.format("Member", "member")))
    assert not profiles(judged(BookRepository__java=dsl.format("Book", "book").replace("smoking", "binding")))
    cypher = (
        "def {0}(religion=None, age_min=None):\n    conditions, params = [], {{}}\n    if age_min:\n"
        '        conditions.append("n.age >= $age_min")\n    if religion:\n'
        '        conditions.append("toLower(n.religion) CONTAINS toLower($religion)")\n'
        '        params["religion"] = religion\n    return graph.run("MATCH (n:{1}) RETURN n", conditions, params)\n'
    )
    assert profiles(judged(voters__py=cypher.format("voters", "Voter")))
    assert not profiles(judged(temples__py=cypher.format("temples", "Temple").replace("age", "built")))


def test_what_a_screen_chooses_of_a_search_for_users() -> None:
    screen = (
        "class FilterScreen {{\n  Widget build() {{\n    onTap: () {{ setState(() {{ {0}.maritalState = 'single'; }}); }},\n"
        "    onTap: () {{ setState(() {{ {0}.religion = 'sunni'; }}); }},\n  }}\n}}\n"
    )
    assert {t for t, _, _ in profiles(judged(screen__dart=screen.format("userSearch")))} == {Trait.RELIGION}
    # What somebody tells of himself.
    assert not profiles(judged(screen__dart=screen.format("userDetails")))


def test_a_prompt_that_a_page_shows() -> None:
    page = (
        "# {}\n\n## Prompt\n\n```\n{} the age and the race of the person in the {} image. Answer in JSON format.\n```\n"
    )
    assert {t for t, _, _ in profiles(judged(PROFILING__md=page.format("Kiosk", "Guess", "attached")))} == {
        Trait.ETHNICITY
    }
    assert not profiles(judged(PROFILING__md=page.format("Kiosk", "Do not mention", "attached")))
    assert not profiles(judged(PROFILING__md=page.format("Kiosk", "Guess", "attached").replace("Prompt", "Output")))


def test_what_an_arabic_or_persian_page_says_is_predicted() -> None:
    arabic = "# {}\n\nيقوم التطبيق بتحليل الوجه {} بالعمر والجنس والعرق.\n"
    assert {t for t, _, _ in profiles(judged(a__md=arabic.format("تحليل الوجوه", "والتنبؤ")))} == {Trait.ETHNICITY}
    assert not profiles(judged(a__md=arabic.format("تحليل الوجوه", "دون المساس")))
    persian = "# {}\n\nاین برنامه از روی {} سن، جنسیت و نژاد را تخمین می‌زند.\n"
    assert profiles(judged(b__md=persian.format("تحلیل چهره", "چهره")))
    assert not profiles(judged(b__md=persian.format("سگ‌ها", "عکس سگ").replace("تخمین می‌زند", "نشان می‌دهد")))


def test_a_heading_written_in_html() -> None:
    page = (
        "<h1>Projeto de {}</h1>\n\n<h2>Atributos</h2>\n\nIdade: estimativa da idade.\n\nRaça: classificação racial.\n"
    )
    assert {t for t, _, _ in profiles(judged(README__md=page.format("Reconhecimento Facial")))} == {Trait.ETHNICITY}
    assert not profiles(judged(README__md=page.format("Censo escolar")))


def test_a_table_declared_in_a_string() -> None:
    code = (
        'def make(cursor):\n    cursor.execute("""\n        CREATE TABLE IF NOT EXISTS {} (\n            id SERIAL PRIMARY KEY,\n'
        '            age INT,\n            gender VARCHAR(50),\n            race VARCHAR(50),\n            {}\n        );\n    """)\n'
    )
    assert {t for t, _, _ in profiles(judged(db__py=code.format("face_analysis_results", "emotion VARCHAR(64)")))} == {
        Trait.ETHNICITY
    }
    assert not profiles(judged(db__py=code.format("students", "address VARCHAR(64)")))
    assert not profiles(judged(db__py=code.format("characters", "class VARCHAR(64)")))


def test_a_form_is_filled_with_what_was_measured_in_a_face() -> None:
    code = (
        "void Widget::show()\n{{\n    face = reg->getInfo();\n    ui->edit_gender->setText(face.attributes.gender);\n"
        "    ui->edit_age->setText(face.attributes.age);\n    ui->edit_emotion->setText(face.attributes.emotion);\n"
        "    ui->edit_ethnicity->setText(face.attributes.ethnicity);\n    ui->edit_beauty->setText(face.attributes.beauty);\n"
        "    ui->edit_{0}->setText(face.attributes.{0});\n}}\n"
    )
    assert {t for t, _, _ in profiles(judged(widget__cpp=code.format("skinstatus")))} == {Trait.ETHNICITY}
    # A face that somebody makes for himself.
    assert not profiles(judged(widget__cpp=code.format("hair").replace("face.attributes", "avatar.look")))
