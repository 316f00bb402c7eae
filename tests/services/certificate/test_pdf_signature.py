from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
from asn1crypto import pem
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from services.certificate import pdf, pdf_signature
from services.certificate.key_kinds import document_kind
from services.certificate.signing_keys import Signing
from services.kit.rpc.clients import MeshChannel
from tests.services.certificate.graduates import graduate, issued_to
from tests.support import Stack

Mesh = Callable[[str, str], MeshChannel]
NAME = "Zoë الْخَوَارِزْمِيّ 王小明"


def new_key() -> Signing:
    key = ec.generate_private_key(ec.SECP256R1())
    named = document_kind().name(key)
    return Signing(named.key_id, key, named.public)


@pytest.fixture(scope="module")
def rendered() -> bytes:
    return pdf.render(
        pdf.CertificateText(
            learner_name=NAME,
            course_title="The Night Sky",
            issue_time=datetime(2026, 11, 22, tzinfo=UTC),
            issue_day=date(2026, 11, 22),
            timezone="UTC",
            serial="7K2M-9QXD-04TB-WH61",
            verify_url="https://academy.example/verify/7K2M-9QXD-04TB-WH61",
        )
    )


def judged(document: bytes, root: Signing) -> Any:
    """What pyHanko says that trusts one certificate and asks nobody."""
    (signature,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    trusted = ValidationContext(trust_roots=[Certificate.load(root.public)], allow_fetching=False)
    return validate_pdf_signature(signature, trusted)


def test_it_is_valid_offline_for_who_trusts_the_academy(rendered: bytes) -> None:
    key = new_key()
    status = judged(pdf_signature.sign(rendered, key), key)
    assert status.bottom_line
    assert status.docmdp_ok
    assert status.coverage.name == "ENTIRE_FILE"


def test_it_is_pades_and_says_whose(rendered: bytes) -> None:
    reader = PdfFileReader(io.BytesIO(pdf_signature.sign(rendered, new_key())))
    (signature,) = reader.embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.signer_cert.subject.native["organization_name"] == "Stellr Academy"
    assert signature.docmdp_level.name == "NO_CHANGES"


def test_another_certificate_makes_it_untrusted(rendered: bytes) -> None:
    status = judged(pdf_signature.sign(rendered, new_key()), new_key())
    assert status.intact
    assert not status.trusted
    assert not status.bottom_line


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed + b"\n% more",
        lambda signed: signed.replace(b"/Lang (en)", b"/Lang (de)", 1),
    ],
)
def test_what_is_changed_is_told(rendered: bytes, change: Callable[[bytes], bytes]) -> None:
    key = new_key()
    signed = pdf_signature.sign(rendered, key)
    status = judged(change(signed), key)
    assert not (status.bottom_line and status.coverage.name == "ENTIRE_FILE")


def test_what_is_said_stays_as_it_was(rendered: bytes, picture: Callable[[bytes], bytes]) -> None:
    signed = pdf_signature.sign(rendered, new_key())
    assert signed.startswith(rendered)
    (before,), (after,) = (pypdf.PdfReader(io.BytesIO(each)).pages for each in (rendered, signed))
    assert after.extract_text() == before.extract_text()
    assert picture(signed) == picture(rendered)


@pytest.fixture
def picture() -> Callable[[bytes], bytes]:
    import pypdfium2  # noqa: PLC0415

    def drawn(document: bytes) -> bytes:
        opened = pypdfium2.PdfDocument(document)
        image = opened[0].render(scale=1).to_pil().tobytes()
        opened.close()
        return bytes(image)

    return drawn


# On a running stack


def roots(stack: Stack) -> list[Certificate]:
    """What an operator prints and hands to who shall trust the academy."""
    printed = stack.command("certificate", "keys", "--pem").stdout.encode()
    parts = [part for part in pem.unarmor(printed, multiple=True) if part[0] == "CERTIFICATE"]
    return [Certificate.load(der) for _, _, der in parts]


def test_a_download_is_valid_with_what_the_operator_prints_also_after_a_rotation(
    stack: Stack, mesh: Mesh
) -> None:
    people = [graduate(stack, mesh, name=NAME) for _ in range(2)]
    documents = []
    for learner, course in people:
        issued_to(learner, course)
        documents.append(learner.get(f"/certificate/{course}/download").content)
        done = stack.command("certificate", "keys", "rotate", "document")
        assert done.returncode == 0, done.stderr
    learner, course = people[0]
    assert learner.get(f"/certificate/{course}/download").content == documents[0]
    trusted = ValidationContext(trust_roots=roots(stack), allow_fetching=False)
    signers = set()
    for document in documents:
        (signature,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
        assert validate_pdf_signature(signature, trusted).bottom_line
        signers.add(signature.signer_cert.sha256_fingerprint)
    assert len(signers) == 2
