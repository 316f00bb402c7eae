"""What notification is told from outside."""

from __future__ import annotations

from pydantic import Field

from services.kit.process.settings import OwnSettings, ReadableFile


class NotificationSettings(OwnSettings):
    """The settings of notification."""

    smtp_url: str = Field(
        "", repr=False, description="smtp[s]://user:password@host:port; empty: the outbox"
    )
    mail_from: str = Field("Stellr Academy <academy@stellr.example>", description="sender of mails")
    twilio_account_sid: str = Field("", description="AC...; empty: SMS go to the outbox")
    twilio_auth_token: str = Field("", repr=False, description="the account's secret")
    twilio_from: str = Field("", description="sender of SMS: a number, or up to 11 letters")
    twilio_messaging_service_sid: str = Field("", description="MG..., in place of a sender")
    twilio_verify_service_sid: str = Field("", description="VA...: codes are sent by Twilio Verify")
    twilio_url: str = Field(
        "https://api.twilio.com", description="where all of Twilio's API is, as behind a proxy"
    )
    firebase_credentials: ReadableFile | None = Field(
        None, description="service-account file of Firebase; none: push messages go to the outbox"
    )
    firebase_url: str = Field(
        "https://fcm.googleapis.com", description="where Firebase Cloud Messaging is"
    )
    web_push: bool = Field(False, description="send to browsers; else those go to the outbox, too")
    vapid_private_key: str = Field(
        "", repr=False, description="32 bytes, base64url; empty: made once and kept sealed"
    )
    web_push_networks: str = Field(
        "", description="networks beside the public ones where push services are, by commas"
    )
    mail_rate: float = Field(0, ge=0, description="mails a second at most; 0: as fast as may be")
    sms_rate: float = Field(0, ge=0, description="SMS a second at most")
    push_rate: float = Field(0, ge=0, description="push messages a second at most")

    def check(self) -> None:
        """ValueError where the mail server is none, or the settings of Twilio do not fit."""
        from services.notification.smtp_url import smtp_mail  # noqa: PLC0415  they know this class
        from services.notification.twilio_settings import twilio_account  # noqa: PLC0415

        if self.smtp_url:
            smtp_mail(self.smtp_url)
        twilio_account(self)
