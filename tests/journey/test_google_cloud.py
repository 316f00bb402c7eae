"""The whole academy with a bucket of Google Cloud Storage in the place of its folders."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.kit.call import NOBODY
from services.kit.identity.links import CONTENT, Links
from services.kit.identity.secrets import Signer, read_secret
from tests.services.certificate.graduates import graduate, issued_to
from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage
from tests.services.kit.data.objects.signed_urls import is_good, make_key, write_key_file
from tests.support import DEMO, GENEROUS, Stack, Visitor, reason, started

KEY = make_key()


@pytest.fixture(scope="module")
def cloud() -> Iterator[CloudStorage]:
    with cloud_storage() as peer:
        yield peer


@pytest.fixture(scope="module")
def own(cloud: CloudStorage) -> Iterator[Stack]:
    settings = {"STORAGE_EMULATOR_HOST": cloud.url, "STELLR_GCS_BUCKET": BUCKET}
    with started({**GENEROUS, **settings}) as stack:
        yield stack


@pytest.fixture
def pdf(own: Stack) -> str:
    """The address of a PDF of the demo course."""
    media = Visitor(own).get(f"/media/lesson/{preview_of(own)}").json()
    url: str = media["pdfs"][0]["url"]
    return url


def preview_of(stack: Stack) -> str:
    """The lesson of the demo course that everybody may read."""
    sections = Visitor(stack).get(f"/courses/{DEMO}").json()["sections"]
    lessons = [each for part in sections for each in part["lessons"]]
    return next(str(each["lessonId"]) for each in lessons if each.get("preview"))


def test_ranges_of_a_bucket_that_signs_nothing_pass_through_here(pdf: str) -> None:
    whole = httpx.get(pdf).content
    part = httpx.get(pdf, headers={"Range": "bytes=5-99"})
    assert (part.status_code, part.content) == (206, whole[5:100])
    assert httpx.head(pdf).headers["content-length"] == str(len(whole))


def test_media_come_from_the_bucket(own: Stack, cloud: CloudStorage, pdf: str) -> None:
    answer = httpx.get(pdf)
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert not (own.state / "media").exists()
    cloud.refusal = 403
    refused = httpx.get(pdf)
    cloud.refusal = 0
    assert (refused.status_code, reason(refused)) == (503, "STORAGE_UNAVAILABLE")
    assert httpx.get(pdf).content == answer.content


def test_certificates_come_from_the_bucket(own: Stack, cloud: CloudStorage) -> None:
    learner, course = graduate(own, own.mesh)
    issued_to(learner, course)
    cloud.refusal = 403
    refused = learner.get(f"/certificate/{course}/download")
    cloud.refusal = 0
    assert (refused.status_code, reason(refused)) == (503, "STORAGE_UNAVAILABLE")
    answer = learner.get(f"/certificate/{course}/download")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert learner.get(f"/certificate/{course}/download").content == answer.content
    kept = [name for name in cloud.names() if name.startswith("certificate/")]
    assert len(kept) == 1


@pytest.fixture(scope="module")
def signing(cloud: CloudStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An academy whose account has a key to sign with."""
    account = tmp_path_factory.mktemp("account") / "account.json"
    write_key_file(KEY, account)
    settings = {
        "STORAGE_EMULATOR_HOST": cloud.url,
        "STELLR_GCS_BUCKET": BUCKET,
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
    }
    with started({**GENEROUS, **settings}) as stack:
        yield stack


def test_the_bucket_gives_its_files_out_itself(signing: Stack, cloud: CloudStorage) -> None:
    visitor = Visitor(signing)
    lesson_id = preview_of(signing)
    pdf = visitor.get(f"/media/lesson/{lesson_id}").json()["pdfs"][0]
    assert pdf["url"].startswith(f"{cloud.url}/{BUCKET}/media/")
    assert is_good(pdf["url"], KEY.public_key())
    query = parse_qs(urlsplit(pdf["url"]).query)
    assert query["response-content-type"] == ["application/pdf"]
    assert query["response-content-disposition"][0].startswith("inline; filename=")
    expires = datetime.fromisoformat(pdf["expireTime"])
    begun = datetime.strptime(query["X-Goog-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((expires - begun).total_seconds() - int(query["X-Goog-Expires"][0])) <= 1
    assert httpx.get(pdf["url"]).content[:5] == b"%PDF-"

    sent = visitor.get(f"/media/pdf/{pdf['mediaId']}")
    assert (sent.status_code, sent.headers["cache-control"]) == (302, "no-store")
    assert is_good(sent.headers["location"], KEY.public_key())
    head = visitor.http.head(f"/media/pdf/{pdf['mediaId']}")
    assert (head.status_code, head.headers["location"]) == (302, sent.headers["location"])

    signer = Signer(read_secret(signing.state / "keys" / "secret"), f"academy:{CONTENT}")
    link = Links(signer, signing.url).make(f"/media/content/{pdf['mediaId']}", time.time(), NOBODY)
    sent = httpx.get(link.url)
    assert sent.status_code == 302
    assert is_good(sent.headers["location"], KEY.public_key())
    assert httpx.get(f"{signing.url}/media/content/{pdf['mediaId']}").status_code == 403
