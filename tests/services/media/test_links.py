import time
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from services.kit.identity.secrets import Signer
from services.media.links import LIFETIME_SECONDS, STEP_SECONDS, Links, expiry

MEDIA = uuid4()


@pytest.fixture(name="links")
def _links() -> Links:
    return Links(Signer(b"x" * 32, "content"), "https://academy.example")


def made(links: Links, now: float) -> tuple[UUID, int, str]:
    url = urlsplit(links.make(MEDIA, now).url)
    query = parse_qs(url.query)
    return UUID(url.path.rpartition("/")[2]), int(query["expires"][0]), query["signature"][0]


def test_a_link_is_good_for_an_hour_and_the_same_for_a_while(links: Links) -> None:
    start = 1_000_000 * STEP_SECONDS
    assert links.make(MEDIA, start) == links.make(MEDIA, start + STEP_SECONDS - 0.1)
    assert links.make(MEDIA, start) != links.make(MEDIA, start + STEP_SECONDS)
    for now in (start, start + 1, start + STEP_SECONDS - 0.1):
        assert LIFETIME_SECONDS <= expiry(now) - now <= LIFETIME_SECONDS + STEP_SECONDS


def test_the_link_says_where_and_until_when(links: Links) -> None:
    link = links.make(MEDIA, 0)
    assert link.url.startswith(f"https://academy.example/media/content/{MEDIA}?expires=")
    assert made(links, 0)[1] == link.expires


def test_only_an_untouched_link_is_good(links: Links) -> None:
    media_id, expires, signature = made(links, time.time())
    assert links.is_good(media_id, expires, signature)
    assert not links.is_good(uuid4(), expires, signature)
    assert not links.is_good(media_id, expires + 1, signature)
    assert not links.is_good(media_id, expires, signature[:-1] + "\u00e9")
    assert not links.is_good(media_id, expires, "")
    assert not Links(Signer(b"y" * 32, "content"), "").is_good(media_id, expires, signature)


def test_an_expired_link_is_not_good(links: Links) -> None:
    long_ago = time.time() - LIFETIME_SECONDS - STEP_SECONDS - 1
    assert not links.is_good(*made(links, long_ago))
