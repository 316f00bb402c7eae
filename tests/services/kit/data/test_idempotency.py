import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.errors import ResourceNotFound, ServiceUnavailable
from tests.services.kit.harness import Kit, bearer, profile_pb2, serving, user, user_stub, users

Databases = Callable[[str], Database]


def change(bio: str) -> user.UpdateProfileRequest:
    return user.UpdateProfileRequest(profile=user.ProfileChange(bio=bio))


def ask(port: int, token: str, key: str, bio: str = "x") -> Any:
    metadata = bearer(token, idempotency_key=key)
    return user_stub(port).UpdateProfile(change(bio), metadata=metadata, timeout=10)


class Counted(ResourceNotFound):
    """A refusal that keeps what was written."""

    commit = True


class Work:
    """A handler that counts what it did, and may refuse."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.done: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: Any) -> profile_pb2.Profile:
        time.sleep(0.02)
        if self.refusal is not None:
            raise self.refusal
        with self._lock:
            self.done.append(request.profile.bio)
            return profile_pb2.Profile(bio=request.profile.bio, display_name=str(len(self.done)))


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def port(kit: Kit, database_of: Databases, work: Work) -> Any:
    url = database_of("user").url
    with serving(kit.runtime(users(work), name="user", url=url)) as port:
        yield port


@pytest.fixture
def token(kit: Kit) -> str:
    return kit.token(uuid4(), uuid4())


def test_a_request_that_comes_again_is_answered_the_same_and_done_once(
    port: int, token: str, work: Work
) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: ask(port, token, "k1"), range(40)))
    assert work.done == ["x"]
    assert all(reply == replies[0] for reply in replies)


def test_another_request_with_the_same_key_is_refused(port: int, token: str, work: Work) -> None:
    ask(port, token, "k1")
    with pytest.raises(grpc.RpcError) as refused:
        ask(port, token, "k1", bio="another")
    assert refused.value.code() is grpc.StatusCode.ABORTED
    assert work.done == ["x"]


def test_keys_belong_to_their_person(port: int, kit: Kit, work: Work) -> None:
    for _ in range(2):
        ask(port, kit.token(uuid4(), uuid4()), "k1")
    assert work.done == ["x", "x"]


@pytest.mark.parametrize(
    "refusal",
    [
        ServiceUnavailable(),
        Counted(),
        RuntimeError("broken"),
    ],
)
def test_a_request_that_failed_leaves_its_key_free(
    port: int, token: str, work: Work, refusal: Exception
) -> None:
    work.refusal = refusal
    for _ in range(2):
        with pytest.raises(grpc.RpcError) as refused:
            ask(port, token, "k1")
        assert refused.value.code() is not grpc.StatusCode.OK
    work.refusal = None
    assert ask(port, token, "k1", bio="now").bio == "now"
    assert work.done == ["now"]


def test_a_key_is_good_for_a_day(kit: Kit, database_of: Databases, token: str, work: Work) -> None:
    database = database_of("user")
    with serving(kit.runtime(users(work), name="user", url=database.url)) as port:
        ask(port, token, "k1")
        with database.transaction() as unit:
            old = "UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"
            unit.session.execute(sa.text(old))
        assert ask(port, token, "k1", bio="tomorrow").bio == "tomorrow"


def test_a_key_has_bounds(port: int, token: str, work: Work) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        ask(port, token, "k" * 256)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert work.done == []
