import os
from pathlib import Path

import pytest

from services.kit.process.service import Domain, Service
from services.kit.process.settings import Settings, read_settings, told


def test_a_setting_may_be_a_file_and_the_environment_goes_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stellr_database_url").write_text("postgresql://from-a-file\n")
    monkeypatch.delenv("STELLR_DATABASE_URL", raising=False)
    assert Settings().database_url == ""
    monkeypatch.setenv("STELLR_SECRETS_DIR", str(tmp_path))
    assert Settings().database_url == "postgresql://from-a-file"
    monkeypatch.setenv("STELLR_DATABASE_URL", "postgresql://from-outside")
    assert Settings().database_url == "postgresql://from-outside"


def test_so_may_one_whose_name_is_known_at_run_time_alone(tmp_path: Path) -> None:
    (tmp_path / "stellr_database_url_auth").write_text("postgresql://from-a-file\n")
    folder = {"STELLR_SECRETS_DIR": str(tmp_path)}
    assert told("DATABASE_URL_AUTH", folder) == "postgresql://from-a-file"
    assert told("DATABASE_URL_USER", folder) == ""
    assert told("DATABASE_URL_AUTH", {}) == ""
    assert told("DATABASE_URL_AUTH", {**folder, "STELLR_DATABASE_URL_AUTH": "given"}) == "given"


def test_the_address_of_the_academy_has_no_slash_at_its_end() -> None:
    assert Settings(public_url="https://a.example/").public_url == "https://a.example"
    assert Settings(public_url="https://a.example/x//").public_url == "https://a.example/x"


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [each for each in os.environ if each.startswith("STELLR_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_all_that_a_service_lacks_is_named_at_once(
    nothing_set: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(
        "quiz", lambda _: Domain([]), calls=("course",), follows=("user",), migrations="any"
    )
    monkeypatch.setenv("STELLR_TARGET_USER", "127.0.0.1:1")
    monkeypatch.setenv("STELLR_KEY_FILE", str(tmp_path / "gone.pem"))
    with pytest.raises(ValueError, match="is not set") as refused:
        service.require(read_settings(Settings))
    assert str(refused.value).splitlines() == [
        "STELLR_DATABASE_URL is not set",
        "STELLR_MESH_KEYS_FILE is not set",
        "STELLR_SECRET_FILE is not set",
        "STELLR_TARGET_AUTH is not set",
        "STELLR_TARGET_COURSE is not set",
        f"STELLR_KEY_FILE: there is no file '{tmp_path}/gone.pem' that can be read",
    ]


def test_a_folder_of_secrets_that_is_not_there_is_named(
    nothing_set: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STELLR_SECRETS_DIR", "/nowhere")
    with pytest.raises(ValueError, match="STELLR_SECRETS_DIR: '/nowhere' is no directory"):
        read_settings(Settings)
