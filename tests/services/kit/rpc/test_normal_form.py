import pytest

from services.kit.rpc.interceptors.validation import validated
from services.kit.rpc.normal_form import hyphens, lower_uuid, normalize
from stellr.auth.v1.auth_service_pb2 import RegisterRequest
from stellr.course.v1.course_internal_service_pb2 import CourseContent, GetOutlineRequest
from stellr.quiz.v1.quiz_service_pb2 import SubmitQuizRequest
from stellr.user.v1.user_service_pb2 import UpdateProfileRequest

ID = "0198c0de-0000-7000-8000-00000000000a"


def test_a_uuid_is_the_same_in_any_letter_case() -> None:
    assert lower_uuid(ID.upper()) == lower_uuid(ID.title()) == ID


@pytest.mark.parametrize("text", ["", "The-Night-Sky", ID.upper().replace("-", ""), f"{ID} A"])
def test_what_is_no_uuid_stays_as_it_is(text: str) -> None:
    assert lower_uuid(text) == text


def test_a_language_tag_has_hyphens() -> None:
    assert hyphens("pt_BR") == "pt-BR"


def test_ids_come_in_lower_case_wherever_they_stand() -> None:
    request = SubmitQuizRequest(lesson_id=ID.upper())
    request.answers.add(question_id=ID.upper(), option_ids=[ID.upper(), "no-id"])
    normalize(request)
    (answer,) = request.answers
    assert (request.lesson_id, answer.question_id, list(answer.option_ids)) == (
        ID,
        ID,
        [ID, "no-id"],
    )


def test_what_is_not_there_is_not_put_there() -> None:
    for empty in (UpdateProfileRequest(), GetOutlineRequest(), CourseContent()):
        normalize(empty)
        assert not empty.ListFields()


def test_a_field_of_a_oneof_stays_the_one_that_is_set() -> None:
    request = GetOutlineRequest(course=ID.upper())
    assert validated(request).WhichOneof("subject") == "course"
    assert request.course == ID


def test_a_name_is_kept_without_the_marks_around_it() -> None:
    request = RegisterRequest(
        email="anna@learner.example", password="a long secret", display_name="\ufeffAnna\u200b "
    )
    assert validated(request).display_name == "Anna"
