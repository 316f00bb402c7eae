from __future__ import annotations

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pypdf
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.certificate import repository
from services.certificate.page import CONTENT_SECURITY_POLICY
from services.certificate.service import SERVICE, make_issuing
from services.certificate.servicer import CertificateServicer
from services.kit.data.database import Database
from services.kit.rpc.clients import MeshChannel
from stellr.certificate.v1 import certificate_service_pb2 as pb
from stellr.progress.v1 import progress_internal_service_pb2 as progress_pb
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from tests.services.in_process import invoke, runtime_of
from tests.support import Learner, Stack, Visitor, body_of, reason

Mesh = Callable[[str, str], MeshChannel]
Learners = Callable[..., Learner]
Lessons = list[dict[str, Any]]
Graduate = Callable[..., Learner]
Eventually = Callable[..., Any]
UNKNOWN = "0000-0000-0000-0000"


@pytest.fixture
def graduate(enrolled: Learners, lessons: Lessons, mesh: Mesh) -> Graduate:
    """Makes new learners who have just completed the demo course."""
    quiz = ProgressInternalServiceStub(mesh("quiz", "progress"))

    def make(**values: str) -> Learner:
        somebody, now = enrolled(**values), Timestamp()
        now.GetCurrentTime()
        for lesson in lessons:
            if lesson["hasQuiz"]:
                request = progress_pb.RecordQuizPassRequest(
                    user_id=somebody.user_id, lesson_id=lesson["lessonId"], pass_time=now
                )
                quiz.RecordQuizPass(request)
            somebody.post("/progress/mark-complete", {"lessonId": lesson["lessonId"]})
        return somebody

    return make


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


def test_who_has_not_finished_is_told_what_is_missing(
    enrolled: Learners, course: dict[str, Any], lessons: Lessons
) -> None:
    somebody = enrolled()
    told = somebody.get(f"/certificate/{course['slug']}").json()
    assert told["eligible"] is False
    assert not told.get("certificate")
    wanted = [(lesson["lessonId"], "lesson") for lesson in lessons]
    wanted += [(lesson["lessonId"], "quiz") for lesson in lessons if lesson["hasQuiz"]]
    assert sorted((one["lessonId"], one["what"]) for one in told["missing"]) == sorted(wanted)
    refused = somebody.post(f"/certificate/{course['slug']}")
    assert (refused.status_code, reason(refused)) == (400, "NOT_ELIGIBLE")
    missing = somebody.get(f"/certificate/{course['slug']}/download")
    assert (missing.status_code, reason(missing)) == (404, "CERTIFICATE_NOT_FOUND")


def test_the_download_is_a_pdf_that_says_it_all(graduate: Graduate, course: dict[str, Any]) -> None:
    somebody = graduate(name="Ada Lovelace")
    issued = somebody.post(f"/certificate/{course['slug']}").json()
    for name in (course["slug"], course["courseId"]):
        answer = somebody.get(f"/certificate/{name}/download")
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
    for answer in (stranger.get(path), stranger.post(path)):
        assert (answer.status_code, reason(answer)) == (404, "COURSE_NOT_FOUND")
    assert stranger.get(f"{path}/download").status_code == 404
    assert not enrolled().get(path).json().get("certificate")


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
    for typed in (serial, serial.lower(), serial.replace("-", "")):
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


@pytest.mark.parametrize("serial", [UNKNOWN, "nonsense", "<script>", "é" * 16])
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


def test_a_serial_has_its_bounds(visitor: Visitor) -> None:
    for path in (f"/certificates/{'0' * 65}", f"/verify/{'0' * 65}"):
        assert visitor.get(path).status_code == 400


def test_a_revoked_certificate_is_known_and_not_valid(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, serial = database_of("certificate"), "7K2M-9QXD-04TB-WH61"
    values = {
        "user_id": uuid4(),
        "course_id": uuid4(),
        "serial": serial,
        "learner_name": "Zoë",
        "course_title": "The Night Sky",
        "revoked_at": datetime(2026, 11, 22, tzinfo=UTC),
        "revoke_reason": "Issued twice",
    }
    with database.transaction() as unit:
        repository.create_certificate(unit.session, values)
    runtime = runtime_of(SERVICE, stack, database, monkeypatch)
    servicer = CertificateServicer(runtime, make_issuing(runtime))
    service = pb.DESCRIPTOR.services_by_name["CertificateService"]
    request = pb.GetVerifiedCertificateRequest(serial=serial.lower())
    answer, _, code, _ = invoke(
        service, servicer, runtime.database, "GetVerifiedCertificate", request
    )
    runtime.close()
    assert code == grpc.StatusCode.OK
    assert (answer.valid, answer.reason) == (False, "Issued twice")
    assert answer.revoke_time.ToDatetime(tzinfo=UTC) == values["revoked_at"]
