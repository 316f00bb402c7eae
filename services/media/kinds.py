"""What media are, and where their bytes are found."""

from __future__ import annotations

from uuid import UUID

# A video, at a provider or of our own; a PDF that belongs to a lesson; captions of a video of our
# own or of a provider's; a file that a lesson's text shows or links to.
VIDEO, PDF, CAPTION, ATTACHMENT = "video", "pdf", "caption", "attachment"


def content_path(media_id: UUID | str) -> str:
    """The path of a medium's bytes, which a signed link opens."""
    return f"/media/content/{media_id}"
