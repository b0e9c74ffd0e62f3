"""Settings: defaults, refusals, and that each is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geoservice.errors import BadSetting
from geoservice.resources import checkout
from geoservice.settings import CONCERNS, ProviderSettings, Settings, default_home

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
ROWS = dict(re.findall(r"^\| `(GEOSERVICE_\w+)` \| (.+?) \| .+ \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE))
FIELDS = {f"GEOSERVICE_{name}".upper(): field for concern in CONCERNS for name, field in concern.model_fields.items()}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for key in FIELDS:
        monkeypatch.delenv(key, raising=False)


@pytest.mark.parametrize("key", sorted(FIELDS))
def test_each_key_is_documented_with_its_default(key):
    assert key in ROWS, f"{key} is missing in docs/settings.md"
    default = FIELDS[key].default
    if FIELDS[key].default_factory is not None:
        assert "`var`" in ROWS[key]
    else:
        assert ROWS[key] == ("not set" if default is None else f"`{default}`")
    assert FIELDS[key].description


def test_nothing_else_is_documented():
    assert set(ROWS) == set(FIELDS)


def test_home_is_absolute(monkeypatch, tmp_path):
    assert Settings().home == default_home() == checkout() / "var"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEOSERVICE_HOME", "state")
    assert Settings().home == tmp_path / "state"
    monkeypatch.setenv("GEOSERVICE_HOME", "~/state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings().home == tmp_path / "state"


def test_an_empty_value_is_the_default(monkeypatch):
    for key in FIELDS:
        monkeypatch.setenv(key, "")
    settings = Settings()
    assert settings.home == default_home()
    assert settings.database.database_url is None
    assert settings.server.port == 8000


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("GEOSERVICE_PORT", "0"),
        ("GEOSERVICE_PORT", "http"),
        ("GEOSERVICE_PORT", "8000.5"),
        ("GEOSERVICE_LANGUAGE", "fr"),
        ("GEOSERVICE_STATEMENT_TIMEOUT_S", "nan"),
        ("GEOSERVICE_STATEMENT_TIMEOUT_S", "-1"),
        ("GEOSERVICE_NODE_TOLERANCE_M", "inf"),
        ("GEOSERVICE_MAX_RESULTS", "1000000"),
        ("GEOSERVICE_TRUSTED_PROXIES", "*"),
        ("GEOSERVICE_TRUSTED_PROXIES", "10.0.0.1,proxy.example"),
        ("GEOSERVICE_OIDC_ISSUER", "http://id.example.gov.cn"),
        ("GEOSERVICE_OIDC_ISSUER", "https://user:word@id.example.gov.cn"),
        ("GEOSERVICE_OIDC_ISSUER", "https://id.example.gov.cn/?realm=x"),
        ("GEOSERVICE_OIDC_ISSUER", "https://id.example.gov.cn:port"),
        ("GEOSERVICE_OIDC_ISSUER", "id.example.gov.cn"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch, key, value):
    monkeypatch.setenv(key, value)
    with pytest.raises(BadSetting, match=key) as caught:
        Settings()
    assert caught.value.exit_code == 2
    assert value in str(caught.value)


def test_settings_cannot_be_changed_later():
    with pytest.raises(ValueError, match="frozen"):
        Settings().server.port = 1


def test_a_provider_needs_to_know_the_client(monkeypatch):
    monkeypatch.setenv("GEOSERVICE_OIDC_ISSUER", "http://localhost:8080/realms/mz")
    with pytest.raises(BadSetting, match="GEOSERVICE_OIDC_CLIENT_ID"):
        Settings()


def test_the_secret_comes_from_one_place_and_is_not_shown(tmp_path):
    file = tmp_path / "secret"
    file.write_text("s3cret\n", "utf-8")
    assert ProviderSettings().secret is None
    assert ProviderSettings(oidc_client_secret_file=file).secret == "s3cret"
    given = ProviderSettings(oidc_client_secret="s3cret")
    assert given.secret == "s3cret"
    assert "s3cret" not in repr(given) + str(given.model_dump())
    file.write_text(" \n", "utf-8")
    for wrong in (
        ProviderSettings(oidc_client_secret="s3cret", oidc_client_secret_file=file),
        ProviderSettings(oidc_client_secret_file=file),
        ProviderSettings(oidc_client_secret_file=tmp_path / "absent"),
    ):
        with pytest.raises(BadSetting, match="GEOSERVICE_OIDC_CLIENT_SECRET_FILE") as caught:
            _ = wrong.secret
        assert "s3cret" not in str(caught.value)
