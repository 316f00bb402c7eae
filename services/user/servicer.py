"""The RPCs of UserService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit import call
from services.kit.data.tables import timestamp
from services.user.profiles import Profiles
from services.user.repository import ProfileRow
from stellr.user.v1 import profile_pb2
from stellr.user.v1 import user_service_pb2 as pb
from stellr.user.v1.user_service_pb2_grpc import UserServiceServicer


class UserServicer(UserServiceServicer):
    """Keeps what people say of themselves."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    def GetProfile(
        self, request: pb.GetProfileRequest, context: grpc.ServicerContext
    ) -> profile_pb2.Profile:
        """The caller's profile."""
        return profile_message(self._profiles.get(call.user_id()))

    def UpdateProfile(
        self, request: pb.UpdateProfileRequest, context: grpc.ServicerContext
    ) -> profile_pb2.Profile:
        """Change the caller's profile."""
        return profile_message(self._profiles.update(call.user_id(), request))


def profile_message(profile: ProfileRow) -> profile_pb2.Profile:
    """The profile as its owner sees it."""
    onboarding = profile_pb2.Onboarding(
        first_login_time=timestamp(profile.first_login_at),
        tutorial_completed=profile.tutorial_completed,
        step=profile.step,
    )
    return profile_pb2.Profile(
        user_id=str(profile.user_id),
        display_name=profile.display_name,
        email=profile.email,
        phone=profile.phone,
        avatar_url=profile.avatar_url,
        bio=profile.bio,
        locale=profile.locale,
        timezone=profile.timezone,
        onboarding=onboarding,
        create_time=timestamp(profile.created_at),
    )
