"""The PDFs of certificates: rendered and signed when one is first asked for, and kept."""

from __future__ import annotations

from threading import Lock

from services.certificate.dates import zone_beside
from services.certificate.repository.certificates import Certificate
from services.certificate.shelves import Shelf
from services.certificate.signing_keys import SigningKeys
from services.certificate.views import verify_url

# Raised when certificates shall look different: those that are kept are then rendered anew, each at
# its next download.
RENDERER = 2
TURNS = 64


class Documents:
    """Finds the PDF of a certificate. No connection is held while one is rendered and signed."""

    def __init__(self, shelf: Shelf, keys: SigningKeys, public_url: str) -> None:
        self._shelf = shelf
        self._keys = keys
        self._public_url = public_url
        self._turns = [Lock() for _ in range(TURNS)]

    def get(self, issued: Certificate) -> bytes:
        """The PDF, always the same bytes, whoever asks first and however many at once."""
        kept = self._find(issued)
        if kept is None:
            # Who ask for it at once wait for the first of them.
            with self._turns[issued.certificate_id.int % TURNS]:
                kept = self._find(issued) or self._make(issued)
        return kept

    def _make(self, issued: Certificate) -> bytes:
        rendered = self._render(issued)
        self._shelf.keep(issued.certificate_id, RENDERER, rendered)
        # Another process may have been faster.
        return self._find(issued) or rendered

    def _find(self, issued: Certificate) -> bytes | None:
        return self._shelf.find(issued.certificate_id, RENDERER)

    def _render(self, issued: Certificate) -> bytes:
        # Slow to import and seldom needed, so only here.
        from services.certificate import pdf, pdf_signature  # noqa: PLC0415

        text = pdf.CertificateText(
            learner_name=issued.learner_name,
            course_title=issued.course_title,
            issue_time=issued.issued_at,
            issue_day=issued.issue_day,
            timezone=zone_beside(issued.timezone),
            serial=issued.serial,
            verify_url=verify_url(self._public_url, issued.serial),
        )
        return pdf_signature.sign(pdf.render(text), self._keys.signing())
