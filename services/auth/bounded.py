"""Answers of servers that are not ours: read to a bound, so that none fills the memory."""

from __future__ import annotations

import httpx


class AnswerTooLarge(httpx.HTTPError):
    """An answer is larger than any that is of use."""

    def __init__(self) -> None:
        super().__init__("the answer is too large")


def read_bounded(answer: httpx.Response, most: int) -> bytes:
    """The content of a streamed answer, at most so many bytes; AnswerTooLarge."""
    content = b""
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > most:
            raise AnswerTooLarge
    return content
