"""Push messages as files of the local outbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.notification.files import write_once
from services.notification.push.messages import PushDevice, PushMessage


@dataclass(frozen=True)
class OutboxPush:
    """Writes `<notification id>.<device id>.push.json`: {"userId", "deviceId", "title", "body",
    "data", "sentTime"}.

    A file appears under its name only when it is whole, and a second delivery of the same message
    to the same device changes nothing.
    """

    directory: Path
    name = "outbox"

    def send(self, device: PushDevice, message: PushMessage, taken: Callable[[], None]) -> None:
        """Write it; raises TransportError (temporary)."""
        sent_time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        content = {
            "userId": str(device.user_id),
            "deviceId": str(device.device_id),
            "title": message.title,
            "body": message.body,
            "data": message.data,
            "sentTime": sent_time,
        }
        path = self.directory / f"{message.notification_id}.{device.device_id}.push.json"
        write_once(path, json.dumps(content, ensure_ascii=False).encode() + b"\n")
        taken()
