"""Issuing certificates: by themselves when a course is completed, and when a learner asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.certificate.drafting import Course, Person, draft, draft_anew
from services.certificate.errors import CertificateNotFound, CertificateRevoked, NotEligible
from services.certificate.repository import certificates as repository
from services.certificate.repository.certificates import Certificate
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.kit.work.tasks import Delivery
from stellr.course.v1.course_internal_service_pb2 import CourseTitle, GetCourseTitleRequest
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.notification.v1.notification_internal_service_pb2 import SendNotificationRequest
from stellr.notification.v1.template_pb2 import CertificateReady
from stellr.notification.v1.template_pb2 import CertificateRevoked as RevokedMessage
from stellr.progress.v1.progress_internal_service_pb2 import GetStandingRequest, Standing
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.user.v1.user_internal_service_pb2 import GetPersonNameRequest, PersonName
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub


class Issuing:
    """Finds certificates and issues those that are due: one for a learner and a course, for ever.

    What was issued stands whatever became of the course and of the learner in it, so the own table
    is asked first. While other services are asked no transaction is open.
    """

    def __init__(
        self,
        database: Database,
        progress: ProgressInternalServiceStub,
        course: CourseInternalServiceStub,
        user: UserInternalServiceStub,
        send_notification: Delivery[SendNotificationRequest],
        *,
        count: Callable[[], None],
    ) -> None:
        """`count` counts a certificate that is issued."""
        self._database = database
        self._progress = progress
        self._course = course
        self._user = user
        self._send_notification = send_notification
        self._count = count

    def get_standing(self, user_id: UUID, course: str) -> tuple[Standing, Certificate | None]:
        """What the learner still lacks in a course (id or slug), and the certificate if issued.

        NotFound where there is no such course, or neither a certificate nor a published one.
        """
        course_id = self._course_id(course)
        issued = repository.find_certificate(self._database, user_id, course_id)
        if issued is not None:
            return Standing(course_id=str(course_id), completed=True), issued
        request = GetStandingRequest(user_id=str(user_id), course=str(course_id))
        return self._progress.GetStanding(request), None

    def claim(self, user_id: UUID, course: str) -> Certificate:
        """The learner's certificate of a course (id or slug), issued now if it was not before.

        NotEligible where the course is not completed; NotFound as in `get_standing`, and as in
        `issue`.
        """
        standing, issued = self.get_standing(user_id, course)
        if issued is not None:
            return issued
        if not standing.completed:
            raise NotEligible
        return self.issue(user_id, UUID(standing.course_id))

    def issue(self, user_id: UUID, course_id: UUID) -> Certificate:
        """Issue the certificate of a completed course; the one that is there, where there is one.

        NotFound where the person or the course is gone, also where the person was erased at this
        moment; CertificateNotPrintable where the page could not show the name or the title.
        """
        person, course = self._person(user_id), self._course_named(str(course_id))
        made = draft(person, course, datetime.now(UTC))
        issued = repository.create_certificate(self._database, made)
        if issued is None:
            return self._get(user_id, course_id)
        self._database.after_commit(self._count)
        self._tell(user_id, issued)
        return issued

    def reissue(self, user_id: UUID, course: str) -> Certificate:
        """The learner's certificate of a course (id or slug) under the name that they have now: the
        one that is there, where it says that name, else a new one in its place.

        CertificateNotFound, CertificateRevoked, CertificateNotPrintable.
        """
        old = self.get_issued(user_id, course)
        return self._reissue(user_id, old.course_id, also_revoked=False)

    def reissue_to_its_learner(self, issued: Certificate) -> Certificate:
        """The same for whoever has, or had, this certificate; where it was revoked, a new one.

        CertificateNotFound where the learner was erased; CertificateNotPrintable.
        """
        if issued.user_id is None:
            raise CertificateNotFound
        return self._reissue(issued.user_id, issued.course_id, also_revoked=True)

    def get_issued(self, user_id: UUID, course: str) -> Certificate:
        """The learner's certificate of a course (id or slug), or CertificateNotFound."""
        try:
            course_id = self._course_id(course)
        except NotFound as error:
            raise CertificateNotFound from error
        return self._get(user_id, course_id)

    def _get(self, user_id: UUID, course_id: UUID) -> Certificate:
        issued = repository.find_certificate(self._database, user_id, course_id)
        if issued is None:
            raise CertificateNotFound
        return issued

    def _reissue(self, user_id: UUID, course_id: UUID, *, also_revoked: bool) -> Certificate:
        """It asks nothing of the course, which may be gone."""
        name = self._person(user_id).name
        old = repository.lock_certificate(self._database, user_id, course_id)
        if old is None:
            raise CertificateNotFound
        revoked = old.revoked_at is not None
        if revoked and not also_revoked:
            raise CertificateRevoked
        if old.learner_name == name and not revoked:
            return old
        made = repository.replace_certificate(self._database, old, draft_anew(old, user_id, name))
        if made is None:
            raise CertificateNotFound
        return made

    def _course_id(self, course: str) -> UUID:
        return as_uuid(course) or self._course_named(course).course_id

    def _course_named(self, course: str) -> Course:
        title: CourseTitle = self._course.GetCourseTitle(GetCourseTitleRequest(course=course))
        return Course(UUID(title.course_id), title.title)

    def _person(self, user_id: UUID) -> Person:
        name: PersonName = self._user.GetPersonName(GetPersonNameRequest(user_id=str(user_id)))
        return Person(user_id, name.display_name, name.timezone)

    def revoke(self, issued: Certificate, reason: str) -> None:
        """Revoke a certificate and those that replaced it, and tell its learner, once."""
        repository.revoke_certificate(self._database, issued.certificate_id, reason)
        if issued.user_id is None:
            return
        once = uuid5(NAMESPACE_URL, f"stellr:certificate-revoked:{issued.certificate_id}")
        revoked = RevokedMessage(
            course_title=issued.course_title, serial=issued.serial, reason=reason
        )
        request = SendNotificationRequest(
            notification_id=str(once), user_id=str(issued.user_id), certificate_revoked=revoked
        )
        self._send_notification(request)

    def _tell(self, user_id: UUID, issued: Certificate) -> None:
        """Mail the learner, once, however often this is asked for."""
        once = uuid5(NAMESPACE_URL, f"stellr:certificate:{issued.certificate_id}")
        request = SendNotificationRequest(
            notification_id=str(once),
            user_id=str(user_id),
            certificate_ready=CertificateReady(
                course_title=issued.course_title, serial=issued.serial
            ),
        )
        self._send_notification(request)
