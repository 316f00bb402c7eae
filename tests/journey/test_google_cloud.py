"""The whole academy with a bucket of Google Cloud Storage in the place of its folders."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.services.certificate.graduates import graduate, issued_to
from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage
from tests.support import DEMO, GENEROUS, Stack, Visitor, reason, started


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
    visitor = Visitor(own)
    sections = visitor.get(f"/courses/{DEMO}").json()["sections"]
    preview = next(each for part in sections for each in part["lessons"] if each.get("preview"))
    url: str = visitor.get(f"/media/lesson/{preview['lessonId']}").json()["pdfs"][0]["url"]
    return url


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
