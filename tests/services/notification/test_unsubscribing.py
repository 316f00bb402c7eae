"""The link at the end of a mail, and the one click of RFC 8058."""

from __future__ import annotations

import re
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.support import Learner, Stack, Visitor, body_of, eventually, register

FORM = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def person(stack: Stack) -> Learner:
    return register(stack)


def mail_to(
    stack: Stack, admin: Learner, person: Learner, template: str, **data: str
) -> EmailMessage:
    body = {"userId": person.user_id, "template": template, "data": data}
    (key,) = admin.post("/notify/email", body).json()["notificationIds"]
    return eventually(
        lambda: next((m for m in stack.mails(person.email) if key in m["Message-ID"]), None)
    )


def link_of(mail: EmailMessage) -> str:
    found = re.fullmatch(r"<(http[^>]+)>", mail["List-Unsubscribe"].strip())
    assert found
    parts = urlsplit(found.group(1))
    return f"{parts.path}?{parts.query}"


def is_on(person: Learner, category: str) -> bool:
    switched = person.get("/notify/preferences").json()["channels"]["email"][category]
    return bool(switched)


def test_one_click_ends_mails_of_one_kind(
    stack: Stack,
    admin: Learner,
    person: Learner,
    nobody: Visitor,
) -> None:
    lesson = {"courseTitle": "c", "lessonTitle": "l"}
    mail = mail_to(stack, admin, person, "reminder_lesson", **lesson)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = link_of(mail)
    assert link in body_of(mail)
    assert link.replace("&", "&amp;") in mail.get_body(("html",)).get_content()
    page = nobody.http.get(link)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert '<form method="post"' in page.text
    assert is_on(person, "reminders")
    for _ in range(2):
        done = nobody.http.post(link, data=FORM)
        assert done.status_code == 200, done.text
        assert "These mails have ended" in done.text
        assert not is_on(person, "reminders")
        assert is_on(person, "announcements")


def test_the_button_of_the_page_does_it(
    stack: Stack,
    admin: Learner,
    person: Learner,
    nobody: Visitor,
) -> None:
    mail = mail_to(stack, admin, person, "announcement", title="t", body="b")
    page = nobody.http.get(link_of(mail)).text
    action = re.search(r'action="([^"]+)"', page)
    assert action
    assert nobody.http.post(action.group(1), data=FORM).status_code == 200
    assert not is_on(person, "announcements")


def test_mails_of_the_account_have_no_such_link(
    stack: Stack,
    admin: Learner,
    person: Learner,
) -> None:
    for mail in (mail_to(stack, admin, person, "password_changed"), *stack.mails(person.email)):
        assert mail["List-Unsubscribe"] is None
        assert "unsubscribe" not in body_of(mail)


def test_a_token_that_is_not_ours_changes_nothing(
    stack: Stack,
    admin: Learner,
    person: Learner,
    nobody: Visitor,
) -> None:
    link = link_of(mail_to(stack, admin, person, "announcement", title="t", body="b"))
    path, _, token = link.partition("?token=")
    user, kind, signature = token.split(".")
    wrong = [
        *("", "x", "x.y", "a" * 900, token[:-1], token + "a", f"{user}.{kind}."),
        *(f"{user}.reminders.{signature}", f"{user}.account.{signature}"),
        f"{'0' * 32}.{kind}.{signature}",
    ]
    for each in wrong:
        for answer in (
            nobody.http.get(path, params={"token": each}),
            nobody.http.post(f"{path}?token={each}", data=FORM),
        ):
            assert answer.status_code == 404, each
            assert "<form" not in answer.text
    assert nobody.http.get(path).status_code == 404
    assert nobody.http.post(path).status_code == 404
    assert is_on(person, "announcements")


def test_any_form_is_taken(
    stack: Stack,
    admin: Learner,
    person: Learner,
    nobody: Visitor,
) -> None:
    """RFC 8058 asks for multipart/form-data or a urlencoded form; some send nothing."""
    link = link_of(mail_to(stack, admin, person, "announcement", title="t", body="b"))
    assert nobody.http.post(link).status_code == 200
    assert not is_on(person, "announcements")
    person.patch("/notify/preferences", {"channels": {"email": {"announcements": True}}})
    assert (
        nobody.http.post(link, files={"List-Unsubscribe": (None, "One-Click")}).status_code == 200
    )
    assert not is_on(person, "announcements")
