from pathlib import Path

import pytest

from services.gateway.importing import links
from services.gateway.importing.bundle import Inspection, inspect_bundle
from services.gateway.importing.sources import LessonSource

PNG = b"\x89PNG\r\n\x1a\nrest"
COURSE = """\
slug: links
title: Links
sections:
- title: All
  lessons:
  - lessons/01.md
  - lessons/deep/02.md
"""
# The lines of a lesson before its text.
FRONT = "---\ntitle: T\n---\n\n"
LINE = 5


def bundle(root: Path, body: str, **files: bytes) -> Path:
    names = {"files/a.png": PNG, "files/my b.png": PNG, "lessons/c.gif": b"GIF89a"} | files
    for name, content in names.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "lessons/deep").mkdir(exist_ok=True)
    (root / "course.yaml").write_text(COURSE)
    (root / "lessons/01.md").write_text(f"{FRONT}{body}\n\n")
    (root / "lessons/deep/02.md").write_text(f"{FRONT}Two.\n")
    return root


def first_lesson(found: Inspection) -> LessonSource:
    assert found.defects == []
    assert found.course is not None
    return next(iter(found.course.lessons))


def replaced(lesson: LessonSource) -> list[tuple[str, str]]:
    """What stands in the text, and what takes its place."""
    return [
        (
            lesson.body[link.start : link.end],
            link.attachment.file if link.attachment else link.lesson_key + link.fragment,
        )
        for link in lesson.links
    ]


@pytest.mark.parametrize(
    ("body", "written", "file"),
    [
        ("![a](../files/a.png)", "../files/a.png", "files/a.png"),
        ("![a](files/a.png)", "files/a.png", "files/a.png"),
        ("![a](/files/a.png)", "/files/a.png", "files/a.png"),
        ("![a](./../files/a.png?raw=true)", "./../files/a.png?raw=true", "files/a.png"),
        ("![a](../files/my%20b.png)", "../files/my%20b.png", "files/my b.png"),
        ("![a](<../files/my b.png>)", "<../files/my b.png>", "files/my b.png"),
        ("![a](c.gif)", "c.gif", "lessons/c.gif"),
        ("[a](../files/a.png)", "../files/a.png", "files/a.png"),
        ("[two](deep/02.md)", "deep/02.md", "lessons/deep/02.md"),
        ("[two](lessons/deep/02.md#a)", "lessons/deep/02.md#a", "lessons/deep/02.md#a"),
        ("[two](deep/02.md#a%20(b))", "deep/02.md#a%20(b)", "lessons/deep/02.md#a%20%28b%29"),
        ("[me](01.md)", "01.md", "lessons/01.md"),
    ],
)
def test_what_is_in_the_bundle_is_found(tmp_path: Path, body: str, written: str, file: str) -> None:
    lesson = first_lesson(inspect_bundle(bundle(tmp_path, f"Words.\n\n{body}")))
    assert replaced(lesson) == [(written, file)]


@pytest.mark.parametrize(
    "target",
    [
        "https://a.example/x.png",
        "//a.example/x.png",
        "mailto:a@b.example",
        "#part",
        "?a=b",
        "tel:1",
    ],
)
def test_what_is_elsewhere_stays(tmp_path: Path, target: str) -> None:
    found = inspect_bundle(bundle(tmp_path, f"[a]({target}) ![b]({target}) ![](../files/a.png)"))
    assert len(first_lesson(found).links) == 1
    assert [each.file for each in found.warnings] == ["files/my b.png"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("![a](../files/none.png)", 'the file "files/none.png" is missing'),
        ("![a](fig/none.png)", 'the file "lessons/fig/none.png" is missing'),
        ("![a](../../secret.png)", "leads out of the bundle"),
        ("![a](C:\\pic.png)", "is missing"),
        ("![a](../files/%00.png)", "cannot be reached"),
        ("![a](../files)", "does not lie in files/"),
        ("![a](deep/02.md)", "is no lesson of the course"),
        ("![a](../quizzes/q.gift)", "does not lie in files/"),
        ("![a](../files/text.png)", "is no picture"),
        ("![a](../files/empty.png)", "is empty"),
        ("[a](../files/none.pdf)", 'the file "files/none.pdf" is missing'),
        ("[a](../files/link.txt)", "leads out of the bundle"),
        ("![a](my x.png)", "a space ends an address"),
        ("<img src=x.png>", "in quotes"),
    ],
)
def test_what_cannot_be_brought_along_is_a_defect(tmp_path: Path, body: str, reason: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    files = {"files/text.png": b"text", "files/empty.png": b"", "quizzes/q.gift": b"Q {T}"}
    root = bundle(tmp_path / "bundle", f"Words.\n\n{body}", **files)
    (root / "files/link.txt").symlink_to(tmp_path / "secret.txt")
    (defect,) = inspect_bundle(root).defects
    assert (defect.file, defect.line) == ("lessons/01.md", LINE + 2)
    assert reason in defect.reason


@pytest.mark.parametrize(
    "target",
    [
        "assignment.md",
        "../../README.md#x",
        "code/",
        "./code",
        "../quizzes/q.gift",
        "../course.yaml",
    ],
)
def test_links_that_lead_nowhere_are_told_and_left(tmp_path: Path, target: str) -> None:
    root = bundle(tmp_path, f"[a]({target})", **{"quizzes/q.gift": b"Q {T}"})
    found = inspect_bundle(root)
    assert first_lesson(found).links == ()
    (told,) = [each for each in found.warnings if each.line]
    assert (told.file, told.line) == ("lessons/01.md", LINE)
    assert f'link "{target}": leads nowhere' in told.reason


def test_files_that_nothing_uses_are_told(tmp_path: Path) -> None:
    found = inspect_bundle(bundle(tmp_path, "![a](../files/a.png) ![b](<../files/my b.png>)"))
    assert found.warnings == []
    assert [each.name for each in first_lesson(found).attachments] == ["a.png", "my b.png"]
    found = inspect_bundle(bundle(tmp_path, "![a](../files/a.png)\n\n![a](../files/a.png)"))
    told = [(each.file, each.line, each.reason) for each in found.warnings]
    assert told == [("files/my b.png", 0, "no lesson uses it")]
    assert len(first_lesson(found).attachments) == 1


def test_the_texts_of_a_course_are_read_for_so_long_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LONGEST_SECONDS", 0.2)
    found = inspect_bundle(bundle(tmp_path, "[" * 300_000))
    assert {(each.file, each.reason) for each in found.defects} == {
        (file, "reading the texts takes longer than 0 seconds")
        for file in ("lessons/01.md", "lessons/deep/02.md")
    }
