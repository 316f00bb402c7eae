"""The catalogue: the published courses, filtered, ordered and paged."""

from __future__ import annotations

import json
from dataclasses import astuple
from datetime import datetime
from typing import Any
from uuid import UUID

from services.course import views
from services.course.filters import filters_of, order_of
from services.course.repository import courses
from services.kit.data.pages import page_size
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_service_pb2 as pb


class Catalogue:
    """Lists courses."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._tokens = runtime.page_tokens

    def list(self, request: pb.ListCoursesRequest) -> pb.ListCoursesResponse:
        """A page of courses, and how many there are on all pages."""
        filters, order = filters_of(request), order_of(request.order_by)
        scope = f"courses {json.dumps([*astuple(filters), order])}"
        after = _key(self._tokens.read(request.page_token, scope), order)
        db, size = self._database.session, page_size(request.page_size)
        rows = courses.list_courses(db, filters, order, after, size + 1)
        shown, token = self._tokens.page(rows, size, scope, _key_of)
        return pb.ListCoursesResponse(
            courses=[views.course_summary(row) for row in shown],
            next_page_token=token,
            total_size=courses.count_courses(db, filters),
        )


def _key_of(row: views.Row) -> list[Any]:
    value = row.sort_key
    return [value.isoformat() if isinstance(value, datetime) else value, str(row.course_id)]


def _key(after: list[Any] | None, order: str) -> tuple[Any, UUID] | None:
    if after is None:
        return None
    value, course_id = after
    by_time = order.startswith("publishTime")
    return datetime.fromisoformat(value) if by_time else value, UUID(course_id)
