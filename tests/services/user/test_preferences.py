from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support import Learner, Visitor, reason, violations

Learners = Callable[..., Learner]


def test_preferences_begin_with_what_is_usual(visitor: Visitor, learner: Learners) -> None:
    found = learner().get("/preferences").json()
    assert (found["language"], found["timezone"], found["theme"]) == ("en", "UTC", "THEME_SYSTEM")
    assert found["notifications"]["channels"]["email"]["reminders"] is True
    assert found["notifications"]["digest"] == "DIGEST_OFF"
    assert visitor.get("/preferences").status_code == 401
    assert visitor.patch("/preferences", {"theme": "THEME_DARK"}).status_code == 401


def test_what_is_present_changes_and_nothing_else(learner: Learners) -> None:
    person, other = learner(), learner()
    body = {
        "language": "de",
        "theme": "THEME_DARK",
        "notifications": {"channels": {"email": {"reminders": False}}},
    }
    changed = person.patch("/preferences", body)
    assert changed.status_code == 200, changed.text
    found = person.get("/preferences").json()
    assert changed.json() == found
    assert (found["language"], found["theme"]) == ("de", "THEME_DARK")
    email = found["notifications"]["channels"]["email"]
    assert (email["reminders"], email["achievements"]) == (False, True)
    assert person.get("/me").json()["locale"] == "de"
    assert person.patch("/me", {"timezone": "Europe/Berlin"}).status_code == 200
    assert person.get("/preferences").json()["timezone"] == "Europe/Berlin"
    assert other.get("/preferences").json()["theme"] == "THEME_SYSTEM"


def test_a_mask_names_what_changes(learner: Learners) -> None:
    person = learner()
    path = "/preferences?updateMask=notifications.channels.email.reminders,theme"
    body: dict[str, Any] = {
        "theme": "THEME_LIGHT",
        "language": "de",
        "notifications": {"channels": {"email": {"reminders": False, "achievements": False}}},
    }
    found = person.patch(path, body).json()
    assert (found["theme"], found["language"]) == ("THEME_LIGHT", "en")
    email = found["notifications"]["channels"]["email"]
    assert (email["reminders"], email["achievements"]) == (False, True)
    back = person.patch("/preferences?updateMask=notifications", {"theme": "THEME_DARK"}).json()
    assert back["notifications"]["channels"]["email"]["reminders"] is True
    assert back["theme"] == "THEME_LIGHT"


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/preferences?updateMask=*", {"theme": "THEME_DARK"}, {"updateMask"}),
        ("/preferences?updateMask=email", {"theme": "THEME_DARK"}, {"updateMask"}),
        (
            "/preferences?updateMask=notifications.bogus",
            {"theme": "THEME_DARK"},
            {"updateMask"},
        ),
        ("/preferences?updateMask=language", {"theme": "THEME_DARK"}, {"language"}),
        ("/preferences", {"timezone": "Mars/Base"}, {"timezone"}),
        (
            "/preferences?updateMask=email,timezone,language",
            {"timezone": "Mars/Base"},
            {"updateMask", "timezone", "language"},
        ),
        ("/preferences", {"theme": "THEME_UNSPECIFIED"}, {"theme"}),
        (
            "/preferences",
            {"theme": "THEME_DARK", "notifications": {"channels": {"email": {"account": False}}}},
            {"notifications.channels.email.account"},
        ),
    ],
)
def test_what_is_wrong_changes_nothing(
    learner: Learners, path: str, body: dict[str, Any], fields: set[str]
) -> None:
    person = learner()
    answer = person.patch(path, body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert set(violations(answer)) == fields
    assert person.get("/preferences").json()["theme"] == "THEME_SYSTEM"


def test_two_who_change_different_things_lose_neither(learner: Learners) -> None:
    person = learner()
    changes: list[dict[str, Any]] = [
        {"theme": "THEME_DARK"},
        {"language": "de"},
        {"notifications": {"channels": {"push": {"reminders": False}}}},
        {"notifications": {"channels": {"email": {"reminders": False}}}},
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: person.patch("/preferences", body), changes))
    assert {answer.status_code for answer in answers} == {200}
    found = person.get("/preferences").json()
    assert (found["theme"], found["language"]) == ("THEME_DARK", "de")
    channels = found["notifications"]["channels"]
    assert (channels["push"]["reminders"], channels["email"]["reminders"]) == (False, False)
