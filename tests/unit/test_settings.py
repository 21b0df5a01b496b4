"""Settings: the defaults are safe, the unsafe refuses to start, every fault is told at once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings


def test_outside_development_every_missing_secret_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as told:
        Settings()
    said = str(told.value)
    for name in ("YUNTIAO_SECRET", "GATEWAY_URL", "PUBLIC_URL", "API_SECRET"):
        assert name in said


def test_production_starts_when_everything_is_set() -> None:
    settings = Settings(
        secret="x" * 40,
        public_url="https://yuntiao.example",
        messages={"gateway_url": "https://gateway.example/send", "gateway_key": "k"},
        media={"api_secret": "s" * 40},
    )
    assert settings.base_url == "https://yuntiao.example"


def test_the_demonstration_town_is_refused_outside_development() -> None:
    with pytest.raises(ValidationError, match="demonstration"):
        Settings(demonstration=True)


def test_the_environment_is_read_by_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNTIAO_DEVELOPMENT", "1")
    monkeypatch.setenv("YUNTIAO_MEDIA__URL", "http://127.0.0.1:7880")
    assert Settings().media.url == "http://127.0.0.1:7880"


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(development=True, colour="green")


def test_the_embedded_database_lies_in_the_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in Settings(development=True, folder=tmp_path).sqlalchemy_url


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    assert "very secret" not in repr(Settings(development=True, secret="very secret"))
