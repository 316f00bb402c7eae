"""Which object store a domain has, by the settings."""

from __future__ import annotations

from pathlib import Path

from services.kit.data.objects.google_cloud import GoogleCloudStore
from services.kit.data.objects.local import LocalStore
from services.kit.data.objects.store import ObjectStore


def object_store(name: str, bucket: str, state: Path) -> ObjectStore:
    """The store of the domain `name`: in the bucket, where there is one, or else in the state."""
    return GoogleCloudStore(bucket, name) if bucket else LocalStore(state / name)
