"""Quizzes are checked, imported and removed, over the mesh."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit.errors import InvalidArgument
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub
from stellr.quiz.v1.quiz_pb2 import GRADING_LAST
from tests.services.own_course import OwnCourse, make_course
from tests.services.quiz.quizzes import COURSE, GIFT, enroll, import_quiz, quiz_request
from tests.support import Stack, reason


def test_imports_of_one_quiz_at_once_take_turns(stack: Stack) -> None:
    own = make_course(stack.mesh)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: import_quiz(stack, own.lesson_id), range(16)))
    assert len({each.quiz_id for each in made}) == 1
    assert sum(each.changed for each in made) == 1


def test_quizzes_come_all_or_none(stack: Stack, quizzes: QuizInternalServiceStub) -> None:
    own = make_course(stack.mesh)
    pupil = enroll(stack, own)
    bad = pb.ImportQuiz(lesson_id=own.preview_id, title="Bad", gift="Q {~a ~b}")
    with pytest.raises(InvalidArgument) as refused:
        quizzes.ImportQuizzes(quiz_request(own.lesson_id, GIFT, bad))
    assert [each.field for each in refused.value.violations] == ["quizzes[1].gift"]
    assert reason(pupil.get(f"/quiz/{own.lesson_id}")) == "QUIZ_NOT_FOUND"

    good = pb.ImportQuiz(lesson_id=own.preview_id, title="Good", gift="Q {T}")
    both = quiz_request(own.lesson_id, GIFT, good)
    assert [each.question_count for each in quizzes.ImportQuizzes(both).quizzes] == [3, 1]
    both.quizzes[1].title = "New"
    assert [each.changed for each in quizzes.ImportQuizzes(both).quizzes] == [False, True]
    assert pupil.get(f"/quiz/{own.preview_id}").json()["title"] == "New"


def test_defects_are_told_with_their_lines(
    quizzes: QuizInternalServiceStub, own: OwnCourse
) -> None:
    bad = "Q1 {~a ~b}\n\nQ2 {=a ~a}\n"
    report = quizzes.CheckGift(pb.CheckGiftRequest(gift=bad))
    assert [defect.line for defect in report.defects] == [1, 3]
    assert report.question_count == 0
    good = quizzes.CheckGift(pb.CheckGiftRequest(gift=GIFT))
    assert (good.question_count, list(good.defects)) == (3, [])
    with pytest.raises(InvalidArgument) as refused:
        quizzes.ImportQuizzes(quiz_request(own.lesson_id, bad))
    told = [(each.field, each.description[:7]) for each in refused.value.violations]
    assert told == [("quizzes[0].gift", "line 1:"), ("quizzes[0].gift", "line 3:")]


def test_what_an_import_does_not_say_stays_as_it_was_but_for_the_title(
    stack: Stack, quizzes: QuizInternalServiceStub
) -> None:
    own = make_course(stack.mesh)
    pupil = enroll(stack, own)
    rules = pb.QuizSettings(max_attempts=3, draw_count=2, grading=GRADING_LAST)
    said = pb.QuizSettings(title="Final exam", pass_percentage=90)
    said.MergeFrom(rules)
    request = quiz_request(own.lesson_id)
    request.quizzes[0].settings.CopyFrom(said)
    quizzes.ImportQuizzes(request)
    plain = quiz_request(own.lesson_id, pass_percentage=50)
    plain.quizzes[0].title = "The lesson"
    assert [quizzes.ImportQuizzes(plain).quizzes[0].changed for _ in range(2)] == [True, False]
    told = pupil.get(f"/quiz/{own.lesson_id}").json()
    assert (told["title"], told["passPercentage"], told["drawCount"]) == ("The lesson", 90, 2)
    (exported,) = quizzes.ExportQuizzes(pb.ExportQuizzesRequest(lesson_ids=[own.lesson_id])).quizzes
    assert exported.settings == rules

    plain.quizzes[0].settings.max_attempts = 0
    plain.quizzes[0].settings.draw_count = 4
    with pytest.raises(InvalidArgument) as refused:
        quizzes.ImportQuizzes(plain)
    assert [each.field for each in refused.value.violations] == ["quizzes[0].settings.drawCount"]
    plain.quizzes[0].settings.draw_count = 0
    assert quizzes.ImportQuizzes(plain).quizzes[0].changed
    told = pupil.get(f"/quiz/{own.lesson_id}").json()
    assert (told["maxAttempts"], told["drawCount"], told["grading"]) == (0, 0, "GRADING_LAST")


@pytest.mark.parametrize(
    "wrong",
    [
        quiz_request("no-id"),
        quiz_request(str(uuid4()), GIFT, pb.ImportQuiz(lesson_id=str(uuid4()), gift=GIFT)),
        quiz_request(str(uuid4()), pass_percentage=101),
    ],
)
def test_imports_out_of_bounds_are_refused(
    quizzes: QuizInternalServiceStub, wrong: pb.ImportQuizzesRequest
) -> None:
    with pytest.raises(InvalidArgument):
        quizzes.ImportQuizzes(wrong)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CheckGift", pb.CheckGiftRequest(gift=GIFT)),
        ("ImportQuizzes", quiz_request(str(uuid4()))),
        ("ExportQuizzes", pb.ExportQuizzesRequest(lesson_ids=[str(uuid4())])),
        ("RemoveQuizzes", pb.RemoveQuizzesRequest(course_id=COURSE)),
    ],
)
def test_the_internal_rpcs_are_for_the_gateway_only(
    stack: Stack, mesh: Callable[..., grpc.Channel], name: str, message: Any
) -> None:
    with (
        grpc.insecure_channel(stack.target("quiz")) as channel,
        pytest.raises(grpc.RpcError) as nobody,
    ):
        getattr(QuizInternalServiceStub(channel), name)(message)
    assert nobody.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as progress:
        getattr(QuizInternalServiceStub(mesh("progress", "quiz")), name)(message)
    assert progress.value.code() is grpc.StatusCode.PERMISSION_DENIED
