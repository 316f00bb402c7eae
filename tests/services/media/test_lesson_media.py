from uuid import UUID

from services.media.lesson_media import rows, wanted
from services.media.repository.media import LessonMedium
from stellr.media.v1 import media_internal_service_pb2 as pb

FILM = "https://video.example/1"
DIGEST = "a" * 64
LESSON, COURSE = UUID(int=9), UUID(int=8)


def video(number: int, url: str) -> LessonMedium:
    return LessonMedium(UUID(int=number), "video", "", url, None)


def pdf(number: int, digest: str) -> LessonMedium:
    return LessonMedium(UUID(int=number), "pdf", "Slides", None, digest)


def ids(lesson: pb.LessonMediaContent, *known: LessonMedium) -> list[int | None]:
    found = [row["media_id"] for row in rows(COURSE, LESSON, wanted(lesson), known)]
    return [None if each is None else UUID(each).int for each in found]


def test_videos_come_before_pdfs_each_in_order() -> None:
    lesson = pb.LessonMediaContent(
        videos=[pb.VideoLink(url=FILM, title="Film")],
        pdfs=[pb.PdfFile(digest=DIGEST, title="Slides")],
    )
    found = rows(COURSE, LESSON, wanted(lesson), [])
    assert [(row["kind"], row["position"]) for row in found] == [("video", 0), ("pdf", 1)]
    assert [(row["url"], row["digest"]) for row in found] == [(FILM, None), (None, DIGEST)]
    assert {row["media_id"] for row in found} == {None}
    assert {(row["lesson_id"], row["course_id"]) for row in found} == {(str(LESSON), str(COURSE))}


def test_a_video_of_our_own_has_bytes_and_captions() -> None:
    captions = [pb.CaptionsFile(language=each, label=each, digest="c" * 64) for each in "ab"]
    video = pb.VideoLink(digest=DIGEST, title="Film", duration_seconds=90, captions=captions)
    (row,) = rows(COURSE, LESSON, wanted(pb.LessonMediaContent(videos=[video])), [])
    assert (row["url"], row["digest"], row["duration_seconds"]) == (None, DIGEST, 90)
    found = [(each["position"], each["language"], each["digest"]) for each in row["captions"]]
    assert found == [(0, "a", "c" * 64), (1, "b", "c" * 64)]


def test_a_video_does_not_take_the_id_of_a_pdf_with_the_same_bytes() -> None:
    lesson = pb.LessonMediaContent(videos=[pb.VideoLink(digest=DIGEST)])
    assert ids(lesson, pdf(1, DIGEST)) == [None]


def test_what_stays_keeps_its_id_under_another_title_and_place() -> None:
    lesson = pb.LessonMediaContent(
        videos=[pb.VideoLink(url="https://new.example"), pb.VideoLink(url=FILM, title="New")],
        pdfs=[pb.PdfFile(digest=DIGEST, title="New")],
    )
    assert ids(lesson, video(1, FILM), pdf(2, DIGEST), pdf(3, "b" * 64)) == [None, 1, 2]


def test_the_same_twice_keeps_one_id_each() -> None:
    twice = pb.LessonMediaContent(videos=[pb.VideoLink(url=FILM)] * 3)
    assert ids(twice, video(1, FILM), video(2, FILM)) == [1, 2, None]
