"""Authors import courses over REST."""

from __future__ import annotations

import io
import secrets
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from services.gateway.course_imports import MOST_AT_ONCE
from tests import support
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

QUIZ = "::Q:: Two and two? {=4 ~5}\n"


def bundle(slug: str, lessons: tuple[str, ...] = ("One", "Two")) -> dict[str, str]:
    files = {f"lessons/{title.lower()}.md": text_of(title) for title in lessons}
    listed = "".join(f"\n      - lessons/{title.lower()}.md" for title in lessons)
    files["quizzes/one.gift"] = QUIZ
    files["course.yaml"] = (
        f"slug: {slug}\ntitle: Imported\nlanguage: en\n"
        f"sections:\n  - title: All\n    lessons:{listed}\n"
    )
    return files


def text_of(title: str) -> str:
    quiz = "quiz: quizzes/one.gift\n" if title == "One" else ""
    return f"---\ntitle: {title}\n{quiz}---\nThis is {title}.\n"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"folder/{name}")
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


def send(who: Visitor, archive: bytes | Iterable[bytes], **query: Any) -> httpx.Response:
    headers = {"content-type": "application/zip"}
    path = "/courses:import"
    return who.http.post(path, params=query, content=archive, headers=headers, timeout=60)


@pytest.fixture(name="author", scope="module")
def _author(stack: Stack) -> Learner:
    return support.author(stack)


@pytest.fixture(name="slug")
def _slug() -> str:
    return f"imported-{secrets.token_hex(6)}"


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_author_imports_a_course_of_theirs(author: Learner, slug: str, pack: Any) -> None:
    answer = send(author, pack(bundle(slug)))
    assert answer.status_code == 200, answer.text
    course = answer.json()
    assert (course["slug"], course["lessonCount"]) == (slug, 2)
    assert course["state"] == "COURSE_STATE_PUBLISHED"
    assert Visitor(author.stack).get(f"/courses/{slug}").json() == course
    assert author.patch(f"/courses/{slug}", {"summary": "Mine"}).status_code == 200
    again = send(author, pack(bundle(slug))).json()
    assert again["courseId"] == course["courseId"]
    ids = [lesson["lessonId"] for lesson in again["sections"][0]["lessons"]]
    assert ids == [lesson["lessonId"] for lesson in course["sections"][0]["lessons"]]


def test_who_is_no_author_or_another_one_imports_nothing(
    stack: Stack, author: Learner, slug: str
) -> None:
    archive = zipped(bundle(slug))
    assert send(Visitor(stack), archive).status_code == 401
    refused = send(support.register(stack), archive)
    assert (refused.status_code, reason(refused)) == (403, "ROLE_REQUIRED")
    assert send(author, archive).status_code == 200
    other = support.author(stack)
    refused = send(other, archive)
    assert (refused.status_code, reason(refused)) == (403, "NOT_YOUR_COURSE")
    author.post(f"/courses/{slug}:unpublish")
    refused = send(other, archive)
    assert (refused.status_code, reason(refused)) == (409, "SLUG_TAKEN")


def test_every_defect_is_told_with_its_place(author: Learner, slug: str) -> None:
    files = bundle(slug)
    files["quizzes/one.gift"] = "\n::Q:: Two and two? {~4 ~5}\n"
    files["lessons/two.md"] = "---\ntitle: ''\n---\n"
    answer = send(author, zipped(files))
    assert (answer.status_code, reason(answer)) == (400, "BUNDLE_REFUSED")
    assert set(violations(answer)) == {"quizzes/one.gift:2", "lessons/two.md:2"}
    assert author.get(f"/courses/{slug}").status_code == 404


def test_lessons_are_lost_only_where_that_is_wanted(author: Learner, slug: str) -> None:
    assert send(author, zipped(bundle(slug))).status_code == 200
    fewer = zipped(bundle(slug, ("One",)))
    refused = send(author, fewer)
    assert (refused.status_code, reason(refused)) == (400, "LESSONS_MISSED")
    assert "Two" in refused.text
    assert author.get(f"/courses/{slug}").json()["lessonCount"] == 2
    assert send(author, fewer, removeLessons=True).json()["lessonCount"] == 1


def hostile() -> dict[str, bytes]:
    link = zipfile.ZipInfo("lessons/link.md")
    link.external_attr = 0o120777 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    many = {f"lessons/{number}.md": "" for number in range(5001)}
    bomb = {f"files/{number}.bin": bytes(16 * 1024 * 1024) for number in range(33)}
    return {
        "up": zipped({"../course.yaml": "x"}),
        "absolute": zipped({"/tmp/course.yaml": "x"}),
        "backslash": zipped({"..\\course.yaml": "x"}),
        "link": packed.getvalue(),
        "many": zipped(many),
        "bomb": zipped(bomb),
        "cut off": zipped(bundle("x"))[:-30],
        "nothing": b"",
        "text": b"course: x",
        "no course": zipped({"readme.txt": "x"}),
    }


HOSTILE = hostile()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_whole(author: Learner, kind: str) -> None:
    answer = send(author, HOSTILE[kind])
    assert (answer.status_code, reason(answer)) == (400, "BUNDLE_REFUSED")
    assert set(violations(answer)) <= {"archive", "course.yaml:1"}
    # What others import at this moment goes, too.
    imports = author.stack.state / "imports"
    there = set(imports.iterdir())
    eventually(lambda: not there & set(imports.iterdir()), 10)


def test_what_is_too_large_is_413(author: Learner) -> None:
    answer = send(author, bytes(50 * 1024 * 1024 + 1))
    assert (answer.status_code, reason(answer)) == (413, "BODY_TOO_LARGE")
    assert answer.json()["code"] == 8


def test_who_sends_much_slowly_leaves_room_for_others(author: Learner, slug: str) -> None:
    begun, end = threading.Semaphore(0), threading.Event()

    def slow() -> Iterator[bytes]:
        yield b"PK"
        begun.release()
        end.wait(20)

    with ThreadPoolExecutor(MOST_AT_ONCE) as senders:
        sent = [senders.submit(send, author, slow()) for _ in range(MOST_AT_ONCE)]
        assert all(begun.acquire(timeout=10) for _ in sent)
        # A probe that came before them would take the place of one.
        time.sleep(2)
        assert send(author, zipped(bundle(slug))).status_code == 429
        other = support.author(author.stack)
        assert send(other, zipped(bundle(f"{slug}-other"))).status_code == 200
        end.set()
        assert {reason(each.result()) for each in sent} == {"BUNDLE_REFUSED"}
    assert send(author, zipped(bundle(f"{slug}-2"))).status_code == 200
