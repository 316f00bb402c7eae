"""Streams of feeds: one watch of the events and few statements a process, however many listen.

Nobody has a queue without end, and nobody asks the database alone: whose feed changed is noted, and
all that were noted are read by one statement. All of it runs on the loop.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import DomainError, SessionEnded, TokenStale
from services.kit.identity.tokens import AccessToken
from services.notification.errors import TooManyStreams
from services.notification.feed_views import told
from services.notification.repository import feed as repository
from services.notification.repository.feed import News
from services.notification.standing import Standing
from stellr.auth.v1 import events_pb2 as auth
from stellr.notification.v1.events_pb2 import FeedsChanged
from stellr.notification.v1.feed_service_pb2 import StreamNotificationsResponse

# Of one person, in one process.
MOST_STREAMS = 20
# Proxies close what is silent, Envoy after 60 s.
HEARTBEAT_SECONDS = 20.0
# Before Envoy ends the stream in its midst, and not all that began together at once.
LONGEST_SECONDS = 3000.0
SPREAD = 0.2
# So that the end comes before that of the caller's time, which is an error.
MARGIN_SECONDS = 0.5
# Persons of one statement, and items of each.
PERSONS = 500
ITEMS = 50
# A reader that has not taken so many answers is told no more until it has.
MOST_WAITING = 200
STOP_SECONDS = 0.5
# A position that no feed reaches: nothing is after it.
NEVER = 2**62


class Listening:
    """One stream: where it stands, and what it is to be told."""

    __slots__ = ("behind", "end", "ended", "position", "token", "unread", "waiting", "wake")

    def __init__(self, token: AccessToken, since: int | None) -> None:
        self.token = token
        # Up to where it was told, or will be by what is waiting.
        self.position = NEVER if since is None else since
        # None yet: the first answer tells it.
        self.unread = -1
        self.waiting: list[StreamNotificationsResponse] = []
        self.behind = False
        self.ended = False
        self.end: DomainError | None = None
        self.wake = asyncio.Event()

    def take_in(self, news: News, answers: Sequence[StreamNotificationsResponse]) -> None:
        """Note what came, unless too much waits already."""
        if len(self.waiting) >= MOST_WAITING:
            self.behind = True
            return
        pairs = zip(answers, news.items, strict=True)
        fresh = [answer for answer, item in pairs if item.position > self.position]
        self.position = self._reached(news)
        if not fresh and self.unread != news.unread_count:
            fresh = [told(None, self.position, news.unread_count)]
        self.unread = news.unread_count
        if fresh:
            self.waiting += fresh
            self.wake.set()

    async def next(self, seconds: float) -> list[StreamNotificationsResponse]:
        """What is to be told; waits for it, at most so long."""
        if not (self.waiting or self.ended):
            self.wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.wake.wait()
        answers, self.waiting = self.waiting, []
        return answers

    def _reached(self, news: News) -> int:
        """A full page may not reach the end of the feed. A position beyond the end is one of a
        database before it was restored: it goes on from the end."""
        if len(news.items) < ITEMS or self.position == NEVER:
            return news.position
        return max(self.position, news.items[-1].position)

    def stop(self, error: DomainError | None) -> None:
        """End it, with an error or without."""
        self.ended, self.end = True, error
        self.wake.set()


class FeedStreams:
    """The streams of this process."""

    def __init__(
        self,
        database: Database,
        standing: Standing,
        stopping: threading.Event,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._database = database
        self._standing = standing
        self._stopping = stopping
        self._heartbeat = heartbeat_seconds
        self._of_person: defaultdict[str, set[Listening]] = defaultdict(set)
        self._of_session: defaultdict[str, set[Listening]] = defaultdict(set)
        self._changed: dict[str, None] = {}
        self._wake = asyncio.Event()

    # What happens

    def feeds_changed(self, event: FeedsChanged) -> None:
        """Have those read who listen here."""
        self._note(person for person in event.user_ids if person in self._of_person)

    def all_changed(self) -> None:
        """Have all read: something may have happened that was not told."""
        self._note(self._of_person)

    def session_ended(self, event: auth.SessionEnded) -> None:
        """End the streams of a session."""
        for listening in self._of_session.get(event.session_id, ()):
            listening.stop(SessionEnded())

    def account_changed(self, event: auth.AccountChanged) -> None:
        """End the streams of an account by tokens that are stale."""
        for listening in self._of_person.get(event.user_id, ()):
            if listening.token.version < event.version:
                listening.stop(TokenStale())

    async def run(self) -> None:
        """Read what is noted; for the supervisor. An error of the database leaves it noted."""
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()
            while self._changed:
                await self._read(list(islice(self._changed, PERSONS)))
        for listening in [each for group in self._of_person.values() for each in group]:
            listening.stop(None)
        await asyncio.Event().wait()

    # One stream

    async def follow(
        self, token: AccessToken, since: int | None, seconds: float | None
    ) -> AsyncGenerator[StreamNotificationsResponse, None]:
        """The answers to one stream, for at most so many seconds.

        TooManyStreams; SessionEnded and TokenStale, as soon as they are heard of.
        """
        listening = self._begin(token, since)
        try:
            end = time.monotonic() + _longest(seconds)
            last: list[StreamNotificationsResponse] = []
            while (left := end - time.monotonic()) > 0:
                answers = await listening.next(min(self._heartbeat, left))
                if listening.ended:
                    break
                for answer in answers or last:
                    yield answer
                last = [_heartbeat(answer) for answer in (answers or last)[-1:]]
                self._catch_up(listening)
            if listening.end is not None:
                raise listening.end
        finally:
            self._leave(listening)

    def _begin(self, token: AccessToken, since: int | None) -> Listening:
        # What was heard since the check before the handler is heard here.
        self._standing.check(token)
        person = str(token.user_id)
        if len(self._of_person.get(person, ())) >= MOST_STREAMS:
            raise TooManyStreams
        listening = Listening(token, since)
        self._of_person[person].add(listening)
        self._of_session[str(token.session_id)].add(listening)
        if self._stopping.is_set():
            listening.stop(None)
        self._note([person])
        return listening

    def _leave(self, listening: Listening) -> None:
        token = listening.token
        for groups, key in (
            (self._of_person, str(token.user_id)),
            (self._of_session, str(token.session_id)),
        ):
            groups[key].discard(listening)
            if not groups[key]:
                del groups[key]

    def _catch_up(self, listening: Listening) -> None:
        if listening.behind:
            listening.behind = False
            self._note([str(listening.token.user_id)])

    # Reading

    def _note(self, persons: Iterable[str]) -> None:
        self._changed.update(dict.fromkeys(persons))
        if self._changed:
            self._wake.set()

    async def _read(self, persons: Collection[str]) -> None:
        """Read and tell what came to these persons; those stay noted of whom there is more."""
        after = {
            UUID(person): min(each.position for each in self._of_person[person])
            for person in persons
            if person in self._of_person
        }
        for person in persons:
            self._changed.pop(person, None)
        try:
            found = await asyncio.to_thread(repository.find_news, self._database, after, ITEMS)
        except BaseException:
            self._note(persons)
            raise
        for news in found:
            self._tell(news, after[news.user_id])

    def _tell(self, news: News, after: int) -> None:
        """Tell what was read after a position. Who began meanwhile at an earlier one is noted, and
        read for next."""
        person = str(news.user_id)
        answers = [told(item, item.position, news.unread_count) for item in news.items]
        for listening in self._of_person.get(person, ()):
            if listening.position >= after:
                listening.take_in(news, answers)
        if len(news.items) >= ITEMS:
            self._note([person])


def _longest(seconds: float | None) -> float:
    longest = LONGEST_SECONDS * random.uniform(1 - SPREAD, 1)  # noqa: S311 - spreads the load
    return longest if seconds is None else min(longest, seconds - MARGIN_SECONDS)


def _heartbeat(last: StreamNotificationsResponse) -> StreamNotificationsResponse:
    return StreamNotificationsResponse(position=last.position, unread_count=last.unread_count)
