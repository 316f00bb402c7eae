"""What media are, and where their bytes are found."""

from __future__ import annotations

from uuid import UUID

# A video at a provider, a PDF that belongs to a lesson, a file that a lesson's text shows or
# links to.
VIDEO, PDF, ATTACHMENT = "video", "pdf", "attachment"


def content_path(media_id: UUID) -> str:
    """The path of a medium's bytes, which a signed link opens."""
    return f"/media/content/{media_id}"
