from uuid import UUID

from services.media.lesson_media import rows, wanted
from services.media.repository import LessonMedium
from stellr.media.v1 import media_internal_service_pb2 as pb

FILM = "https://video.example/1"
DIGEST = "a" * 64
LESSON = UUID(int=9)


def video(number: int, url: str) -> LessonMedium:
    return LessonMedium(UUID(int=number), "video", "", url, None, None)


def pdf(number: int, digest: str) -> LessonMedium:
    return LessonMedium(UUID(int=number), "pdf", "Slides", None, digest, 9)


def ids(lesson: pb.LessonMediaContent, *known: LessonMedium) -> list[int | None]:
    found = [row["media_id"] for row in rows(LESSON, wanted(lesson), known)]
    return [None if each is None else UUID(each).int for each in found]


def test_videos_come_before_pdfs_each_in_order() -> None:
    lesson = pb.LessonMediaContent(
        videos=[pb.VideoLink(url=FILM, title="Film")],
        pdfs=[pb.PdfFile(digest=DIGEST, title="Slides")],
    )
    assert rows(LESSON, wanted(lesson), []) == [
        {
            "media_id": None,
            "lesson_id": str(LESSON),
            "position": 0,
            "kind": "video",
            "title": "Film",
            "url": FILM,
            "digest": None,
        },
        {
            "media_id": None,
            "lesson_id": str(LESSON),
            "position": 1,
            "kind": "pdf",
            "title": "Slides",
            "url": None,
            "digest": DIGEST,
        },
    ]


def test_what_stays_keeps_its_id_under_another_title_and_place() -> None:
    lesson = pb.LessonMediaContent(
        videos=[pb.VideoLink(url="https://new.example"), pb.VideoLink(url=FILM, title="New")],
        pdfs=[pb.PdfFile(digest=DIGEST, title="New")],
    )
    assert ids(lesson, video(1, FILM), pdf(2, DIGEST), pdf(3, "b" * 64)) == [None, 1, 2]


def test_the_same_twice_keeps_one_id_each() -> None:
    twice = pb.LessonMediaContent(videos=[pb.VideoLink(url=FILM)] * 3)
    assert ids(twice, video(1, FILM), video(2, FILM)) == [1, 2, None]
