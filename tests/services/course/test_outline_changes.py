from __future__ import annotations

from uuid import uuid4

from stellr.course.v1 import authoring_service_pb2 as authoring
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.events_pb2 import OutlineChanged
from tests.services.course.course_process import Process, bring, content, draft, plan


def test_each_change_of_a_course_is_told_once(process: Process) -> None:
    imported = bring(process, content())
    told = OutlineChanged(course_id=imported.course_id)
    assert process.told(OutlineChanged) == [told]
    assert not bring(process, content()).changed
    publish = authoring.PublishCourseRequest(course=imported.course_id)
    process("PublishCourse", publish, None, "admin")
    assert process.told(OutlineChanged) == [told]
    assert bring(process, content(title="Suns")).changed
    assert process.told(OutlineChanged) == [told, told]


def test_a_draft_is_told_of_when_it_is_published(process: Process) -> None:
    course_id = draft(process, "draft")
    before = len(process.told(OutlineChanged))
    request = authoring.PublishCourseRequest(course=course_id)
    process.at_once(8, lambda _: process("PublishCourse", request, None, "admin"))
    assert process.told(OutlineChanged)[before:] == [OutlineChanged(course_id=course_id)]


def test_a_commit_asked_for_at_once_is_told_once(process: Process) -> None:
    plan_id = str(uuid4())
    plan(process, content(), plan_id=plan_id)
    request = pb.CommitImportRequest(plan_id=plan_id)
    answers = process.at_once(8, lambda _: process("CommitImport", request))
    assert all(answer.changed for answer in answers)
    assert len(process.told(OutlineChanged)) == 1
