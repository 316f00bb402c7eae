import pytest

from services.notification.settings import NotificationSettings
from services.notification.twilio_settings import twilio_account
from tests.services.notification.twilio_server import ACCOUNT, MESSAGING, TOKEN, VERIFY

SIGNED_IN = {"account_sid": ACCOUNT, "auth_token": TOKEN}


def settings(**told: str) -> NotificationSettings:
    return NotificationSettings(**{f"twilio_{name}": value for name, value in told.items()})  # type: ignore[arg-type]


def test_without_settings_there_is_no_account() -> None:
    assert twilio_account(settings()) is None


@pytest.mark.parametrize(
    "told",
    [
        {"from": "+15005550006"},
        {"from": "72345"},
        {"from": "Stellr 1"},
        {"messaging_service_sid": MESSAGING},
        {"verify_service_sid": VERIFY},
        {"verify_service_sid": VERIFY, "from": "Stellr"},
        {"verify_service_sid": VERIFY, "messaging_service_sid": MESSAGING},
        {"from": "Stellr", "url": "https://proxy.example:8443/twilio/"},
        {"from": "Stellr", "url": "http://127.0.0.1:4010"},
        {"from": "Stellr", "url": "http://[::1]:4010"},
        {"from": "Stellr", "url": "http://localhost:4010"},
    ],
)
def test_settings_that_belong_together(told: dict[str, str]) -> None:
    account = twilio_account(settings(**SIGNED_IN, **told))
    assert account is not None
    assert account.auth_token == TOKEN
    assert account.sender == told.get("from", "")
    assert account.url == told.get("url", "https://api.twilio.com").rstrip("/")


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"account_sid": ACCOUNT, "from": "Stellr"}, "AUTH_TOKEN"),
        ({"auth_token": TOKEN, "from": "Stellr"}, "ACCOUNT_SID"),
        ({"from": "Stellr"}, "ACCOUNT_SID"),
        ({"verify_service_sid": VERIFY}, "ACCOUNT_SID"),
        ({"url": "http://127.0.0.1:4010"}, "ACCOUNT_SID"),
        ({**SIGNED_IN}, "FROM"),
        ({**SIGNED_IN, "from": "Stellr", "messaging_service_sid": MESSAGING}, "FROM"),
        ({**SIGNED_IN, "account_sid": "SK" + "0" * 32, "from": "Stellr"}, "ACCOUNT_SID"),
        ({**SIGNED_IN, "from": "Stellr Academy!"}, "FROM"),
        ({**SIGNED_IN, "from": "+1"}, "FROM"),
        ({**SIGNED_IN, "from": "1234567890123"}, "FROM"),
        ({**SIGNED_IN, "messaging_service_sid": VERIFY}, "MESSAGING_SERVICE_SID"),
        ({**SIGNED_IN, "verify_service_sid": "VA1"}, "VERIFY_SERVICE_SID"),
        ({**SIGNED_IN, "from": "Stellr", "url": "ftp://proxy.example"}, "URL"),
        ({**SIGNED_IN, "from": "Stellr", "url": "proxy.example"}, "URL"),
        ({**SIGNED_IN, "from": "Stellr", "url": "https://u:p@proxy.example"}, "URL"),
        ({**SIGNED_IN, "from": "Stellr", "url": "https://proxy.example:x"}, "URL"),
        ({**SIGNED_IN, "from": "Stellr", "url": "http://proxy.example"}, "URL"),
    ],
)
def test_half_and_contradictory_settings_are_refused_by_name(
    told: dict[str, str], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^STELLR_TWILIO_{named}: ") as refused:
        twilio_account(settings(**told))
    assert TOKEN not in str(refused.value)


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(settings(**SIGNED_IN))
    assert "swordfish" not in repr(NotificationSettings(smtp_url="smtp://u:swordfish@h"))
