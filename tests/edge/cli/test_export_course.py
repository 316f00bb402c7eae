"""`stellr export`: what it writes is what `stellr import` reads."""

from __future__ import annotations

import io
import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner

from edge.cli.export_course import export_course, unpack
from services.gateway.importing.archive import pack_bundle
from services.gateway.importing.defects import BundleError
from tests import support
from tests.support import DEMO, Learner, Stack, Visitor

FILM = b"\0\0\0\x18ftypisom" + bytes(12)
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"


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


def test_quizzes_come_back_as_their_author_set_them(stack: Stack, tmp_path: Path) -> None:
    author, slug = support.author(stack), f"exams-{secrets.token_hex(4)}"
    # The copy is nobody's.
    support.grant(stack, author, "admin")
    author.post("/courses", {"title": "Exams", "slug": slug, "capacity": 30})
    final = {
        "timeLimitSeconds": 600,
        "maxAttempts": 2,
        "waitSeconds": 60,
        "grading": "GRADING_AVERAGE",
        "shuffle": True,
        "drawCount": 1,
        "reviewPolicy": "REVIEW_NEVER",
        "partialCredit": True,
    }
    for title, passing, rules in (("Final exam", 90, final), ("T", 50, {}), ("C", 50, {})):
        lesson = author.post(f"/courses/{slug}/lessons", {"title": "C", "body": "x"}).json()
        question = {"text": "Earth is flat", "type": "QUESTION_TYPE_TRUE_FALSE"}
        question["options"] = [{"text": "True"}, {"text": "False", "correct": True}]
        quiz = {"title": title, "passPercentage": passing, "questions": [question], **rules}
        put = author.put(f"/quiz/{lesson['lessonId']}/edit", quiz)
        assert put.status_code == 200, put.text
    before = quizzes_of(author, slug)
    bundle = tmp_path / "bundle"
    assert stack.command("export", slug, str(bundle)).returncode == 0
    fronts = [yaml.safe_load(each.read_text().split("---")[1]) for each in bundle.glob("lessons/*")]
    assert sorted(isinstance(front["quiz"], str) for front in fronts) == [False, False, True]
    again = stack.command("import", str(bundle))
    assert (again.returncode, again.stderr) == (0, "")
    assert quizzes_of(author, slug) == before

    course = bundle / "course.yaml"
    course.write_text(course.read_text().replace(slug, f"{slug}-new"))
    assert stack.command("import", str(bundle)).returncode == 0
    assert quizzes_of(author, f"{slug}-new") == before
    assert author.get(f"/courses/{slug}-new").json()["capacity"] == 30


def quizzes_of(author: Learner, slug: str) -> list[dict[str, Any]]:
    """The quizzes of a course, without ids."""
    (section,) = author.get(f"/courses/{slug}").json()["sections"]
    quizzes = [author.get(f"/quiz/{each['lessonId']}/edit").json() for each in section["lessons"]]
    for quiz in quizzes:
        for name in ("quizId", "lessonId", "etag"):
            del quiz[name]
        for question in quiz["questions"]:
            del question["questionId"]
            for option in question["options"]:
                del option["optionId"]
    return quizzes


def test_what_a_text_has_escaped_comes_back(stack: Stack, tmp_path: Path) -> None:
    """Files under the names that Markdown and HTML mean, whatever is written in the text."""
    slug, names = f"marks-{secrets.token_hex(4)}", ("a b.png", "a&b.png", "a_b.png")
    lesson = r"""---
title: Pictures
preview: true
---
![1](<../files/a b.png>) ![2](../files/a&amp;b.png) ![3](../files/a\_b.png)

<img src="../files/a&amp;b.png">

![4]

[4]: <../files/a b.png>
"""
    bundle = tmp_path / "bundle"
    course = f"slug: {slug}\ntitle: Marks\nsections: [{{title: One, lessons: [lessons/a.md]}}]\n"
    for name, data in {
        "course.yaml": course,
        "lessons/a.md": lesson,
        **{f"files/{name}": f"\x89PNG\r\n\x1a\n{name}" for name in names},
    }.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(data.encode("latin-1"))
    done = stack.command("import", str(bundle))
    assert (done.returncode, done.stderr) == (0, "")
    out = tmp_path / "out"
    exported = stack.command("export", slug, str(out))
    assert (exported.returncode, exported.stderr) == (0, "")
    files = {path.name: path.read_bytes() for path in (out / "files").iterdir()}
    assert files == {name: (bundle / "files" / name).read_bytes() for name in names}
    again = stack.command("import", str(out))
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1].endswith("nothing changed")


def test_a_bundle_that_cannot_be_unpacked_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.cli.export_course.find_stack", lambda *_: None)
    monkeypatch.setattr("edge.cli.operator.connect", lambda *_: nullcontext())
    monkeypatch.setattr(
        "services.gateway.importing.receiver.receive_bundle",
        lambda _channel, _course, archive: (archive.write(b"no archive"), archive.seek(0)),
    )
    done = CliRunner().invoke(export_course, ["sky", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert done.output.startswith("Error: sky was not exported: the archive is damaged")


def test_what_cannot_be_written_is_said_in_a_sentence(stack: Stack, tmp_path: Path) -> None:
    empty = f"empty-{secrets.token_hex(4)}"
    support.author(stack).post("/courses", {"title": "Empty", "slug": empty})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for arguments, said in (
        ((DEMO, str(tmp_path / "full")), "is not empty"),
        ((empty, str(tmp_path / "new")), "has no lesson: there is nothing to export"),
        (("no-such-course", str(tmp_path / "new")), "there is no such course"),
    ):
        done = stack.command("export", *arguments)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()


def test_of_what_cannot_be_unpacked_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "course.yaml").write_text("slug: one\n")
    (tmp_path / "lessons" / "a.md").write_bytes(secrets.token_bytes(100_000))
    archive = io.BytesIO()
    pack_bundle(tmp_path, archive)
    archive.truncate(50_000)
    archive.seek(0)
    with pytest.raises(BundleError, match="damaged"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_films_and_captions_come_back_as_they_were(stack: Stack, tmp_path: Path) -> None:
    slug, film = f"films-{secrets.token_hex(4)}", FILM + secrets.token_bytes(200_000)
    lesson = """\
---
title: Film
preview: true
videos:
- https://video.example/1
- file: files/a.mp4
  title: Ours
  duration: 62
  captions:
  - {language: en, label: English, file: files/en.vtt}
  - {language: pt-BR, file: files/pt.vtt}
- {url: 'https://video.example/2', duration: 7, captions: [{language: de, file: files/en.vtt}]}
---
See.
"""
    bundle = tmp_path / "bundle"
    course = f"slug: {slug}\ntitle: Films\nsections: [{{title: One, lessons: [lessons/a.md]}}]\n"
    for name, data in {
        "course.yaml": course.encode(),
        "lessons/a.md": lesson.encode(),
        "files/a.mp4": film,
        "files/en.vtt": CAPTIONS,
        "files/pt.vtt": CAPTIONS.replace(b"Hello", b"Ola"),
    }.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(data)
    done = stack.command("import", str(bundle))
    assert (done.returncode, done.stderr) == (0, "")
    before = media_of(stack, slug)
    linked, ours, other = before["videos"]
    assert (linked["url"], other["url"]) == ("https://video.example/1", "https://video.example/2")
    assert (ours["durationSeconds"], other["durationSeconds"], ours["mimeType"]) == (
        *(62, 7),
        "video/mp4",
    )
    assert httpx.get(ours["url"]).content == film
    assert [each["label"] for each in ours["captions"]] == ["English", "pt-BR"]
    assert b"Ola" in httpx.get(ours["captions"][1]["url"]).content

    assert stack.command("export", slug, str(tmp_path / "out")).returncode == 0
    again = stack.command("import", str(tmp_path / "out"))
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1].endswith("nothing changed")
    after = media_of(stack, slug)
    assert ids(after) == ids(before)

    changed = lesson.replace("label: English", "label: In English").replace("pt.vtt", "en.vtt")
    (bundle / "lessons" / "a.md").write_text(changed)
    (bundle / "files" / "pt.vtt").unlink()
    assert stack.command("import", str(bundle)).returncode == 0
    now = media_of(stack, slug)["videos"][1]
    english, portuguese = now["captions"]
    assert (now["mediaId"], english["label"]) == (ours["mediaId"], "In English")
    assert english["mediaId"] == ours["captions"][0]["mediaId"]
    # Other bytes are other captions: a link to the old ones leads to nothing else.
    assert portuguese["mediaId"] != ours["captions"][1]["mediaId"]
    assert httpx.get(ours["captions"][1]["url"]).status_code == 404


def media_of(stack: Stack, slug: str) -> dict[str, Any]:
    (lesson,) = Visitor(stack).get(f"/courses/{slug}").json()["sections"][0]["lessons"]
    found: dict[str, Any] = Visitor(stack).get(f"/media/lesson/{lesson['lessonId']}").json()
    return found


def ids(media: dict[str, Any]) -> list[list[str]]:
    return [
        [video["mediaId"], *(each["mediaId"] for each in video["captions"])]
        for video in media["videos"]
    ]
