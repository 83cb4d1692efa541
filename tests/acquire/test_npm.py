from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.acquire import AcquireError, acquire, npm, npm_config


def publish(registry: Any, name: str, versions: dict[str, Any], tags: dict[str, str] | None = None) -> None:
    """Serve a package; a version's value changes its entry, and ``body`` is the tarball's content."""
    document: dict[str, Any] = {"name": name, "dist-tags": tags or {}, "versions": {}}
    for version, changes in versions.items():
        body = changes.get("body", version.encode())
        path = f"/{name}/-/{version}.tgz"
        registry.put(path, body)
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(body).digest()).decode()
        dist = {"tarball": registry.url + path, "integrity": integrity, "shasum": hashlib.sha1(body).hexdigest()}
        dist.update(changes.get("dist", {}))
        entry = {"name": name, "version": version, "dist": dist}
        entry.update({k: v for k, v in changes.items() if k not in ("body", "dist")})
        document["versions"][version] = entry
    registry.put("/" + name.replace("/", "%2F"), json.dumps(document).encode(), "application/json")


def test_an_exact_version(npm_registry: Any) -> None:
    publish(npm_registry, "a", {"1.0.0": {}, "2.0.0": {}}, {"latest": "2.0.0"})
    got = acquire("npm:a@1.0.0")
    assert (got.purl, got.inputs[0].display) == ("pkg:npm/a@1.0.0", "a-1.0.0.tgz")
    assert got.inputs[0].path.read_bytes() == b"1.0.0"
    assert got.inputs[0].sha256 == hashlib.sha256(b"1.0.0").hexdigest()
    assert got.notes == ("version 1.0.0 was asked for",)
    asked = len(npm_registry.asked)
    assert acquire("npm:a@1.0.0", offline=True) == got
    assert len(npm_registry.asked) == asked


def test_a_scoped_name_and_its_own_registry(npm_registry: Any, second_registry: Any, own_home: Path) -> None:
    publish(second_registry, "@scope/name", {"1.0.0": {}})
    host = second_registry.url.removeprefix("http:")
    (own_home / ".npmrc").write_text(f"@scope:registry={second_registry.url}\n{host}/:_authToken=${{TOKEN}}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN", "topsecret")
        got = acquire("npm:@scope/name")
    assert (got.purl, got.inputs[0].display) == ("pkg:npm/%40scope/name@1.0.0", "scope-name-1.0.0.tgz")
    assert [h["authorization"] for _, h in second_registry.asked] == ["Bearer topsecret"] * 2
    assert npm_registry.asked == []


def test_a_token_does_not_go_to_another_host(npm_registry: Any, second_registry: Any, own_home: Path) -> None:
    body = b"elsewhere"
    second_registry.put("/a.tgz", body)
    publish(npm_registry, "a", {"1.0.0": {"body": body, "dist": {"tarball": second_registry.url + "/a.tgz"}}})
    (own_home / ".npmrc").write_text(npm_registry.url.removeprefix("http:") + "/:_authToken=topsecret\n")
    acquire("npm:a@1.0.0")
    assert npm_registry.asked[0][1]["authorization"] == "Bearer topsecret"
    assert "authorization" not in second_registry.asked[0][1]


@pytest.mark.parametrize(
    ("versions", "tags", "chosen", "why"),
    [
        ({"1.0.0": {}, "1.10.0": {}, "1.9.0": {}}, {}, "1.10.0", "newest that is neither"),
        ({"1.0.0": {}, "2.0.0": {}}, {"latest": "1.0.0"}, "1.0.0", "registry's latest (higher numbers: 2.0.0)"),
        ({"1.0.0": {}, "2.0.0-rc.1": {}}, {"latest": "2.0.0-rc.1"}, "1.0.0", "newest that is neither"),
        ({"1.0.0": {}, "2.0.0": {"deprecated": "x"}}, {"latest": "2.0.0"}, "1.0.0", "newest that is neither"),
        ({"1.0.0": {"deprecated": "x"}, "1.1.0": {"deprecated": "use b"}}, {}, "1.1.0", "deprecated, as every one is"),
        ({"1.0.0-rc.2": {}, "1.0.0-rc.10": {}}, {}, "1.0.0-rc.10", "only pre-releases"),
        ({"1.0.0": {}, "2.0.0": {"dist": {"tarball": 1}}}, {}, "1.0.0", "newest that is neither"),
    ],
)
def test_the_newest_that_stands(
    npm_registry: Any, versions: dict[str, Any], tags: dict[str, str], chosen: str, why: str
) -> None:
    publish(npm_registry, "a", versions, tags)
    got = acquire("npm:a")
    assert got.purl == f"pkg:npm/a@{chosen}"
    assert why in got.notes[0] and chosen in got.notes[0]
    assert any("is deprecated: use b" in n for n in got.notes) is (chosen == "1.1.0")


def test_a_tag_can_be_named_and_is_asked_anew(npm_registry: Any) -> None:
    publish(npm_registry, "a", {"1.0.0": {}, "2.0.0-rc.1": {}}, {"next": "2.0.0-rc.1"})
    assert acquire("npm:a@next").purl == "pkg:npm/a@2.0.0-rc.1"
    publish(npm_registry, "a", {"1.0.0": {}, "2.0.0-rc.1": {}}, {"next": "1.0.0"})
    assert acquire("npm:a@next").purl == "pkg:npm/a@1.0.0"


def test_what_does_not_exist(npm_registry: Any) -> None:
    publish(npm_registry, "a", {f"1.{i}.0": {} for i in range(30)}, {"beta": "1.2.0"})
    with pytest.raises(AcquireError, match=r"no version 1\.15\.5\. Nearest are .*1\.15\.0, 1\.16\.0.*1\.29\.0.*beta"):
        acquire("npm:a@1.15.5")
    with pytest.raises(AcquireError, match=r"knows no package.*npm:abc"):
        acquire("npm:ABC")
    publish(npm_registry, "@cam/era", {"1.0.0": {}})
    acquire("npm:@cam/era@1.0.0")
    with pytest.raises(AcquireError, match=r"like it: @cam/era\. A registry cannot be asked for like names"):
        acquire("npm:@cam/eras")
    publish(npm_registry, "gone", {})
    with pytest.raises(AcquireError, match="unpublished"):
        acquire("npm:gone")
    with pytest.raises(AcquireError, match="offline"):
        acquire("npm:a", offline=True)


@pytest.mark.parametrize(
    ("dist", "says"),
    [
        ({"integrity": "sha512-" + base64.b64encode(bytes(64)).decode()}, "wrong digest"),
        ({"integrity": None, "shasum": "0" * 40}, "wrong digest"),
    ],
)
def test_a_wrong_digest(
    npm_registry: Any, dist: dict[str, Any], says: str, leftovers: Callable[[], list[Path]]
) -> None:
    publish(npm_registry, "a", {"1.0.0": {"dist": dist}})
    with pytest.raises(AcquireError, match=says):
        acquire("npm:a@1.0.0")
    assert leftovers() == []


def test_old_packages_have_weak_digests_or_none(npm_registry: Any) -> None:
    publish(
        npm_registry,
        "a",
        {"1.0.0": {"dist": {"integrity": None}}, "1.0.1": {"dist": {"integrity": None, "shasum": None}}},
    )
    assert any("weak digest (sha1)" in n for n in acquire("npm:a@1.0.0").notes)
    assert any("names no digest" in n for n in acquire("npm:a@1.0.1").notes)


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"<html>log in</html>", "text/html", "web page"),
        (b"[]", "application/json", "not its JSON"),
        (b"{", "application/json", "not its JSON"),
        (b"[" * 200_000, "application/json", "not its JSON"),
        (b'{"versions": {"1.0.0": 5}}', "application/json", "entry of version 1.0.0 is malformed"),
        (
            b'{"versions": {"1.0.0": {"dist": {"tarball": "file:///etc/passwd"}}}}',
            "application/json",
            "not a web address",
        ),
    ],
)
def test_a_registry_that_is_none(npm_registry: Any, body: bytes, kind: str, says: str) -> None:
    npm_registry.put("/a", body, kind)
    with pytest.raises(AcquireError, match=says):
        acquire("npm:a@1.0.0")


def test_a_tarball_of_the_default_registry_comes_from_the_configured_one(npm_registry: Any) -> None:
    tarball = npm.default_registry() + "a/-/1.0.0.tgz"
    publish(npm_registry, "a", {"1.0.0": {"dist": {"tarball": tarball}}})
    assert acquire("npm:a@1.0.0").inputs[0].path.read_bytes() == b"1.0.0"
    assert npm_registry.paths() == ["/a", "/a/-/1.0.0.tgz"]


def test_a_file_in_the_folder_one_stands_in_does_not_count(own_home: Path) -> None:
    (own_home / "project" / ".npmrc").write_text("registry=https://evil.test/${HOME}\n")
    assert npm_config.read(None).registry("a") == ""


def test_settings_of_npm(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_home / "global").write_text("registry=https://global.test\nproxy=http://p.test\nstrict-ssl=false\nfoo=bar\n")
    monkeypatch.setenv("npm_config_globalconfig", str(own_home / "global"))
    config = npm_config.read(None)
    assert config.registry("a") == "https://global.test/"
    assert config.settings.proxies == {"http": "http://p.test", "https": "http://p.test"}
    assert not config.settings.check_certificates
    (own_home / ".npmrc").write_text(
        "registry=https://user.test/\n@s:registry = https://scope.test/npm\ncafile=~/ca.pem\nfetch-timeout=5000\nproxy=null\nnoproxy=a,b\n"
    )
    monkeypatch.setenv("NPM_CONFIG_HTTPS_PROXY", "http://secure.test")
    config = npm_config.read(None)
    assert config.registry("a") == "https://user.test/"
    assert config.registry("@s/a") == "https://scope.test/npm/"
    assert config.registry("@t/a") == "https://user.test/"
    assert config.settings.ca_file == str(own_home / "ca.pem")
    assert config.settings.timeout == 5.0
    assert config.settings.no_proxy == "a,b"
    assert config.settings.proxies["https"] == "http://secure.test"
    monkeypatch.setenv("npm_config_userconfig", str(own_home / "other"))
    assert npm_config.read(9.0).registry("a") == "https://global.test/"
    monkeypatch.setenv("npm_config_registry", "https://variable.test")
    assert npm_config.read(9.0).registry("a") == "https://variable.test/"
    assert npm_config.read(9.0).settings.timeout == 9.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        (" a = b ; comment\n; c=d\n# e=f\n[section]\n", {"a": "b"}),
        ("a = \"b ; c\"\n'd' = 'e'", {"a": "b ; c", "d": "e"}),
        ("//h.test/:_authToken=abc==", {"//h.test/:_authToken": "abc=="}),
        (
            "a=${HOME_X}/x\nb=${NOT_SET}\nc=${NOT_SET?}x\nd=\\${HOME_X}",
            {"a": "/h/x", "b": "${NOT_SET}", "c": "x", "d": "\\${HOME_X}"},
        ),
        ("ca[]=one\nca[]=two", {"ca": "one\ntwo"}),
        ("a=null\nb=\nflag", {"flag": "true"}),
    ],
)
def test_npmrc(text: str, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_X", "/h")
    monkeypatch.delenv("NOT_SET", raising=False)
    assert npm_config.parse(text) == expected


@given(st.text())
def test_no_npmrc_breaks_it(text: str) -> None:
    npm_config.parse(text)


@pytest.mark.parametrize(
    ("values", "url", "expected"),
    [
        ({"//h.test/:_authToken": "t"}, "https://h.test/a/b.tgz", "Bearer t"),
        ({"//h.test/npm/:_authToken": "t"}, "https://h.test/npm/a", "Bearer t"),
        ({"//h.test/npm/:_authToken": "t"}, "https://h.test/other/a", ""),
        ({"//h.test/npm/:_authToken": "t"}, "https://h.test/npm2/a", ""),
        (
            {"//h.test/:_authToken": "outer", "//h.test/npm/:_authToken": "inner"},
            "https://h.test/npm/a",
            "Bearer inner",
        ),
        ({"//h.test:8080/:_auth": "dTpw"}, "https://h.test:8080/a", "Basic dTpw"),
        ({"//h.test:8080/:_auth": "dTpw"}, "https://h.test/a", ""),
        ({"//h.test/:username": "u", "//h.test/:_password": "cA=="}, "https://h.test/a", "Basic dTpw"),
        ({"_authToken": "t"}, "https://h.test/a", ""),
    ],
)
def test_who_the_user_is(values: dict[str, str], url: str, expected: str) -> None:
    assert npm_config.NpmConfig(values, npm_config.Settings()).authorization(url) == expected


def test_a_password_that_is_no_base64_is_not_quoted() -> None:
    values = {"//h.test/:username": "u", "//h.test/:_password": "topsecret!"}
    with pytest.raises(AcquireError, match="not base64") as caught:
        npm_config.NpmConfig(values, npm_config.Settings()).authorization("https://h.test/")
    assert "topsecret" not in str(caught.value)
