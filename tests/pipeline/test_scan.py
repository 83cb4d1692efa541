"""A whole scan: places, links, identity, limits, and what two runs share."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import msgspec
import pytest

import sousveil
from sousveil.model import Act, Place, Report, Verdict
from sousveil.options import Options
from sousveil.unpack import Entry, walk

spec = importlib.util.spec_from_file_location("made_up", Path(__file__).with_name("made_up.py"))
assert spec and spec.loader
made_up = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made_up)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.vendor(tmp_path_factory.mktemp("product") / "sdk")


@pytest.fixture(scope="module")
def report(product: Path) -> Report:
    return sousveil.scan(product)


def artifacts(product: Path) -> dict[str, bytes]:
    out: dict[str, bytes] = {}
    for folder, _, names in os.walk(product):
        for name in names:
            path = Path(folder) / name
            display = str(path.relative_to(product))
            out[display] = path.read_bytes()
            if name.endswith(".zip"):
                for entry in walk(path, display):
                    if isinstance(entry, Entry):
                        out[entry.path] = entry.data
    return out


def places(report: Report) -> list[Place]:
    out = [p for f in report.findings for p in f.places]
    out += [link.place for f in report.findings for link in f.links]
    return out + [e.place for e in report.explained]


def test_every_place_is_the_quoted_text_in_the_artifacts_own_bytes(product: Path, report: Report) -> None:
    data = artifacts(product)
    found = places(report)
    assert len(found) > 20
    for place in found:
        raw = data[place.artifact][place.offset : place.offset + place.length]
        assert raw.decode(place.encoding, "backslashreplace") == place.text, place
        before = data[place.artifact][: place.offset].decode(place.encoding, "replace")
        assert before.count("\n") + 1 == place.line, place


def test_the_enumeration_is_found_in_every_encoding(report: Report) -> None:
    found = {
        (p.artifact, p.encoding)
        for f in report.findings
        if f.construct.name == "EM_ETHNIC_KIND" and f.act is Act.INFERS
        for p in f.places
    }
    assert ("include/made_up.h", "gb18030") in found
    assert any(a == "include/wide.h" and e.startswith("utf-16") for a, e in found)
    assert any(a == "sdk.zip!/include/big5.h" for a, _ in found)


def test_the_event_record_infers_and_the_card_only_records(report: Report) -> None:
    acts = {(f.construct.name, f.act) for f in report.findings if f.probability >= 0.5}
    assert ("MADE_UP_FACE_RESULT", Act.INFERS) in acts
    assert ("MADE_UP_CARD_INFO", Act.RECORDS) in acts
    assert ("MADE_UP_CARD_INFO", Act.INFERS) not in acts


def test_a_record_without_a_term_of_its_own_is_found_through_the_type_it_uses(report: Report) -> None:
    names = {f.construct.name for f in report.findings if f.places[0].artifact == "include/user.h"}
    assert "MADE_UP_TRACK" in names


def test_field_and_enumeration_are_linked(report: Report) -> None:
    (finding, *_) = [
        f
        for f in report.findings
        if f.construct.name == "EM_ETHNIC_KIND" and f.places[0].artifact == "include/made_up.h"
    ]
    assert any(link.relation == "type-of" and link.name == "MADE_UP_FACE_RESULT.emKind" for link in finding.links)


def test_what_was_found_inside_the_nested_zip(report: Report) -> None:
    paths = {f.places[0].artifact: f for f in report.findings}
    assert paths["sdk.zip!/inner.zip!/src/made/up/FaceService.java"].act is Act.INFERS
    assert paths["web/search.html"].act is Act.TARGETS


def test_the_language_table_is_explained_with_its_reason(report: Report) -> None:
    (explained, *_) = [e for e in report.explained if e.place.artifact.endswith("languages.json")]
    assert explained.rule == "locale"


def test_verdict_and_gloss(report: Report) -> None:
    assert report.verdict is Verdict.PROFILES
    assert report.complete
    glosses = [p for f in report.findings for p in f.places if "维族" in p.text]
    assert glosses
    for place in glosses:
        assert "Uyghur" in place.gloss
        assert "lexicon" in place.gloss_source


def test_two_runs_are_the_same_but_for_the_run(product: Path, report: Report) -> None:
    again = sousveil.scan(product, Options(jobs=1))
    one, two = (msgspec.to_builtins(r) for r in (report, again))
    assert one.pop("run") != two.pop("run")
    assert one == two


def test_an_identity_does_not_depend_on_where_the_product_lies(product: Path, report: Report, tmp_path: Path) -> None:
    moved = made_up.vendor(tmp_path / "elsewhere" / "renamed")
    assert [f.id for f in sousveil.scan(moved).findings] == [f.id for f in report.findings]


def test_identities_are_unique(report: Report) -> None:
    ids = [f.id for f in report.findings]
    assert len(ids) == len(set(ids))


def test_only_and_skip(product: Path) -> None:
    only = sousveil.scan(product, Options(only=("targets",)))
    assert {f.act for f in only.findings} == {Act.TARGETS}
    skipped = sousveil.scan(product, Options(skip=("person-filter",)))
    assert all(f.rule != "person-filter" for f in skipped.findings)


def test_a_quota_that_was_hit_is_named_and_makes_the_report_incomplete(product: Path) -> None:
    from sousveil.unpack import Quotas

    report = sousveil.scan(product, Options(quotas=Quotas(max_files=2)))
    assert not report.complete
    assert any("--max-files 2" in limit.detail for limit in report.limits)


def test_nothing_is_left_behind(product: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sousveil.scan(product)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_and_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.h").touch()
    assert sousveil.scan(tmp_path / "empty.h").verdict is Verdict.CLEAR
    (tmp_path / "folder").mkdir()
    assert sousveil.scan(tmp_path / "folder").counts.files == 0


def test_links_fifos_and_loops_are_reported_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text(made_up.HEADER)
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    report = sousveil.scan(tmp_path)
    assert report.verdict is Verdict.PROFILES
    reasons = {limit.path: limit.reason for limit in report.limits}
    assert reasons["loop"] == "link"
    assert "pipe" in reasons


def test_a_binary_that_holds_terms_is_a_limit_not_silence(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40 + "民族 EM_NATION_TYPE_UYGUR".encode() + bytes(range(256)) * 40
    (tmp_path / "lib.so").write_bytes(data)
    report = sousveil.scan(tmp_path)
    assert report.verdict is Verdict.CLEAR
    assert not report.complete
    assert [limit.reason for limit in report.limits] == ["not-understood"]


def test_the_same_bytes_in_two_folders_are_found_in_both(tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "made_up.h").write_text(made_up.HEADER)
    report = sousveil.scan(tmp_path)
    (finding,) = [f for f in report.findings if f.construct.name == "MADE_UP_FACE_RESULT"]
    assert finding.places[0].artifact == "v1/made_up.h"
    (copy,) = [link for link in finding.links if link.relation == "same-bytes"]
    assert copy.place.artifact == "v2/made_up.h"
    assert report.counts.read == 2


def test_a_copy_is_not_read_again_and_is_found_all_the_same(tmp_path: Path) -> None:
    """No type is declared here whose name would be searched for in a second pass."""
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "labels.py").write_text('FACE_ETHNICITY = ["uyghur", "han", "tibetan", "other"]\n')
    (finding,) = sousveil.scan(tmp_path).findings
    assert [(link.relation, link.place.artifact) for link in finding.links] == [("same-bytes", "v2/labels.py")]


@pytest.mark.parametrize("name", [b"evil\xff\nname.h", b"a\x1b[31mb.h", "维\u202e.h".encode(), b"-rf.h"])
def test_a_file_of_any_name_is_read(tmp_path: Path, name: bytes) -> None:
    with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:
        file.write(made_up.HEADER)
    report = sousveil.scan(tmp_path)
    assert report.verdict is Verdict.PROFILES
    assert report.complete
    shown = report.findings[0].places[0].artifact
    assert shown.isprintable()
