import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.auth import codes, passwords
from services.auth.access import LIFETIME_SECONDS, AccessSigner
from services.auth.page import content_security_policy, verify_email_page
from services.auth.registration import normalize_email
from services.kit.identity.secrets import Signer

SIGNER = Signer(b"s" * 32, "auth:code")


def test_codes_are_six_digits_of_any_value() -> None:
    found = [codes.new_code() for _ in range(2000)]
    assert all(len(code) == 6 and code.isdecimal() for code in found)
    assert len(set(found)) > 1900
    assert any(code.startswith("0") for code in found)


def test_a_code_proves_its_own_verification_only() -> None:
    verification = uuid4()
    kept = codes.hash_code(SIGNER, verification, "012345")
    assert "012345" not in kept
    assert codes.is_code(SIGNER, verification, "012345", kept)
    assert not codes.is_code(SIGNER, verification, "012346", kept)
    assert not codes.is_code(SIGNER, uuid4(), "012345", kept)


def test_passwords_are_kept_as_argon2id() -> None:
    kept = passwords.hash_password("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != passwords.hash_password("correct horse")
    assert passwords.verify_password("correct horse", kept)
    assert not passwords.verify_password("Correct horse", kept)


@pytest.mark.parametrize("kept", [None, "", "no hash", "$argon2id$v=19$broken"])
def test_no_password_fits_no_hash(kept: str | None) -> None:
    assert not passwords.verify_password("nobody's password", kept)


def test_an_unknown_account_takes_as_long_as_a_wrong_password() -> None:
    kept = passwords.hash_password("correct horse")

    def took(password_hash: str | None) -> float:
        times = []
        for _ in range(5):
            started = time.thread_time()
            passwords.verify_password("wrong", password_hash)
            times.append(time.thread_time() - started)
        return min(times)

    assert took(None) == pytest.approx(took(kept), rel=0.5)


def test_passwords_can_be_hashed_by_many_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(passwords.hash_password, ["p"] * 8))
    assert len(set(kept)) == 8


def test_access_tokens_can_be_verified_by_their_jwk() -> None:
    signer = AccessSigner(ec.generate_private_key(ec.SECP256R1()), "https://a.example")
    user, session = uuid4(), uuid4()
    token = signer.sign(user, session, ["learner"])
    key = jwt.PyJWK(signer.public_jwk)
    claims = jwt.decode(token, key, ["ES256"], audience="stellr", issuer="https://a.example")
    assert (claims["sub"], claims["sid"], claims["roles"]) == (str(user), str(session), ["learner"])
    assert claims["exp"] - int(claims["iat"]) == LIFETIME_SECONDS
    assert jwt.get_unverified_header(token)["kid"] == signer.public_jwk["kid"]
    assert "d" not in signer.public_jwk


def test_addresses_are_compared_without_case() -> None:
    assert normalize_email("  Zoe@Example.ORG ") == "zoe@example.org"


def test_the_page_shows_what_the_link_brings_as_text_only() -> None:
    page = verify_email_page('"><script>alert(1)</script>', "123456").data.decode()
    assert "<script>alert(1)" not in page
    assert "123456" in page
    assert "default-src 'none'" in content_security_policy()
