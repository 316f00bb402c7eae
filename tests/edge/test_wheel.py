import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import GENEROUS, ROOT, Stack, free_port

NO_SOURCES = (".*", "gen", "build", "node_modules", "__pycache__", "*.egg-info", "tests")


@pytest.fixture(name="clone", scope="module")
def _clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a new clone has it: nothing is generated."""
    clone = tmp_path_factory.mktemp("wheel") / "clone"
    shutil.copytree(ROOT, clone, symlinks=True, ignore=shutil.ignore_patterns(*NO_SOURCES))
    return clone


@pytest.fixture(name="installed", scope="module")
def _installed(clone: Path) -> Path:
    """A folder with what a wheel of the clone installs."""
    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*argv, "--wheel-dir", clone.parent, clone], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = clone.parent.glob("*.whl")
    folder = clone.parent / "installed"
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(name="academy", scope="module")
def _academy(installed: Path) -> Iterator[Stack]:
    """A stack of what is installed, started where nothing else is."""
    # Only here, so whoever answers this reads what is installed.
    (installed / "stellr" / "published" / "postman.json").write_text('{"of": "the wheel"}')
    empty = installed.parent / "empty"
    empty.mkdir()
    settings = {**GENEROUS, "PYTHONPATH": str(installed)}
    running = Stack(empty / ".stellr", free_port(), settings=settings, cwd=empty).start()
    yield running
    assert running.stop() == 0


def files(folder: Path, *packages: str) -> set[str]:
    """The files of packages, from where they lie."""
    found = (path for package in packages for path in (folder / package).rglob("*"))
    return {
        str(path.relative_to(folder))
        for path in found
        if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts)
    }


def test_a_wheel_holds_all_that_a_clone_has_and_generates(clone: Path, installed: Path) -> None:
    assert files(installed, "edge", "services") == files(clone, "edge", "services")
    assert (installed / "edge" / "envoy" / "envoy.yaml").read_text() == (
        ROOT / "envoy.yaml"
    ).read_text()
    generated = files(ROOT / "protos" / "gen", "stellr", "buf")
    assert "stellr/published/openapi.json" in generated
    assert files(installed, "stellr", "buf") == generated


def test_the_academy_runs_from_a_wheel(academy: Stack) -> None:
    courses = httpx.get(f"{academy.url}/courses").json()["courses"]
    assert [course["slug"] for course in courses] == ["the-night-sky"]
    assert httpx.get(f"{academy.url}/postman.json").json() == {"of": "the wheel"}
    assert "openapi" in httpx.get(f"{academy.url}/openapi.json").json()
    assert httpx.get(f"{academy.url}/docs").status_code == 200
    assert httpx.get(academy.url, headers={"accept": "text/html"}).status_code == 200
