"""What the environment may say."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from outdial.bootstrap import read_settings
from outdial.domain.access import Role
from outdial.domain.errors import Invalid
from outdial.settings import LogFormat, Settings, default_home


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without a word for Outdial."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OUTDIAL_{name.upper()}", raising=False)


def test_without_a_word_it_serves_this_machine_alone_on_port_8000() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.port_given) == ("127.0.0.1", 8000, False)
    assert settings.database_url is None


def test_a_port_of_the_environment_counts_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_PORT", "8000")
    assert Settings().port_given


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_DATABASE_URL", "")
    assert Settings().database_url is None


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_DATABASE_URL", "postgresql://ana:hunter2@db/outdial")
    monkeypatch.setenv("OUTDIAL_SECRET_KEY", "hunter2")
    assert "hunter2" not in repr(Settings())


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_upper_case_words_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_LOG_FORMAT", "JSON")
    assert Settings().log_format is LogFormat.JSON


@pytest.mark.parametrize("url", ["ftp://dialer.example.com", "dialer.example.com", "https://dialer.example.com?a=1"])
def test_a_public_address_must_be_one_that_links_can_grow_from(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_PUBLIC_URL", url)
    with pytest.raises(ValidationError):
        Settings()


def test_calls_are_placed_in_one_way_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_SIP_FILE", "/etc/outdial/sip.toml")
    monkeypatch.setenv("OUTDIAL_ASTERISK_FILE", "/etc/outdial/asterisk.toml")
    with pytest.raises(ValidationError, match="one way only"):
        Settings()


class TestTheCompanysOwnSignIn:
    @pytest.fixture(autouse=True)
    def there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OUTDIAL_OPENID_ISSUER", "https://login.example")
        monkeypatch.setenv("OUTDIAL_OPENID_CLIENT_ID", "outdial")

    def test_words_of_a_claim_become_roles(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OUTDIAL_OPENID_ROLE_CLAIM", "groups")
        monkeypatch.setenv("OUTDIAL_OPENID_ROLES", "cn=leads=supervisor, floor = agent ,")
        assert Settings().openid_roles == {"cn=leads": Role.SUPERVISOR, "floor": Role.AGENT}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("OUTDIAL_OPENID_ISSUER", "http://login.example"),
            ("OUTDIAL_OPENID_CLIENT_ID", ""),
            ("OUTDIAL_OPENID_SCOPES", "email profile"),
            ("OUTDIAL_OPENID_ROLES", "leads=supervisor"),
            ("OUTDIAL_OPENID_ROLE_CLAIM", "groups"),
        ],
    )
    def test_what_would_be_unsafe_or_lets_nobody_in_is_refused_and_named(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(Invalid) as refused:
            read_settings()
        assert all(field.name.startswith("OUTDIAL_OPENID_") for field in refused.value.fields)

    def test_a_secret_comes_from_one_place_and_a_word_that_is_no_role_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("OUTDIAL_OPENID_CLIENT_SECRET", "hunter2")
        monkeypatch.setenv("OUTDIAL_OPENID_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
        monkeypatch.setenv("OUTDIAL_OPENID_ROLE_CLAIM", "groups")
        monkeypatch.setenv("OUTDIAL_OPENID_ROLES", "leads=boss")
        with pytest.raises(Invalid) as refused:
            read_settings()
        assert len(refused.value.fields) == 2 and "hunter2" not in str(refused.value.fields)


class TestHome:
    def test_root_keeps_its_data_in_the_machines_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 0)
        assert default_home() == Path("/var/lib/outdial")

    def test_a_user_keeps_them_in_the_users_data_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        assert default_home() == tmp_path / ".local/share/outdial"
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        assert default_home() == tmp_path / "data/outdial"

    def test_a_relative_data_folder_is_ignored(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_DATA_HOME", "data")
        assert default_home() == tmp_path / ".local/share/outdial"
