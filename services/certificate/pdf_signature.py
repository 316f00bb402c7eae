"""Signs PDFs with the academy's key: PAdES, baseline B (ETSI EN 319 142-1), as a certification.

The certificate of the key comes with the signature, so whoever trusts it needs nothing else.
"""

from __future__ import annotations

from io import BytesIO

from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.certificate.key_kinds import ACADEMY
from services.certificate.signing_keys import Signing

_FIELD = "Academy"


def sign(pdf: bytes, signing: Signing) -> bytes:
    """The PDF with a signature that allows no change."""
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        name=ACADEMY,
        reason="Issued by the academy",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signed = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    signers.sign_pdf(writer, metadata, signer=_signer(signing), output=signed)
    return signed.getvalue()


def _signer(signing: Signing) -> signers.SimpleSigner:
    key = signing.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=Certificate.load(signing.public),
        signing_key=PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
