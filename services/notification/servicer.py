"""The RPCs of NotificationService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import grpc
from google.api.httpbody_pb2 import HttpBody

from services.kit import call
from services.kit.data.pages import page_size
from services.kit.data.tables import as_uuid
from services.kit.errors import InvalidFields, ResourceNotFound, Violation, together
from services.kit.identity.roles import ADMIN
from services.notification import unsubscribe_page as page
from services.notification.dead_letters import History
from services.notification.errors import TemplateNotFound
from services.notification.models import Channel
from services.notification.preferences import Preferences
from services.notification.sending import Messages, ToMany
from services.notification.template_data import read_template, sample
from services.notification.templates import TEMPLATES, has_brief, to_json
from services.notification.unsubscribing import Unsubscribing
from services.notification.views import delivery_message, filter_of, preview_message
from stellr.notification.v1 import notification_service_pb2 as pb
from stellr.notification.v1.delivery_pb2 import Delivery
from stellr.notification.v1.notification_service_pb2_grpc import NotificationServiceServicer
from stellr.notification.v1.preferences_pb2 import NotificationPreferences

ME = "me"


class NotificationServicer(NotificationServiceServicer):
    """Tells people things, and lets them say what they want to hear of."""

    def __init__(
        self,
        messages: Messages,
        preferences: Preferences,
        history: History,
        unsubscribing: Unsubscribing,
        *,
        public_url: str,
    ) -> None:
        self._messages = messages
        self._preferences = preferences
        self._history = history
        self._unsubscribing = unsubscribing
        self._public_url = public_url

    def SendEmail(
        self, request: pb.SendEmailRequest, context: grpc.ServicerContext
    ) -> pb.SendEmailResponse:
        """Send a mail to persons."""
        sent = self._send(request, [Channel.EMAIL])
        return pb.SendEmailResponse(
            notification_ids=map(str, sent.notification_ids),
            unknown_user_ids=map(str, sent.unknown),
        )

    def SendPush(
        self, request: pb.SendPushRequest, context: grpc.ServicerContext
    ) -> pb.SendPushResponse:
        """Send a notice to the devices of persons, and show it in their lists."""
        sent = self._send(request, [Channel.PUSH, Channel.IN_APP])
        return pb.SendPushResponse(
            notification_ids=map(str, sent.notification_ids),
            unknown_user_ids=map(str, sent.unknown),
        )

    def GetNotificationPreferences(
        self, request: pb.GetNotificationPreferencesRequest, context: grpc.ServicerContext
    ) -> NotificationPreferences:
        """The caller's switches."""
        return self._preferences.get(call.user_id())

    def UpdateNotificationPreferences(
        self, request: pb.UpdateNotificationPreferencesRequest, context: grpc.ServicerContext
    ) -> NotificationPreferences:
        """Change switches of the caller."""
        mask = request.update_mask.paths
        return self._preferences.update(call.user_id(), request.preferences, mask)

    def ListDeliveries(
        self, request: pb.ListDeliveriesRequest, context: grpc.ServicerContext
    ) -> pb.ListDeliveriesResponse:
        """What was sent, to whom, and how it ended."""
        which = filter_of(request.channel, request.template, request.state)
        rows, following = self._history.list_deliveries(
            _whose(request.user_id), which, page_size(request.page_size), request.page_token
        )
        return pb.ListDeliveriesResponse(
            deliveries=map(delivery_message, rows), next_page_token=following
        )

    def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.ListDeadLettersResponse:
        """What was given up."""
        rows, following = self._history.list_dead(
            filter_of(request.channel, request.template),
            page_size(request.page_size),
            request.page_token,
        )
        return pb.ListDeadLettersResponse(
            dead_letters=map(delivery_message, rows), next_page_token=following
        )

    def ResendDeadLetter(
        self, request: pb.ResendDeadLetterRequest, context: grpc.ServicerContext
    ) -> Delivery:
        """Send again what was given up."""
        return delivery_message(self._history.resend(request.delivery_id))

    def PreviewTemplate(
        self, request: pb.PreviewTemplateRequest, context: grpc.ServicerContext
    ) -> pb.TemplatePreview:
        """Show what a template says."""
        name = request.template
        if name not in TEMPLATES:
            raise TemplateNotFound
        template = read_template(name, request.data) if request.data.fields else sample(name)
        return preview_message(template, request.language, self._public_url)

    def GetUnsubscribePage(
        self, request: pb.GetUnsubscribePageRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """Ask whether mails shall end."""
        asked = self._unsubscribing.read(request.token)
        if asked is None:
            return _unknown(context)
        locale = self._unsubscribing.language(asked)
        return _page(context, page.asking_page(asked.kind, request.token, locale))

    def Unsubscribe(
        self, request: pb.UnsubscribeRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """End mails of a kind."""
        asked = self._unsubscribing.read(request.token)
        if asked is None:
            return _unknown(context)
        self._unsubscribing.end(asked)
        return _page(context, page.done_page(asked.kind, self._unsubscribing.language(asked)))

    def _send(
        self, request: pb.SendEmailRequest | pb.SendPushRequest, channels: Sequence[Channel]
    ) -> ToMany:
        template = request.template
        user_ids, message = together(
            partial(_persons, request), partial(read_template, template, request.data)
        )
        # What has no words for a list, as a code, is never there.
        chosen = [each for each in channels if each is not Channel.IN_APP or has_brief(template)]
        return self._messages.send_to_many(user_ids, template, to_json(message), chosen)


def _persons(request: pb.SendEmailRequest | pb.SendPushRequest) -> list[UUID]:
    """To whom, each once, in the order in which they were named."""
    if bool(request.user_id) == bool(request.user_ids):
        reason = "either userId or userIds must be given"
        raise InvalidFields([Violation("userIds", reason)])
    return [UUID(each) for each in dict.fromkeys(request.user_ids or [request.user_id])]


def _whose(user: str) -> UUID | None:
    """Whose deliveries are asked for; None: everybody's. To others a person's do not exist."""
    own, is_admin = call.user_id(), ADMIN in call.caller().roles
    if user == ME or (not user and not is_admin):
        return own
    if not user:
        return None
    user_id = as_uuid(user)
    if user_id is None or (user_id != own and not is_admin):
        raise ResourceNotFound
    return user_id


def _page(context: grpc.ServicerContext, html: str, *more: tuple[str, str]) -> HttpBody:
    policy = ("content-security-policy", page.CONTENT_SECURITY_POLICY)
    context.send_initial_metadata((policy, *more))
    return HttpBody(content_type="text/html; charset=utf-8", data=html.encode())


def _unknown(context: grpc.ServicerContext) -> HttpBody:
    return _page(context, page.unknown_page(), ("x-http-code", "404"))
