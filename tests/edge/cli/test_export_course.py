"""`stellr export`: what it writes is what `stellr import` reads."""

from __future__ import annotations

import secrets
from pathlib import Path

import yaml

from tests import support
from tests.support import DEMO, Stack, Visitor


def test_the_demo_course_comes_back_as_it_was(stack: Stack, tmp_path: Path) -> None:
    before = Visitor(stack).get(f"/courses/{DEMO}").json()
    done = stack.command("export", DEMO, str(tmp_path / "bundle"))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{DEMO}: " in done.stdout
    again = stack.command("import", str(tmp_path / "bundle"))
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1].endswith("nothing changed")
    assert Visitor(stack).get(f"/courses/{DEMO}").json() == before


def test_a_course_made_by_hand_is_a_bundle_too(stack: Stack, tmp_path: Path) -> None:
    author, slug = support.author(stack), f"hand-{secrets.token_hex(4)}"
    made = {"title": "Über: #1", "slug": slug, "tags": ["a b"], "summary": "- no list"}
    author.post("/courses", made)
    for title in ("One: two", "王 'quoted'"):
        body = "---\nnot front matter"
        author.post(f"/courses/{slug}/lessons", {"title": title, "body": body})
    bundle = tmp_path / "bundle"
    assert stack.command("export", slug, str(bundle)).returncode == 0
    told = yaml.safe_load((bundle / "course.yaml").read_text())
    assert (told["title"], told["summary"]) == ("Über: #1", "- no list")
    done = stack.command("import", str(bundle))
    assert done.returncode == 0, done.stderr
    lessons = author.get(f"/courses/{slug}").json()["sections"][0]["lessons"]
    assert [lesson["title"] for lesson in lessons] == ["One: two", "王 'quoted'"]
    source = author.get(f"/lessons/{lessons[0]['lessonId']}/edit").json()
    assert source["body"] == "---\nnot front matter"


def test_what_cannot_be_written_is_said_in_a_sentence(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for arguments, said in (
        ((DEMO, str(tmp_path / "full")), "is not empty"),
        (("no-such-course", str(tmp_path / "new")), "there is no such course"),
    ):
        done = stack.command("export", *arguments)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
