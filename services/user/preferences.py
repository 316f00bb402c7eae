"""Preferences: language, time zone and theme are the profile's, the switches notification's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask

from services.kit.errors import InvalidArgument, InvalidFields, Violation, together
from services.kit.rpc.masks import check_paths, named_values
from services.user.changes import check_timezone
from services.user.profiles import Profiles
from services.user.repository import ProfileRow
from stellr.notification.v1 import notification_internal_service_pb2 as notification
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.preferences_pb2 import NotificationPreferences
from stellr.user.v1.profile_pb2 import Theme
from stellr.user.v1.user_service_pb2 import PreferencesChange

BODY = "preferences"
SWITCHES: Final = "notifications"
COLUMNS = {"language": "locale", "timezone": "timezone", "theme": "theme"}
PREFIX = "THEME_"


class Preferences(NamedTuple):
    """What a person prefers."""

    profile: ProfileRow
    notifications: NotificationPreferences


class PreferencesOf:
    """Reads and changes preferences."""

    def __init__(self, profiles: Profiles, switches: NotificationInternalServiceStub) -> None:
        self._profiles = profiles
        self._switches = switches

    def get(self, user_id: UUID) -> Preferences:
        """The preferences of a person."""
        request = notification.GetPreferencesRequest(user_id=str(user_id))
        return Preferences(self._profiles.get(user_id), self._switches.GetPreferences(request))

    def update(self, user_id: UUID, change: PreferencesChange, mask: Sequence[str]) -> Preferences:
        """Change what is named.

        The switches first: what notification refuses changes nothing here, and a caller who hears
        nothing may repeat it all. InvalidFields.
        """
        own, switches = _parted(mask)
        _, values = together(
            partial(_check_mask, mask), partial(_values, change, own, named=bool(mask))
        )
        if switches or (not mask and change.HasField(SWITCHES)):
            told = self._update_switches(user_id, change.notifications, switches)
        else:
            request = notification.GetPreferencesRequest(user_id=str(user_id))
            told = self._switches.GetPreferences(request)
        return Preferences(self._profiles.change(user_id, values), told)

    def _update_switches(
        self, user_id: UUID, switches: NotificationPreferences, mask: Sequence[str]
    ) -> NotificationPreferences:
        request = notification.UpdatePreferencesRequest(
            user_id=str(user_id), preferences=switches, update_mask=FieldMask(paths=mask)
        )
        try:
            return self._switches.UpdatePreferences(request)
        except InvalidArgument as error:
            raise InvalidFields([_as_ours(each) for each in error.violations]) from None


def theme_of(profile: ProfileRow) -> Theme.ValueType:
    """The theme as the contract names it."""
    return Theme.Value(f"{PREFIX}{profile.theme.upper()}")


def _parted(mask: Sequence[str]) -> tuple[list[str], list[str]]:
    """The paths that are ours, and those of the switches without their prefix."""
    own = [path for path in mask if path in COLUMNS]
    switches = [path for path in mask if path not in COLUMNS]
    if SWITCHES in switches:
        return own, [field.name for field in NotificationPreferences.DESCRIPTOR.fields]
    return own, [path.removeprefix(f"{SWITCHES}.") for path in switches]


def _check_mask(mask: Sequence[str]) -> None:
    known = [*COLUMNS, SWITCHES]
    check_paths([path.split(".", 1)[0] for path in mask], known, PreferencesChange())


def _values(change: PreferencesChange, own: Sequence[str], *, named: bool) -> dict[str, str]:
    ours = PreferencesChange()
    ours.CopyFrom(change)
    ours.ClearField(SWITCHES)
    if named and not own:
        return {}
    _, values = together(
        partial(check_timezone, ours, own, BODY), partial(named_values, ours, own, body=BODY)
    )
    if "theme" in values:
        values["theme"] = Theme.Name(values["theme"]).removeprefix(PREFIX).lower()
    return {COLUMNS[name]: value for name, value in values.items()}


def _as_ours(violation: Violation) -> Violation:
    own, _, path = violation.field.partition(".")
    field = f"{BODY}.{SWITCHES}.{path}" if own == BODY and path else violation.field
    return Violation(field, violation.description)
