import time
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.auth import codes, passwords
from services.auth.access import LIFETIME_SECONDS, AccessSigner
from services.auth.page import content_security_policy, verify_email_page
from services.kit.errors import InvalidArgument
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


@pytest.mark.parametrize(
    ("registered", "typed"),
    [
        ("p\u00e4ssw\u00f6rd f\u00fcr Zo\u00eb", "pa\u0308sswo\u0308rd fu\u0308r Zoe\u0308"),
        ("\u1106\u1167\u11bc\u1103\u1173", "\uba85\u1103\u1173"),
        ("correct horse", "correct\u00a0horse"),
    ],
)
def test_a_password_is_the_same_from_every_keyboard(registered: str, typed: str) -> None:
    assert passwords.normalize_password(registered) == passwords.normalize_password(typed)


@pytest.mark.parametrize(
    ("registered", "typed"),
    [
        (" correct horse", "correct horse"),
        ("correct horse ", "correct horse"),
        ("correct  horse", "correct horse"),
        ("E = mc\u00b2", "E = mc2"),
        ("\ufb01sh and chips", "fish and chips"),
        ("Correct horse", "correct horse"),
    ],
)
def test_what_people_tell_apart_stays_apart(registered: str, typed: str) -> None:
    assert passwords.normalize_password(registered) != passwords.normalize_password(typed)


@pytest.mark.parametrize("password", ["a" * 7, "a\u0308" * 7, "a" * 129, "\U0001f600" * 129])
def test_a_new_password_has_eight_to_128_characters(password: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        passwords.new_password(password)
    assert [violation.field for violation in refused.value.violations] == ["password"]
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["abababac", "\u0e01" * 8, "a" * 128, "a\u0308" * 128, "\U0001f600" * 128, " " * 8]
)
def test_every_character_counts_once_and_none_is_cut_off(password: str) -> None:
    kept = passwords.new_password(password)
    assert 8 <= len(kept) <= 128
    assert not passwords.verify_password(kept[:-1], passwords.hash_password(kept))


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


def test_access_tokens_can_be_verified_by_their_jwk() -> None:
    signer = AccessSigner(ec.generate_private_key(ec.SECP256R1()), "https://a.example")
    user, session = uuid4(), uuid4()
    token, another = (signer.sign(user, session, ["learner"], 7) for _ in range(2))
    key = jwt.PyJWK(signer.public_jwk)
    claims = jwt.decode(token, key, ["ES256"], audience="stellr", issuer="https://a.example")
    assert (claims["sub"], claims["sid"], claims["roles"]) == (str(user), str(session), ["learner"])
    assert claims["exp"] - claims["iat"] == LIFETIME_SECONDS
    assert isinstance(claims["iat"], int)
    assert isinstance(claims["exp"], int)
    assert claims["ver"] == 7
    assert claims["jti"] != jwt.decode(another, options={"verify_signature": False})["jti"]
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["kid"]) == ("at+jwt", signer.public_jwk["kid"])
    assert "d" not in signer.public_jwk


def test_the_page_shows_what_the_link_brings_as_text_only() -> None:
    page = verify_email_page('"><script>alert(1)</script>123456').data.decode()
    assert "<script>alert(1)" not in page
    assert "123456" in page
    assert "default-src 'none'" in content_security_policy()
