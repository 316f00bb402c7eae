"""Links to videos."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from services.kit.errors import InvalidFields, Violation
from services.kit.urls import https_fault

# A provider's page, to be opened or framed; anything else a player can play.
PAGE = "text/html"
_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
    ".mov": "video/quicktime",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
}


def check_url(url: str, field: str) -> None:
    """InvalidFields where that is no address that a learner's browser may be sent to."""
    wrong = https_fault(url)
    if wrong:
        raise InvalidFields([Violation(field, wrong)])


def mime_type(url: str) -> str:
    """What is behind the link, as far as its path tells: a media type, else a web page."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return PAGE
    return _TYPES.get(PurePosixPath(path).suffix.lower(), PAGE)
