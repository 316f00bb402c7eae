"""While nobody knows who was signed out, persons read and do not write."""

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit.identity.revocations import Revocations
from stellr.user.v1 import profile_pb2
from stellr.user.v1 import user_service_pb2 as pb
from tests.services.auth.own_auth import reason_of
from tests.services.kit.harness import Kit, bearer, serving, user_stub, users


class Feed:
    known_at = float("-inf")


def test_who_does_not_know_who_was_signed_out_lets_nobody_write(tmp_path: Path) -> None:
    kit, feed = Kit(tmp_path), Feed()
    runtime = kit.runtime(users(lambda _: profile_pb2.Profile()), name="user")
    runtime.revocations = Revocations(longest_silence=5.0)
    runtime.revocations.known_by(feed)
    with serving(runtime) as port:
        stub: Any = user_stub(port)
        metadata = bearer(kit.token(uuid4(), uuid4()))
        change = pb.UpdateProfileRequest(profile=pb.ProfileChange(bio="x"))
        stub.GetProfile(pb.GetProfileRequest(), metadata=metadata)
        with pytest.raises(grpc.RpcError) as refused:
            stub.UpdateProfile(change, metadata=metadata)
        assert reason_of(refused.value) == "REVOCATIONS_UNAVAILABLE"
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "retry-after" in dict(refused.value.trailing_metadata())
        feed.known_at = time.monotonic()
        stub.UpdateProfile(change, metadata=metadata)
