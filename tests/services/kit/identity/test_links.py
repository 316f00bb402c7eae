import time
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from services.kit.identity.links import LIFETIME_SECONDS, STEP_SECONDS, Links, expiry
from services.kit.identity.secrets import Signer

PATH = f"/media/content/{uuid4()}"


@pytest.fixture(name="links")
def _links() -> Links:
    return Links(Signer(b"x" * 32, "content"), "https://academy.example")


def made(links: Links, now: float) -> tuple[str, int, str]:
    url = urlsplit(links.make(PATH, now).url)
    query = parse_qs(url.query)
    return url.path, int(query["expires"][0]), query["signature"][0]


def test_a_link_is_good_for_an_hour_and_the_same_for_a_while(links: Links) -> None:
    start = 1_000_000 * STEP_SECONDS
    assert links.make(PATH, start) == links.make(PATH, start + STEP_SECONDS - 0.1)
    assert links.make(PATH, start) != links.make(PATH, start + STEP_SECONDS)
    for now in (start, start + 1, start + STEP_SECONDS - 0.1):
        assert LIFETIME_SECONDS <= expiry(now) - now <= LIFETIME_SECONDS + STEP_SECONDS


def test_the_link_says_where_and_until_when(links: Links) -> None:
    link = links.make(PATH, 0)
    assert link.url.startswith(f"https://academy.example{PATH}?expires=")
    assert made(links, 0)[1] == link.expires


def test_only_an_untouched_link_is_good(links: Links) -> None:
    path, expires, signature = made(links, time.time())
    assert links.is_good(path, expires, signature)
    assert not links.is_good("/media/content/x", expires, signature)
    assert not links.is_good(path, expires + 1, signature)
    assert not links.is_good(path, expires, signature[:-1] + "\u00e9")
    assert not links.is_good(path, expires, "")
    assert not Links(Signer(b"y" * 32, "content"), "").is_good(path, expires, signature)


def test_an_expired_link_is_not_good(links: Links) -> None:
    long_ago = time.time() - LIFETIME_SECONDS - STEP_SECONDS - 1
    assert not links.is_good(*made(links, long_ago))
