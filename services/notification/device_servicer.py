"""The RPCs of DeviceService: unpack, one call, repack."""

from __future__ import annotations

from typing import cast

import grpc

from services.kit import call as calls
from services.kit.data.tables import as_uuid, timestamp
from services.notification.devices import Devices
from services.notification.push.vapid import VapidKey
from services.notification.repository.devices import KeptDevice
from stellr.notification.v1 import device_service_pb2 as pb
from stellr.notification.v1.device_service_pb2_grpc import DeviceServiceServicer


class DeviceServicer(DeviceServiceServicer):
    """Keeps the phones and browsers that a person gets push messages on."""

    def __init__(self, devices: Devices, vapid: VapidKey) -> None:
        self._devices = devices
        self._vapid = vapid

    def RegisterDevice(
        self, request: pb.RegisterDeviceRequest, context: grpc.ServicerContext
    ) -> pb.Device:
        """Register a device of the caller."""
        return _view(self._devices.register(request))

    def ListDevices(
        self, request: pb.ListDevicesRequest, context: grpc.ServicerContext
    ) -> pb.ListDevicesResponse:
        """List the devices of the caller."""
        return pb.ListDevicesResponse(devices=map(_view, self._devices.list(calls.user_id())))

    def DeleteDevice(
        self, request: pb.DeleteDeviceRequest, context: grpc.ServicerContext
    ) -> pb.DeleteDeviceResponse:
        """Forget a device of the caller."""
        self._devices.delete(calls.user_id(), as_uuid(request.device_id))
        return pb.DeleteDeviceResponse()

    def GetPushKey(
        self, request: pb.GetPushKeyRequest, context: grpc.ServicerContext
    ) -> pb.PushKey:
        """Get the key that browsers subscribe with."""
        return pb.PushKey(public_key=self._vapid.public)


def _view(device: KeptDevice) -> pb.Device:
    return pb.Device(
        device_id=str(device.device_id),
        platform=cast(pb.Platform.ValueType, device.platform),
        create_time=timestamp(device.created_at),
        last_use_time=timestamp(device.used_at),
        current=device.session_id == calls.session_id(),
    )
