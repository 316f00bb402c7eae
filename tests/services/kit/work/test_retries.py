import errno
import smtplib
from typing import Any

import grpc
import psycopg
import pytest
import sqlalchemy as sa
from psycopg_pool import PoolTimeout

from services.kit.errors import (
    Conflict,
    DeadlineExceeded,
    InvalidFields,
    RateLimited,
    ServiceUnavailable,
    Unauthenticated,
    ValueNotStorable,
    Violation,
)
from services.kit.work.retries import UnknownTask, pause_before_retry
from tests.services.kit.work.recorder import Gone

LATE = 500


class Unimplemented(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNIMPLEMENTED


def wrapped(error: psycopg.Error) -> sa.exc.DBAPIError:
    """As SQLAlchemy hands on what psycopg raised."""
    wrapping: Any = sa.exc.DBAPIError("statement", {}, error)
    return wrapping


@pytest.mark.parametrize(
    "error",
    [
        ServiceUnavailable("course does not answer"),
        DeadlineExceeded(),
        Conflict(),
        RateLimited("code", 3),
        OSError(errno.ENOSPC, "full"),
        ConnectionRefusedError(),
        smtplib.SMTPServerDisconnected(),
        psycopg.OperationalError(),
        psycopg.errors.DiskFull(),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.UndefinedColumn(),
        psycopg.errors.UndefinedTable(),
        wrapped(psycopg.errors.UndefinedColumn()),
        wrapped(psycopg.errors.DeadlockDetected()),
        PoolTimeout(),
        Unimplemented(),
        UnknownTask(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_is_tried_again_for_a_week(error: Exception) -> None:
    pause = pause_before_retry(error, LATE)
    assert pause
    assert 45 <= pause <= 75
    assert pause_before_retry(error, 10_000) is None


@pytest.mark.parametrize(
    "error",
    [
        Gone(),
        InvalidFields([Violation("name", "is too long")]),
        ValueNotStorable(),
        Unauthenticated("who?", reason=0),
        psycopg.errors.UniqueViolation(),
        psycopg.errors.NumericValueOutOfRange(),
        wrapped(psycopg.errors.NotNullViolation()),
        KeyError("words"),
        SystemExit(1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_stays_is_given_up_after_ten_tries(error: BaseException) -> None:
    pauses = [pause_before_retry(error, attempts) for attempts in range(10)]
    assert None not in pauses[:9]
    assert pauses[9] is None


def test_the_pause_grows_and_differs_between_jobs() -> None:
    for attempts, middle in ((0, 0.25), (1, 0.5), (4, 4.0), (8, 60.0)):
        pauses = {pause_before_retry(DeadlineExceeded(), attempts) for _ in range(20)}
        assert len(pauses) > 10
        assert all(pause and middle * 0.75 <= pause <= middle * 1.25 for pause in pauses)


def test_a_limit_is_waited_for() -> None:
    assert pause_before_retry(RateLimited("code", 3600), 0) == 3600
