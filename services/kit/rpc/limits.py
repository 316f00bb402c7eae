"""Rate limits by sliding window, counted in memory or in Redis."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections.abc import Callable
from functools import lru_cache

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute, storage, strategies

from services.kit.errors import RateLimited
from services.kit.metrics import Metrics
from services.kit.rpc.policy import Limit
from services.kit.text import trim

log = structlog.get_logger("stellr.limits")
MEMORY = "memory://"
# What stays here is as unique as what it stands for, and never longer (RFC 4291, 2.5.4: a /64 is
# one subscriber's).
KEY_BYTES = 12
IPV6_PREFIX = 64
# How long counts are kept here alone, before what is shared is asked again.
FALLBACK_SECONDS = 5.0


class RateLimiter:
    """Counts calls by the limits that methods declare.

    Where the counts are shared and cannot be had, each process counts for itself and says so.
    """

    def __init__(self, uri: str, number: Callable[[str, int], int], metrics: Metrics) -> None:
        self._number = number
        self._metrics = metrics
        self._here = strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())
        # Two threads at once start the same timer of MemoryStorage, and the second one fails (5.8).
        self._one_at_a_time = threading.Lock()
        self._shared = None
        if uri != MEMORY:
            kept = storage.storage_from_string(uri, socket_timeout=0.5, socket_connect_timeout=0.5)
            self._shared = strategies.SlidingWindowCounterRateLimiter(kept)
        self._alone_until = 0.0
        self._items: dict[Limit, RateLimitItem] = {}

    def count(self, limit: Limit, key: str) -> None:
        """Count a call; RateLimited says in how many seconds to try again."""
        item = self._items.get(limit) or self._item(limit)
        if self._shared is not None and time.monotonic() >= self._alone_until:
            try:
                self._count(self._shared, item, limit, key)
            except RateLimited:
                raise
            except Exception as error:
                self._count_alone(error)
            else:
                return
        with self._one_at_a_time:
            self._count(self._here, item, limit, key)

    def _count(
        self, window: strategies.RateLimiter, item: RateLimitItem, limit: Limit, key: str
    ) -> None:
        if window.hit(item, key):
            return
        resets: float = window.get_window_stats(item, key).reset_time
        raise RateLimited(limit.name, retry_after=max(1.0, resets - time.time()))

    def _count_alone(self, error: Exception) -> None:
        self._alone_until = time.monotonic() + FALLBACK_SECONDS
        self._metrics.limits_alone()
        log.warning("shared rate limits are away, counting alone", error=type(error).__name__)

    def _item(self, limit: Limit) -> RateLimitItem:
        number = self._number(limit.name, limit.per_minute)
        item = RateLimitItemPerMinute(number, namespace=limit.name)
        self._items[limit] = item
        return item


def field_key(request: object, limit: Limit) -> str:
    """What KEY_FIELD counts by: a hash of the field's value without regard to case."""
    value = trim(str(getattr(request, limit.field))).casefold()
    return short_hash(value.split(limit.until, 1)[0] if limit.until else value)


@lru_cache(maxsize=4096)
def address_key(address: str) -> str:
    """What KEY_ADDRESS counts by: the address, of IPv6 its network."""
    try:
        found = ipaddress.ip_address(address.strip("[]").split("%", 1)[0])
    except ValueError:
        return short_hash(address)
    if found.version == 6 and found.ipv4_mapped is None:  # noqa: PLR2004 - the protocol's number
        return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def short_hash(text: str) -> str:
    """A hash in place of a text that may be long or personal."""
    return hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).hexdigest()
