from __future__ import annotations

import os
from pathlib import Path

import pytest

from sousveil.acquire import AcquireError, pip_config, pypi_index


@pytest.fixture
def plain(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no setting of pip's at all, apart from what the machine has."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    return own_home


def test_without_settings_the_default_index_counts(plain: Path) -> None:
    config = pip_config.read(None)
    assert config.indexes == ("",)
    assert config.find_links == ()
    assert config.settings.timeout == 60.0
    assert not config.keyring
    assert pypi_index.default_index().startswith("https://")


def test_files_sections_and_variables_in_pips_order(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_CONFIG_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(plain / "conf"))
    monkeypatch.setattr(pip_config.sys, "prefix", str(plain / "venv"))
    monkeypatch.setattr(pip_config.environment, "is_mac", lambda: False)
    monkeypatch.setattr(pip_config.environment, "is_windows", lambda: False)
    for folder in ("conf/pip", ".pip", "venv"):
        (plain / folder).mkdir(parents=True)
    (plain / ".pip" / "pip.conf").write_text("[global]\nindex-url = https://legacy.test\nno-index = false\n")
    user = plain / "conf" / "pip" / "pip.conf"
    user.write_text(
        "[global]\nindex_url = https://user.test/%(x)s\nfind-links = ~/a\n  b\n"
        "extra-index-url = https://one.test\n  https://two.test\ntimeout = 7\n[install]\nindex-url = https://no.test\n"
    )
    config = pip_config.read(None)
    assert config.indexes == ("https://user.test/%(x)s", "https://one.test", "https://two.test")
    assert config.find_links == ("~/a", "b")
    assert config.settings.timeout == 7.0
    (plain / "venv" / "pip.conf").write_text(
        "[global]\nindex-url = https://site.test\n[download]\nproxy = http://p.test\n"
    )
    config = pip_config.read(3.0)
    assert config.indexes[0] == "https://site.test"
    assert config.settings.proxies == {"http": "http://p.test", "https": "http://p.test"}
    assert config.settings.timeout == 3.0
    (plain / "named.conf").write_text("[global]\nindex-url = https://named.test\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(plain / "named.conf"))
    assert pip_config.read(None).indexes == ("https://named.test",), "a named file replaces the user's"
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.test")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "a.test b.test:8080")
    monkeypatch.setenv("PIP_CERT", "~/ca.pem")
    monkeypatch.setenv("PIP_CLIENT_CERT", "/client.pem")
    monkeypatch.setenv("PIP_KEYRING_PROVIDER", "subprocess")
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "99999")
    config = pip_config.read(None)
    assert config.indexes == ("https://variable.test",)
    assert config.settings.trusted_hosts == ("a.test", "b.test:8080")
    assert config.settings.ca_file == str(plain / "ca.pem")
    assert config.settings.client_cert == "/client.pem"
    assert config.keyring
    assert config.settings.timeout == 3600.0


@pytest.mark.parametrize("text", ["no section = 1\n", "[global\n", "[global]\nindex-url = a\nindex-url = topsecret\n"])
def test_a_broken_file_is_named_but_not_quoted(plain: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (plain / "pip.conf").write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(plain / "pip.conf"))
    with pytest.raises(AcquireError, match=r"pip\.conf is broken") as caught:
        pip_config.read(None)
    assert "topsecret" not in str(caught.value)


def test_an_address_that_is_none_is_masked(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:topsecret@[/simple")
    config = pip_config.read(None)
    with pytest.raises(AcquireError, match="not a valid address") as caught:
        pip_config.PipCredentials(config, config.indexes)
    assert "topsecret" not in str(caught.value)


def test_credentials_are_for_their_origin_only(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:p%40ss@a.test/simple")
    config = pip_config.read(None)
    login = pip_config.PipCredentials(config, config.indexes)
    assert login("https://a.test:443/files/x.whl") == "Basic dXNlcjpwQHNz"
    for other in ("http://a.test/", "https://a.test:444/", "https://b.test/", "https://aa.test/"):
        assert login(other) == ""
    assert login("https://u:p@b.test/") == "Basic dTpw"


@pytest.mark.parametrize("text", ["machine", "\x00", "machine a.test login"])
def test_a_broken_netrc_gives_no_credentials(plain: Path, text: str) -> None:
    (plain / ".netrc").write_text(text)
    (plain / ".netrc").chmod(0o600)
    config = pip_config.read(None)
    assert pip_config.PipCredentials(config, ())("https://a.test/") == ""
