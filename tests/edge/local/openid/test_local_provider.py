"""The local OpenID provider over HTTP, as a browser and as the academy ask it."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from jwt import PyJWKSet

from edge.local.openid import provider as rules
from edge.local.openid.client import Client
from edge.local.openid.server import make_server
from services.kit.pages import look

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
    "client_id": "academy",
    "redirect_uri": "http://127.0.0.1:9/back",
    "response_type": "code",
    "scope": "openid email",
    "state": "s t&ate",
    "nonce": "n",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}
PERSON = {"email": "Zoë@stellr.example", "name": "Zoë 王", "key": "the key"}


@pytest.fixture
def provider() -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    issuer = f"http://127.0.0.1:{port}"
    with make_server("127.0.0.1", port, Client(issuer, "academy", "s:e&cret", "the key")) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with httpx.Client(base_url=issuer, trust_env=False) as client:
            yield client
        server.shutdown()
        thread.join()


def authorize(provider: httpx.Client, **changed: str) -> httpx.Response:
    return provider.post("/authorize", params=ASKED, data={**PERSON, **changed})


def code(provider: httpx.Client) -> str:
    return parse_qs(urlsplit(authorize(provider).headers["location"]).query)["code"][0]


def redeem(provider: httpx.Client, secret: str = "s%3Ae%26cret", **form: str) -> httpx.Response:
    sent = {
        "grant_type": "authorization_code",
        "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER,
        **form,
    }
    return provider.post("/token", data=sent, auth=("academy", secret))


def test_a_person_with_the_key_is_signed_in(provider: httpx.Client) -> None:
    found = provider.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == str(provider.base_url).rstrip("/")
    back = authorize(provider)
    assert back.status_code == 303
    assert back.headers["location"].startswith("http://127.0.0.1:9/back?code=")
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["state"] == ["s t&ate"]
    token = redeem(provider, code=query["code"][0]).json()["id_token"]
    keys = PyJWKSet.from_dict(provider.get("/jwks.json").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, ["ES256"], audience="academy", issuer=found["issuer"])
    assert claims["email"] == "Zoë@stellr.example"
    assert (claims["email_verified"], claims["name"], claims["nonce"]) == (True, "Zoë 王", "n")


def test_the_same_person_is_the_same_subject(provider: httpx.Client) -> None:
    def subject(email: str) -> str:
        location = authorize(provider, email=email).headers["location"]
        token = redeem(provider, code=parse_qs(urlsplit(location).query)["code"][0]).json()
        claims = jwt.decode(token["id_token"], options={"verify_signature": False})
        return str(claims["sub"])

    assert subject("a@b.example") == subject("A@b.example") != subject("c@b.example")


@pytest.mark.parametrize("key", ["", "another", "the keY"])
def test_nobody_is_signed_in_without_the_key(provider: httpx.Client, key: str) -> None:
    answer = authorize(provider, key=key)
    assert answer.status_code == 403
    assert "not the key of this stack" in answer.text
    assert 'value="Zoë@stellr.example"' in answer.text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("client_id", "x", "client_id"),
        ("redirect_uri", "https://evil.example/", "redirect_uri"),
        ("redirect_uri", "http://127.0.0.1@evil.example/", "redirect_uri"),
        ("redirect_uri", "http://me@127.0.0.1/", "redirect_uri"),
        ("redirect_uri", "http://[/x", "redirect_uri"),
        ("redirect_uri", "http://127.0.0.1:9/back\r\nSet-Cookie: a=b", "redirect_uri"),
        ("redirect_uri", "http://127.0.0.1:9/back\r\n\r\n<script>", "redirect_uri"),
        ("redirect_uri", "http://127.0.0.1:9/\x7f", "redirect_uri"),
        ("redirect_uri", "http://127.0.0.1:9/王", "redirect_uri"),
        ("response_type", "token", "response_type"),
        ("scope", "email", "scope"),
        ("code_challenge_method", "plain", "code_challenge_method"),
        ("code_challenge", "", "code_challenge"),
        ("nonce", "", "nonce"),
        ("state", "", "state"),
    ],
)
def test_a_wrong_request_is_told(provider: httpx.Client, name: str, value: str, said: str) -> None:
    params = {**ASKED, name: value}
    for answer in (
        provider.get("/authorize", params=params),
        provider.post("/authorize", params=params, data=PERSON),
    ):
        assert answer.status_code == 400
        assert said in answer.text
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_no_header_is_split_whatever_it_is_given(
    provider: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "_is_local", lambda url: True)
    with pytest.raises(httpx.RemoteProtocolError):
        provider.post("/authorize", params={**ASKED, "redirect_uri": "x\r\nA: b"}, data=PERSON)


def test_a_code_is_good_once_for_whom_it_is(
    provider: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = code(provider)
    assert redeem(provider, code=used).status_code == 200
    assert redeem(provider, code=used).json() == {"error": "invalid_grant"}
    for wrong in ({"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:9/"}):
        kept = code(provider)
        assert redeem(provider, code=kept, **wrong).json() == {"error": "invalid_grant"}
        # A code that somebody tried is void (RFC 6749, 10.5).
        assert redeem(provider, code=kept).json() == {"error": "invalid_grant"}
    monkeypatch.setattr(rules, "CODE_SECONDS", 0)
    assert redeem(provider, code=code(provider)).json() == {"error": "invalid_grant"}


def test_only_the_academy_redeems(provider: httpx.Client) -> None:
    kept = code(provider)
    answer = redeem(provider, secret="another", code=kept)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert provider.post("/token", data={"code": kept}).status_code == 401
    broken = {"authorization": "Basic ###"}
    assert provider.post("/token", data={"code": kept}, headers=broken).status_code == 401
    assert redeem(provider, code=kept).status_code == 200


def test_codes_of_people_who_never_come_back_do_not_pile_up(
    provider: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_CODES", 2)
    first, *others = [code(provider) for _ in range(3)]
    assert redeem(provider, code=first).status_code == 400
    assert [redeem(provider, code=each).status_code for each in others] == [200, 200]


def test_another_name_and_other_paths_lead_nowhere(provider: httpx.Client) -> None:
    led = provider.get("/authorize", params=ASKED, headers={"host": "evil.example"})
    assert led.status_code == 421
    assert provider.get("/authorize", params=ASKED, headers={"host": "[x"}).status_code == 421
    assert provider.get("/x").status_code == 404
    assert provider.post("/x", data={}).status_code == 404
    assert provider.put("/authorize").status_code == 501
    page = provider.get("/authorize", params=ASKED)
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    # Browsers would hold the redirect after the form to it as well.
    assert "form-action" not in policy


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"FOO /authorize HTTP/1.1\r\n\r\n", b"501"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
    ],
)
def test_what_is_no_request_is_answered(
    provider: httpx.Client, capfd: pytest.CaptureFixture[str], sent: bytes, status: bytes
) -> None:
    address = (provider.base_url.host, provider.base_url.port)
    with socket.create_connection(address, 10) as connection:
        connection.sendall(sent)
        assert status in connection.recv(1000).split(b"\r\n")[0]
    assert "Traceback" not in capfd.readouterr().err


def test_the_page_has_the_look_of_all_pages(provider: httpx.Client) -> None:
    page = provider.get("/authorize", params=ASKED)
    assert page.text.count("<style>") == 1
    assert look.STYLE_SHEET.read_text() in page.text
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]
    assert "style=" not in page.text


def test_what_people_say_of_themselves_is_text(provider: httpx.Client) -> None:
    answer = authorize(provider, name='"><script>', key="x")
    assert "<script>" not in answer.text
    large = provider.post("/authorize", params=ASKED, data={"name": "x" * 20_000})
    assert large.status_code == 403
