"""What people read of a field that is out of its bounds."""

from collections.abc import Iterator
from typing import Any

import protovalidate
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message

from services.kit.errors import InvalidFields
from services.kit.rpc.interceptors.validation import validated
from services.kit.rpc.wording import in_plain_english
from stellr.auth.v1.account_service_pb2 import SetUserRolesRequest
from stellr.auth.v1.auth_service_pb2 import LoginRequest
from stellr.course.v1.authoring_service_pb2 import CourseChange, UpdateCourseRequest
from stellr.quiz.v1.quiz_authoring_service_pb2 import AuthoredQuiz
from stellr.user.v1.user_service_pb2 import PreferencesChange, UpdatePreferencesRequest
from tests.services.kit.rpc.test_rules import requests

# Words of programmers, and grammar that none has.
JARGON = (
    *("regex", "pattern `", "list [", "item(s)", "equal to", "value ", "enum", "oneof"),
    *("at least 1 char", "must be at most 1 ", "_len", "be finite", "stellr.", "proto"),
)
BAD: dict[int, list[Any]] = {
    Field.TYPE_STRING: ["", "\0", "A b", "x" * 70_000, "\n", "\u00e9" * 600_000],
    Field.TYPE_BYTES: [b"", bytes(300_000)],
    Field.TYPE_BOOL: [False],
    Field.TYPE_ENUM: [0, 99],
    Field.TYPE_INT32: [-5, 0, 2**31 - 1],
    Field.TYPE_INT64: [-5, 0, 2**62],
    Field.TYPE_UINT32: [0, 2**32 - 1],
    Field.TYPE_DOUBLE: [float("inf"), -1e300],
}


def bad() -> Iterator[Message]:
    """Every message of a request, each of its fields out of bounds in turn."""
    for kind in requests():
        make: Any = message_factory.GetMessageClass(kind)
        yield make()
        for field in kind.fields:
            for value in BAD.get(field.type, []):
                made = make()
                if field.is_repeated:
                    getattr(made, field.name).extend([value] * 3)
                else:
                    setattr(made, field.name, value)
                yield made
            if field.message_type and field.is_repeated:
                made = make()
                for _ in range(1001):
                    getattr(made, field.name).add()
                yield made


def test_no_sentence_is_for_programmers() -> None:
    told = {
        in_plain_english(each, message.DESCRIPTOR)
        for message in bad()
        for each in protovalidate.collect_violations(message)
    }
    assert {"must not be empty", "must be given", "must have at most 200 characters"} <= told
    assert [each for each in told if any(word in each for word in JARGON)] == []


def described(message: Any) -> dict[str, str]:
    with pytest.raises(InvalidFields) as refusal:
        validated(message)
    return {each.field: each.description for each in refusal.value.violations}


@pytest.mark.parametrize(
    ("message", "field", "description"),
    [
        (LoginRequest(password="x"), "email", "must not be empty"),
        (LoginRequest(email="a" * 400, password="x"), "email", "must have at most 320 characters"),
        (
            AuthoredQuiz(title="T", pass_percentage=101),
            "passPercentage",
            "must be 0 to 100",
        ),
        (
            SetUserRolesRequest(user_id="x", roles=["boss"]),
            "roles[0]",
            "must be one of learner, author, admin",
        ),
        (
            UpdatePreferencesRequest(preferences=PreferencesChange(theme=9)),  # type: ignore[arg-type]
            "preferences.theme",
            "must be one of THEME_SYSTEM, THEME_LIGHT, THEME_DARK",
        ),
        (
            UpdateCourseRequest(course="x", change=CourseChange(slug="Not a Slug")),
            "change.slug",
            "must be lower-case letters and digits, with single hyphens between them",
        ),
    ],
)
def test_a_sentence_says_what_would_be_right(
    message: Message, field: str, description: str
) -> None:
    assert described(message)[field] == description
