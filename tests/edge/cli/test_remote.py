from pathlib import Path

import pytest
from click import ClickException

from edge import registry
from edge.cli.options import find_stack
from edge.cli.remote import remote_stack

TARGETS = {f"STELLR_TARGET_{name.upper()}": f"{name}:50051" for name in registry.SERVICES}


def test_the_settings_name_an_academy_that_runs_apart() -> None:
    stack = remote_stack(TARGETS)
    assert stack
    assert stack.targets("course") == ["course:50051"]
    assert set(stack.databases) == set(registry.SERVICES) - {"gateway"}


def test_one_that_is_not_named_whole_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote_stack({}) is None
    assert remote_stack({**TARGETS, "STELLR_TARGET_QUIZ": ""}) is None
    for name in TARGETS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ClickException, match="not running"):
        find_stack(tmp_path, None)


def test_which_services_have_a_database() -> None:
    said = {name for name, service in registry.load_all().items() if service.database}
    assert {name for name in registry.SERVICES if registry.has_database(name)} == said
