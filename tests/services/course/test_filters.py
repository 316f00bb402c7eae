from __future__ import annotations

import pytest

from services.course.filters import filters_of, order_of
from services.kit.errors import InvalidArgument
from stellr.course.v1 import course_service_pb2 as pb


def test_spelling_makes_no_difference() -> None:
    one = pb.ListCoursesRequest(category=" Big  Data", tags=["b", "\u00e4"], q="x\0y")
    other = pb.ListCoursesRequest(category="Big Data", tags=["a\u0308", "b", "b"], q="X y")
    assert filters_of(one) == filters_of(other)


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
