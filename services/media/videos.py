"""Links to videos."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from services.kit.errors import InvalidFields, Violation

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


# RFC 3986: a URI is printable ASCII; a browser's address bar is kinder.
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")


def check_url(url: str, field: str) -> None:
    """InvalidFields where that is no address that a learner's browser may be sent to."""
    wrong = _wrong(url)
    if wrong:
        raise InvalidFields([Violation(field, wrong)])


def _wrong(url: str) -> str:
    if _NOT_IN_URLS.search(url):
        return "must have no spaces, controls or backslashes"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme != "https" or not parts.hostname or port == 0:
        return "must be the https:// URL of a video"
    return "must hold no name or password" if "@" in parts.netloc else ""


def mime_type(url: str) -> str:
    """What is behind the link, as far as its path tells: a media type, else a web page."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return PAGE
    return _TYPES.get(PurePosixPath(path).suffix.lower(), PAGE)
