"""What learners watch: counted, and how far they are."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.clients.course import Courses
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.media.errors import MediaNotFound
from services.media.repository import media, views
from services.media.repository.views import Watched

# A film whose position is before this begins.
BEGINNING_SECONDS = 10
# After so long without a word it is another view.
PAUSE = timedelta(minutes=30)


class Viewing:
    """Counts views."""

    def __init__(self, database: Database, courses: Courses) -> None:
        self._database = database
        self._courses = courses

    def record(self, media_id: str, user_id: UUID, position_seconds: int) -> Watched:
        """Note how far a learner is; MediaNotFound where they are not enrolled."""
        found = as_uuid(media_id)
        lesson_id = found and media.lesson_of(self._database, found)
        if not (found and lesson_id and self._is_enrolled(lesson_id, user_id)):
            raise MediaNotFound
        watched = views.record_view(
            self._database,
            user_id,
            found,
            position_seconds=position_seconds,
            beginning=BEGINNING_SECONDS,
            pause=PAUSE,
        )
        if watched is None:
            raise MediaNotFound
        return watched

    def _is_enrolled(self, lesson_id: UUID, user_id: UUID) -> bool:
        try:
            outline = self._courses.of_lesson(str(lesson_id))
        except NotFound:
            return False
        return self._courses.enrolled_since(user_id, outline.course_id) is not None
