import pytest

from services.notification.smtp import Security, SmtpMail
from services.notification.smtp_url import smtp_mail


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://localhost", SmtpMail("localhost", 25, security=Security.NONE)),
        ("smtp://h:2525", SmtpMail("h", 2525, security=Security.NONE)),
        ("smtp://h?starttls=1", SmtpMail("h", 587, security=Security.STARTTLS)),
        ("smtp://u:p@h", SmtpMail("h", 587, "u", "p", Security.STARTTLS)),
        ("smtps://u%40d:p%2F%3A@h", SmtpMail("h", 465, "u@d", "p/:", Security.TLS)),
        ("smtp://[::1]:26", SmtpMail("::1", 26, security=Security.NONE)),
    ],
)
def test_a_url_says_how_mail_leaves(url: str, expected: SmtpMail) -> None:
    assert smtp_mail(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "localhost:25",
        "http://u:swordfish@h",
        "smtp://",
        "smtp://u:swordfish@h:99999",
        "smtp://u:swordfish@h:x",
        "smtp://u:swordfish@h?starttls=0",
        "smtp://u:swordfish@h?starttls=yes",
        "smtp://h?tls=1",
    ],
)
def test_a_bad_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"STELLR_SMTP_URL|username") as refused:
        smtp_mail(url)
    assert "swordfish" not in str(refused.value)
