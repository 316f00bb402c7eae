"""Notification switches: which of them an update changes, and into what (AIP-134)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation
from services.notification.repository import cards
from services.notification.repository import preferences as repository
from services.notification.repository.preferences import KeptPreferences, PreferencesChange
from services.notification.switches import ALWAYS_ON, CATEGORIES, CHANNELS, SWITCHES, is_on
from stellr.notification.v1.preferences_pb2 import (
    Digest,
    NotificationCategories,
    NotificationPreferences,
    QuietHours,
)

_CHANNELS = "channels."
LEAVES = (*(f"{_CHANNELS}{switch}" for switch in SWITCHES), "quiet_hours", "digest")
"""What changes by itself. A mask may also name what is above: `channels`, `channels.email`."""


def _nothing(_: UUID) -> None:
    """Nothing is held."""


class Preferences:
    """Reads and changes the switches of persons."""

    def __init__(self, database: Database, look_again: Callable[[UUID], None] = _nothing) -> None:
        """`look_again` has it decided anew how long is held what waits for a person."""
        self._database = database
        self._look_again = look_again

    def get(self, user_id: UUID) -> NotificationPreferences:
        """All switches of a person."""
        return as_message(repository.find_preferences(self._database, user_id))

    def update(
        self, user_id: UUID, asked: NotificationPreferences, mask: Sequence[str]
    ) -> NotificationPreferences:
        """Change what is asked for: all switches then. InvalidFields as in `changes`.

        Of a person who was erased nothing is kept.
        """
        change = changes(asked, mask)
        if change is None or cards.lock_card(self._database, user_id) is None:
            return self.get(user_id)
        kept = repository.update_preferences(self._database, user_id, change)
        if change.sets_quiet or change.digest is not None:
            self._look_again(user_id)
        return as_message(kept)


def changes(asked: NotificationPreferences, mask: Sequence[str]) -> PreferencesChange | None:
    """What changes: all that the mask names, or without one what is present; None: nothing.

    What is named and absent returns to its default. InvalidFields: a path that names nothing, and
    mails about the account switched off.
    """
    _check_paths(mask)
    present = {leaf: value for leaf in LEAVES if (value := _present(asked, leaf)) is not None}
    named = {leaf: present.get(leaf) for leaf in LEAVES if _is_named(leaf, mask or list(present))}
    if named.get(_CHANNELS + ALWAYS_ON) is False:
        reason = "cannot be switched off: these mails are about the safety of the account"
        raise InvalidFields([Violation(f"preferences.{_CHANNELS}{ALWAYS_ON}", reason)])
    return _change(named) if named else None


def _change(named: dict[str, Any]) -> PreferencesChange:
    switches = {leaf.removeprefix(_CHANNELS): on for leaf, on in named.items() if _CHANNELS in leaf}
    quiet = named.get("quiet_hours") or QuietHours()
    return PreferencesChange(
        switches={switch: on for switch, on in switches.items() if on is not None},
        resets=[switch for switch, on in switches.items() if on is None],
        sets_quiet="quiet_hours" in named,
        quiet_start=quiet.start or None,
        quiet_end=quiet.end or None,
        digest=(named["digest"] or 0) if "digest" in named else None,
    )


def as_message(kept: KeptPreferences) -> NotificationPreferences:
    """All switches, those never touched by their defaults."""
    message = NotificationPreferences(digest=kept.digest or Digest.DIGEST_OFF)
    for channel in CHANNELS:
        categories = {name: is_on(kept.switches, f"{channel}.{name}") for name in CATEGORIES}
        getattr(message.channels, channel).CopyFrom(NotificationCategories(**categories))
    if kept.quiet_start and kept.quiet_end:
        start, end = _clock(kept.quiet_start), _clock(kept.quiet_end)
        message.quiet_hours.CopyFrom(QuietHours(start=start, end=end))
    return message


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"


def _present(message: Any, path: str) -> Any:
    """The value at a path, None where there is none."""
    *parents, last = path.split(".")
    for name in parents:
        message = getattr(message, name)
    if last == "digest":
        return message.digest or None
    return getattr(message, last) if message.HasField(last) else None


def _is_named(leaf: str, mask: Sequence[str]) -> bool:
    return any(leaf == path or leaf.startswith(f"{path}.") for path in mask)


def _check_paths(mask: Sequence[str]) -> None:
    unknown = [path for path in mask if not any(_is_named(leaf, [path]) for leaf in LEAVES)]
    if unknown:
        raise InvalidFields([Violation("updateMask", "".join(_refusal(unknown)))])


def _refusal(unknown: Sequence[str]) -> Iterator[str]:
    yield ", ".join(repr(path[:50]) for path in unknown[:5])
    yield ": nothing that can change; that are channels, channels.email, push or inApp, of each "
    yield f"{', '.join(CATEGORIES)}; quietHours; digest"
