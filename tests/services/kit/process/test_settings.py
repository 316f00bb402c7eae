from pathlib import Path

import pytest

from services.kit.process.settings import Settings, told


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
