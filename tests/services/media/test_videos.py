import pytest

from services.media.videos import mime_type


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/watch?v=abc", "text/html"),
        ("https://vimeo.com/123", "text/html"),
        ("https://cdn.example/a/film.mp4", "video/mp4"),
        ("https://cdn.example/a/FILM.MP4?token=1#t=5", "video/mp4"),
        ("https://cdn.example/film.webm", "video/webm"),
        ("https://cdn.example/live.m3u8", "application/vnd.apple.mpegurl"),
        ("https://cdn.example/page?file=film.mp4", "text/html"),
        ("https://film.mp4/", "text/html"),
        ("https://[broken/film.mp4", "text/html"),
    ],
)
def test_the_path_tells_what_is_behind_a_link(url: str, expected: str) -> None:
    assert mime_type(url) == expected
