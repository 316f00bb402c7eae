"""What auth asks notification to send, each a job in the transaction of the request."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from services.auth.models import Account
from services.kit.process.runtime import Runtime
from stellr.notification.v1 import notification_internal_service_pb2 as pb
from stellr.notification.v1.template_pb2 import AccountExists, VerificationCode, Welcome

SERVICE = "/stellr.notification.v1.NotificationInternalService"


class Mails:
    """Sends what auth has to say."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def code(self, address: pb.MailAddress, verification_id: UUID, code: str) -> None:
        """Send a code to an address that is nobody's yet, with a link that brings it back."""
        query = urlencode({"verificationId": str(verification_id), "code": code})
        link = f"{self._runtime.settings.public_url}/verify-email?{query}"
        self._send(address=address, verification_code=VerificationCode(code=code, link=link))

    def account_exists(self, address: pb.MailAddress) -> None:
        """Tell the owner of an address that somebody registers with it again."""
        self._send(address=address, account_exists=AccountExists())

    def welcome(self, account: Account) -> None:
        """Welcome a new learner: once, however often this is asked for."""
        once = uuid5(NAMESPACE_URL, f"stellr:welcome:{account.account_id}")
        self._send(once, user_id=str(account.account_id), welcome=Welcome())

    def contact(self, account: Account, now: datetime) -> None:
        """Tell how the person is reached."""
        request = pb.SetContactRequest(
            user_id=str(account.account_id),
            email=account.email,
            name=account.display_name,
            locale=account.locale,
            revision_micros=int(now.timestamp() * 1e6),
        )
        self._runtime.jobs.deliver(f"{SERVICE}/SetContact", request)

    def _send(self, notification_id: UUID | None = None, **message: object) -> None:
        request = pb.SendNotificationRequest(
            notification_id=str(notification_id or uuid4()),
            **message,  # type: ignore[arg-type]
        )
        self._runtime.jobs.deliver(f"{SERVICE}/SendNotification", request)
