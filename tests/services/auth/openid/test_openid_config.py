import pytest

from services.auth.openid.config import OpenIdConfig

LISTED = frozenset({"https://academy.example/back", "http://127.0.0.1/app"})


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("https://academy.example/back", True),
        ("https://academy.example/back/", False),
        ("https://academy.example/back?x=1", False),
        ("http://127.0.0.1/app", True),
        ("http://127.0.0.1:49152/app", True),
        ("http://127.0.0.1:49152/other", False),
        ("http://localhost:49152/app", False),
        ("http://me@127.0.0.1:49152/app", False),
        ("http://127.0.0.1:99999/app", False),
        ("http://[/app", False),
    ],
)
def test_people_come_back_where_it_is_listed(uri: str, allowed: bool) -> None:
    config = OpenIdConfig("https://id.example", "x", "https://a.example", redirect_uris=LISTED)
    assert config.allows(uri) is allowed


@pytest.mark.parametrize(
    ("public", "uri", "allowed"),
    [
        ("https://academy.example", "https://academy.example/anything", True),
        ("https://academy.example", "https://academy.example.evil.example/", False),
        ("https://academy.example", "https://academy.example@evil.example/", False),
        ("https://academy.example", "http://academy.example/", False),
        ("https://academy.example", "http://127.0.0.1:3000/", False),
        ("http://127.0.0.1:8080", "http://localhost:3000/callback", True),
        ("http://127.0.0.1:8080", "https://evil.example/", False),
        ("http://127.0.0.1:8080", "http://x@127.0.0.1:8080/", False),
        ("http://127.0.0.1:8080", "http://[/x", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:99999/", False),
    ],
)
def test_without_a_list_they_come_back_to_the_academy(public: str, uri: str, allowed: bool) -> None:
    assert OpenIdConfig("https://id.example", "x", public).allows(uri) is allowed


@pytest.mark.parametrize("issuer", ["http://id.example", "ftp://id.example", "id.example", ""])
def test_an_issuer_that_anyone_could_be_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="STELLR_OPENID_ISSUER"):
        OpenIdConfig(issuer, "x", "https://academy.example")
