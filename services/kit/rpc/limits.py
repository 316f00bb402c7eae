"""Rate limits by sliding window, counted in memory or in Redis."""

from __future__ import annotations

import time

from limits import RateLimitItem, RateLimitItemPerMinute, storage, strategies

from services.kit.errors import RateLimited
from services.kit.process.settings import Settings
from services.kit.rpc.policy import Limit


class RateLimiter:
    """Counts calls by the limits that methods declare."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._window = strategies.SlidingWindowCounterRateLimiter(
            storage.storage_from_string(settings.rate_limits)
        )
        self._items: dict[Limit, RateLimitItem] = {}

    def count(self, limit: Limit, key: str) -> None:
        """Count a call; RateLimited says in how many seconds to try again."""
        item = self._items.get(limit) or self._item(limit)
        if self._window.hit(item, key):
            return
        resets: float = self._window.get_window_stats(item, key).reset_time
        raise RateLimited(limit.name, retry_after=max(1.0, resets - time.time()))

    def _item(self, limit: Limit) -> RateLimitItem:
        number = self._settings.limit(limit.name, limit.per_minute)
        item = RateLimitItemPerMinute(number, namespace=limit.name)
        self._items[limit] = item
        return item


def field_key(request: object, limit: Limit) -> str:
    """What KEY_FIELD counts by: the field's value without regard to case, up to `until`."""
    value = str(getattr(request, limit.field)).strip().casefold()
    return value.split(limit.until, 1)[0] if limit.until else value
