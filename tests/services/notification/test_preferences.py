"""Which switches a change names, and what becomes of them."""

from typing import Any

import pytest

from services.kit.errors import InvalidArgument
from services.notification.preferences import LEAVES, as_message, changes
from services.notification.repository.preferences import KeptPreferences
from services.notification.switches import CATEGORIES, CATEGORY, CHANNELS, SWITCHES, is_wanted
from services.notification.templates import TEMPLATES, has_text
from stellr.notification.v1.preferences_pb2 import (
    Digest,
    NotificationCategories,
    NotificationChannels,
    NotificationPreferences,
    QuietHours,
)

NIGHT = QuietHours(start="22:00", end="07:00")


def email(**categories: bool) -> NotificationPreferences:
    switched = NotificationCategories(**categories)
    return NotificationPreferences(channels=NotificationChannels(email=switched))


def changed(asked: NotificationPreferences, *mask: str) -> dict[str, Any]:
    change = changes(asked, mask)
    assert change is not None
    return {name: value for name, value in change._asdict().items() if value not in ({}, [], None)}


def violations(asked: NotificationPreferences, *mask: str) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as refused:
        changes(asked, mask)
    return {violation.field: violation.description for violation in refused.value.violations}


def test_what_is_present_changes_and_nothing_else() -> None:
    assert changed(email(reminders=False)) == {
        "switches": {"email.reminders": False},
        "sets_quiet": False,
    }
    assert changed(NotificationPreferences(digest=Digest.DIGEST_WEEKLY)) == {
        "sets_quiet": False,
        "digest": Digest.DIGEST_WEEKLY,
    }
    assert changed(NotificationPreferences(quiet_hours=NIGHT)) == {
        "sets_quiet": True,
        "quiet_start": "22:00",
        "quiet_end": "07:00",
    }
    assert changed(NotificationPreferences(quiet_hours=QuietHours())) == {"sets_quiet": True}


def test_who_asks_for_nothing_changes_nothing() -> None:
    assert changes(NotificationPreferences(), []) is None
    assert changes(NotificationPreferences(channels=NotificationChannels()), []) is None


def test_a_mask_says_alone_what_changes() -> None:
    asked = email(reminders=False, achievements=False)
    asked.digest = Digest.DIGEST_DAILY
    found = changed(asked, "channels.email.achievements")
    assert found == {"switches": {"email.achievements": False}, "sets_quiet": False}


def test_what_is_named_and_absent_returns_to_its_default() -> None:
    everything = changes(NotificationPreferences(), ["channels", "quiet_hours", "digest"])
    assert everything is not None
    assert everything.resets == list(SWITCHES)
    assert everything.sets_quiet
    assert everything.quiet_start is None
    assert everything.digest == Digest.DIGEST_UNSPECIFIED


def test_a_mask_may_name_what_is_above() -> None:
    asked = email(reminders=False)
    asked.channels.push.reminders = False
    found = changed(asked, "channels.email")
    assert found["switches"] == {"email.reminders": False}
    assert found["resets"] == ["email.account", "email.achievements", "email.announcements"]


@pytest.mark.parametrize(
    "path",
    [
        "*",
        "",
        "user_id",
        "channels.sms",
        "channels.email.remind",
        "channels.",
        "quietHours",
        "quiet_hours.start",
        "channels.email.reminders.x",
        "preferences.digest",
    ],
)
def test_an_unknown_path_is_refused_by_name(path: str) -> None:
    found = violations(email(reminders=False), "digest", path)
    assert list(found) == ["updateMask"]
    assert repr(path) in found["updateMask"]
    assert "'digest'" not in found["updateMask"]


def test_mails_about_the_account_cannot_be_switched_off() -> None:
    off = email(account=False, reminders=False)
    for mask in ([], ["channels"], ["channels.email"], ["channels.email.account"]):
        assert list(violations(off, *mask)) == ["preferences.channels.email.account"]
    assert changed(off, "channels.email.reminders")["switches"] == {"email.reminders": False}
    assert changed(email(account=True))["switches"] == {"email.account": True}
    asked = NotificationPreferences()
    asked.channels.push.account = False
    assert changed(asked)["switches"] == {"push.account": False}


def test_all_is_on_at_first_but_news_that_make_a_phone_ring() -> None:
    message = as_message(KeptPreferences({}))
    for channel in CHANNELS:
        for category in CATEGORIES:
            found = getattr(getattr(message.channels, channel), category)
            assert found is ((channel, category) != ("push", "announcements"))
    assert message.digest == Digest.DIGEST_OFF
    assert not message.HasField("quiet_hours")


def test_an_answer_has_every_switch_off_ones_too() -> None:
    message = as_message(KeptPreferences(dict.fromkeys(SWITCHES, False)))
    for switch in SWITCHES:
        channel, category = switch.split(".")
        assert getattr(message.channels, channel).HasField(category)
    # Whatever is kept: that one is on.
    assert message.channels.email.account
    assert not message.channels.email.reminders


def test_each_template_has_a_category_and_each_switch_a_path() -> None:
    assert set(CATEGORY) == set(TEMPLATES)
    assert set(CATEGORY.values()) == set(CATEGORIES)
    assert {f"channels.{switch}" for switch in SWITCHES} < set(LEAVES)


def test_what_goes_by_sms_is_always_wanted() -> None:
    off = dict.fromkeys(SWITCHES, False)
    assert all(is_wanted(off, "email", name) for name in TEMPLATES if has_text(name))
    assert not is_wanted(off, "email", "certificate_ready")
