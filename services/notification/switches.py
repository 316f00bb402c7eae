"""What a person can switch, and what is on until they do."""

from __future__ import annotations

from collections.abc import Mapping

from stellr.notification.v1.preferences_pb2 import NotificationCategories, NotificationChannels

CHANNELS = tuple(field.name for field in NotificationChannels.DESCRIPTOR.fields)
CATEGORIES = tuple(field.name for field in NotificationCategories.DESCRIPTOR.fields)
SWITCHES = tuple(f"{channel}.{category}" for channel in CHANNELS for category in CATEGORIES)

ALWAYS_ON = "email.account"
"""The owner of an account must hear of what others do with it, and cannot be made not to."""

OFF_AT_FIRST = frozenset({"push.announcements"})
"""News that nobody asked for does not make a phone ring."""

CATEGORY = {
    "verification_code": "account",
    "welcome": "account",
    "account_exists": "account",
    "new_device": "account",
    "password_changed": "account",
    "credentials_changed": "account",
    "account_deleted": "account",
    "account_restored": "account",
    "address_changed": "account",
    "reminder_lesson": "reminders",
    "reminder_quiz": "reminders",
    "certificate_ready": "achievements",
    "certificate_revoked": "achievements",
    "announcement": "announcements",
}
"""The category of each template."""


def is_on(switches: Mapping[str, bool], switch: str) -> bool:
    """Whether something is on for a person who has touched these switches."""
    return switch == ALWAYS_ON or switches.get(switch, switch not in OFF_AT_FIRST)


def is_wanted(switches: Mapping[str, bool], channel: str, template: str) -> bool:
    """Whether a person wants to get what a template says by this channel."""
    return is_on(switches, f"{channel}.{CATEGORY[template]}")
