"""What auth asks notification to send, each a job in the transaction of the request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from services.auth.codes import LIFETIME
from services.auth.models import CredentialKind
from services.auth.repository.accounts import AccountRow
from services.auth.verifying import Secret
from services.kit import call
from services.kit.data.tables import timestamp
from services.kit.process.runtime import Runtime
from services.kit.work.queues import Queue
from stellr.notification.v1 import notification_internal_service_pb2 as pb
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.template_pb2 import (
    AccountDeleted,
    AccountExists,
    AccountRestored,
    AddressChanged,
    CredentialsChanged,
    NewDevice,
    PasswordChanged,
    VerificationCode,
    Welcome,
)

URGENT = Queue.URGENT
UNKNOWN = "unknown"
LONGEST_DEVICE, LONGEST_ADDRESS, LONGEST_ISSUER = 300, 100, 300


class Mails:
    """Sends what auth has to say, by mail and by SMS."""

    def __init__(self, runtime: Runtime) -> None:
        self._public_url = runtime.settings.public_url
        notification = NotificationInternalServiceStub(runtime.channel("notification"))
        self._send_notification = runtime.jobs.delivery(notification.SendNotification)
        self._set_contact = runtime.jobs.delivery(notification.SetContact)

    def registration(self, address: pb.MailAddress, secret: Secret) -> None:
        """Send the code of a registration to an address that is nobody's yet, and a link."""
        self._code(address, secret.code, "/verify-email", secret.link)

    def password_reset(self, address: pb.MailAddress, secret: Secret) -> None:
        """Send the owner of an account a code for a new password, and a link."""
        self._code(address, secret.code, "/password/reset", secret.link)

    def password_changed(self, account: AccountRow) -> None:
        """Tell the owner that the password was changed."""
        self._send(user_id=str(account.account_id), password_changed=PasswordChanged())

    def account_deleted(self, account: AccountRow, erase_after: timedelta) -> None:
        """Tell the owner until when the account can be restored."""
        until = (account.deleted_at or datetime.now(UTC)) + erase_after
        message = AccountDeleted(restore_until=timestamp(until))
        self._send(user_id=str(account.account_id), account_deleted=message)

    def account_restored(self, account: AccountRow) -> None:
        """Tell the owner that the account is there again."""
        self._send(user_id=str(account.account_id), account_restored=AccountRestored())

    def code(self, address: pb.MailAddress, code: str) -> None:
        """Send a code that leads nowhere by itself."""
        self._send(address=address, verification_code=_code_message(code), queue=URGENT)

    def text_code(self, number: str, locale: str, code: str) -> None:
        """Send a code by SMS."""
        phone = pb.PhoneAddress(number=number, locale=locale)
        self._send(phone=phone, verification_code=_code_message(code), queue=URGENT)

    def address_changed(self, before: AccountRow, *, is_email: bool) -> None:
        """Tell the address that was changed; where there was no e-mail address, the number."""
        if is_email and before.email:
            self._send(address=address_of(before), address_changed=AddressChanged())
        elif before.phone:
            phone = pb.PhoneAddress(number=before.phone, locale=before.locale)
            self._send(phone=phone, address_changed=AddressChanged())

    def _code(self, address: pb.MailAddress, code: str, path: str, token: str) -> None:
        link = f"{self._public_url}{path}?{urlencode({'token': token})}"
        message = _code_message(code, link)
        self._send(address=address, verification_code=message, queue=URGENT)

    def account_exists(self, address: pb.MailAddress) -> None:
        """Tell the owner of an address that somebody registers with it again."""
        self._send(address=address, account_exists=AccountExists(), queue=URGENT)

    def welcome(self, account: AccountRow) -> None:
        """Welcome a new learner: once, however often this is asked for."""
        once = uuid5(NAMESPACE_URL, f"stellr:welcome:{account.account_id}")
        self._send(once, user_id=str(account.account_id), welcome=Welcome())

    def new_device(self, account: AccountRow, device: str, address: str) -> None:
        """Tell of a sign-in on a device that the account was never used on."""
        message = NewDevice(**_where(device, address))
        self._send(user_id=str(account.account_id), new_device=message)

    def credentials_changed(
        self, account: AccountRow, change: str, method: str, issuer: str = ""
    ) -> None:
        """Tell the owner that a way to sign in was "added" or "removed", by this call."""
        message = _credentials_changed(change, method, issuer)
        self._send(user_id=str(account.account_id), credentials_changed=message)

    def identity_unlinked(self, account: AccountRow, issuer: str) -> None:
        """Tell the address that an account has by now that an identity was "removed", by this call:
        the person's card may still have the address before."""
        message = _credentials_changed("removed", CredentialKind.OPENID, issuer)
        self._send(address=address_of(account), credentials_changed=message)

    def contact(self, account: AccountRow, now: datetime) -> None:
        """Tell how a new person is reached."""
        card = _card(account, now)
        card.name, card.locale = account.display_name, account.locale
        self._set_contact(card)

    def new_addresses(self, account: AccountRow, now: datetime) -> None:
        """Tell how a person is reached now; what they are called is the profile's, and may be newer
        there than here."""
        self._set_contact(_card(account, now))

    def _send(
        self, notification_id: UUID | None = None, *, queue: Queue = Queue.NORMAL, **message: object
    ) -> None:
        request = pb.SendNotificationRequest(
            notification_id=str(notification_id or uuid4()),
            **message,  # type: ignore[arg-type]
        )
        self._send_notification(request, queue=queue)


def _card(account: AccountRow, now: datetime) -> pb.SetContactRequest:
    return pb.SetContactRequest(
        user_id=str(account.account_id),
        email=account.email or "",
        phone=account.phone or "",
        revision_micros=int(now.timestamp() * 1e6),
    )


def _where(device: str, address: str) -> dict[str, Any]:
    return {
        "device": device[:LONGEST_DEVICE] or UNKNOWN,
        "address": address[:LONGEST_ADDRESS] or UNKNOWN,
        "time": timestamp(datetime.now(UTC)),
    }


def _credentials_changed(change: str, method: str, issuer: str) -> CredentialsChanged:
    this = call.current()
    where = _where(this.user_agent if this else "", this.address if this else "")
    return CredentialsChanged(change=change, method=method, issuer=issuer[:LONGEST_ISSUER], **where)


def _code_message(code: str, link: str = "") -> VerificationCode:
    # Once it has expired it need not be sent any more.
    expires = timestamp(datetime.now(UTC) + LIFETIME)
    return VerificationCode(code=code, link=link, expire_time=expires)


def address_of(account: AccountRow, email: str | None = None) -> pb.MailAddress:
    """Where mails to the owner of an account go, or those to an address that may become theirs."""
    address: str = email or account.email or ""
    return pb.MailAddress(email=address, name=account.display_name, locale=account.locale)
