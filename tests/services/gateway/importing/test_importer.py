import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.gateway.importing.sender import send_bundle
from services.kit.rpc.clients import MeshChannel
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.gateway.v1.gateway_internal_service_pb2_grpc import GatewayInternalServiceStub
from tests.support import Stack, Visitor, eventually, reason, register

NIGHT_SKY = Path(__file__).parents[4] / "edge" / "demo" / "the-night-sky"
Send = Callable[..., list[pb.ImportEvent]]
LESSON, QUIZ = "lessons/02-stars-and-planets.md", "quizzes/02-stars-and-planets.gift"


@pytest.fixture
def send(mesh: Callable[[str, str], MeshChannel]) -> Send:
    channel = mesh("operator", "gateway")
    return lambda directory, **options: list(send_bundle(channel, directory, **options))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The demo course under a name of its own."""
    root = tmp_path / "bundle"
    shutil.copytree(NIGHT_SKY, root)
    change(root, "course.yaml", "slug: the-night-sky", f"slug: sky-{uuid4().hex}")
    return root


def change(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))


def defects(events: list[pb.ImportEvent]) -> list[tuple[str, int, str]]:
    (event,) = events
    return [(each.file, each.line, each.reason) for each in event.refusal.defects]


def course_of(visitor: Visitor, events: list[pb.ImportEvent]) -> dict[str, Any]:
    answer = visitor.get(f"/courses/{events[-1].summary.slug}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def lessons_of(course: dict[str, Any]) -> list[dict[str, Any]]:
    return [lesson for section in course["sections"] for lesson in section["lessons"]]


def test_brings_the_whole_course_step_by_step(send: Send, bundle: Path, visitor: Visitor) -> None:
    events = send(bundle)
    steps = [event.step for event in events[:-1]]
    assert [step.done for step in steps] == [1, 2, 3, 4, 5]
    assert {step.total for step in steps} == {5}
    summary = events[-1].summary
    assert (summary.lesson_count, summary.pdf_count, summary.changed) == (4, 1, True)
    assert summary.question_count > 0
    lessons = lessons_of(course_of(visitor, events))
    assert [lesson["hasQuiz"] for lesson in lessons] == [True, True, True, False]
    media = visitor.get(f"/media/lesson/{lessons[0]['lessonId']}").json()
    assert len(media["pdfs"]) == summary.pdf_count


def test_the_same_again_changes_nothing(send: Send, bundle: Path, visitor: Visitor) -> None:
    before = course_of(visitor, send(bundle))
    events = send(bundle)
    assert not events[-1].summary.changed
    assert course_of(visitor, events) == before


def test_a_new_version_keeps_ids(send: Send, bundle: Path, visitor: Visitor) -> None:
    before = course_of(visitor, send(bundle))
    change(bundle, LESSON, "quiz: ", "# quiz: ")
    change(bundle, "course.yaml", "title: Getting ready", "title: Before you go out")
    events = send(bundle)
    assert events[-1].summary.changed
    after = course_of(visitor, events)
    assert after["etag"] != before["etag"]
    ids = [[lesson["lessonId"] for lesson in lessons_of(course)] for course in (before, after)]
    assert ids[0] == ids[1]
    assert [lesson["hasQuiz"] for lesson in lessons_of(after)] == [True, False, True, False]


def test_every_defect_is_told_with_its_place_and_nothing_is_changed(
    send: Send, bundle: Path, visitor: Visitor
) -> None:
    before = course_of(visitor, send(bundle))
    (bundle / "files" / "first-evening.pdf").unlink()
    change(bundle, "course.yaml", "license: CC0-1.0", "licence: CC0-1.0")
    with (bundle / QUIZ).open("a") as gift:
        gift.write("\nWhich one? {~this ~that}\n\nAnd now? {=a =b ~c}\n\nTwice? {=a ~b ~b}\n")
    lines = (bundle / QUIZ).read_text().count("\n")
    told = defects(send(bundle))
    places = [(file, line) for file, line, _ in told]
    assert places[0][0] == "course.yaml"
    assert ("lessons/01-your-first-evening.md", line_of(bundle, "first-evening.pdf")) in places
    assert [place for place in places if place[0] == QUIZ] == [
        (QUIZ, lines - 4),
        (QUIZ, lines - 2),
        (QUIZ, lines),
    ]
    assert visitor.get(f"/courses/{before['slug']}").json() == before


def line_of(root: Path, text: str) -> int:
    lines = (root / "lessons" / "01-your-first-evening.md").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_what_a_service_would_refuse_midway_is_refused_before(
    send: Send, bundle: Path, visitor: Visitor
) -> None:
    slug, before = str(uuid4()), (bundle / "course.yaml").read_text().split()[1]
    change(bundle, "course.yaml", before, slug)
    ((file, line, reason),) = defects(send(bundle))
    assert (file, line) == ("course.yaml", 0)
    assert reason.startswith("slug: must not look like an id")
    assert visitor.get(f"/courses/{slug}").status_code == 404


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00broken"])
def test_a_damaged_archive_is_refused(
    mesh: Callable[[str, str], MeshChannel], content: bytes
) -> None:
    stub = GatewayInternalServiceStub(mesh("operator", "gateway"))
    events = list(stub.ImportBundle(iter([pb.ImportBundleRequest(chunk=content)])))
    ((file, line, reason),) = defects(events)
    assert (file, line) == ("archive", 0)
    assert "damaged" in reason


def test_two_at_once_leave_the_course_of_one(send: Send, bundle: Path, visitor: Visitor) -> None:
    other = bundle.with_name("other")
    shutil.copytree(bundle, other)
    change(other, LESSON, "quiz: ", "# quiz: ")
    change(other, "course.yaml", "title: Getting ready", "title: Without a quiz")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(send, [bundle, other])
    assert first[-1].summary.course_id == second[-1].summary.course_id
    course = course_of(visitor, first)
    quizzes = [lesson["hasQuiz"] for lesson in lessons_of(course)]
    without = course["sections"][0]["title"] == "Without a quiz"
    assert quizzes == [True, not without, True, False]


def test_a_lesson_that_was_renamed_stays_itself(send: Send, bundle: Path, visitor: Visitor) -> None:
    before = course_of(visitor, send(bundle))
    rename(bundle, LESSON, "lessons/05-of-stars.md")
    events = send(bundle)
    assert events[-1].summary.changed
    after = course_of(visitor, events)
    assert lessons_of(after) == lessons_of(before)
    assert not send(bundle)[-1].summary.changed


def test_pictures_files_and_links_reach_the_learner(stack: Stack, send: Send, bundle: Path) -> None:
    png, data = b"\x89PNG\r\n\x1a\nrest", b"a,b\n"
    (bundle / "files" / "a b.png").write_bytes(png)
    (bundle / "files" / "data.csv").write_bytes(data)
    (bundle / "files" / "unused.txt").write_text("x")
    with (bundle / LESSON).open("a") as text:
        text.write(
            "\n![A](<../files/a b.png>) [data](../files/data.csv)"
            " [moon](03-the-moon.md#phases) [out](../none.md)\n"
        )
    warnings, *steps = send(bundle)
    line = (bundle / LESSON).read_text().count("\n")
    told = [(each.file, each.line) for each in warnings.warnings.warnings]
    assert told == [("files/unused.txt", 0), (LESSON, line)]
    assert steps[-1].summary.attachment_count == 2

    learner = register(stack)
    lessons = lessons_of(course_of(learner, steps))
    learner.post(f"/courses/{steps[-1].summary.slug}/enroll")
    body = learner.get(f"/lessons/{lessons[1]['lessonId']}").json()["body"]
    picture, file, moon, out = re.findall(r"\]\((.*?)\)", body.splitlines()[-1])
    assert (httpx.get(picture).content, httpx.get(file).content) == (png, data)
    assert moon == f"/lessons/{lessons[2]['lessonId']}#phases"
    assert learner.get(moon).json()["title"] == lessons[2]["title"]
    assert out == "../none.md"
    assert not send(bundle)[-1].summary.changed
    other = register(stack)
    other.post(f"/courses/{steps[-1].summary.slug}/enroll")
    assert picture not in other.get(f"/lessons/{lessons[1]['lessonId']}").json()["body"]
    learner.post("/logout")
    refused = httpx.get(picture)
    assert (refused.status_code, reason(refused)) == (403, "LINK_EXPIRED")


def test_missed_lessons_are_told_and_removed_only_when_asked(
    send: Send, bundle: Path, visitor: Visitor
) -> None:
    before = course_of(visitor, send(bundle))
    gone = lessons_of(before)[1]
    change(bundle, "course.yaml", f"      - {LESSON}\n", "")
    (answer,) = send(bundle)
    refusal = answer.refusal
    told = [(each.lesson_id, each.title, each.file) for each in refusal.missed_lessons]
    assert told == [(gone["lessonId"], gone["title"], LESSON)]
    assert visitor.get(f"/courses/{before['slug']}").json() == before
    summary = send(bundle, remove_lessons=True)[-1].summary
    assert (summary.lesson_count, summary.removed_count) == (3, 1)
    after = lessons_of(visitor.get(f"/courses/{before['slug']}").json())
    assert [each["lessonId"] for each in after] == [
        each["lessonId"] for each in lessons_of(before) if each != gone
    ]


def rename(root: Path, old: str, new: str) -> None:
    (root / old).rename(root / new)
    change(root, "course.yaml", old, new)


def test_leaves_nothing_on_the_disk(stack: Stack, send: Send, bundle: Path) -> None:
    send(bundle)
    (bundle / QUIZ).write_text("")
    assert defects(send(bundle))
    # What others import at this moment goes, too.
    there = set((stack.state / "imports").iterdir())
    eventually(lambda: not there & set((stack.state / "imports").iterdir()), 10)


def test_more_questions_cannot_be_drawn_than_there_are(send: Send, bundle: Path) -> None:
    count = send(bundle)[-1].summary.question_count
    change(bundle, LESSON, f"quiz: {QUIZ}", f"quiz:\n  draw_count: {count}\n  file: {QUIZ}")
    ((file, line, reason),) = defects(send(bundle))
    assert (file, (bundle / LESSON).read_text().splitlines()[line - 1]) == (
        *(LESSON,),
        f"  draw_count: {count}",
    )
    assert reason.startswith("draw_count: more than there are questions")
