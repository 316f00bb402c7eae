"""ProgressInternalService, over the mesh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit.errors import InvalidArgument, NotFound
from services.kit.rpc.clients import MeshChannel, open_channel
from stellr.progress.v1 import progress_internal_service_pb2 as pb
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from tests.services.progress.learning import Lessons, finish, quizzes_of
from tests.support import Learner, Stack

Mesh = Callable[[str, str], MeshChannel]
Learners = Callable[..., Learner]


def standing_of(stack: Stack, request: pb.GetStandingRequest) -> pb.Standing:
    with stack.mesh("certificate", "progress") as channel:
        return ProgressInternalServiceStub(channel).GetStanding(request)


def test_the_standing_tells_what_is_missing(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody = enrolled()
    request = pb.GetStandingRequest(user_id=somebody.user_id, course=course["slug"])
    standing = standing_of(stack, request)
    missing = pb.Standing.Missing
    wanted = [(lesson["lessonId"], missing.WHAT_LESSON) for lesson in lessons]
    wanted += [(lesson["lessonId"], missing.WHAT_QUIZ) for lesson in lessons if lesson["hasQuiz"]]
    assert sorted((one.lesson_id, one.what) for one in standing.missing) == sorted(wanted)
    assert (standing.course_id, standing.completed) == (course["courseId"], False)
    finish(stack, somebody, course, lessons)
    standing = standing_of(stack, request)
    assert standing.completed
    assert not standing.missing


def test_the_standing_of_who_is_not_enrolled_is_all_to_be_done(
    stack: Stack, learner: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    for user_id in (learner().user_id, str(uuid4())):
        request = pb.GetStandingRequest(user_id=user_id, course=course["courseId"])
        standing = standing_of(stack, request)
        assert standing.completed is False
        assert len(standing.missing) == len(lessons) + len(quizzes_of(lessons))


def test_the_standing_in_what_is_no_course_is_refused(stack: Stack) -> None:
    for course in (str(uuid4()), "no-such-course"):
        with pytest.raises(NotFound):
            standing_of(stack, pb.GetStandingRequest(user_id=str(uuid4()), course=course))
    with pytest.raises(InvalidArgument):
        standing_of(stack, pb.GetStandingRequest(user_id="x", course="y"))


def test_only_certificate_may_ask_how_learners_stand(stack: Stack, mesh: Mesh) -> None:
    request = pb.GetStandingRequest(user_id=str(uuid4()), course="x")
    with open_channel(stack.target("progress")) as channel, pytest.raises(grpc.RpcError) as nobody:
        ProgressInternalServiceStub(channel).GetStanding(request)
    assert nobody.value.code() == grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as stranger:
        ProgressInternalServiceStub(mesh("media", "progress")).GetStanding(request)
    assert stranger.value.code() == grpc.StatusCode.PERMISSION_DENIED
