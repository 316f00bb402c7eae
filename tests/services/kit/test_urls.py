import pytest

from services.kit.urls import parts_of


def test_a_url_has_parts() -> None:
    parts = parts_of("http://localhost:80/x?y")
    assert parts is not None
    assert (parts.hostname, parts.port, parts.path) == ("localhost", 80, "/x")


@pytest.mark.parametrize("url", ["http://[/x", "//[x", "http://a:b/", "http://a:99999/"])
def test_what_is_no_url_has_none(url: str) -> None:
    assert parts_of(url) is None
