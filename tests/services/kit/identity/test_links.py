import time
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from services.kit.call import NOBODY, Caller
from services.kit.errors import LinkExpired, LinkInvalid
from services.kit.identity.links import (
    LIFETIME_SECONDS,
    STEP_SECONDS,
    LinkCheck,
    Links,
    Ticket,
    expiry,
)
from services.kit.identity.revocations import REMEMBER_SECONDS, Revocations
from services.kit.identity.secrets import Signer

PATH = f"/media/content/{uuid4()}"
SIGNER = Signer(b"x" * 32, "content")
LINKS = Links(SIGNER, "https://academy.example")
ANN = Caller(user_id=uuid4(), session_id=uuid4())


def ticket(url: str) -> Ticket:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return Ticket(
        int(query["expires"]),
        query.get("learner", ""),
        query.get("session", ""),
        query["signature"],
    )


@pytest.fixture(name="revocations")
def _revocations() -> Revocations:
    return Revocations()


@pytest.fixture(name="links")
def _links(revocations: Revocations) -> LinkCheck:
    return LinkCheck(SIGNER, revocations)


def test_a_link_is_good_for_minutes_and_the_same_for_a_while() -> None:
    start = 1_000_000 * STEP_SECONDS
    first = LINKS.make(PATH, start, ANN)
    assert first == LINKS.make(PATH, start + STEP_SECONDS - 0.1, ANN)
    assert first != LINKS.make(PATH, start + STEP_SECONDS, ANN)
    for now in (start, start + 1, start + STEP_SECONDS - 0.1):
        assert LIFETIME_SECONDS <= expiry(now) - now <= LIFETIME_SECONDS + STEP_SECONDS


def test_ended_sessions_are_remembered_for_as_long_as_a_link_lives() -> None:
    assert LIFETIME_SECONDS + STEP_SECONDS <= REMEMBER_SECONDS


def test_the_link_says_where_for_whom_and_until_when() -> None:
    link = LINKS.make(PATH, 0, ANN)
    assert link.url.startswith(f"https://academy.example{PATH}?expires={link.expires}&")
    assert ticket(link.url)[:3] == (link.expires, str(ANN.user_id), str(ANN.session_id))
    assert ticket(LINKS.make(PATH, 0, NOBODY).url)[:3] == (link.expires, "", "")


@pytest.mark.parametrize("caller", [ANN, NOBODY])
def test_only_an_untouched_link_is_good(links: LinkCheck, caller: Caller) -> None:
    good = ticket(LINKS.make(PATH, time.time(), caller).url)
    links.check(PATH, good)
    altered = [
        good._replace(expires=good.expires + 1),
        good._replace(learner=str(uuid4())),
        good._replace(session=str(uuid4())),
        good._replace(learner="", session="") if good.learner else good._replace(session="x"),
        good._replace(learner=good.session, session=good.learner, expires=good.expires - 1),
        good._replace(signature=good.signature[:-1] + "\u00e9"),
        good._replace(signature="\udcff"),
        good._replace(signature=""),
    ]
    for each in altered:
        with pytest.raises(LinkInvalid):
            links.check(PATH, each)
    with pytest.raises(LinkInvalid):
        links.check("/media/content/x", good)
    with pytest.raises(LinkInvalid):
        LinkCheck(Signer(b"y" * 32, "content"), Revocations()).check(PATH, good)


def test_a_link_whose_time_is_over_is_not_good(links: LinkCheck) -> None:
    long_ago = time.time() - LIFETIME_SECONDS - STEP_SECONDS - 1
    expired = ticket(LINKS.make(PATH, long_ago, ANN).url)
    with pytest.raises(LinkExpired):
        links.check(PATH, expired)
    # Whether it is genuine is told first.
    with pytest.raises(LinkInvalid):
        links.check(PATH, expired._replace(learner=""))


def test_a_link_dies_with_its_session(links: LinkCheck, revocations: Revocations) -> None:
    good = ticket(LINKS.make(PATH, time.time(), ANN).url)
    elsewhere = Caller(user_id=ANN.user_id, session_id=uuid4())
    other = ticket(LINKS.make(PATH, time.time(), elsewhere).url)
    assert ANN.session_id is not None
    revocations.end_session(ANN.session_id)
    with pytest.raises(LinkExpired):
        links.check(PATH, good)
    links.check(PATH, other)
