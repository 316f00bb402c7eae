"""Issuing certificates: by themselves when a course is completed, and when a learner asks."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from services.certificate import repository
from services.certificate.errors import CertificateNotFound, NotEligible
from services.certificate.models import Certificate
from services.certificate.serials import new_serial
from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.kit.process.runtime import Runtime
from services.kit.work.tasks import Delivery
from stellr.course.v1.course_internal_service_pb2 import CourseTitle, GetCourseTitleRequest
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.notification.v1.notification_internal_service_pb2 import SendNotificationRequest
from stellr.notification.v1.template_pb2 import CertificateReady
from stellr.progress.v1.progress_internal_service_pb2 import GetStandingRequest, Standing
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.user.v1.user_internal_service_pb2 import GetPersonNameRequest, PersonName
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub


class Issuing:
    """Finds certificates and issues those that are due: one for a learner and a course, for ever.

    Other services are asked before the database is touched: no transaction is open meanwhile.
    """

    def __init__(
        self, runtime: Runtime, send_notification: Delivery[SendNotificationRequest]
    ) -> None:
        self._runtime = runtime
        self._send_notification = send_notification
        self._progress = ProgressInternalServiceStub(runtime.channel("progress"))
        self._course = CourseInternalServiceStub(runtime.channel("course"))
        self._user = UserInternalServiceStub(runtime.channel("user"))

    def get_standing(self, user_id: UUID, course: str) -> tuple[Standing, Certificate | None]:
        """What the learner still lacks in a course (id or slug), and the certificate if issued.

        NotFound where the learner is not in the course.
        """
        request = GetStandingRequest(user_id=str(user_id), course=course)
        standing: Standing = self._progress.GetStanding(request)
        with self._runtime.database.transaction() as unit:
            course_id = UUID(standing.course_id)
            return standing, repository.find_certificate(unit.session, user_id, course_id)

    def claim(self, user_id: UUID, course: str) -> Certificate:
        """The learner's certificate of a course (id or slug), issued now if it was not before.

        NotEligible where the course is not completed; NotFound where the
        learner is not in it.
        """
        standing, issued = self.get_standing(user_id, course)
        if issued is not None:
            return issued
        if not standing.completed:
            raise NotEligible
        return self.issue(user_id, UUID(standing.course_id))

    def issue(self, user_id: UUID, course_id: UUID) -> Certificate:
        """Issue the certificate of a completed course; the one that is there, where there is one.

        NotFound where the person or the course is gone.
        """
        name: PersonName = self._user.GetPersonName(GetPersonNameRequest(user_id=str(user_id)))
        values = {
            "user_id": user_id,
            "course_id": course_id,
            "serial": new_serial(),
            "learner_name": name.display_name,
            "course_title": self._title(str(course_id)).title,
        }
        db = self._runtime.database.session
        issued = repository.create_certificate(db, values)
        if issued is None:
            return repository.get_certificate(db, user_id, course_id)
        self._tell(issued)
        return issued

    def get_issued(self, user_id: UUID, course: str) -> Certificate:
        """The learner's certificate of a course (id or slug), or CertificateNotFound.

        Whether the learner is still in the course does not matter: it was earned. The connection is
        given back at once, not when the caller has taken the last byte.
        """
        course_id = as_uuid(course) or self._course_id(course)
        with self._runtime.database.transaction() as unit:
            issued = repository.find_certificate(unit.session, user_id, course_id)
        if issued is None:
            raise CertificateNotFound
        return issued

    def _course_id(self, slug: str) -> UUID:
        try:
            return UUID(self._title(slug).course_id)
        except NotFound as error:
            # A course that nobody may see yet looks like one that does not exist.
            raise CertificateNotFound from error

    def _title(self, course: str) -> CourseTitle:
        title: CourseTitle = self._course.GetCourseTitle(GetCourseTitleRequest(course=course))
        return title

    def _tell(self, issued: Certificate) -> None:
        """Mail the learner, once, however often this is asked for."""
        once = uuid5(NAMESPACE_URL, f"stellr:certificate:{issued.certificate_id}")
        request = SendNotificationRequest(
            notification_id=str(once),
            user_id=str(issued.user_id),
            certificate_ready=CertificateReady(
                course_title=issued.course_title, serial=issued.serial
            ),
        )
        self._send_notification(request)
