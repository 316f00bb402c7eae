"""What the contracts ask of the fields of requests."""

from collections.abc import Iterator, Sequence
from typing import Any

import protovalidate
import pytest
from google.api import field_behavior_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.kit.errors import InvalidFields
from services.kit.rpc.interceptors.validation import validated
from stellr.course.v1.course_internal_service_pb2 import CourseContent, ImportSection
from stellr.course.v1.course_service_pb2 import GetLessonRequest, ListCoursesRequest
from stellr.notification.v1.notification_internal_service_pb2 import UpdatePreferencesRequest
from stellr.notification.v1.preferences_pb2 import NotificationPreferences, QuietHours
from stellr.user.v1.user_internal_service_pb2 import GetPersonNameRequest
from stellr.user.v1.user_service_pb2 import ProfileChange, UpdateProfileRequest
from tests.services.course.course_process import content, lesson
from tests.services.kit.rpc.test_policy import contracts


def requests() -> Iterator[Descriptor]:
    """The messages that requests consist of, of all contracts."""
    pool: Any = descriptor_pool.Default()
    methods = [method for name in contracts() for method in pool.FindServiceByName(name).methods]
    left, seen = [method.input_type for method in methods], set()
    while left:
        message = left.pop()
        if message.full_name in seen or not message.full_name.startswith("stellr."):
            continue
        seen.add(message.full_name)
        left += [field.message_type for field in message.fields if field.message_type]
        yield message


def behavior(field: FieldDescriptor) -> Sequence[int]:
    return field.GetOptions().Extensions[field_behavior_pb2.field_behavior]


def violations(message: Any) -> set[str]:
    try:
        validated(message)
    except InvalidFields as error:
        return {violation.field for violation in error.violations}
    return set()


def test_every_field_of_a_request_says_whether_it_is_required() -> None:
    either = ([field_behavior_pb2.REQUIRED], [field_behavior_pb2.OPTIONAL])
    silent = [f.full_name for each in requests() for f in each.fields if behavior(f) not in either]
    assert silent == []


def test_what_is_required_is_what_an_empty_message_lacks() -> None:
    for request in requests():
        empty = message_factory.GetMessageClass(request)()
        found = protovalidate.collect_violations(empty)
        lacking = {each.proto.field.elements[0].field_name for each in found}
        required = {f.name for f in request.fields if behavior(f) == [field_behavior_pb2.REQUIRED]}
        assert lacking - set(request.oneofs_by_name) == required, request.full_name


def filled(field: FieldDescriptor, size: int) -> Any:
    """A message with a text or a list of this size in one field."""
    message = message_factory.GetMessageClass(field.containing_type)()
    if not field.is_repeated:
        setattr(message, field.name, "x" * size)
    elif field.message_type:
        getattr(message, field.name).MergeFrom([field.message_type._concrete_class()] * size)
    else:
        one = "x" if field.type == field.TYPE_STRING else 1
        getattr(message, field.name)[:] = [one] * size
    return message


def is_bounded(field: FieldDescriptor) -> bool:
    """Whether far too much is refused; first what most refuse, since large messages take long."""
    for size in (1_001, 10_001) if field.is_repeated else (10_001, 1_100_000):
        if field.json_name in {path.split("[")[0] for path in violations(filled(field, size))}:
            return True
    return False


def test_every_text_and_every_list_of_a_request_is_bounded() -> None:
    for request in requests():
        for field in request.fields:
            if field.type == field.TYPE_STRING or field.is_repeated:
                assert is_bounded(field), field.full_name


@pytest.mark.parametrize("good", ["0198c0de-0000-7000-8000-00000000000a"])
def test_an_id_is_a_uuid_in_any_letter_case(good: str) -> None:
    for text in (good, good.upper(), good.title()):
        assert validated(GetPersonNameRequest(user_id=text)).user_id == good


@pytest.mark.parametrize("bad", ["", "x", "0198c0de00007000800000000000000a", "{%s}"])
def test_an_id_is_nothing_else(bad: str) -> None:
    assert violations(GetPersonNameRequest(user_id=bad)) == {"userId"}


def test_a_reference_may_look_like_anything_but_is_short() -> None:
    assert violations(GetLessonRequest(lesson_id="no-id")) == set()
    assert violations(GetLessonRequest()) == violations(GetLessonRequest(lesson_id="x" * 81))


@pytest.mark.parametrize(
    "name",
    [
        *[
            "",
            " ",
            "\u3164",
            "\u00a0",
            "\u200b\u2060",
            "\ufeff",
            "\u115f\u1160",
            "\u2800",
            "\u0301",
        ],
        *[
            "\u0301",
            "a\0b",
            "a\nb",
            "a\x85b",
            "a\u2028b",
            "Ada\u202eecalevoL",
            "a\u2066b",
            "x" * 101,
        ],
    ],
)
def test_a_name_must_be_seen_and_break_nothing(name: str) -> None:
    change = ProfileChange(display_name=name)
    assert violations(UpdateProfileRequest(profile=change)) == {"profile.displayName"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("\ufeffAnna", "Anna"),
        (" Zo\u00eb \u200b", "Zo\u00eb"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None),
        ("X \u00c6 A-12", None),
        ("\u1784\u17b6\u1798", None),
        ("\U0001f469\u200d\U0001f680", None),
        ("x" * 100, None),
    ],
)
def test_a_name_may_be_of_any_script(given: str, kept: str | None) -> None:
    change = ProfileChange(display_name=given)
    request = validated(UpdateProfileRequest(profile=change))
    assert request.profile.display_name == (given if kept is None else kept)


@pytest.mark.parametrize("tag", ["en", "pt-BR", "pt_BR", "zh-Hant-TW", "de-1996"])
def test_a_locale_is_a_language_tag(tag: str) -> None:
    assert violations(ListCoursesRequest(language=tag)) == set()


@pytest.mark.parametrize(
    "tag", ["e", "e n", "en-", "-en", "en\0", "english-" + "x" * 40, "\u0435\u043d"]
)
def test_a_locale_is_nothing_else(tag: str) -> None:
    assert violations(ListCoursesRequest(language=tag)) == {"language"}


def test_a_page_is_bounded() -> None:
    assert violations(ListCoursesRequest(page_size=100, page_token="x")) == set()
    assert violations(ListCoursesRequest(page_size=101)) == {"pageSize"}
    assert violations(ListCoursesRequest(page_size=-1)) == {"pageSize"}
    assert violations(ListCoursesRequest(page_token="x" * 1001)) == {"pageToken"}


def test_an_import_tells_all_its_fields_out_of_bounds_at_once() -> None:
    sections = [
        ImportSection(title=" ", lessons=[lesson("a", title="a\nb")]),
        ImportSection(title="x", lessons=[lesson("c", body="a\0b")]),
    ]
    wrong: CourseContent = content(
        "0198c0de000070008000000000000001",
        title="\u3164",
        language="e n",
        tags=["ok", " "],
        authors=["a\0b"],
        sections=sections,
    )
    assert sorted(violations(wrong)) == [
        "authors[0]",
        "language",
        "sections[0].lessons[0].title",
        "sections[0].title",
        "sections[1].lessons[0].body",
        "slug",
        "tags[1]",
        "title",
    ]


def test_a_rule_about_a_whole_message_is_told_by_where_the_message_stands() -> None:
    one = QuietHours(start="22:00")
    assert violations(one) == {""}
    within = UpdatePreferencesRequest(
        user_id="0198c0de-0000-7000-8000-00000000000a",
        preferences=NotificationPreferences(quiet_hours=one),
    )
    assert violations(within) == {"preferences.quietHours"}
