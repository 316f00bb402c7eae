"""The RPCs of UserService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit import call
from services.user.preferences import PreferencesOf
from services.user.profiles import Profiles
from services.user.views import (
    onboarding_message,
    preferences_message,
    profile_message,
    public_profile_message,
)
from stellr.auth.v1 import auth_internal_service_pb2 as auth
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.auth.v1.sign_in_pb2 import Verification
from stellr.user.v1 import profile_pb2
from stellr.user.v1 import user_service_pb2 as pb
from stellr.user.v1.user_service_pb2_grpc import UserServiceServicer


class UserServicer(UserServiceServicer):
    """Keeps what people say of themselves."""

    def __init__(
        self, profiles: Profiles, preferences: PreferencesOf, accounts: AuthInternalServiceStub
    ) -> None:
        self._profiles = profiles
        self._preferences = preferences
        self._accounts = accounts

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

    def DeleteProfile(
        self, request: pb.DeleteProfileRequest, context: grpc.ServicerContext
    ) -> pb.DeleteProfileResponse:
        """Delete the caller's account, until it is erased."""
        self._accounts.DeleteAccount(auth.DeleteAccountRequest(user_id=str(call.user_id())))
        return pb.DeleteProfileResponse()

    def RestoreProfile(
        self, request: pb.RestoreProfileRequest, context: grpc.ServicerContext
    ) -> profile_pb2.Profile:
        """Take that back."""
        # Before: afterwards the token that goes along to other services is stale.
        profile = self._profiles.get(call.user_id())
        self._accounts.RestoreAccount(auth.RestoreAccountRequest(user_id=str(call.user_id())))
        return profile_message(profile)

    def GetPublicProfile(
        self, request: pb.GetPublicProfileRequest, context: grpc.ServicerContext
    ) -> profile_pb2.PublicProfile:
        """What others see of a person."""
        return public_profile_message(self._profiles.get_public(request.user_id))

    def UpdateOnboarding(
        self, request: pb.UpdateOnboardingRequest, context: grpc.ServicerContext
    ) -> profile_pb2.Onboarding:
        """Change how far the caller has come."""
        return onboarding_message(self._profiles.update_onboarding(call.user_id(), request))

    def GetPreferences(
        self, request: pb.GetPreferencesRequest, context: grpc.ServicerContext
    ) -> profile_pb2.Preferences:
        """The caller's preferences."""
        return preferences_message(self._preferences.get(call.user_id()))

    def UpdatePreferences(
        self, request: pb.UpdatePreferencesRequest, context: grpc.ServicerContext
    ) -> profile_pb2.Preferences:
        """Change the caller's preferences."""
        updated = self._preferences.update(
            call.user_id(), request.preferences, request.update_mask.paths
        )
        return preferences_message(updated)

    def StartEmailChange(
        self, request: pb.StartEmailChangeRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a code to a new e-mail address."""
        asked = auth.StartAddressChangeRequest(user_id=str(call.user_id()), email=request.email)
        return self._accounts.StartAddressChange(asked)

    def StartPhoneChange(
        self, request: pb.StartPhoneChangeRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a code to a new phone number."""
        asked = auth.StartAddressChangeRequest(user_id=str(call.user_id()), phone=request.phone)
        return self._accounts.StartAddressChange(asked)
