import pytest

from services.kit.data.database import sqlalchemy_url
from services.kit.urls import check_database_url, https_fault, parts_of, web_fault


def test_a_url_has_parts() -> None:
    parts = parts_of("http://localhost:80/x?y")
    assert parts is not None
    assert (parts.hostname, parts.port, parts.path) == ("localhost", 80, "/x")


@pytest.mark.parametrize("url", ["http://[/x", "//[x", "http://a:b/", "http://a:99999/"])
def test_what_is_no_url_has_none(url: str) -> None:
    assert parts_of(url) is None


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://video.example:8443/a|b?c=d#e", ""),
        ("http://video.example/a", "must be an https:// URL"),
        ("ftp://video.example/a", "must be an https:// URL"),
        ("https:///a", "must be an https:// URL"),
        ("https://video.example:0/", "must be an https:// URL"),
        ("https://ann@video.example/", "must hold no name or password"),
        ("https://video.example/a b", "must have no spaces, controls or backslashes"),
        ("https://[::1/", "is no URL"),
    ],
)
def test_a_browser_is_sent_to_https_alone(url: str, fault: str) -> None:
    assert https_fault(url) == fault
    if url.startswith("http:"):
        assert web_fault(url) == ""
    else:
        assert web_fault(url) == fault


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://auth@h/db",
        "postgres://auth:p%40ss@h:5432/db?sslmode=require",
        "postgresql://a:b@h1:1,h2:2/db",
        "postgresql:///db?host=/home/a@b/postgresql&port=5432",
    ],
)
def test_what_libpq_takes_is_the_url_of_a_database(url: str) -> None:
    check_database_url(url)
    assert sqlalchemy_url(url) == f"postgresql+psycopg://{url.partition('://')[2]}"


@pytest.mark.parametrize(
    "url",
    [
        "postgress://auth:secret@h/db",
        "host=h password=secret",
        "secret",
        "postgresql://auth:x%secret@h/db",
        "postgresql://auth:x@secret@h/db",
        "postgresql://auth:secret/x@h/db",
        "postgresql://auth@h:secret/db",
        "postgresql://auth@h/db?secret",
    ],
)
def test_another_is_refused_and_nothing_of_it_told(url: str) -> None:
    with pytest.raises(ValueError, match="no PostgreSQL URL, such as") as refused:
        check_database_url(url)
    assert "secret" not in str(refused.value)
