import errno
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import psycopg
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from psycopg_pool import PoolTimeout
from structlog.testing import capture_logs

from services.kit import errors
from services.kit.errors import (
    CallerNotAllowed,
    DatabaseUnavailable,
    DeadlineExceeded,
    DomainError,
    FailedPrecondition,
    IdempotencyKeyReused,
    InvalidArgument,
    InvalidFields,
    RateLimited,
    ResourceExhausted,
    ResourceNotFound,
    ServiceIdentityRequired,
    ServiceUnavailable,
    SessionEnded,
    StorageUnavailable,
    TokenExpired,
    TokenStale,
    Unauthenticated,
    Unavailable,
    Violation,
    reason_named,
)
from services.kit.process.service import Registration
from services.kit.rpc.refusals import status
from stellr.errors.v1.reason_pb2 import Reason
from stellr.media.v1 import media_internal_service_pb2 as media
from stellr.media.v1.media_internal_service_pb2_grpc import (
    MediaInternalServiceServicer,
    MediaInternalServiceStub,
    add_MediaInternalServiceServicer_to_server,
)
from tests.services.kit.harness import (
    Kit,
    Notifications,
    message,
    notifications,
    send,
    serving,
)
from tests.support import eventually

SECRET = "the password is swordfish"


class NotYet(FailedPrecondition):
    """A refusal by the state of things."""

    reason = Reason.REASON_NOT_ELIGIBLE
    message = "not yet"


def refusing(error: Exception) -> Callable[[Any], None]:
    def work(_: Any) -> None:
        raise error

    return work


def refusal(kit: Kit, error: Exception) -> Exception:
    """What a service hears whose peer raised the error."""
    with (
        serving(kit.runtime(notifications(refusing(error)))) as port,
        kit.channel("auth", "notification", port) as channel,
        pytest.raises(Exception) as caught,  # noqa: PT011 - the kinds differ
    ):
        send(channel)(message())
    return caught.value


def test_a_status_has_code_message_and_reason() -> None:
    found = status(ResourceNotFound("there is no such page", metadata={"id": "7"}))
    info = error_details_pb2.ErrorInfo()
    assert found.details[0].Unpack(info)
    assert (found.code, found.message) == (5, "there is no such page")
    assert (info.reason, info.domain, dict(info.metadata)) == (
        "NOT_FOUND",
        errors.DOMAIN,
        {"id": "7"},
    )


def test_a_status_has_all_violations() -> None:
    wrong = [Violation("title", "is missing"), Violation("tags[3]", "is too long")]
    bad = error_details_pb2.BadRequest()
    assert status(InvalidFields(wrong)).details[1].Unpack(bad)
    assert [(v.field, v.description) for v in bad.field_violations] == wrong


def test_a_status_says_when_to_try_again() -> None:
    retry = error_details_pb2.RetryInfo()
    assert status(RateLimited("login", 1.5)).details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 1500


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.OperationalError(), DatabaseUnavailable),
        (PoolTimeout(), DatabaseUnavailable),
        (psycopg.errors.DiskFull(), StorageUnavailable),
        (OSError(errno.ENOSPC, "full"), StorageUnavailable),
    ],
)
def test_who_cannot_write_is_unavailable_and_says_when_to_try_again(
    kit: Kit, error: Exception, kind: type[DomainError]
) -> None:
    heard = refusal(kit, error)
    assert isinstance(heard, Unavailable)
    assert (heard.reason, heard.retry_after) == (kind.reason, 1.0)
    retry = error_details_pb2.RetryInfo()
    assert status(kind()).details[1].Unpack(retry)


@pytest.mark.parametrize(
    "error",
    [
        ResourceNotFound(),
        IdempotencyKeyReused("another request"),
        NotYet(metadata={"why": "so"}),
        ServiceUnavailable(),
        DeadlineExceeded(),
    ],
)
def test_a_refusal_comes_to_the_caller_as_it_was_raised(kit: Kit, error: DomainError) -> None:
    heard = refusal(kit, error)
    assert isinstance(heard, DomainError)
    assert heard.code is error.code
    assert (heard.reason, heard.message, heard.metadata) == (
        error.reason,
        error.message,
        error.metadata,
    )


def test_when_to_try_again_comes_to_the_caller(kit: Kit) -> None:
    heard = refusal(kit, RateLimited("login", 1.5))
    assert isinstance(heard, ResourceExhausted)
    assert heard.retry_after == 1.5


def test_violations_come_to_the_caller(kit: Kit) -> None:
    heard = refusal(kit, InvalidFields([Violation("data.code", "must be 6 digits")]))
    assert isinstance(heard, InvalidArgument)
    assert heard.violations == (("data.code", "must be 6 digits"),)


@pytest.mark.parametrize("error", [CallerNotAllowed(), ServiceIdentityRequired()])
def test_a_peer_that_does_not_trust_us_is_our_fault(kit: Kit, error: DomainError) -> None:
    assert isinstance(refusal(kit, error), grpc.RpcError)


@pytest.mark.parametrize("error", [TokenExpired(), SessionEnded(), TokenStale()])
def test_a_token_that_ended_on_the_way_is_told_to_the_person(kit: Kit, error: DomainError) -> None:
    heard = refusal(kit, error)
    assert isinstance(heard, Unauthenticated)
    assert heard.reason == error.reason


def test_a_reason_newer_than_this_service_is_told_as_none() -> None:
    assert reason_named("FROM_TOMORROW") == reason_named("") == Reason.REASON_UNSPECIFIED


def test_an_unknown_exception_says_nothing_outside(kit: Kit) -> None:
    heard: Any = refusal(kit, RuntimeError(SECRET))
    assert heard.code() is grpc.StatusCode.INTERNAL
    assert SECRET not in heard.details()
    assert "request " in heard.details()
    told = rpc_status.from_call(heard)
    assert told
    assert b"INTERNAL" in told.details[0].value


class Late(Notifications):
    """Fails once its caller has gone."""

    def SendNotification(self, request: Any, context: Any) -> Any:
        eventually(lambda: not context.is_active())
        raise ValueError(SECRET)


def test_what_fails_after_its_caller_has_gone_is_counted_and_its_text_told_nobody(
    kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    late = Late(lambda _: None)
    runtime = kit.runtime(notifications(late))
    with (
        serving(runtime) as port,
        kit.channel("auth", "notification", port) as channel,
        capture_logs() as logs,
    ):
        with pytest.raises(DeadlineExceeded):
            send(channel)(message(), timeout=0.2)
        eventually(lambda: any(line["event"] == "rpc" for line in logs))
    (told,) = [line for line in logs if line["event"] == "rpc"]
    assert (told["code"], told["reason"]) == ("INTERNAL", "INTERNAL")
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["unexpected"]
    assert 'code="INTERNAL"' in runtime.metrics.text()
    assert SECRET not in caplog.text


class Receiving(MediaInternalServiceServicer):
    """Takes all there is of an upload."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def UploadObject(self, request_iterator: Any, context: Any) -> Any:
        for _ in request_iterator:
            self.begun.set()
        return media.UploadObjectResponse()


def test_who_goes_away_in_mid_upload_is_no_fault_of_ours(
    kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    receiving, gone = Receiving(), threading.Event()

    def parts() -> Iterator[Any]:
        yield media.UploadObjectRequest(chunk=b"begun")
        gone.wait(20)

    registration = Registration(add_MediaInternalServiceServicer_to_server, receiving)
    runtime = kit.runtime(registration, name="media")
    metadata = [("x-stellr-service", kit.mesh_tokens("gateway").token_for("media"))]
    with (
        serving(runtime) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
        capture_logs() as logs,
    ):
        stub = MediaInternalServiceStub(channel)
        call = stub.UploadObject.future(parts(), metadata=metadata, timeout=20)
        assert receiving.begun.wait(10)
        call.cancel()
        gone.set()
        eventually(lambda: any(line["event"] == "rpc" for line in logs))
    (told,) = [line for line in logs if line["event"] == "rpc"]
    assert (told["code"], told["reason"]) == ("CANCELLED", "CANCELLED")
    assert [line for line in logs if line["log_level"] == "error"] == []
    assert caplog.text == ""


def test_bounds_are_told_with_their_fields(kit: Kit) -> None:
    request = message()
    request.notification_id = "no uuid"
    request.verification_code.code = "no code"
    with (
        serving(kit.runtime(notifications(lambda _: None))) as port,
        kit.channel("auth", "notification", port) as channel,
        pytest.raises(InvalidArgument) as refused,
    ):
        send(channel)(request)
    fields = {violation.field for violation in refused.value.violations}
    assert fields == {"notificationId", "verificationCode.code"}


def test_what_is_wrong_is_told_as_far_as_trailers_have_room() -> None:
    wrong = [
        Violation(f"answers[{n}].questionId", "must have 1 to 80 characters") for n in range(5000)
    ]
    told = status(InvalidFields(wrong))
    bad = error_details_pb2.BadRequest()
    told.details[1].Unpack(bad)
    *named, last = bad.field_violations
    assert [each.field for each in named] == [each.field for each in wrong[: len(named)]]
    assert len(named) > 300
    assert last.description == f"{5000 - len(named):,} more are not told"
    # Envoy takes 60 KiB of them: in base64, beside the message, each byte of which may take three.
    assert told.ByteSize() * 4 / 3 + 3 * len(told.message.encode()) < 60 * 1024


def test_the_longest_messages_fit_into_trailers() -> None:
    told = status(InvalidFields([Violation("name", "\U0001f512" * 5_000)]))
    assert told.ByteSize() * 4 / 3 + 3 * len(told.message.encode()) < 60 * 1024
