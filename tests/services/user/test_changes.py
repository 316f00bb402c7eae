import pytest

from services.kit.errors import InvalidArgument
from services.user.changes import changes
from stellr.user.v1.user_service_pb2 import ProfileChange


def violations(change: ProfileChange, *mask: str) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as refused:
        changes(change, mask)
    return {violation.field: violation.description for violation in refused.value.violations}


def test_what_is_present_changes_and_nothing_else() -> None:
    assert changes(ProfileChange(bio="Hi", locale="de"), ()) == {"bio": "Hi", "locale": "de"}
    assert changes(ProfileChange(), ()) == {}
    assert changes(ProfileChange(bio=""), ()) == {"bio": ""}


def test_a_mask_says_alone_what_changes() -> None:
    change = ProfileChange(bio="Hi", display_name="Zoe")
    assert changes(change, ["display_name"]) == {"display_name": "Zoe"}
    assert changes(change, ["bio", "bio"]) == {"bio": "Hi"}


def test_what_is_named_and_absent_is_cleared() -> None:
    cleared = changes(ProfileChange(), ["bio", "avatar_url"])
    assert cleared == {"bio": "", "avatar_url": ""}


def test_what_cannot_be_cleared_is_told_all_at_once() -> None:
    found = violations(ProfileChange(), "display_name", "locale", "timezone", "bio")
    fields = ("profile.displayName", "profile.locale", "profile.timezone")
    assert found == dict.fromkeys(fields, "cannot be cleared")


def test_all_that_is_wrong_is_told_at_once() -> None:
    change = ProfileChange(timezone="Mars/Base")
    assert set(violations(change, "timezone", "display_name")) == {
        "profile.timezone",
        "profile.displayName",
    }
    assert set(violations(change, "timezone", "bogus")) == {"profile.timezone", "updateMask"}


@pytest.mark.parametrize("path", ["*", "user_id", "displayName", "profile.bio", "email", ""])
def test_an_unknown_path_is_refused(path: str) -> None:
    assert list(violations(ProfileChange(bio="Hi"), "bio", path)) == ["updateMask"]


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "europe/zurich", "../etc/passwd", "UTC+1", "localtime", "Factory"],
)
def test_a_time_zone_must_exist(name: str) -> None:
    assert "profile.timezone" in violations(ProfileChange(timezone=name))


@pytest.mark.parametrize("name", ["UTC", "Europe/Zurich", "America/Argentina/Ushuaia"])
def test_time_zones_of_iana_are_known(name: str) -> None:
    assert changes(ProfileChange(timezone=name), ()) == {"timezone": name}
