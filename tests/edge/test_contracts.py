import shutil
from pathlib import Path

import pytest

from edge import contracts
from edge.contracts import PROTOS, ContractError, breaking, lint


def test_the_contracts_are_in_good_style_and_explained() -> None:
    assert lint() == 0


def test_what_breaks_clients_of_a_commit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PROTOS / "stellr", tmp_path / "stellr")
    (tmp_path / "stellr" / "gateway" / "v1" / "gateway_service.proto").unlink()
    monkeypatch.setattr(contracts, "PROTOS", tmp_path)
    assert breaking("HEAD") == 100
    assert 'file "stellr/gateway/v1/gateway_service.proto" was deleted' in capfd.readouterr().out


def test_an_unknown_commit_is_told() -> None:
    with pytest.raises(ContractError, match="no-such-commit"):
        breaking("no-such-commit")
