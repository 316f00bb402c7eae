"""Reading the videos of a lesson: links to a provider, or films of the bundle, with captions."""

from __future__ import annotations

import io
from pathlib import PurePosixPath

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError
from yaml.nodes import MappingNode, Node

from services.gateway.importing.defects import Report
from services.gateway.importing.fields import Fields, tell_repeats
from services.gateway.importing.files import FILES, BundleFiles, FileError, in_folder
from services.gateway.importing.links import LinkReader
from services.gateway.importing.scalars import line_of, scalar_text
from services.gateway.importing.sources import CaptionsSource, VideoSource
from services.kit.data.durations import LONGEST_SECONDS, duration
from services.kit.data.file_types import MP4, WEBM
from services.kit.rpc.bounds import longest, most
from services.kit.urls import is_https, web_fault
from stellr.media.v1.media_internal_service_pb2 import CaptionsFile, LessonMediaContent, VideoLink

FILMS = {".mp4": MP4, ".webm": WEBM}
KEYS = ("url", "file", "title", "duration", "captions")
CAPTIONS_KEYS = ("language", "label", "file")
MAX_CAPTIONS_BYTES = 2 * 1024 * 1024


class VideoReader:
    """Reads videos; what is wrong with them becomes a defect."""

    def __init__(self, files: BundleFiles, links: LinkReader) -> None:
        self._files = files
        self._links = links

    def read(self, fields: Fields) -> tuple[VideoSource, ...]:
        """The videos of a lesson, in order."""
        nodes = fields.items("videos", most(LessonMediaContent, "videos"))
        read = [(line_of(node), self._video(node, fields)) for node in nodes]
        found = [(line, video) for line, video in read if video]
        addresses = [(line, video.url or video.file) for line, video in found]
        tell_repeats("videos", addresses, fields.report.warn)
        return tuple(video for _, video in found)

    def _video(self, node: Node, fields: Fields) -> VideoSource | None:
        if not isinstance(node, MappingNode):
            url = scalar_text(
                "videos", node, longest(VideoLink, "url"), fields.report, comment=True
            )
            _check_url(url, line_of(node), fields.report)
            return VideoSource(url)
        entry = Fields(node, KEYS, fields.report)
        if ("url" in entry.nodes) == ("file" in entry.nodes):
            fields.report.add(entry.line, "videos: expected either url or file")
            return None
        return self._linked(entry) if "url" in entry.nodes else self._film(entry)

    def _linked(self, entry: Fields) -> VideoSource:
        url = entry.text("url", longest(VideoLink, "url"), required=True, comment=True)
        _check_url(url, entry.line_at("url"), entry.report)
        return VideoSource(
            url,
            title=_title(entry),
            duration=entry.whole("duration", LONGEST_SECONDS, default=0),
            captions=self._all_captions(entry),
        )

    def _film(self, entry: Fields) -> VideoSource | None:
        title, captions = _title(entry), self._all_captions(entry)
        seconds = entry.whole("duration", LONGEST_SECONDS, default=0)
        written = entry.text("file", 200, required=True, comment=True)
        if not written:
            return None
        try:
            file = in_folder(written, FILES, *FILMS)
            media_type = FILMS[PurePosixPath(file).suffix.lower()]
            self._links.used.add(file)
            path = self._files.film(file, media_type)
        except FileError as error:
            entry.add("file", str(error))
            return None
        if not seconds:
            with path.open("rb") as film:
                seconds = duration(film, media_type)
        return VideoSource("", title, file, path, media_type, seconds, captions)

    def _all_captions(self, video: Fields) -> tuple[CaptionsSource, ...]:
        entries = video.mappings("captions", CAPTIONS_KEYS, most(VideoLink, "captions"))
        read = [(entry.line_at("language"), self._captions(entry)) for entry in entries]
        found = [(line, captions) for line, captions in read if captions]
        languages = [(line, captions.language) for line, captions in found]
        tell_repeats("captions", languages, video.report.add, str.casefold)
        return tuple(captions for _, captions in found)

    def _captions(self, entry: Fields) -> CaptionsSource | None:
        language = entry.language("language", required=True)
        label = entry.text("label", longest(CaptionsFile, "label"))
        written = entry.text("file", 200, required=True, comment=True)
        if not written:
            return None
        try:
            file = in_folder(written, FILES, ".vtt")
            self._links.used.add(file)
            _check_webvtt(file, self._files.text(file, MAX_CAPTIONS_BYTES))
            return CaptionsSource(language, label or language, file, self._files.locate(file))
        except FileError as error:
            entry.add("file", str(error))
            return None


def _title(entry: Fields) -> str:
    return entry.text("title", longest(VideoLink, "title"))


def _check_webvtt(file: str, text: str) -> None:
    try:
        webvtt.from_buffer(io.StringIO(text), format="vtt")
    except (MalformedFileError, MalformedCaptionError) as error:
        raise FileError(f'the file "{file}" is no WebVTT: {str(error) or "malformed"}') from error


def _check_url(url: str, line: int, report: Report) -> None:
    """Courses have been about for longer than https: it is asked for, and not insisted on."""
    if fault := url and web_fault(url):
        report.add(line, f'videos: "{url[:80]}" {fault}')
    elif url and not is_https(url):
        report.warn(line, f'videos: "{url[:80]}" is not https: browsers may not show it in a page')
