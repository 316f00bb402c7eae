import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
LINE = re.compile(r"^(?P<name>[^\s=]+)==(?P<version>\S+)(?: ; (?P<marker>.+))? \\$", re.MULTILINE)
PYTHONS = ("3.11.2", "3.12.0", "3.13.0", "3.14.0")


def locked(lock: str, python: str) -> dict[str, str]:
    """The versions of a lock by name, for a Python on Linux."""
    here = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    return {
        line["name"]: line["version"]
        for line in LINE.finditer((ROOT / lock).read_text())
        if line["marker"] is None or Marker(line["marker"]).evaluate(here)
    }


def asked() -> Iterator[tuple[str, Requirement]]:
    """What pyproject.toml asks for, each with the lock that has to have it."""
    yield from ((RUNTIME, Requirement(each)) for each in PROJECT["dependencies"])
    developers = PROJECT["optional-dependencies"]["dev"]
    yield from ((DEVELOPMENT, Requirement(each)) for each in developers)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_locks_fit_to_what_the_project_asks_for(python: str) -> None:
    for lock, requirement in asked():
        version = locked(lock, python).get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in {lock}: make lock"
        assert requirement.specifier.contains(version), f"{requirement} in {lock}: make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_developers_have_what_users_have(python: str) -> None:
    runtime = locked(RUNTIME, python)
    assert len(runtime) > 100
    assert runtime.items() <= locked(DEVELOPMENT, python).items()
