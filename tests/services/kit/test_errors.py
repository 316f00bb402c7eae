import importlib
import pkgutil
from collections.abc import Iterator

import grpc
import pytest

import services
from edge.envoy.replies import REPLIES
from services.kit.errors import (
    FROM_PEER,
    DomainError,
    InvalidFields,
    NotFound,
    Violation,
    reason_name,
    together,
)
from stellr.errors.v1.reason_pb2 import Reason


def errors() -> Iterator[type[DomainError]]:
    """The error classes of all services that have a reason: the kinds have none."""
    for found in pkgutil.walk_packages(services.__path__, "services."):
        if found.name.endswith(".errors"):
            importlib.import_module(found.name)
    open_kinds: list[type[DomainError]] = [DomainError]
    while open_kinds:
        kind = open_kinds.pop()
        open_kinds += kind.__subclasses__()
        if kind.__module__.startswith("services.") and hasattr(kind, "reason"):
            yield kind


def test_every_reason_of_the_contract_is_given_by_an_error_or_at_the_door() -> None:
    given = {error.reason for error in errors()} | {reply.reason for reply in REPLIES}
    assert given == set(Reason.values()) - {Reason.REASON_UNSPECIFIED}


def test_every_error_has_a_code_that_its_caller_understands() -> None:
    # A fault of ours is told to people, and of another service's nobody is told more than that.
    status = grpc.StatusCode
    told = {status.PERMISSION_DENIED, status.INTERNAL, status.OUT_OF_RANGE}
    for error in errors():
        known = error.code in FROM_PEER or error.code in told
        assert known, error.__name__


def test_an_error_without_a_reason_cannot_be_raised() -> None:
    with pytest.raises(AttributeError):
        NotFound("there is nothing")


def test_a_reason_is_told_without_its_prefix() -> None:
    assert reason_name(Reason.REASON_COURSE_NOT_FOUND) == "COURSE_NOT_FOUND"


def test_all_that_is_wrong_is_told_together() -> None:
    def refuse(field: str) -> None:
        raise InvalidFields([Violation(field, "is wrong")])

    assert together(lambda: 1, lambda: "x") == [1, "x"]
    with pytest.raises(InvalidFields) as refused:
        together(lambda: refuse("a"), lambda: 1, lambda: refuse("b"))
    assert [violation.field for violation in refused.value.violations] == ["a", "b"]


def test_who_sent_one_field_as_the_body_reads_of_its_parts_and_of_the_body() -> None:
    wrong = [Violation("profile", "a"), Violation("profile.bio", "b"), Violation("userId", "c")]
    seen = InvalidFields(wrong).within("profile")
    assert [each.field for each in seen.violations] == ["body", "bio", "userId"]
    assert str(seen) == "body: a; bio: b; userId: c"
