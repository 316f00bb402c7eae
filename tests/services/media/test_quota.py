"""The files of a course are bounded, also where many come at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.services.media.authored import Authored, make_authored, new_pdf, send
from tests.support import GENEROUS, Stack, reason, started

MEBIBYTE = 1024 * 1024
SIZE = 100_000


@pytest.fixture(name="small", scope="module")
def _small() -> Iterator[Stack]:
    with started({**GENEROUS, "STELLR_MEDIA_QUOTA_MB": "1"}) as stack:
        yield stack


@pytest.fixture(name="own")
def _own(small: Stack) -> Authored:
    return make_authored(small)


def test_fifty_uploads_at_once_fill_it_and_no_more(own: Authored) -> None:
    data = new_pdf(SIZE - 9)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: own.create(data, "application/pdf"), range(50)))
    good = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(good) == MEBIBYTE // SIZE
    assert {(each.status_code, reason(each)) for each in refused} == {(429, "MEDIA_QUOTA_EXCEEDED")}
    metadata = refused[0].json()["details"][0]["metadata"]
    assert metadata == {"usedBytes": str(11 * SIZE), "limitBytes": str(MEBIBYTE)}
    # What becomes of an upload counts once, and what is deleted no longer.
    assert send(good[0].json(), data).status_code == 200
    body = {"uploadId": good[0].json()["uploadId"]}
    pdf = own.author.post(f"/media/lesson/{own.lesson_id}/pdfs", body)
    assert pdf.status_code == 200
    assert own.create(data, "application/pdf").status_code == 429
    assert own.author.delete(f"/media/{pdf.json()['mediaId']}").status_code == 200
    assert own.create(data, "application/pdf").status_code == 200


def test_who_deletes_and_uploads_again_and_again_does_not_fill_the_disk(own: Authored) -> None:
    size = MEBIBYTE - 20_000
    for _ in range(2):
        pdf = own.attached(new_pdf(size))
        assert own.author.delete(f"/media/{pdf['mediaId']}").status_code == 200
    refused = own.create(new_pdf(size), "application/pdf")
    assert (refused.status_code, reason(refused)) == (429, "MEDIA_QUOTA_EXCEEDED")
    assert refused.json()["details"][0]["metadata"]["limitBytes"] == str(2 * MEBIBYTE)
    path = f"/media/lesson/{own.lesson_id}/pdfs"
    headers = {"content-type": "application/pdf"}
    assert own.author.http.post(path, content=new_pdf(size), headers=headers).status_code == 429


def test_fifty_files_at_once_fill_it_and_no_more(own: Authored, small: Stack) -> None:
    path = f"/media/lesson/{own.lesson_id}/pdfs"

    def attach(_: int) -> tuple[int, str]:
        data = new_pdf(SIZE - 9)
        headers = {"content-type": "application/pdf"}
        answer = own.author.http.post(path, content=data, headers=headers)
        return answer.status_code, "" if answer.status_code == 200 else reason(answer)

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(attach, range(50)))
    assert answers.count((200, "")) == MEBIBYTE // SIZE
    assert answers.count((429, "MEDIA_QUOTA_EXCEEDED")) == 50 - MEBIBYTE // SIZE
    assert len(own.media()["pdfs"]) == MEBIBYTE // SIZE
    other = make_authored(small)
    assert other.create(new_pdf(), "application/pdf").status_code == 200
