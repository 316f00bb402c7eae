"""Credentials, badges and status lists, checked as strangers would: with keys and bytes alone."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

from services.kit.rpc.clients import MeshChannel
from tests.services.certificate.graduates import graduate, issued_to
from tests.support import Learner, Stack, Visitor, grant, reason, register

Mesh = Callable[[str, str], MeshChannel]
Json = dict[str, Any]
NAME = "Zoë الْخَوَارِزْمِيّ 王小明"


def unpacked(part: str) -> bytes:
    assert "=" not in part
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified(jws: str, jwks: Json) -> tuple[Json, Json]:
    """Header and payload of a compact JWS: RFC 7515 by hand, with no library of JWTs."""
    head, body, signature = jws.split(".")
    header: Json = json.loads(unpacked(head))
    assert header["alg"] == "ES256"
    (jwk,) = [key for key in jwks["keys"] if key["kid"] == header["kid"]]
    assert (jwk["kty"], jwk["crv"]) == ("EC", "P-256")
    x, y = (int.from_bytes(unpacked(jwk[name]), "big") for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unpacked(signature)
    assert len(raw) == 64
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    der = utils.encode_dss_signature(r, s)
    key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
    payload: Json = json.loads(unpacked(body))
    return header, payload


@pytest.fixture
def jwks(visitor: Visitor) -> Callable[[], Json]:
    """What somebody has kept of the academy's key set."""

    def load() -> Json:
        found: Json = visitor.get("/.well-known/jwks.json").json()
        return found

    return load


@pytest.fixture
def issued(stack: Stack, mesh: Mesh) -> Json:
    return issued_to(*graduate(stack, mesh, name=NAME))


def credential(visitor: Visitor, serial: str) -> str:
    answer = visitor.get(f"/certificates/{serial}/credential")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vc+jwt"
    return answer.text


def is_set(visitor: Visitor, status: Json, jwks: Json) -> bool:
    """Whether a status list says so (W3C Bitstring Status List 1.0, 3.2)."""
    answer = visitor.get(status["statusListCredential"])
    assert answer.headers["content-type"] == "application/vc+jwt"
    assert "max-age" in answer.headers["cache-control"]
    header, claims = verified(answer.text, jwks)
    assert header["typ"] == "vc+jwt"
    assert "BitstringStatusListCredential" in claims["type"]
    assert claims["id"] == status["statusListCredential"]
    subject = claims["credentialSubject"]
    assert subject["type"] == "BitstringStatusList"
    assert subject["statusPurpose"] == status["statusPurpose"] == "revocation"
    assert subject["encodedList"].startswith("u")
    bits = gzip.decompress(unpacked(subject["encodedList"][1:]))
    assert len(bits) * 8 >= 131_072
    index = int(status["statusListIndex"])
    return bool(bits[index // 8] >> (7 - index % 8) & 1)


def test_a_credential_is_verified_with_the_key_set_alone(
    issued: Json, visitor: Visitor, stack: Stack, jwks: Callable[[], Json]
) -> None:
    header, claims = verified(credential(visitor, issued["serial"]), jwks())
    assert (header["typ"], header["cty"]) == ("vc+jwt", "vc")
    assert claims["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert claims["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert claims["issuer"]["id"] == claims["iss"] == stack.url
    assert claims["id"] == claims["jti"]
    assert visitor.get(claims["id"]).status_code == 200
    assert datetime.fromisoformat(claims["validFrom"]).timestamp() == claims["nbf"]
    subject = claims["credentialSubject"]
    assert subject["id"] == claims["sub"]
    assert subject["type"] == ["AchievementSubject"]
    (identity,) = subject["identifier"]
    assert (identity["identityHash"], identity["hashed"]) == (NAME, False)
    achievement = subject["achievement"]
    assert achievement["type"] == ["Achievement"]
    assert achievement["name"] == claims["name"] == issued["courseTitle"]
    assert achievement["id"] == f"{stack.url}/courses/{issued['courseId']}"
    assert achievement["criteria"]["narrative"]
    assert achievement["description"]
    assert issued["serial"] in claims["id"]


def test_a_library_of_jwts_verifies_it_too(issued: Json, visitor: Visitor, stack: Stack) -> None:
    token = credential(visitor, issued["serial"])
    keys = jwt.PyJWKSet.from_dict(visitor.get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], issuer=stack.url)
    assert claims["jti"].endswith("/credential")


def test_what_is_changed_is_refused(
    issued: Json, visitor: Visitor, jwks: Callable[[], Json]
) -> None:
    head, body, signature = credential(visitor, issued["serial"]).split(".")
    claims = json.loads(unpacked(body))
    claims["name"] = "Another course"
    other = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        verified(f"{head}.{other}.{signature}", jwks())


def test_revoked_and_replaced_ones_are_set_and_no_others(
    stack: Stack, mesh: Mesh, visitor: Visitor, jwks: Callable[[], Json]
) -> None:
    admin = register(stack)
    grant(stack, admin, "admin")
    people: list[tuple[Learner, str]] = [graduate(stack, mesh) for _ in range(3)]
    serials = [issued_to(*each)["serial"] for each in people]
    found = [verified(credential(visitor, serial), jwks())[1] for serial in serials]
    statuses = [claims["credentialStatus"] for claims in found]
    assert len({status["id"] for status in statuses}) == 3
    assert {status["type"] for status in statuses} == {"BitstringStatusListEntry"}
    assert [is_set(visitor, status, jwks()) for status in statuses] == [False] * 3
    admin.post(f"/certificates/{serials[0]}:revoke", {"reason": "Cheated"})
    learner, course = people[1]
    learner.patch("/me", {"displayName": "Grace Brewster"})
    new = learner.post(f"/certificate/{course}:reissue").json()["serial"]
    assert [is_set(visitor, status, jwks()) for status in statuses] == [True, True, False]
    again = verified(credential(visitor, new), jwks())[1]["credentialStatus"]
    assert not is_set(visitor, again, jwks())


def test_the_badge_has_the_credential_baked_in(
    issued: Json, visitor: Visitor, jwks: Callable[[], Json]
) -> None:
    answer = visitor.get(f"/certificates/{issued['serial']}/badge.png")
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    _, claims = verified(image.info["openbadgecredential"], jwks())
    assert claims == verified(credential(visitor, issued["serial"]), jwks())[1]


def test_what_an_old_key_signed_stays_good(
    issued: Json, visitor: Visitor, stack: Stack, jwks: Callable[[], Json]
) -> None:
    before = credential(visitor, issued["serial"])
    assert stack.command("certificate", "keys", "rotate", "credential").returncode == 0
    after = credential(visitor, issued["serial"])
    kids = {verified(each, jwks())[0]["kid"] for each in (before, after)}
    assert len(kids) == 2


def test_no_service_takes_an_access_token_of_a_credential_key(
    stack: Stack, visitor: Visitor, issued: Json
) -> None:
    answer = Visitor(stack, credential(visitor, issued["serial"])).get("/me")
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")
    with stack.mesh("user", "auth") as channel:
        from stellr.auth.v1 import auth_internal_service_pb2 as pb  # noqa: PLC0415
        from stellr.auth.v1.auth_internal_service_pb2_grpc import (  # noqa: PLC0415
            AuthInternalServiceStub,
        )

        keys = AuthInternalServiceStub(channel).GetAccessTokenKeys(pb.GetAccessTokenKeysRequest())
    assert all("/credentials/keys/" not in key.kid for key in keys.keys)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/certificates/0000-0000-0000-0000/credential", "CERTIFICATE_NOT_FOUND"),
        ("/certificates/nonsense/credential", "CERTIFICATE_NOT_FOUND"),
        ("/certificates/0000-0000-0000-0000/badge.png", "CERTIFICATE_NOT_FOUND"),
        ("/credentials/status/99999", "STATUS_LIST_NOT_FOUND"),
        ("/credentials/status/none", "STATUS_LIST_NOT_FOUND"),
        ("/credentials/keys/none", "KEY_NOT_FOUND"),
    ],
)
def test_what_there_is_none_of(visitor: Visitor, path: str, told: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, reason(answer)) == (404, told)


def test_a_serial_may_come_as_pasted(issued: Json, visitor: Visitor) -> None:
    for dash in ("\u2013", "\u00a0", ""):
        typed = issued["serial"].replace("-", dash).lower()
        for what in ("credential", "badge.png"):
            assert visitor.get(f"/certificates/{typed}/{what}").status_code == 200
