"""The RPCs of media, through Envoy and over the mesh, on a course of the test's own."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import grpc
import httpx
import pytest

from services.kit.call import NOBODY
from services.kit.errors import InvalidArgument, ResourceExhausted
from services.kit.identity.links import CONTENT, Links
from services.kit.identity.secrets import Signer, read_secret
from services.media.uploads import LIMIT_BYTES
from stellr.media.v1 import media_internal_service_pb2 as pb
from stellr.media.v1 import media_service_pb2 as public_pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from stellr.media.v1.media_service_pb2_grpc import MediaServiceStub
from tests.services.own_course import OwnCourse, make_course
from tests.support import Learner, Stack, Visitor, reason, register

# Larger than what Envoy lets a single message be, and than any window of a stream.
PDF = b"%PDF-1.7\n" + os.urandom(3 * 1024 * 1024)
FILM = "https://video.example/watch?v=1"
# Only changes to one course wait for each other.
COURSE = str(uuid4())


@dataclass(frozen=True)
class Media:
    """The media of one lesson as GET /media/lesson gives them."""

    videos: list[dict[str, Any]]
    pdfs: list[dict[str, Any]]


@pytest.fixture(name="media")
def _media(stack: Stack) -> Iterator[MediaInternalServiceStub]:
    with stack.mesh("gateway", "media") as channel:
        yield MediaInternalServiceStub(channel)


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> OwnCourse:
    own = make_course(stack.mesh)
    with stack.mesh("gateway", "media") as channel:
        stub = MediaInternalServiceStub(channel)
        digest = stub.UploadObject(parts(PDF)).digest
        for lesson_id in (own.lesson_id, own.preview_id):
            stub.SetCourseMedia(lesson_media(lesson_id, [FILM], [digest]))
    return own


@pytest.fixture(name="pupil")
def _pupil(stack: Stack, own: OwnCourse) -> Learner:
    somebody = register(stack)
    assert somebody.post(f"/courses/{own.course_id}/enroll").status_code == 200
    return somebody


def parts(
    data: bytes, size: int = 65_536, *, mime_type: str = "application/pdf"
) -> Iterator[pb.UploadObjectRequest]:
    yield pb.UploadObjectRequest(header=pb.ObjectHeader(mime_type=mime_type))
    for start in range(0, len(data), size):
        yield pb.UploadObjectRequest(chunk=data[start : start + size])


def lesson_media(
    lesson_id: str, videos: list[str], digests: list[str], title: str = "Über Sterne"
) -> pb.SetCourseMediaRequest:
    lesson = pb.LessonMediaContent(
        lesson_id=lesson_id,
        videos=[pb.VideoLink(url=url, title="Film") for url in videos],
        pdfs=[pb.PdfFile(digest=digest, title=title) for digest in digests],
    )
    return pb.SetCourseMediaRequest(course_id=COURSE, lessons=[lesson])


def media_of(somebody: Visitor, lesson_id: str) -> Media:
    answer = somebody.get(f"/media/lesson/{lesson_id}")
    assert answer.status_code == 200, answer.text
    return Media(**answer.json())


def all_alike(answers: list[httpx.Response]) -> bool:
    return len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1


def test_the_enrolled_get_videos_and_pdfs(pupil: Learner, own: OwnCourse) -> None:
    media = media_of(pupil, own.lesson_id)
    (video,), (pdf,) = media.videos, media.pdfs
    assert (video["url"], video["title"], video["mimeType"]) == (FILM, "Film", "text/html")
    assert "expireTime" not in video
    assert (pdf["title"], pdf["sizeBytes"]) == ("Über Sterne", len(PDF))
    expires = datetime.fromisoformat(pdf["expireTime"]).timestamp()
    assert f"expires={int(expires)}&" in pdf["url"]


def test_a_link_gives_the_bytes_to_whoever_has_it(pupil: Learner, own: OwnCourse) -> None:
    (pdf,) = media_of(pupil, own.lesson_id).pdfs
    answer = httpx.get(pdf["url"])
    assert answer.status_code == 200
    assert answer.content == PDF
    assert_file_headers(answer)


def test_the_enrolled_get_a_pdf_by_its_id(pupil: Learner, own: OwnCourse) -> None:
    (pdf,) = media_of(pupil, own.lesson_id).pdfs
    answer = pupil.get(f"/media/pdf/{pdf['mediaId']}")
    assert answer.status_code == 200
    assert answer.content == PDF
    assert_file_headers(answer)


def assert_file_headers(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    name = "inline; filename=\"Uber Sterne.pdf\"; filename*=UTF-8''%C3%9Cber%20Sterne.pdf"
    assert answer.headers["content-disposition"] == name


def test_a_preview_is_open_to_all(
    visitor: Visitor, learner: Callable[..., Learner], own: OwnCourse
) -> None:
    for somebody in (visitor, learner()):
        media = media_of(somebody, own.preview_id)
        assert media.videos[0]["url"] == FILM
        answer = somebody.get(f"/media/pdf/{media.pdfs[0]['mediaId']}")
        assert answer.content == PDF


def test_what_may_not_be_seen_looks_like_what_is_not_there(
    visitor: Visitor, learner: Callable[..., Learner], pupil: Learner, own: OwnCourse
) -> None:
    media_id = media_of(pupil, own.lesson_id).pdfs[0]["mediaId"]
    other = learner()
    hidden = {
        "LESSON_NOT_FOUND": [f"/media/lesson/{each}" for each in (own.lesson_id, uuid4(), "no-id")],
        "MEDIA_NOT_FOUND": [f"/media/pdf/{each}" for each in (media_id, uuid4(), "no-id")],
    }
    for expected, paths in hidden.items():
        refused = [visitor.get(path) for path in paths]
        assert {answer.status_code for answer in refused} == {401}
        assert all_alike(refused)
        assert reason(refused[0]) == "SIGN_IN_REQUIRED"
        refused = [other.get(path) for path in paths]
        assert {answer.status_code for answer in refused} == {404}
        assert all_alike(refused)
        assert reason(refused[0]) == expected


def altered(url: str, **changes: str) -> str:
    """The link with other values in its query."""
    address, _, query = url.partition("?")
    values = dict(parse_qsl(query)) | changes
    return f"{address}?{urlencode(values)}"


def test_altered_links_are_refused_alike(pupil: Learner, visitor: Visitor, own: OwnCourse) -> None:
    url = media_of(pupil, own.lesson_id).pdfs[0]["url"]
    (preview,) = media_of(visitor, own.preview_id).pdfs
    address, _, query = url.partition("?")
    bad = [
        address,
        altered(url, expires="9999999999"),
        altered(url, expires="0"),
        altered(url, expires="x"),
        altered(url, expires=" 1"),
        altered(url, learner=str(uuid4())),
        altered(url, learner=""),
        altered(url, session=str(uuid4())),
        altered(url, session="", learner=""),
        altered(url, signature="\u00e9"),
        altered(url, signature="x" * 5_000),
        f"{url}&expires=9999999999",
        f"{url}&learner={uuid4()}",
        url[:-2],
        f"{preview['url'].partition('?')[0]}?{query}",
        f"{address.rpartition('/')[0]}/{uuid4()}?{query}",
        f"{address.rpartition('/')[0]}/no-id?{query}",
    ]
    refused = [httpx.get(each) for each in bad]
    assert {answer.status_code for answer in refused} == {403}
    assert all_alike(refused)
    assert reason(refused[0]) == "LINK_INVALID"
    assert refused[0].json()["code"] == grpc.StatusCode.PERMISSION_DENIED.value[0]
    assert httpx.get(f"{url}&fbclid=1&utm_source=mail").content == PDF


def test_a_link_is_bound_to_its_learner_and_dies_with_the_session(
    stack: Stack, own: OwnCourse
) -> None:
    first, second = register(stack), register(stack)
    for each in (first, second):
        assert each.post(f"/courses/{own.course_id}/enroll").status_code == 200
    mine = media_of(first, own.lesson_id).pdfs[0]["url"]
    other = media_of(second, own.lesson_id).pdfs[0]["url"]
    assert mine != other
    assert httpx.get(mine).content == httpx.get(other).content == PDF
    assert first.post("/logout").status_code == 200
    refused = httpx.get(mine)
    assert (refused.status_code, reason(refused)) == (403, "LINK_EXPIRED")
    assert httpx.get(other).status_code == 200


def test_links_are_checked_for_callers_of_grpc_too(
    stack: Stack, pupil: Learner, own: OwnCourse
) -> None:
    (pdf,) = media_of(pupil, own.lesson_id).pdfs
    query = dict(parse_qsl(pdf["url"].partition("?")[2]))
    fields = {**query, "expires": int(query["expires"]), "media_id": pdf["mediaId"]}
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        get = MediaServiceStub(channel).GetContent
        request = public_pb.GetContentRequest(**fields)
        assert b"".join(body.data for body in get(request)) == PDF
        request.session = ""
        with pytest.raises(grpc.RpcError) as refused:
            list(get(request))
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_native_grpc_streams_small_parts(stack: Stack, own: OwnCourse, visitor: Visitor) -> None:
    media_id = media_of(visitor, own.preview_id).pdfs[0]["mediaId"]
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        request = public_pb.GetPdfRequest(media_id=media_id)
        bodies = list(MediaServiceStub(channel).GetPdf(request))
    assert b"".join(body.data for body in bodies) == PDF
    assert max(len(body.data) for body in bodies) == 65_536
    assert bodies[0].content_type == "application/pdf"
    assert {body.content_type for body in bodies[1:]} == {""}


def test_an_upload_is_kept_once(stack: Stack, media: MediaInternalServiceStub) -> None:
    data = b"%PDF-" + os.urandom(200_000)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda size: media.UploadObject(parts(data, size)), [7_919] * 16))
    digest = hashlib.sha256(data).hexdigest()
    assert {(each.digest, each.size_bytes) for each in kept} == {(digest, len(data))}
    assert [path.name for path in (stack.state / "media").rglob(f"{digest}*")] == [digest]


def test_uploads_are_looked_at(media: MediaInternalServiceStub) -> None:
    header, chunk = parts(b"%PDF-1.7")
    bad = [
        [],
        [header],
        [chunk],
        [header, header, chunk],
        [header, chunk, header],
        [header, pb.UploadObjectRequest()],
        [header, pb.UploadObjectRequest(chunk=b"<html>")],
        [pb.UploadObjectRequest(header=pb.ObjectHeader(mime_type="text/html")), chunk],
        [header, pb.UploadObjectRequest(chunk=b"%PDF-" + bytes(262_144))],
    ]
    for messages in bad:
        with pytest.raises(InvalidArgument):
            media.UploadObject(iter(messages))


def test_what_is_too_large_is_refused_and_leaves_nothing(
    stack: Stack, media: MediaInternalServiceStub
) -> None:
    beginning = b"%PDF-" + os.urandom(16)
    with pytest.raises(ResourceExhausted):
        media.UploadObject(parts(beginning + bytes(LIMIT_BYTES), 262_144), timeout=60)
    files = [path for path in (stack.state / "media").rglob("*") if path.is_file()]
    assert not [path for path in files if begins_with(path, beginning)]


def begins_with(path: Path, beginning: bytes) -> bool:
    """Whether a file begins so; what somebody else took away meanwhile does not."""
    try:
        with path.open("rb") as file:
            return file.read(len(beginning)) == beginning
    except FileNotFoundError:
        return False


def test_media_that_stay_keep_their_ids(stack: Stack, media: MediaInternalServiceStub) -> None:
    own, visitor = make_course(stack.mesh), Visitor(stack)
    first, second = (media.UploadObject(parts(b"%PDF-" + os.urandom(9))).digest for _ in "ab")
    request = lesson_media(own.preview_id, [FILM, "https://a.example/b.mp4"], [first])
    assert media.SetCourseMedia(request).changed
    assert not media.SetCourseMedia(request).changed
    before = media_of(visitor, own.preview_id)
    assert before.videos[1]["mimeType"] == "video/mp4"

    changed = lesson_media(own.preview_id, ["https://a.example/b.mp4"], [second, first], "New")
    assert media.SetCourseMedia(changed).changed
    after = media_of(visitor, own.preview_id)
    assert [each["mediaId"] for each in after.videos] == [before.videos[1]["mediaId"]]
    assert after.pdfs[1] == before.pdfs[0] | {"title": "New"}
    known = {each["mediaId"] for each in before.videos + before.pdfs}
    assert after.pdfs[0]["mediaId"] not in known

    assert media.SetCourseMedia(lesson_media(own.preview_id, [], [])).changed
    assert media_of(visitor, own.preview_id) == Media([], [])
    assert httpx.get(before.pdfs[0]["url"]).status_code == 404


def attach(
    media: MediaInternalServiceStub, lesson_id: str, mime_type: str, data: bytes, name: str
) -> pb.SetCourseMediaResponse:
    digest = media.UploadObject(parts(data, mime_type=mime_type)).digest
    attachment = pb.Attachment(digest=digest, file_name=name)
    lesson = pb.LessonMediaContent(lesson_id=lesson_id, attachments=[attachment])
    return media.SetCourseMedia(pb.SetCourseMediaRequest(course_id=COURSE, lessons=[lesson]))


def fetch(stack: Stack, path: str) -> httpx.Response:
    signer = Signer(read_secret(stack.state / "keys" / "secret"), f"academy:{CONTENT}")
    return httpx.get(Links(signer, stack.url).make(path, time.time(), NOBODY).url)


@pytest.mark.parametrize(
    ("mime_type", "data", "name", "disposition"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\nrest", "a b.png", 'inline; filename="a b.png"'),
        ("image/svg+xml", b"<svg><script/></svg>", "a.svg", 'attachment; filename="a.svg"'),
        ("application/octet-stream", b"<html>", "a.html", 'attachment; filename="a.html"'),
        ("application/pdf", b"%PDF-1.7", "a.PDF", 'inline; filename="a.PDF"'),
    ],
)
def test_an_attachment_is_fetched_by_a_signed_link_and_runs_nothing(
    stack: Stack, mime_type: str, data: bytes, name: str, disposition: str
) -> None:
    own = make_course(stack.mesh)
    with stack.mesh("gateway", "media") as channel:
        media = MediaInternalServiceStub(channel)
        first = attach(media, own.preview_id, mime_type, data, name)
        again = attach(media, own.preview_id, mime_type, data, name)
    assert (first.changed, again.changed) == (True, False)
    assert first.attachments == again.attachments
    (stored,) = first.attachments
    answer = fetch(stack, stored.path)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == mime_type
    assert answer.headers["content-disposition"].startswith(disposition)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{stack.url}{stored.path}").status_code == 403
    assert media_of(Visitor(stack), own.preview_id) == Media([], [])


def test_attachments_stay_beside_the_media_that_are_listed(
    stack: Stack, media: MediaInternalServiceStub
) -> None:
    own = make_course(stack.mesh)
    png = b"\x89PNG\r\n\x1a\n"
    (picture,) = attach(media, own.preview_id, "image/png", png, "a.png").attachments
    media.SetCourseMedia(lesson_media(own.preview_id, [FILM], []))
    media.SetCourseMedia(lesson_media(own.preview_id, [], []))
    assert fetch(stack, picture.path).content == png
    media_id = picture.path.rpartition("/")[2]
    assert reason(register(stack).get(f"/media/pdf/{media_id}")) == "MEDIA_NOT_FOUND"
    (other,) = attach(media, own.lesson_id, "image/png", png, "a.png").attachments
    assert other.path != picture.path


def test_what_a_file_is_cannot_be_made_up(media: MediaInternalServiceStub) -> None:
    for mime_type in ("image/png", "image/svg+xml", "image/webp"):
        with pytest.raises(InvalidArgument):
            media.UploadObject(parts(b"<html>", mime_type=mime_type))
    with pytest.raises(InvalidArgument):
        media.UploadObject(parts(b"<html>", mime_type="text/html"))


def test_setting_the_same_at_once_changes_once(
    stack: Stack, media: MediaInternalServiceStub
) -> None:
    own = make_course(stack.mesh)
    request = lesson_media(own.preview_id, [FILM], [])
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: media.SetCourseMedia(request), range(16)))
    assert sum(reply.changed for reply in replies) == 1
    assert len(media_of(Visitor(stack), own.preview_id).videos) == 1


def test_addresses_of_videos_are_checked(media: MediaInternalServiceStub, own: OwnCourse) -> None:
    with pytest.raises(InvalidArgument) as refused:
        media.SetCourseMedia(lesson_media(own.lesson_id, ["https://ann:pw@video.example/1"], []))
    assert [each.field for each in refused.value.violations] == ["lessons[0].videos[0].url"]


def test_objects_must_have_been_uploaded(media: MediaInternalServiceStub, own: OwnCourse) -> None:
    known = media.UploadObject(parts(PDF)).digest
    with pytest.raises(InvalidArgument) as refused:
        media.SetCourseMedia(lesson_media(own.lesson_id, [], [known, "0" * 64, "1" * 64]))
    told = [violation.field for violation in refused.value.violations]
    assert told == ["lessons[0].pdfs[1].digest", "lessons[0].pdfs[2].digest"]
    for bad in ("javascript:alert(1)", "file:///etc/passwd", "not a link"):
        with pytest.raises(InvalidArgument):
            media.SetCourseMedia(lesson_media(own.lesson_id, [bad], []))


def test_the_internal_rpcs_are_for_the_gateway_only(
    stack: Stack, mesh: Callable[..., grpc.Channel], own: OwnCourse
) -> None:
    def codes(channel: grpc.Channel) -> set[grpc.StatusCode]:
        stub, found = MediaInternalServiceStub(channel), set()
        for call in (
            lambda: stub.UploadObject(parts(PDF)),
            lambda: stub.SetCourseMedia(lesson_media(own.lesson_id, [], [])),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                call()
            found.add(refused.value.code())
        return found

    with grpc.insecure_channel(stack.target("media")) as channel:
        assert codes(channel) == {grpc.StatusCode.UNAUTHENTICATED}
    assert codes(mesh("quiz", "media")) == {grpc.StatusCode.PERMISSION_DENIED}
