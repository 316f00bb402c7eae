from __future__ import annotations

import pytest

from services.course.filters import filters_of, order_of
from services.kit.errors import InvalidArgument
from stellr.course.v1 import course_service_pb2 as pb


def test_spelling_makes_no_difference() -> None:
    one = filters_of(pb.ListCoursesRequest(category=" Big  Data", tags=["B", "a"], q="x\0y"))
    other = filters_of(pb.ListCoursesRequest(category="big data", tags=["A", "b", "a"], q="X y"))
    assert one == other


@pytest.mark.parametrize(
    ("asked", "order"),
    [("", "publishTime desc"), ("title  desc", "title desc"), ("title asc", "title")],
)
def test_orders_that_are_offered(asked: str, order: str) -> None:
    assert order_of(asked, searched=False) == order
    assert order_of("", searched=True) == "relevance"


@pytest.mark.parametrize("asked", ["slug", "title; drop", "desc", "publish_time"])
def test_other_orders_are_refused(asked: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        order_of(asked, searched=False)
    assert [violation.field for violation in refusal.value.violations] == ["orderBy"]
