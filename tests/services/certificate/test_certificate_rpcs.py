from __future__ import annotations

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pypdf
import pytest

from services.certificate.page import CONTENT_SECURITY_POLICY
from services.kit.rpc.clients import MeshChannel
from tests.services.own_course import make_course
from tests.support import Learner, Stack, Visitor, body_of, reason

Mesh = Callable[[str, str], MeshChannel]
Learners = Callable[..., Learner]
Lessons = list[dict[str, Any]]
Graduate = Callable[..., Learner]
Eventually = Callable[..., Any]
UNKNOWN = "0000-0000-0000-0000"


@pytest.fixture
def course(mesh: Mesh, visitor: Visitor) -> dict[str, Any]:
    """A course without a quiz, as anyone sees it."""
    found: dict[str, Any] = visitor.get(f"/courses/{make_course(mesh).course_id}").json()
    return found


@pytest.fixture
def graduate(enrolled: Learners, lessons: Lessons) -> Graduate:
    """Makes new learners who have just completed that course."""

    def make(name: str = "Grace Hopper", timezone: str = "") -> Learner:
        somebody = enrolled(name=name)
        if timezone:
            somebody.patch("/me", {"timezone": timezone})
        for lesson in lessons:
            somebody.post("/progress/mark-complete", {"lessonId": lesson["lessonId"]})
        return somebody

    return make


@pytest.fixture
def lessons(course: dict[str, Any]) -> Lessons:
    """The lessons of that course."""
    return [lesson for section in course["sections"] for lesson in section["lessons"]]


def certificate_of(learner: Learner, course: dict[str, Any]) -> dict[str, Any]:
    answer = learner.get(f"/certificate/{course['courseId']}")
    assert answer.status_code == 200, answer.text
    issued: dict[str, Any] = answer.json().get("certificate") or {}
    return issued


def ready_mails(learner: Learner) -> list[Any]:
    mails = learner.stack.mails(learner.email)
    return [
        mail
        for mail in mails
        if "/verify/" in body_of(mail) or "certificate" in str(mail["Subject"]).lower()
    ]


def test_a_certificate_comes_by_itself(
    graduate: Graduate, course: dict[str, Any], eventually: Eventually, stack: Stack
) -> None:
    somebody = graduate(name="Zoë Łukasiewicz")
    issued = eventually(lambda: certificate_of(somebody, course), 10)
    assert issued["learnerName"] == "Zoë Łukasiewicz"
    assert issued["courseTitle"] == course["title"]
    assert issued["courseId"] == course["courseId"]
    assert issued["verifyUrl"] == f"{stack.url}/verify/{issued['serial']}"
    assert issued["revoked"] is False
    assert re.fullmatch(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", issued["serial"])
    (mail,) = eventually(lambda: ready_mails(somebody), 10)
    assert issued["serial"] in body_of(mail)


def test_asking_a_hundred_times_at_once_gives_one_certificate_and_one_mail(
    graduate: Graduate, course: dict[str, Any], eventually: Eventually
) -> None:
    somebody = graduate()
    path = f"/certificate/{course['slug']}"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: somebody.post(path), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    eventually(lambda: ready_mails(somebody), 10)
    assert certificate_of(somebody, course) == answers[0].json()
    assert len(ready_mails(somebody)) == 1


def test_an_idempotency_key_gives_the_same_again(
    graduate: Graduate, course: dict[str, Any]
) -> None:
    somebody, key = graduate(), str(uuid4())
    path = f"/certificate/{course['courseId']}"
    answers = [somebody.post(path, Idempotency_Key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


def test_who_has_not_finished_is_told_what_is_missing(learner: Learners, mesh: Mesh) -> None:
    somebody, quizzed = learner(), make_course(mesh, has_quiz=True)
    somebody.post(f"/courses/{quizzed.course_id}/enroll")
    path = f"/certificate/{quizzed.course_id}"
    told = somebody.get(path).json()
    assert told["eligible"] is False
    assert not told.get("certificate")
    wanted = [(quizzed.lesson_id, "lesson"), (quizzed.lesson_id, "quiz")]
    wanted += [(quizzed.preview_id, "lesson"), (quizzed.preview_id, "quiz")]
    assert [(one["lessonId"], one["what"]) for one in told["missing"]] == wanted
    refused = somebody.post(path)
    assert (refused.status_code, reason(refused)) == (400, "NOT_ELIGIBLE")
    missing = somebody.get(f"{path}/download")
    assert (missing.status_code, reason(missing)) == (404, "CERTIFICATE_NOT_FOUND")


def test_the_download_is_a_pdf_that_says_it_all(graduate: Graduate, course: dict[str, Any]) -> None:
    somebody = graduate(name="Ada Lovelace")
    issued = somebody.post(f"/certificate/{course['slug']}").json()
    for name in (course["slug"], course["courseId"]):
        answer = somebody.get(f"/certificate/{name}/download")
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        wanted = f'attachment; filename="certificate-{issued["serial"]}.pdf"'
        assert answer.headers["content-disposition"] == wanted
        assert answer.headers["cache-control"] == "private"
        (page,) = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        for part in ("Ada Lovelace", course["title"], issued["serial"]):
            assert part in " ".join(page.extract_text().split())


def test_visitors_and_others_get_nothing(
    graduate: Graduate,
    learner: Learners,
    enrolled: Learners,
    visitor: Visitor,
    course: dict[str, Any],
) -> None:
    graduate().post(f"/certificate/{course['slug']}")
    path = f"/certificate/{course['courseId']}"
    for answer in (visitor.get(path), visitor.post(path), visitor.get(f"{path}/download")):
        assert answer.status_code == 401
    stranger = learner()
    told = stranger.get(path)
    assert (told.status_code, told.json()["eligible"]) == (200, False)
    assert told.json()["missing"] == enrolled().get(path).json()["missing"]
    assert not told.json().get("certificate")
    refused = stranger.post(path)
    assert (refused.status_code, reason(refused)) == (400, "NOT_ELIGIBLE")
    assert stranger.get(f"{path}/download").status_code == 404


def test_the_day_is_that_of_the_learner(graduate: Graduate, course: dict[str, Any]) -> None:
    somebody = graduate(timezone="Pacific/Kiritimati")
    issued = somebody.post(f"/certificate/{course['slug']}").json()
    moment = datetime.fromisoformat(issued["issueTime"])
    assert (
        issued["issueDay"] == moment.astimezone(ZoneInfo("Pacific/Kiritimati")).date().isoformat()
    )
    assert issued["issueTimezone"] == ""
    found = somebody.get(f"/certificates/{issued['serial']}").json()
    assert found["issueDay"] == issued["issueDay"]
    assert (
        f'<time datetime="{issued["issueDay"]}">'
        in somebody.get(f"/verify/{issued['serial']}").text
    )


def test_a_name_that_no_font_has_is_refused_until_it_can_be_printed(
    graduate: Graduate, course: dict[str, Any]
) -> None:
    somebody, path = graduate(name="Tenzin བོད"), f"/certificate/{course['slug']}"
    refused = somebody.post(path)
    assert (refused.status_code, reason(refused)) == (400, "CERTIFICATE_NOT_PRINTABLE")
    told = refused.json()["details"][0]["metadata"]
    assert told == {"field": "learnerName", "characters": "U+0F56 U+0F7C U+0F51"}
    assert somebody.get(path).json()["eligible"] is True
    somebody.patch("/me", {"displayName": "Tenzin Bö"})
    assert somebody.post(path).json()["learnerName"] == "Tenzin Bö"


def test_a_course_that_is_none_is_not_found(learner: Learners) -> None:
    somebody = learner()
    for name in (str(uuid4()), "no-such-course"):
        assert somebody.get(f"/certificate/{name}").status_code == 404
        assert somebody.post(f"/certificate/{name}").status_code == 404
        download = somebody.get(f"/certificate/{name}/download")
        assert (download.status_code, reason(download)) == (404, "CERTIFICATE_NOT_FOUND")
    assert somebody.get(f"/certificate/{'x' * 81}").status_code == 400


def test_anyone_can_verify_a_serial_however_it_is_typed(
    graduate: Graduate, visitor: Visitor, course: dict[str, Any]
) -> None:
    somebody = graduate(name="Grace Hopper")
    issued = somebody.post(f"/certificate/{course['slug']}").json()
    serial = issued["serial"]
    pasted = [serial.replace("-", dash) for dash in "\u2013\u2011\u2010\u2212\u00a0"]
    for typed in (serial, serial.lower(), serial.replace("-", ""), f"{serial}.", *pasted):
        found = visitor.get(f"/certificates/{typed}").json()
        assert found["valid"] is True
        assert found["learnerName"] == "Grace Hopper"
        assert found["courseTitle"] == course["title"]
        assert found["issueTime"] == issued["issueTime"]
        assert found["serial"] == serial
        page = visitor.get(f"/verify/{typed}")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert "x-http-code" not in page.headers
        assert "Grace Hopper" in page.text


@pytest.mark.parametrize(
    "serial", [UNKNOWN, "nonsense", "<script>", "é" * 16, "%01%0a" * 8, "0" * 65, "0" * 20_000]
)
def test_an_unknown_serial_is_not_found(visitor: Visitor, serial: str) -> None:
    answer = visitor.get(f"/certificates/{serial}")
    assert (answer.status_code, reason(answer)) == (404, "CERTIFICATE_NOT_FOUND")
    page = visitor.get(f"/verify/{serial}")
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "x-http-code" not in page.headers
    assert "No such certificate" in page.text
    assert "<script" not in page.text
