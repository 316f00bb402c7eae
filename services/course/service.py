"""Course, put together."""

from __future__ import annotations

from pathlib import Path

from services.course import label_pages
from services.course.authoring_servicer import AuthoringServicer
from services.course.catalogue import SUBJECT, Catalogue
from services.course.course_changes import CourseChanges
from services.course.editing import Editing
from services.course.exporting import Exporting
from services.course.importing import Importing
from services.course.internal_servicer import CourseInternalServicer
from services.course.label_changes import LabelChanges
from services.course.label_pages import LabelPages
from services.course.learning import Learning
from services.course.outline_changes import OutlineChanges
from services.course.ownership import Ownership
from services.course.personal import erase_person, export_person
from services.course.planning import Planning
from services.course.published import PublishedCourses
from services.course.repository.label_lists import CATEGORIES, TAGS
from services.course.servicer import CourseServicer
from services.kit.events.events import Drops
from services.kit.identity.links import CONTENT, Links
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, PersonalData, Registration, Service
from stellr.course.v1.authoring_service_pb2_grpc import add_AuthoringServiceServicer_to_server
from stellr.course.v1.course_internal_service_pb2_grpc import (
    add_CourseInternalServiceServicer_to_server,
)
from stellr.course.v1.course_service_pb2 import ListCategoriesResponse, ListTagsResponse
from stellr.course.v1.course_service_pb2_grpc import add_CourseServiceServicer_to_server
from stellr.course.v1.events_pb2 import EnrollmentChanged, LabelsChanged, OutlineChanged

COURSES = 20_000
PAGES = 2_000
# A lesson may be large.
LESSONS = 1_000
LEARNERS = 50_000


def build(runtime: Runtime) -> Domain:
    """What course consists of."""
    database, events, tokens = runtime.database, runtime.events, runtime.page_tokens
    by_course: Drops = {OutlineChanged: lambda event: event.course_id}
    by_any: Drops = {OutlineChanged: lambda _: SUBJECT}
    by_any_or_label: Drops = {
        OutlineChanged: lambda _: label_pages.SUBJECT,
        LabelsChanged: lambda _: label_pages.SUBJECT,
    }
    by_learner: Drops = {EnrollmentChanged: lambda event: event.user_id}
    published = PublishedCourses(database, events.cache("courses", size=COURSES, drops=by_course))
    catalogue = Catalogue(
        database,
        tokens,
        events.cache("catalogue", size=PAGES, drops=by_any),
        events.cache("catalogue_counts", size=PAGES, drops=by_any),
    )
    learning = Learning(
        database,
        events,
        tokens,
        lessons_at_hand=events.cache("lessons", size=LESSONS, drops=by_course),
        enrolled=events.cache("learners", size=LEARNERS, drops=by_learner),
        count=runtime.metrics.tally("enrollments", "Courses that learners enrolled in."),
        links=Links(runtime.shared_signer(CONTENT), runtime.settings.public_url),
    )
    editing = Editing(database, events)
    outlines = OutlineChanges(database, editing)
    listed = events.cache("labels", size=PAGES, drops=by_any_or_label)
    internal = CourseInternalServicer(
        database,
        learning=learning,
        published=published,
        planning=Planning(database),
        importing=Importing(database, editing),
        ownership=Ownership(database),
        outlines=outlines,
        exporting=Exporting(database),
    )
    authoring = AuthoringServicer(
        courses=CourseChanges(database, editing, tokens),
        outlines=outlines,
        categories=LabelChanges(database, events, CATEGORIES),
        tags=LabelChanges(database, events, TAGS),
    )
    public = CourseServicer(
        catalogue=catalogue,
        published=published,
        learning=learning,
        categories=LabelPages(
            database,
            tokens,
            listed,
            CATEGORIES,
            lambda found, token: ListCategoriesResponse(categories=found, next_page_token=token),
        ),
        tags=LabelPages(
            database,
            tokens,
            listed,
            TAGS,
            lambda found, token: ListTagsResponse(tags=found, next_page_token=token),
        ),
    )
    return Domain(
        servicers=[
            Registration(add_CourseServiceServicer_to_server, public),
            Registration(add_AuthoringServiceServicer_to_server, authoring),
            Registration(add_CourseInternalServiceServicer_to_server, internal),
        ],
        personal=PersonalData.over(database, export_person, erase_person),
    )


SERVICE = Service(
    name="course",
    build=build,
    calls=(),
    migrations=str(Path(__file__).parent / "migrations"),
)
