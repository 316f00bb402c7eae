"""What operators ask about work that was given up: unpack, one call a kind, repack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import grpc
import structlog

from services.kit.data.pages import page_size
from services.kit.data.tables import timestamp
from services.kit.work.dead_letters import DeadLetter, DeadLetters
from stellr.deadletters.v1 import dead_letter_service_pb2 as pb
from stellr.deadletters.v1.dead_letter_service_pb2_grpc import DeadLetterServiceServicer

log = structlog.get_logger("stellr.deadletters")

JOB, EVENT = "", "event-"


class DeadLetterServicer(DeadLetterServiceServicer):
    """Answers operators; an id is the prefix of its kind and a number."""

    def __init__(self, *, jobs: DeadLetters, events: DeadLetters) -> None:
        # In the order in which they are listed.
        self._kinds: Mapping[str, DeadLetters] = {JOB: jobs, EVENT: events}

    def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.ListDeadLettersResponse:
        """A page of what was given up; the token is the id of the last one seen."""
        size = page_size(request.page_size)
        found = self._after(request.page_token, size + 1)
        return pb.ListDeadLettersResponse(
            dead_letters=found[:size],
            next_page_token=found[size - 1].dead_letter_id if len(found) > size else "",
        )

    def RetryDeadLetters(
        self, request: pb.RetryDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.RetryDeadLettersResponse:
        """Have them tried again."""
        chosen = dict.fromkeys(self._kinds, ()) if request.all else _by_kind(request.ids.ids)
        return pb.RetryDeadLettersResponse(
            dead_letter_ids=[
                f"{kind}{number}"
                for kind, numbers in chosen.items()
                for number in self._kinds[kind].revive(numbers, everything=request.all)
            ]
        )

    def DiscardDeadLetters(
        self, request: pb.DiscardDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.DiscardDeadLettersResponse:
        """Remove them for good, with a line in the log for each."""
        gone = [
            _message(kind, letter)
            for kind, numbers in _by_kind(request.ids.ids).items()
            for letter in self._kinds[kind].discard(numbers)
        ]
        for letter in gone:
            log.warning(
                "dead letter discarded",
                dead_letter_id=letter.dead_letter_id,
                work=letter.work,
                request_id=letter.request_id,
                attempts=letter.attempts,
                error=letter.reason,
            )
        return pb.DiscardDeadLettersResponse(
            dead_letter_ids=[letter.dead_letter_id for letter in gone]
        )

    def _after(self, token: str, limit: int) -> list[pb.DeadLetter]:
        kind, number = _parted(token or f"{JOB}0")
        found: list[pb.DeadLetter] = []
        kinds = list(self._kinds)
        for each in kinds[kinds.index(kind) :]:
            after = number if each == kind else 0
            letters = self._kinds[each].list_dead(after, limit - len(found))
            found += [_message(each, letter) for letter in letters]
            if len(found) == limit:
                break
        return found


def _by_kind(ids: Iterable[str]) -> Mapping[str, Sequence[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for kind, number in map(_parted, ids):
        found[kind].append(number)
    return found


def _parted(dead_letter_id: str) -> tuple[str, int]:
    kind = EVENT if dead_letter_id.startswith(EVENT) else JOB
    return kind, int(dead_letter_id.removeprefix(kind))


def _message(kind: str, letter: DeadLetter) -> pb.DeadLetter:
    return pb.DeadLetter(
        dead_letter_id=f"{kind}{letter.number}",
        work=letter.work,
        attempts=letter.attempts,
        reason=letter.reason,
        give_up_time=timestamp(letter.given_up_at),
        request_id=letter.request_id,
    )
