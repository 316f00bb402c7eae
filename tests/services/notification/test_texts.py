"""How SMS leave: into the outbox, or by Twilio's own client to a peer that speaks its API."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notification.refusals import TransportError
from services.notification.settings import NotificationSettings
from services.notification.texts import OutboxTexts, TextMessage
from services.notification.twilio_settings import twilio_account
from services.notification.twilio_texts import TwilioTexts
from tests.services.notification.twilio_server import (
    ACCOUNT,
    MESSAGING,
    TOKEN,
    VERIFY,
    Twilio,
    twilio_server,
)
from tests.support import PATIENCE

ID = UUID("019a1234-5678-7000-8000-123456789012")
NUMBER = "+12025550143"
CODE = TextMessage(ID, NUMBER, "483920 is your code", "483920", 600)
WARNING = TextMessage(ID, NUMBER, "the password was changed")
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def nothing() -> None:
    """For who need not know that a message was taken."""


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with twilio_server() as server:
        yield server


def texts(twilio: Twilio, timeout: float = 10.0, **more: Any) -> TwilioTexts:
    told: dict[str, Any] = {**twilio.settings, **more}
    account = twilio_account(NotificationSettings(**told))
    assert account is not None
    return TwilioTexts(account, timeout)


def refused(transport: TwilioTexts, message: TextMessage = CODE) -> TransportError:
    taken: list[bool] = []
    with pytest.raises(TransportError) as caught:
        transport.send(message, lambda: taken.append(True))
    assert not taken
    said = f"{caught.value!r} {caught.value.__cause__!r}"
    assert not any(secret in said for secret in (TOKEN, NUMBER, message.body))
    return caught.value


def test_outbox_writes_the_message_whole_and_private(tmp_path: Path) -> None:
    OutboxTexts(tmp_path / "outbox").send(CODE, nothing)
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.name == f"{ID}.sms.json"
    assert path.stat().st_mode & 0o777 == 0o600
    kept = json.loads(path.read_bytes())
    assert list(kept) == ["to", "body", "sentTime"]
    assert (kept["to"], kept["body"]) == (NUMBER, CODE.body)
    sent = datetime.fromisoformat(kept["sentTime"])
    assert kept["sentTime"].endswith("Z")
    assert abs(sent.timestamp() - time.time()) < 60


def test_outbox_keeps_one_file_for_a_message_sent_twice(tmp_path: Path) -> None:
    OutboxTexts(tmp_path).send(CODE, nothing)
    before = (tmp_path / f"{ID}.sms.json").read_bytes()
    OutboxTexts(tmp_path).send(TextMessage(ID, NUMBER, "again"), nothing)
    assert (tmp_path / f"{ID}.sms.json").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_of_the_outbox_is_never_seen_half_written(tmp_path: Path) -> None:
    """Who looks for codes reads each file as soon as it is there."""
    done, seen = threading.Event(), 0

    def look() -> int:
        read = 0
        while not done.is_set():
            for path in tmp_path.glob("*.sms.json"):
                json.loads(path.read_bytes())
                read += 1
        return read

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        for _ in range(100):
            OutboxTexts(tmp_path).send(TextMessage(uuid4(), NUMBER, "x" * 100), nothing)
        done.set()
        seen = looking.result(10)
    assert seen > 0


def test_an_outbox_that_cannot_be_written_is_a_temporary_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TransportError) as caught:
        OutboxTexts(tmp_path / "file").send(CODE, nothing)
    assert not caught.value.permanent


def test_twilio_gets_number_words_and_sender(twilio: Twilio) -> None:
    taken: list[bool] = []
    texts(twilio, twilio_from="+15005550006").send(CODE, lambda: taken.append(True))
    assert taken == [True]
    (asked,) = twilio.asked
    assert asked.path == MESSAGES
    # What waits at Twilio for longer than the code is good is not sent there either.
    assert asked.form == {
        "To": NUMBER,
        "From": "+15005550006",
        "Body": CODE.body,
        "ValidityPeriod": "600",
    }


def test_a_messaging_service_chooses_the_sender(twilio: Twilio) -> None:
    texts(twilio, twilio_messaging_service_sid=MESSAGING).send(WARNING, nothing)
    (asked,) = twilio.asked
    assert asked.form == {"To": NUMBER, "MessagingServiceSid": MESSAGING, "Body": WARNING.body}


def test_verify_brings_the_code_that_we_made(twilio: Twilio) -> None:
    texts(twilio, twilio_verify_service_sid=VERIFY).send(CODE, nothing)
    (asked,) = twilio.asked
    assert asked.path == f"/v2/Services/{VERIFY}/Verifications"
    assert asked.form == {"To": NUMBER, "Channel": "sms", "CustomCode": "483920"}


def test_verify_alone_sends_nothing_but_codes(twilio: Twilio) -> None:
    assert refused(texts(twilio, twilio_verify_service_sid=VERIFY), WARNING).permanent
    assert not twilio.asked


def test_beside_a_sender_verify_sends_the_codes_alone(twilio: Twilio) -> None:
    both = texts(twilio, twilio_verify_service_sid=VERIFY, twilio_from="Stellr")
    both.send(CODE, nothing)
    both.send(WARNING, nothing)
    assert ["Verifications" in asked.path for asked in twilio.asked] == [True, False]


@pytest.mark.parametrize(
    "sender", [{"twilio_from": "Stellr"}, {"twilio_verify_service_sid": VERIFY}]
)
@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (400, 21211, True),
        (400, 60200, True),
        (422, 20422, True),
        (401, 20003, False),
        (403, 20003, False),
        (404, 20404, False),
        (429, 20429, False),
        (500, 20500, False),
        (503, 20503, False),
    ],
)
def test_twilio_tells_a_refusal_from_a_delay(
    twilio: Twilio, sender: dict[str, Any], status: int, code: int, permanent: bool
) -> None:
    twilio.refusal = (status, code, f"The 'To' number {NUMBER} will not do")
    error = refused(texts(twilio, **sender))
    assert error.permanent is permanent
    assert str(error) == f"Twilio answered {status}, its code {code}"


def test_a_wrong_token_is_a_fault_of_the_settings(twilio: Twilio) -> None:
    error = refused(texts(twilio, twilio_from="Stellr", twilio_auth_token="wrong"))
    assert not error.permanent
    assert str(error) == "Twilio answered 401, its code 20003"


def test_a_server_that_hangs_is_given_up_in_time(twilio: Twilio) -> None:
    twilio.answers.clear()
    begun = time.monotonic()
    error = refused(texts(twilio, timeout=0.3, twilio_from="Stellr"))
    assert time.monotonic() - begun < 3 * PATIENCE
    assert not error.permanent
    assert str(error) == "no answer from Twilio: ReadTimeout"


def test_no_server_is_a_temporary_fault(twilio: Twilio) -> None:
    error = refused(texts(twilio, twilio_url="http://127.0.0.1:1", twilio_from="Stellr"))
    assert not error.permanent


def test_nothing_secret_is_logged_even_where_all_is(
    twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts(twilio, twilio_from="Stellr").send(CODE, nothing)
    assert not any(secret in caplog.text for secret in (TOKEN, NUMBER, "483920"))


def test_several_messages_leave_side_by_side(twilio: Twilio) -> None:
    transport = texts(twilio, twilio_from="Stellr")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: transport.send(CODE, nothing), range(40)))
    assert len(twilio.asked) == 40


def test_a_message_shows_neither_number_nor_words() -> None:
    assert not any(secret in repr(CODE) for secret in (NUMBER, "483920"))
