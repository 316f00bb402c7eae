from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from services.notification.mail import AddressError, compose, message_id
from services.notification.templates import Rendered

ID = "019a1234-5678-7000-8000-123456789012"
WORDS = Rendered("Grüße von Stellr", "Hello Zoë,\n\n山田\n" + "x" * 1200, "<p>Hello Zoë</p>")


def composed(to: str = "zoe@example.org", unsubscribe: str | None = None) -> EmailMessage:
    return compose(
        WORDS,
        to=to,
        sender="Stellr Académie <no-reply@academy.example>",
        message_id=message_id(ID, "academy.example"),
        sent_time=datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
        list_unsubscribe_url=unsubscribe,
    )


def read_back(message: EmailMessage) -> EmailMessage:
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def test_a_reader_sees_headers_text_and_html() -> None:
    mail = read_back(composed())
    assert mail["Subject"] == "Grüße von Stellr"
    assert mail["From"].addresses[0].display_name == "Stellr Académie"
    assert mail["From"].addresses[0].addr_spec == "no-reply@academy.example"
    assert mail["To"] == "zoe@example.org"
    assert mail["Date"].datetime == datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
    assert mail["Message-ID"] == f"<{ID}@academy.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n").rstrip() == WORDS.text


def test_bytes_are_ascii_lines_of_bounded_length_with_crlf() -> None:
    data = composed().as_bytes()
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert max(len(line) for line in data.split(b"\r\n")) <= 998


def test_equal_input_gives_equal_bytes() -> None:
    assert composed().as_bytes() == composed().as_bytes()


def test_one_click_unsubscribe_only_where_there_is_an_address_for_it() -> None:
    mail = read_back(composed(unsubscribe="https://academy.example/notify/unsubscribe?token=abc"))
    assert mail["List-Unsubscribe"] == "<https://academy.example/notify/unsubscribe?token=abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert composed()["List-Unsubscribe"] is None


def test_international_domain_becomes_ascii() -> None:
    assert read_back(composed("zoe@bücher.example"))["To"] == "zoe@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoe",
        "@x.example",
        "a@x.example, b@x.example",
        "a@x.example\r\nBcc: b@x.example",
        "zoë@x.example",
        "Zoe <a@x.example>",
        "a@",
        "a@b..example",
    ],
)
def test_only_one_plain_address_is_taken(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        composed(address)
    assert "x.example" not in str(caught.value)


@pytest.mark.parametrize("notification_id", ["", "a b", "a@b", "../x", "a\r\nb", "x" * 65])
def test_message_id_takes_only_an_id(notification_id: str) -> None:
    with pytest.raises(ValueError, match="notification_id"):
        message_id(notification_id, "academy.example")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "News\r\nBcc: eve@x.example"),
        ("subject", "News\nBcc: eve@x.example"),
        ("url", "https://x.example\r\nBcc: eve@x.example"),
        ("sender", "Stellr\r\nBcc: eve@x.example <a@x.example>"),
        ("to", "zoe@x.example\r\nBcc: eve@x.example"),
    ],
)
def test_a_line_end_in_a_header_is_refused(field: str, value: str) -> None:
    subject = value if field == "subject" else "News"
    with pytest.raises(ValueError, match=r"."):
        compose(
            Rendered(subject, "text", "<p>text</p>"),
            to=value if field == "to" else "zoe@x.example",
            sender=value if field == "sender" else "a@x.example",
            message_id="<id@x.example>",
            sent_time=datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
            list_unsubscribe_url=value if field == "url" else None,
        )
