"""Marks of the states of a course (RFC 9110, 8.8.3)."""

from __future__ import annotations

import secrets


def new_etag() -> str:
    """A mark that no state of a course had before."""
    return secrets.token_hex(8)
