"""What is held leaves when its time has come, by itself or in a digest."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid4

from stellr.notification.v1.preferences_pb2 import Digest, NotificationPreferences, QuietHours
from stellr.notification.v1.template_pb2 import (
    Announcement,
    CertificateReady,
    PasswordChanged,
    ReminderLesson,
)
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import REVISION, address, card, to_person
from tests.services.notification.test_transports import Mailbox
from tests.support import body_of, eventually

LESSON = ReminderLesson(course_title="The Night Sky", lesson_title="Stars")
READY = CertificateReady(course_title="The Night Sky", serial="AAAA-BBBB")
NEWS = Announcement(title="New courses", body="In March.")


def around(hours: float = 1) -> QuietHours:
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=hours), now + timedelta(hours=hours)
    return QuietHours(start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def prefer(here: Desk, user_id: str, **asked: object) -> None:
    preferences = NotificationPreferences(**asked)  # type: ignore[arg-type]
    with here.database.transaction():
        here.house.preferences.update(UUID(user_id), preferences, [])


def release(here: Desk) -> None:
    """Have the time come of all that is held."""
    here.execute("UPDATE deliveries SET due_at = now() WHERE due_at IS NOT NULL")
    with here.database.transaction():
        here.house.held.release()


def somebody(here: Desk, **fields: str) -> str:
    user_id = str(uuid4())
    here.set_contact(card(user_id, email=address(), name="Zoe", locale="en", **fields))
    return user_id


def mails(folder: Path) -> list[EmailMessage]:
    files = sorted((folder / "outbox").glob("*.eml"))
    policy = email.policy.default
    return [email.message_from_bytes(path.read_bytes(), policy=policy) for path in files]


def test_in_quiet_hours_only_the_account_is_heard(desk: MakeDesk, tmp_path: Path) -> None:
    here = desk()
    user_id = somebody(here)
    prefer(here, user_id, quiet_hours=around())
    here.send(to_person(user_id, reminder_lesson=LESSON))
    here.send(to_person(user_id, password_changed=PasswordChanged()))
    eventually(lambda: sorted(here.states()) == ["held", "sent"])
    ((due,),) = here.query("SELECT due_at FROM deliveries WHERE state = 'held'")
    assert timedelta(minutes=55) < due - datetime.now(UTC) <= timedelta(hours=1)
    with here.database.transaction():
        here.house.held.release()
    assert sorted(here.states()) == ["held", "sent"]
    prefer(here, user_id, quiet_hours=QuietHours())
    eventually(lambda: here.states() == ["sent"] * 2)
    assert len(mails(tmp_path)) == 2


def test_what_is_due_is_looked_at_again(desk: MakeDesk) -> None:
    here = desk()
    user_id = somebody(here)
    prefer(here, user_id, quiet_hours=around())
    here.send(to_person(user_id, reminder_lesson=LESSON))
    eventually(lambda: here.states() == ["held"])
    release(here)
    eventually(lambda: here.query("SELECT 1 FROM deliveries WHERE due_at > now()"))
    here.execute("UPDATE preferences SET switches = '{\"email.reminders\": false}'")
    release(here)
    eventually(lambda: here.states() == ["unsent"])


def test_quiet_hours_move_with_the_time_zone(desk: MakeDesk) -> None:
    here = desk()
    user_id = somebody(here)
    prefer(here, user_id, quiet_hours=around())
    here.send(to_person(user_id, reminder_lesson=LESSON))
    eventually(lambda: here.states() == ["held"])
    here.set_contact(card(user_id, REVISION + 1, timezone="Pacific/Kiritimati"))
    eventually(lambda: here.states() == ["sent"])


def test_a_digest_is_one_mail_of_what_is_still_wanted(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    here = desk(smtp_url=url)
    user_id, other = somebody(here), somebody(here)
    for each in (user_id, other):
        prefer(here, each, digest=Digest.DIGEST_DAILY)
        here.send(to_person(each, reminder_lesson=LESSON))
        here.send(to_person(each, certificate_ready=READY))
        here.send(to_person(each, announcement=NEWS))
    eventually(lambda: here.states() == ["held"] * 6)
    prefer(here, user_id, channels={"email": {"achievements": False}})
    box.data_answer = "451 4.7.1 come again"
    release(here)
    release(here)
    eventually(lambda: here.query("SELECT 1 FROM deliveries WHERE attempts > 0"))
    box.data_answer = "250 OK"
    eventually(lambda: sorted(here.states()) == ["sent"] * 7 + ["unsent"], 10)
    policy = email.policy.default
    taken = [email.message_from_bytes(each, policy=policy) for each in box.taken]
    assert [mail["Subject"] for mail in taken] == ["Your day at Stellr Academy"] * 2
    texts = sorted((body_of(mail).replace("\r\n", "\n") for mail in taken), key=len)
    for text in texts:
        assert "Stars" in text
        assert "New courses\nIn March." in text
    assert "AAAA-BBBB" not in texts[0]
    assert "/verify/AAAA-BBBB" in texts[1]
    assert all("token=" in mail["List-Unsubscribe"] for mail in taken)
    digests = here.query(
        "SELECT notification_id FROM notifications WHERE template = 'digest' ORDER BY 1"
    )
    ids = sorted(mail["Message-ID"].split("@")[0][1:] for mail in taken)
    assert ids == [str(key) for (key,) in digests]
    assert here.query("SELECT 1 FROM notifications WHERE data IS NOT NULL") == []


def test_a_digest_that_is_refused_is_sent_again_whole(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    here = desk(smtp_url=url)
    user_id = somebody(here)
    prefer(here, user_id, digest=Digest.DIGEST_WEEKLY)
    here.send(to_person(user_id, reminder_lesson=LESSON))
    here.send(to_person(user_id, announcement=NEWS))
    eventually(lambda: here.states() == ["held"] * 2)
    box.recipient_answer = "550 5.1.1 no such mailbox"
    release(here)
    eventually(lambda: here.states() == ["dead"] * 3)
    box.recipient_answer = "250 OK"
    ((member,),) = here.query(
        "SELECT delivery_id FROM deliveries WHERE template = 'announcement' AND channel = 'email'"
    )
    with here.database.transaction():
        here.history.resend(str(member))
    eventually(lambda: here.states() == ["sent"] * 3)
    (taken,) = box.taken
    assert b"Your week at Stellr Academy" in taken


def test_who_wants_no_digest_any_more_gets_the_mails(desk: MakeDesk, tmp_path: Path) -> None:
    here = desk()
    user_id = somebody(here)
    prefer(here, user_id, digest=Digest.DIGEST_WEEKLY)
    here.send(to_person(user_id, reminder_lesson=LESSON))
    here.send(to_person(user_id, announcement=NEWS))
    eventually(lambda: here.states() == ["held"] * 2)
    prefer(here, user_id, digest=Digest.DIGEST_OFF)
    eventually(lambda: here.states() == ["sent"] * 2)
    subjects = {mail["Subject"] for mail in mails(tmp_path)}
    assert subjects == {"New courses", "Your next lesson is waiting"}
