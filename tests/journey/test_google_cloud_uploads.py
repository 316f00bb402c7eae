"""Authors send files to a bucket of Google Cloud Storage themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.kit.data.objects.cloud_storage import BUCKET, CloudStorage, cloud_storage
from tests.services.kit.data.objects.signed_urls import is_good, make_key, write_key_file
from tests.services.media.authored import Authored, make_authored, mp4, new_pdf, send
from tests.support import GENEROUS, Stack, reason, register, started, violations

KEY = make_key()


@pytest.fixture(name="cloud", scope="module")
def _cloud() -> Iterator[CloudStorage]:
    with cloud_storage() as peer:
        yield peer


@pytest.fixture(name="own", scope="module")
def _own(
    cloud: CloudStorage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Authored, Stack]]:
    account = tmp_path_factory.mktemp("account") / "account.json"
    write_key_file(KEY, Path(account))
    settings = {
        "STORAGE_EMULATOR_HOST": cloud.url,
        "STELLR_GCS_BUCKET": BUCKET,
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
    }
    with started({**GENEROUS, **settings}) as stack:
        yield make_authored(stack), stack


def test_a_file_goes_to_the_bucket_and_is_looked_at_there(
    own: tuple[Authored, Stack], cloud: CloudStorage
) -> None:
    authored, stack = own
    data = new_pdf(500_000)
    created = authored.create(data, "application/pdf").json()
    assert created["url"].startswith(f"{cloud.url}/{BUCKET}/media/uploads/")
    headers = created["headers"]
    assert is_good(created["url"], KEY.public_key(), method="PUT", headers=headers)
    path = f"/media/lesson/{authored.lesson_id}/pdfs"
    body = {"uploadId": created["uploadId"]}
    early = authored.author.post(path, body)
    assert (early.status_code, reason(early)) == (400, "UPLOAD_NOT_FINISHED")
    assert send(created, data).status_code == 200
    first, again = (authored.author.post(path, body) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.json()["mediaId"] == again.json()["mediaId"]
    pupil = authored.pupil(register(stack))
    (pdf,) = authored.media(pupil)["pdfs"]
    assert httpx.get(pdf["url"], follow_redirects=True).content == data


def test_a_film_is_as_long_as_it_says(own: tuple[Authored, Stack]) -> None:
    authored, _ = own
    video = authored.linked(uploadId=authored.uploaded(mp4(42), "video/mp4"))
    assert video["durationSeconds"] == 42


@pytest.mark.parametrize(
    ("data", "field"), [(b"<html>" + bytes(94), "mimeType"), (b"%PDF-1.7" + bytes(9), "sizeBytes")]
)
def test_what_lies_there_is_held_against_what_was_said(
    own: tuple[Authored, Stack], data: bytes, field: str
) -> None:
    authored, _ = own
    created = authored.create(b"%PDF-1.7" + bytes(92), "application/pdf").json()
    # The emulator does not hold the headers against what comes; the bucket would.
    assert send(created, data).status_code == 200
    body = {"uploadId": created["uploadId"]}
    refused = authored.author.post(f"/media/lesson/{authored.lesson_id}/pdfs", body)
    assert (refused.status_code, *violations(refused)) == (400, field)


def test_a_direct_upload_goes_through_the_academy(
    own: tuple[Authored, Stack], cloud: CloudStorage
) -> None:
    authored, _ = own
    data = new_pdf()
    answer = authored.author.http.post(
        f"/media/lesson/{authored.lesson_id}/pdfs",
        content=data,
        headers={"content-type": "application/pdf"},
    )
    assert answer.status_code == 200, answer.text
    assert httpx.get(answer.json()["url"], follow_redirects=True).content == data
