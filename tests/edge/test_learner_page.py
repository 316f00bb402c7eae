"""The learner page as a browser gets it, and as a learner walks through it in Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import ROOT, Stack

WALK = ROOT / "tests" / "learner_page"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FILE = re.compile(r'(?:src|href)="(/app/[^"]+)"')
FOR_EVER = "public, max-age=31536000, immutable"
# Phones are this narrow (CSS pixels), laptops about so wide.
PHONE, LAPTOP = 360, 1280


def test_the_page_is_asked_for_each_time_and_its_files_never_again(stack: Stack) -> None:
    page = httpx.get(f"{stack.url}/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    known = httpx.get(f"{stack.url}/", headers={"if-none-match": page.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    files = FILE.findall(page.text)
    assert len(files) > 5
    for path in files:
        found = httpx.get(f"{stack.url}{path}")
        assert (found.status_code, found.headers["cache-control"]) == (200, FOR_EVER)
        assert found.headers["x-content-type-options"] == "nosniff"


def test_links_of_others_open_the_page(stack: Stack) -> None:
    assert httpx.get(f"{stack.url}/?code=x&state=y&utm_source=z").status_code == 200
    assert httpx.head(f"{stack.url}/").headers["content-type"].startswith("text/html")


def test_nothing_runs_in_the_page_but_its_own_files(stack: Stack) -> None:
    page = httpx.get(f"{stack.url}/")
    policy = page.headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'"):
        assert rule in policy.split("; ")
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)


def test_a_file_of_another_version_is_the_one_of_now_and_not_kept(stack: Stack) -> None:
    found = httpx.get(f"{stack.url}/app/0123456789abcdef/main.js")
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["nothing.js", "index.html", "views/"])
def test_there_is_nothing_beside_the_files(stack: Stack, path: str) -> None:
    found = httpx.get(f"{stack.url}/app/x/{path}")
    assert found.status_code == 404
    assert found.json()["details"][0]["reason"] == "PATH_NOT_FOUND"


def test_its_scripts_ask_for_no_other_host() -> None:
    for path in (ROOT / "services" / "gateway" / "web").rglob("*.js"):
        if path.parent.name != "vendor":
            hosts = set(re.findall(r"https?://([\w.-]+)", path.read_text()))
            # Films, once the learner asked for one; and the name of SVG.
            allowed = {"www.youtube-nocookie.com", "player.vimeo.com", "www.w3.org"}
            assert hosts <= allowed, path


@pytest.fixture(scope="module")
def walker() -> Iterator[Path]:
    """The walk with its packages, in a folder that is gone afterwards."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("the walk needs Node and npm")
    with tempfile.TemporaryDirectory(prefix="stellr-walk-") as folder:
        target = Path(folder) / "walk"
        shutil.copytree(WALK, target, ignore=shutil.ignore_patterns("node_modules"))
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, cwd=target, check=False, capture_output=True, timeout=180)
        if done.returncode:
            pytest.skip(f"npm could not bring the walk's packages: {done.stderr.decode()[-300:]}")
        yield target


@pytest.fixture(scope="module")
def chromium() -> str:
    """A Chromium of this machine."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip("the walk needs Chromium: apt-get install -y chromium")
    return found


@pytest.mark.parametrize(("width", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_the_walk(stack: Stack, walker: Path, chromium: str, width: int, scheme: str) -> None:
    imported = stack.command("import", str(WALK / "course"))
    assert imported.returncode == 0, imported.stderr
    settings = {
        "url": stack.url,
        "mailbox": f"{stack.operations_url}/mailbox",
        "openidKey": (stack.state / "keys" / "openid-login").read_text(),
        "outbox": str(stack.state / "outbox"),
        "browser": chromium,
        "width": width,
        "scheme": scheme,
    }
    command = ["node", "walk.js", json.dumps(settings)]
    done = subprocess.run(
        command, cwd=walker, check=False, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.endswith("the walk is done\n")
