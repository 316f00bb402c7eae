"""On which days learners learnt, and for how many in a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.kit.data.database import Database
from services.progress.repository import standing
from services.progress.repository.standing import Day, TimezoneUnknown
from stellr.user.v1.user_internal_service_pb2 import GetPersonNameRequest
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub

MOST_DAYS = 366
ONE_DAY = timedelta(days=1)


class Activity(NamedTuple):
    """Days on which something was done, newest first, and how many there are in a row."""

    days: Sequence[Day]
    current_streak: int
    longest_streak: int
    timezone: str


class Activities:
    """Reads the activity of learners, in days of their own time zones."""

    def __init__(self, database: Database, user: UserInternalServiceStub) -> None:
        self._database = database
        self._user = user

    def get(self, user_id: UUID) -> Activity:
        """When a learner learnt; NotFound where there is no account."""
        person = self._user.GetPersonName(GetPersonNameRequest(user_id=str(user_id)))
        timezone, days = self._days(user_id, person.timezone)
        today = datetime.now(UTC).astimezone(ZoneInfo(timezone)).date()
        current, longest = streaks([day.date for day in days], today)
        return Activity(days[:MOST_DAYS], current, longest, timezone)

    def _days(self, user_id: UUID, timezone: str) -> tuple[str, Sequence[Day]]:
        """The days, and of which time zone they are: UTC where PostgreSQL does not know it."""
        try:
            return timezone, standing.list_days(self._database, user_id, timezone)
        except TimezoneUnknown:
            return "UTC", standing.list_days(self._database, user_id, "UTC")


def streaks(days: Sequence[date], today: date) -> tuple[int, int]:
    """The days in a row that reach to today, or yesterday, and the most there ever were.

    `days` come newest first, each once.
    """
    current = longest = length = 0
    for number, day in enumerate(days):
        in_a_row = number > 0 and days[number - 1] - day == ONE_DAY
        length = length + 1 if in_a_row else 1
        longest = max(longest, length)
        if length == number + 1 and today - days[0] <= ONE_DAY:
            current = length
    return current, longest
