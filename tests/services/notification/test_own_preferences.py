"""The switches at /notify/preferences: the same as at /preferences."""

from __future__ import annotations

from tests.support import Learner, Visitor, violations

PATH = "/notify/preferences"


def test_only_who_is_signed_in_has_switches(nobody: Visitor) -> None:
    assert nobody.get(PATH).status_code == 401
    assert nobody.patch(PATH, {}).status_code == 401


def test_what_is_switched_here_is_switched_there(ann: Learner, ben: Learner) -> None:
    change = {
        "channels": {"email": {"reminders": False}},
        "quietHours": {"start": "22:00", "end": "07:00"},
        "digest": "DIGEST_WEEKLY",
    }
    answer = ann.patch(PATH, change)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["channels"]["email"] == {
        "account": True,
        "reminders": False,
        "achievements": True,
        "announcements": True,
    }
    assert told["quietHours"] == change["quietHours"]
    assert ann.get(PATH).json() == told
    assert ann.get("/preferences").json()["notifications"] == told
    ann.patch("/preferences", {"notifications": {"digest": "DIGEST_OFF"}})
    assert ann.get(PATH).json()["digest"] == "DIGEST_OFF"
    assert ben.get(PATH).json()["channels"]["email"]["reminders"]
    cleared = ann.http.patch(f"{PATH}?updateMask=quietHours,channels.email", json={}).json()
    assert "quietHours" not in cleared or cleared["quietHours"] is None
    assert cleared["channels"]["email"]["reminders"]


def test_what_cannot_be_is_named(ben: Learner) -> None:
    answer = ben.patch(PATH, {"channels": {"email": {"account": False}}})
    assert set(violations(answer)) == {"channels.email.account"}
    answer = ben.patch(PATH, {"quietHours": {"start": "25:00", "end": "7"}})
    assert set(violations(answer)) == {
        "quietHours.start",
        "quietHours.end",
    }
    answer = ben.http.patch(f"{PATH}?updateMask=*", json={"digest": "DIGEST_DAILY"})
    assert set(violations(answer)) == {"updateMask"}
