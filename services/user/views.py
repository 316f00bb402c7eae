"""What user knows, as the public messages tell it."""

from __future__ import annotations

from services.kit.data.tables import timestamp
from services.user.preferences import Preferences, theme_of
from services.user.repository import ProfileRow
from stellr.user.v1 import profile_pb2 as pb


def profile_message(profile: ProfileRow) -> pb.Profile:
    """The profile as its owner sees it."""
    return pb.Profile(
        user_id=str(profile.user_id),
        display_name=profile.display_name,
        email=profile.email,
        phone=profile.phone,
        avatar_url=profile.avatar_url,
        bio=profile.bio,
        locale=profile.locale,
        timezone=profile.timezone,
        onboarding=onboarding_message(profile),
        create_time=timestamp(profile.created_at),
    )


def public_profile_message(profile: ProfileRow) -> pb.PublicProfile:
    """The profile as others see it."""
    return pb.PublicProfile(
        user_id=str(profile.user_id),
        display_name=profile.display_name,
        avatar_url=profile.avatar_url,
        bio=profile.bio,
    )


def onboarding_message(profile: ProfileRow) -> pb.Onboarding:
    """How far a newcomer has come."""
    return pb.Onboarding(
        first_login_time=timestamp(profile.first_login_at),
        tutorial_completed=profile.tutorial_completed,
        step=profile.step,
    )


def preferences_message(preferences: Preferences) -> pb.Preferences:
    """What a person prefers."""
    return pb.Preferences(
        language=preferences.profile.locale,
        timezone=preferences.profile.timezone,
        theme=theme_of(preferences.profile),
        notifications=preferences.notifications,
    )
