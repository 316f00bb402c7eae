"""What is kept, as messages of the contract."""

from __future__ import annotations

from google.protobuf.message import Message

from services.kit.data.tables import timestamp
from services.notification.repository.history import Filter, KeptDelivery
from services.notification.templates import (
    Rendered,
    has_brief,
    has_text,
    name_of,
    render,
    render_brief,
    render_text,
)
from stellr.notification.v1 import notification_service_pb2 as pb
from stellr.notification.v1.delivery_pb2 import Channel, Delivery, DeliveryState

CHANNEL = "CHANNEL_"
STATE = "DELIVERY_STATE_"


def delivery_message(kept: KeptDelivery) -> Delivery:
    """A delivery."""
    return Delivery(
        delivery_id=str(kept.delivery_id),
        notification_id=str(kept.notification_id),
        user_id=str(kept.user_id or ""),
        template=kept.template,
        channel=Channel.Value(f"{CHANNEL}{kept.channel.upper()}"),
        device_id=str(kept.device_id or ""),
        state=DeliveryState.Value(f"{STATE}{kept.state.upper()}"),
        reason=kept.reason,
        attempts=kept.attempts,
        create_time=timestamp(kept.created_at),
        due_time=timestamp(kept.due_at),
        close_time=timestamp(kept.closed_at),
        digest_id=str(kept.digest_id or ""),
    )


def filter_of(
    channel: Channel.ValueType,
    template: str,
    state: DeliveryState.ValueType = DeliveryState.DELIVERY_STATE_UNSPECIFIED,
) -> Filter:
    """Which deliveries are asked for."""
    return Filter(
        Channel.Name(channel).removeprefix(CHANNEL).lower() if channel else "",
        template,
        DeliveryState.Name(state).removeprefix(STATE).lower() if state else "",
    )


def preview_message(template: Message, locale: str, public_url: str) -> pb.TemplatePreview:
    """What a template says, to somebody called Ann."""
    mail: Rendered = render(template, name="Ann", locale=locale, public_url=public_url)
    name = name_of(template)
    return pb.TemplatePreview(
        template=name,
        language=mail.language,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        sms=render_text(template, locale=locale) if has_text(name) else "",
        brief=render_brief(template, locale=locale).body if has_brief(name) else "",
    )
