"""The RPCs of UserInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.user.profiles import Profiles
from stellr.user.v1 import user_internal_service_pb2 as pb
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceServicer


class UserInternalServicer(UserInternalServiceServicer):
    """Answers the mesh about people."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    def GetPersonName(
        self, request: pb.GetPersonNameRequest, context: grpc.ServicerContext
    ) -> pb.PersonName:
        """The name of a person, as it shall stand on a certificate."""
        profile = self._profiles.get(UUID(request.user_id))
        return pb.PersonName(
            user_id=str(profile.user_id),
            display_name=profile.display_name,
            timezone=profile.timezone,
        )
