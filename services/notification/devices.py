"""The devices that a person gets push messages on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.purge import BATCH
from services.notification.errors import DeviceNotFound
from services.notification.push.endpoints import check_subscription
from services.notification.push.messages import PushDevice
from services.notification.repository import cards
from services.notification.repository import devices as repository
from services.notification.repository.devices import KeptDevice
from services.notification.standing import Standing
from stellr.auth.v1.events_pb2 import SessionEnded
from stellr.notification.v1 import device_service_pb2 as pb

_NOBODY = UUID(int=0)


class Devices:
    """Keeps devices for as long as the sessions that registered them."""

    def __init__(self, database: Database, standing: Standing, *, anywhere: bool) -> None:
        """With `anywhere` endpoints need no public host name (STELLR_WEB_PUSH_NETWORKS)."""
        self._database = database
        self._standing = standing
        self._anywhere = anywhere

    def register(self, request: pb.RegisterDeviceRequest) -> KeptDevice:
        """Keep a device of the caller, or have one that is known be the caller's.

        InvalidFields on `subscription`; SessionEnded where the caller is signed out meanwhile.
        """
        if request.HasField("subscription"):
            check_subscription(request.subscription, anywhere=self._anywhere)
        token = self._standing.token()
        db, user_id = self._database, token.user_id
        kept = None
        if cards.lock_card(db, user_id) is not None:
            kept = repository.register(
                db, user_id, token.session_id, request.platform, _address(request)
            )
        # Who is signed out while this is written leaves no device behind.
        self._standing.check(token)
        if kept is None:
            raise DeviceNotFound
        return kept

    def list(self, user_id: UUID) -> Sequence[KeptDevice]:
        """The devices of a person."""
        return repository.list_devices(self._database, user_id)

    def delete(self, user_id: UUID, device_id: UUID | None) -> None:
        """Forget a device of a person; DeviceNotFound."""
        if device_id is None or not repository.delete(self._database, user_id, device_id):
            raise DeviceNotFound

    def of(self, user_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        """The ids of the devices of persons."""
        found: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for user_id, device_id in repository.find_ids(self._database, user_ids):
            found[user_id].append(device_id)
        return found

    def session_ended(self, event: SessionEnded) -> None:
        """Forget the devices of a session: who is signed out gets no more push messages."""
        repository.end_session(self._database, UUID(event.session_id))

    def purge(self) -> bool:
        """Forget a batch of what was not registered anew for long; whether there may be more."""
        return repository.purge(self._database, BATCH)


def _address(request: pb.RegisterDeviceRequest) -> PushDevice:
    subscription = request.subscription
    return PushDevice(
        _NOBODY,
        _NOBODY,
        token=request.token,
        endpoint=subscription.endpoint,
        p256dh=subscription.keys.p256dh,
        auth=subscription.keys.auth,
    )
