"""What authors do with the media of their lessons, through Envoy, and who may."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.services.media.authored import (
    PDF,
    VTT,
    WEBM,
    Authored,
    make_authored,
    mp4,
    new_pdf,
    png,
    png_bomb,
    send,
)
from tests.support import Learner, Stack, Visitor, author, grant, reason, register, violations

FILM = "https://video.example/watch?v=1"


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> Authored:
    return make_authored(stack)


@pytest.fixture(name="fresh")
def _fresh(stack: Stack, own: Authored) -> Authored:
    """Another course of the same author."""
    return make_authored(stack, own.author)


@pytest.fixture(name="admin", scope="module")
def _admin(stack: Stack) -> Learner:
    person = register(stack)
    grant(stack, person, "admin")
    return person


Act = Callable[[Visitor, Authored, dict[str, str]], httpx.Response]
ACTS: dict[str, Act] = {
    "create an upload": lambda who, own, ids: who.post("/media/uploads", _upload_of(own)),
    "upload directly": lambda who, own, ids: who.http.post(
        f"/media/uploads?lessonId={own.lesson_id}", content=PDF, headers=_type("application/pdf")
    ),
    "attach a PDF": lambda who, own, ids: who.post(
        f"/media/lesson/{own.lesson_id}/pdfs", {"uploadId": ids["upload"]}
    ),
    "attach a PDF directly": lambda who, own, ids: who.http.post(
        f"/media/lesson/{own.lesson_id}/pdfs", content=PDF, headers=_type("application/pdf")
    ),
    "link a video": lambda who, own, ids: who.post(
        f"/media/lesson/{own.lesson_id}/videos", {"url": FILM}
    ),
    "change a medium": lambda who, own, ids: who.patch(
        f"/media/{ids['video']}", {"title": "Another"}
    ),
    "set captions": lambda who, own, ids: who.put(
        f"/media/{ids['video']}/captions/en", {"uploadId": ids["captions"]}
    ),
    "delete captions": lambda who, own, ids: who.delete(f"/media/{ids['video']}/captions/en"),
    "delete a medium": lambda who, own, ids: who.delete(f"/media/{ids['video']}"),
}


def _type(mime_type: str) -> dict[str, str]:
    return {"content-type": mime_type}


def _upload_of(own: Authored, **values: Any) -> dict[str, Any]:
    body = {"lessonId": own.lesson_id, "fileName": "a.pdf", "mimeType": "application/pdf"}
    return {**body, "sizeBytes": len(PDF), **values}


def _ids(own: Authored) -> dict[str, str]:
    return {
        "upload": own.uploaded(PDF, "application/pdf"),
        "captions": own.uploaded(VTT, "text/vtt"),
        "video": own.linked(url=FILM)["mediaId"],
    }


def test_who_may_do_it(stack: Stack, own: Authored, admin: Learner) -> None:
    ids = _ids(own)
    unlike = {
        "401 SIGN_IN_REQUIRED": Visitor(stack),
        "403 ROLE_REQUIRED": own.pupil(register(stack)),
        "403 NOT_YOUR_COURSE": author(stack),
    }
    for expected, somebody in unlike.items():
        for name, act in ACTS.items():
            answer = act(somebody, own, ids)
            assert f"{answer.status_code} {reason(answer)}" == expected, name
    before = own.media()
    assert [each["mediaId"] for each in before["videos"]][-1] == ids["video"]
    for somebody in (own.author, admin):
        ids = _ids(own)
        for name, act in ACTS.items():
            answer = act(somebody, own, ids)
            assert answer.status_code == 200, (name, answer.text)


def test_of_another_ones_draft_nothing_is_there(stack: Stack, fresh: Authored) -> None:
    ids, other = _ids(fresh), author(stack)
    assert fresh.author.post(f"/courses/{fresh.course_id}:unpublish").status_code == 200
    for name, act in ACTS.items():
        answer = act(other, fresh, ids)
        expected = {"LESSON_NOT_FOUND", "MEDIA_NOT_FOUND"}
        assert answer.status_code == 404, name
        assert reason(answer) in expected, name


def test_what_is_not_there_is_not_found(own: Authored) -> None:
    for lesson_id in (uuid4(), "no-id"):
        answer = own.author.post(f"/media/lesson/{lesson_id}/videos", {"url": FILM})
        assert (answer.status_code, reason(answer)) == (404, "LESSON_NOT_FOUND")
        answer = own.author.post("/media/uploads", _upload_of(own, lessonId=str(lesson_id)))
        assert (answer.status_code, reason(answer)) == (404, "LESSON_NOT_FOUND")
        for answer in (
            own.author.patch(f"/media/{lesson_id}", {"title": "x"}),
            own.author.delete(f"/media/{lesson_id}"),
            own.author.delete(f"/media/{lesson_id}/captions/en"),
        ):
            assert (answer.status_code, reason(answer)) == (404, "MEDIA_NOT_FOUND")


def test_a_pdf_comes_by_an_upload(stack: Stack, fresh: Authored) -> None:
    data = new_pdf(300_000)
    upload_id = fresh.uploaded(data, "application/pdf", fileName="../Über Sterne.pdf")
    body = {"uploadId": upload_id}
    answer = fresh.author.post(f"/media/lesson/{fresh.lesson_id}/pdfs", body)
    pdf = answer.json()
    assert (pdf["title"], pdf["sizeBytes"]) == ("Über Sterne", len(data))
    again = fresh.author.post(f"/media/lesson/{fresh.lesson_id}/pdfs", body)
    assert again.json()["mediaId"] == pdf["mediaId"]
    pupil = fresh.pupil(register(stack))
    (seen,) = fresh.media(pupil)["pdfs"]
    assert httpx.get(seen["url"]).content == data
    assert pupil.get(f"/media/pdf/{pdf['mediaId']}").content == data


def test_many_attach_the_same_upload_and_it_is_one_pdf(fresh: Authored) -> None:
    body = {"uploadId": fresh.uploaded(PDF, "application/pdf")}
    path = f"/media/lesson/{fresh.lesson_id}/pdfs"
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: fresh.author.post(path, body), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["mediaId"] for answer in answers}) == 1
    assert len(fresh.media()["pdfs"]) == 1


def test_many_add_at_once_and_places_have_no_gaps(fresh: Authored) -> None:
    def add(number: int) -> str:
        url = f"https://video.example/{number}"
        found: str = fresh.linked(url=url, title=str(number))["mediaId"]
        return found

    with ThreadPoolExecutor(20) as pool:
        added = list(pool.map(add, range(50)))
        more = fresh.author.post(f"/media/lesson/{fresh.lesson_id}/videos", {"url": FILM})
        assert (more.status_code, reason(more)) == (400, "TOO_MANY_MEDIA")
        deleted = added[10:40]
        gone = list(pool.map(lambda each: fresh.author.delete(f"/media/{each}"), deleted * 2))
    assert sorted(answer.status_code for answer in gone) == [200] * 30 + [404] * 30
    left = [each["mediaId"] for each in fresh.media()["videos"]]
    assert set(left) == set(added) - set(deleted)
    places = [fresh.author.patch(f"/media/{each}", {}).json()["position"] for each in left]
    assert places == list(range(20))


def test_media_are_renamed_and_moved(fresh: Authored) -> None:
    pdf = fresh.attached(PDF)["mediaId"]
    ids = [fresh.linked(url=FILM, title=name)["mediaId"] for name in "abc"]

    def order() -> list[str]:
        return [each["title"] for each in fresh.media()["videos"]]

    def move(media_id: str, position: int) -> int:
        answer = fresh.author.patch(f"/media/{media_id}", {"position": position})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["position"])

    assert order() == ["a", "b", "c"]
    assert (move(ids[0], 2), order()) == (2, ["b", "c", "a"])
    assert (move(ids[0], 1), order()) == (1, ["b", "a", "c"])
    assert (move(ids[2], 0), order()) == (0, ["c", "b", "a"])
    assert (move(ids[2], 1000), order()) == (2, ["b", "a", "c"])
    changed = fresh.author.patch(f"/media/{ids[0]}", {"title": " New ", "durationSeconds": 9})
    assert changed.json()["video"]["title"] == "New"
    assert changed.json()["position"] == 1
    cleared = fresh.author.patch(f"/media/{ids[0]}?updateMask=title", {})
    assert cleared.json()["video"]["title"] == ""
    assert fresh.author.patch(f"/media/{pdf}", {"title": "Paper"}).json()["pdf"]["title"] == "Paper"
    for query, body, field in (
        ("", {"durationSeconds": 9}, "durationSeconds"),
        ("?updateMask=title", {}, "title"),
        ("?updateMask=kind", {}, "updateMask"),
        ("", {"title": "two\nlines"}, "title"),
        ("", {"position": -1}, "position"),
    ):
        refused = fresh.author.patch(f"/media/{pdf}{query}", body)
        assert (refused.status_code, *violations(refused)) == (400, field)


def test_videos_of_our_own_have_duration_and_captions(fresh: Authored) -> None:
    captions = [
        {"language": "en", "label": "English", "uploadId": fresh.uploaded(VTT, "text/vtt")},
        {"language": "pt_BR", "uploadId": fresh.uploaded(VTT + b"\n", "text/vtt")},
    ]
    film = fresh.uploaded(mp4(77), "video/mp4")
    video = fresh.linked(uploadId=film, title="Own", captions=captions)
    assert fresh.linked(uploadId=film)["mediaId"] == video["mediaId"]
    said = fresh.linked(uploadId=fresh.uploaded(mp4(5), "video/mp4"), durationSeconds=6)
    web = fresh.linked(uploadId=fresh.uploaded(WEBM, "video/webm"))
    shown = {each["mediaId"]: each for each in fresh.media()["videos"]}
    assert [shown[each["mediaId"]]["durationSeconds"] for each in (video, said, web)] == [77, 6, 0]
    assert _languages(shown[video["mediaId"]]) == {"en": "English", "pt-BR": "pt-BR"}
    path = f"/media/{video['mediaId']}/captions"
    body = {"label": "New", "uploadId": fresh.uploaded(VTT, "text/vtt")}
    for _ in range(2):
        changed = fresh.author.put(f"{path}/EN", body)
        assert changed.status_code == 200, changed.text
    assert fresh.author.delete(f"{path}/pt-br").status_code == 200
    assert fresh.author.delete(f"{path}/pt-br").status_code == 200
    (seen, *_) = fresh.media()["videos"]
    assert _languages(seen) == {"EN": "New"}


def _languages(video: dict[str, Any]) -> dict[str, str]:
    return {each["language"]: each["label"] for each in video["captions"]}


@pytest.mark.parametrize(
    "url",
    [
        "http://video.example/a",
        "ftp://video.example/a",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://ann:secret@video.example/a",
        "https://ann@video.example/a",
        "https://video.example/a b",
        "https://video.example/\u0000",
        "https://video.example\\@other.example/",
        "https://[::1/a",
        "https://video.example:99999/a",
        "https://video.example/" + "a" * 2000,
        "",
    ],
)
def test_an_address_of_a_video_is_checked(own: Authored, url: str) -> None:
    answer = own.author.post(f"/media/lesson/{own.lesson_id}/videos", {"url": url})
    assert answer.status_code == 400
    assert violations(answer).keys() <= {"url", "source"}


def test_bad_uploads_are_refused_by_their_fields(own: Authored) -> None:
    for field, value in {
        "fileName": ["", "..", "a/..", "dir\\", "a\nb", "x" * 201],
        "mimeType": ["", "text/html", "application/octet-stream", "IMAGE/PNG"],
        "sizeBytes": [0, 200 * 1024 * 1024 + 1],
        "digest": ["x", "A" * 64],
    }.items():
        for each in value:
            answer = own.author.post("/media/uploads", _upload_of(own, **{field: each}))
            assert answer.status_code == 400, (field, each, answer.text)
            assert list(violations(answer)) == [field]


@pytest.mark.parametrize(
    ("mime_type", "data"),
    [
        ("application/pdf", b"<html>" + bytes(100)),
        ("video/mp4", PDF),
        ("video/webm", mp4(1)),
        ("image/png", b"GIF89a" + bytes(100)),
        ("image/png", b"\x89PNG\r\n\x1a\nrest of it"),
        ("image/png", png_bomb(50_000, 50_000)),
        ("image/png", png_bomb(1, 30_000)),
        ("image/svg+xml", b'<!DOCTYPE svg [<!ENTITY a "aa">]><svg>&a;</svg>'),
        ("text/vtt", b"1\n00:00.000 --> 00:02.000\nHello\n"),
        ("text/vtt", b"WEBVTT\n\n00:00.000 --> 00:02.000\n\xff\n"),
    ],
)
def test_a_file_is_what_its_bytes_say(own: Authored, mime_type: str, data: bytes) -> None:
    created = own.create(data, mime_type).json()
    answer = send(created, data)
    assert (answer.status_code, *violations(answer)) == (400, "mimeType")
    body = {"uploadId": created["uploadId"]}
    refused = own.author.post(f"/media/lesson/{own.lesson_id}/pdfs", body)
    expected = ["UPLOAD_NOT_FINISHED", "INVALID_FIELDS"]
    assert (refused.status_code, reason(refused) in expected) == (400, True)


def test_what_an_upload_is_for_is_held_against_it(own: Authored, fresh: Authored) -> None:
    pdf, picture = own.uploaded(PDF, "application/pdf"), own.uploaded(png(9, 9), "image/png")
    unfinished = own.create(PDF, "application/pdf").json()["uploadId"]
    pdfs, videos = f"/media/lesson/{own.lesson_id}/pdfs", f"/media/lesson/{own.lesson_id}/videos"
    for path, body, field in (
        (pdfs, {"uploadId": picture}, "uploadId"),
        (pdfs, {"uploadId": str(uuid4())}, "uploadId"),
        (pdfs, {"uploadId": "no-id"}, "uploadId"),
        (pdfs, {}, "uploadId"),
        (pdfs, {"uploadId": pdf, "title": "a\nb"}, "title"),
        (pdfs.replace(own.lesson_id, fresh.lesson_id), {"uploadId": pdf}, "uploadId"),
        (videos, {"uploadId": pdf}, "uploadId"),
        (videos, {"url": FILM, "durationSeconds": -1}, "durationSeconds"),
        (
            videos,
            {"url": FILM, "captions": [{"language": "en", "uploadId": pdf}]},
            "captions[0].uploadId",
        ),
        (
            videos,
            {"url": FILM, "captions": [{"language": "en", "uploadId": pdf}] * 2},
            "captions[1].language",
        ),
        (videos, {"url": FILM, "captions": [{"uploadId": pdf}]}, "captions[0].language"),
    ):
        answer = own.author.post(path, body)
        assert (answer.status_code, *violations(answer)) == (400, field), body
    answer = own.author.post(pdfs, {"uploadId": unfinished})
    assert (answer.status_code, reason(answer)) == (400, "UPLOAD_NOT_FINISHED")


def test_the_same_key_is_the_same_answer(fresh: Authored) -> None:
    path = f"/media/lesson/{fresh.lesson_id}/videos"
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: fresh.author.post(path, {"url": FILM}, Idempotency_Key="one"), range(16)
            )
        )
    assert len({answer.text for answer in answers}) == 1
    assert len(fresh.media()["videos"]) == 1
    headers = {"Idempotency-Key": "two", "content-type": "application/pdf"}
    pdfs, data = f"/media/lesson/{fresh.lesson_id}/pdfs", new_pdf()
    first, again = (fresh.author.http.post(pdfs, content=data, headers=headers) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == again.json()
    other = fresh.author.http.post(pdfs, content=new_pdf(), headers=headers)
    assert (other.status_code, reason(other)) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(fresh.media()["pdfs"]) == 1


def test_media_are_shown_to_who_may_change_the_lesson(
    stack: Stack, own: Authored, admin: Learner
) -> None:
    """Enrolled or not, and also while the course is a draft, as the lesson itself is."""
    course = own.author.post("/courses", {"title": "A draft", "language": "en"}).json()["courseId"]
    made = own.author.post(f"/courses/{course}/lessons", {"title": "One", "body": "Read."})
    draft = Authored(own.author, course, made.json()["lessonId"])
    pdf = draft.attached(PDF, title="Sheet")["mediaId"]
    paths = [f"/media/lesson/{draft.lesson_id}", f"/media/pdf/{pdf}"]
    stranger = author(stack)
    for state in (":unpublish", ":publish"):
        assert own.author.post(f"/courses/{course}{state}").status_code == 200
        for path in paths:
            assert [each.get(path).status_code for each in (own.author, admin)] == [200, 200]
            refused = stranger.get(path)
            missing = stranger.get(f"{path.rpartition('/')[0]}/{uuid4()}")
            assert (refused.status_code, refused.json()) == (404, missing.json())
    assert [each["mediaId"] for each in draft.media(admin)["pdfs"]] == [pdf]
