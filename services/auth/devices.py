"""The devices and networks that an account is used from."""

from __future__ import annotations

import re

from services.kit.rpc.limits import short_hash

# A browser that was updated is the same device.
_VERSION = re.compile(r"[0-9][0-9._]*")


def agent_key(user_agent: str) -> str:
    """What a device is known again by: a hash of how it names itself, without version numbers."""
    return short_hash(_VERSION.sub("", user_agent))
