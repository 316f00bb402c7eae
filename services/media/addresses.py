"""Where media are fetched: from here by links of ours, from a bucket by its own."""

from __future__ import annotations

from services.kit import call
from services.kit.data.objects.store import ObjectStore, Shown
from services.kit.identity.links import Link, Links, expiry
from services.media.content.headers import File, file_name
from services.media.kinds import content_path
from services.media.repository.media import LessonMedium


class Addresses:
    """Gives out links, each to whoever is asking just now."""

    def __init__(self, store: ObjectStore, links: Links) -> None:
        self._store = store
        self._links = links

    def of(self, medium: LessonMedium, now: float) -> Link:
        """Where the caller may fetch a medium that is kept in the store."""
        elsewhere = self.elsewhere(medium, now)
        return elsewhere or self._links.make(content_path(medium.media_id), now, call.caller())

    def elsewhere(self, file: File, now: float) -> Link | None:
        """Where the store itself gives out the file; None where it does not."""
        expires = expiry(now)
        shown = Shown(file.mime_type or "", file_name(file))
        url = self._store.signed_url(file.digest or "", shown, expires)
        return Link(url, expires) if url else None
